use super::{CallProgressDetector, ToneEvent};
use crate::dsp::BlockBuffer;
use crate::dsp::goertzel::Kernel;
use crate::dsp::tone_plan::{TonePlan, TonePlanError};

/// A detector on its own, for 8 kHz: takes frames, cuts them into blocks, recognises tones.
#[derive(Clone, Debug)]
pub struct CallProgressReceiver {
    kernel: Kernel,
    blocks: BlockBuffer,
    detector: CallProgressDetector,
}

impl CallProgressReceiver {
    /// A receiver for a plan, with the kernel that the target has for certain.
    pub fn new(plan: &TonePlan) -> Result<Self, TonePlanError> {
        Self::with_kernel(plan, Kernel::COMPILED)
    }

    /// A receiver for a plan.
    pub fn with_kernel(plan: &TonePlan, kernel: Kernel) -> Result<Self, TonePlanError> {
        let detector = CallProgressDetector::with_kernel(plan, kernel)?;
        Ok(Self { kernel, blocks: BlockBuffer::new(), detector })
    }

    /// Samples taken, or told as lost, since the start.
    pub const fn position(&self) -> u64 {
        self.blocks.position()
    }

    /// Takes a frame of any length and hands out what it brought.
    pub fn push(&mut self, mut frame: &[i16], mut report: impl FnMut(ToneEvent)) {
        while !frame.is_empty() {
            let (taken, rest) = self.blocks.take(frame);
            frame = rest;
            if let Some(block) = self.blocks.complete(taken) {
                let total = self.kernel.total(block);
                self.detector.block(block, &self.blocks, total).into_iter().for_each(&mut report);
            }
        }
    }

    /// Takes samples that the line lost: a tone before and after them is one.
    pub fn push_lost(&mut self, samples: usize) {
        self.blocks.lose(samples);
    }

    /// Hands out the end of a tone that goes on when the stream ends.
    pub fn finish(&mut self) -> Option<ToneEvent> {
        self.detector.finish(self.blocks.position())
    }
}

use super::dial_tone::DialToneFilter;
use super::{DtmfDetector, DtmfEvent, DtmfProfile, DtmfProfileError};
use crate::dsp::goertzel::Kernel;
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer};

/// A receiver on its own, for 8 kHz: takes frames, cuts them into blocks, measures them, recognises digits.
#[derive(Clone, Debug)]
pub struct DtmfReceiver {
    blocks: BlockBuffer,
    detector: DtmfDetector,
    dial_tone: Option<DialToneFilter>,
}

impl DtmfReceiver {
    /// A receiver for a profile, with the kernel that the target has for certain.
    pub fn new(profile: &DtmfProfile) -> Result<Self, DtmfProfileError> {
        Self::with_kernel(profile, Kernel::COMPILED)
    }

    /// A receiver for a profile.
    pub fn with_kernel(profile: &DtmfProfile, kernel: Kernel) -> Result<Self, DtmfProfileError> {
        let detector = DtmfDetector::with_kernel(profile, kernel)?;
        let dial_tone = profile.dial_tone_filter.then(DialToneFilter::default);
        Ok(Self { blocks: BlockBuffer::new(), detector, dial_tone })
    }

    /// Samples taken, or told as lost, since the start.
    pub const fn position(&self) -> u64 {
        self.blocks.position()
    }

    /// Takes a frame of any length and hands out what it brought.
    #[inline]
    pub fn push(&mut self, frame: &[i16], mut report: impl FnMut(DtmfEvent)) {
        match self.dial_tone {
            None => self.take(frame, &mut report),
            Some(_) => self.take_filtered(frame, &mut report),
        }
    }

    #[inline]
    fn take(&mut self, mut frame: &[i16], report: &mut impl FnMut(DtmfEvent)) {
        while !frame.is_empty() {
            let (taken, rest) = self.blocks.take(frame);
            frame = rest;
            if let Some(block) = self.blocks.complete(taken) {
                self.detector.block(block, &self.blocks).event.into_iter().for_each(&mut *report);
            }
        }
    }

    fn take_filtered(&mut self, frame: &[i16], report: &mut impl FnMut(DtmfEvent)) {
        for part in frame.chunks(BLOCK_SAMPLES) {
            let mut filtered = [0; BLOCK_SAMPLES];
            let Some(filtered) = filtered.get_mut(..part.len()) else { return };
            filtered.copy_from_slice(part);
            self.dial_tone.iter_mut().for_each(|dial_tone| dial_tone.filter(filtered));
            self.take(filtered, report);
        }
    }

    /// Takes samples that the line lost: a tone before and after up to 100 ms of them is one.
    pub fn push_lost(&mut self, samples: usize) {
        self.blocks.lose(samples);
    }

    /// The line is over: hands out what its end makes certain. A tone that was long enough counts, although it would
    /// have been recognised only a block later.
    pub fn finish(&mut self, mut report: impl FnMut(DtmfEvent)) {
        let line_end = self.blocks.position();
        let mut report = |event| {
            report(match event {
                DtmfEvent::Ended(tone, end) => DtmfEvent::Ended(tone, end.min(line_end)),
                started => started,
            })
        };
        for _ in 0..2 {
            let silence = *self.blocks.complete_with_silence();
            self.detector.block(&silence, &self.blocks).event.into_iter().for_each(&mut report);
        }
        self.detector.finish(line_end).into_iter().for_each(report);
    }
}

use super::goertzel::BLOCK_SAMPLES;

/// Samples that a detector can look back on, the newest block included: 38 ms at 8 kHz.
pub const HISTORY_SAMPLES: usize = 3 * BLOCK_SAMPLES;

/// Cuts a stream of frames into blocks and keeps the two blocks before the newest.
///
/// Blocks start at sample 0 whatever the frames' lengths, so that a stream gives the same
/// blocks however it is cut.
#[derive(Clone, Debug)]
pub struct BlockBuffer {
    samples: [i16; HISTORY_SAMPLES],
    /// Samples of the newest block so far.
    filled: usize,
    /// Samples taken since the start.
    position: u64,
}

impl BlockBuffer {
    /// Empty: the history before the first sample is silence.
    pub const fn new() -> Self {
        Self { samples: [0; HISTORY_SAMPLES], filled: 0, position: 0 }
    }

    /// Samples taken since the start.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Samples that complete the block which the next sample falls into.
    pub const fn missing(&self) -> usize {
        if self.filled == BLOCK_SAMPLES { BLOCK_SAMPLES } else { BLOCK_SAMPLES - self.filled }
    }

    /// Takes samples up to the end of the newest block and returns how many it took.
    /// Where they complete the block, `true` comes with it, and [`history`](Self::history) and
    /// [`block`](Self::block) hold until the next call.
    pub fn take(&mut self, frame: &[i16]) -> (usize, bool) {
        if self.filled == BLOCK_SAMPLES {
            self.samples.copy_within(BLOCK_SAMPLES.., 0);
            self.filled = 0;
        }
        let taken = frame.len().min(self.missing());
        let start = HISTORY_SAMPLES - BLOCK_SAMPLES + self.filled;
        for (slot, sample) in self.samples.iter_mut().skip(start).zip(frame) {
            *slot = *sample;
        }
        self.filled += taken;
        self.position += taken as u64;
        (taken, self.filled == BLOCK_SAMPLES)
    }

    /// The newest block; complete only after [`take`](Self::take) said so.
    pub fn block(&self) -> &[i16; BLOCK_SAMPLES] {
        match self.samples.last_chunk() {
            Some(block) => block,
            None => &[0; BLOCK_SAMPLES],
        }
    }

    /// The newest block and the two before it, oldest first.
    pub const fn history(&self) -> &[i16; HISTORY_SAMPLES] {
        &self.samples
    }
}

impl Default for BlockBuffer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_depend_on_the_frames() {
        let stream: Vec<i16> = (0..1_000).collect();
        for frame_samples in [1, 7, 102, 160, 999] {
            let mut buffer = BlockBuffer::new();
            let mut blocks = 0;
            for mut frame in stream.chunks(frame_samples) {
                while !frame.is_empty() {
                    let (taken, complete) = buffer.take(frame);
                    frame = &frame[taken..];
                    if complete {
                        let end = buffer.position() as usize;
                        assert_eq!(buffer.block()[..], stream[end - BLOCK_SAMPLES..end]);
                        let kept = end.min(HISTORY_SAMPLES);
                        assert_eq!(buffer.history()[HISTORY_SAMPLES - kept..], stream[end - kept..end]);
                        blocks += 1;
                    }
                }
            }
            assert_eq!(blocks, 9);
        }
    }
}

use super::goertzel::BLOCK_SAMPLES;

/// Samples that a detector can look back on, the newest block included: 38 ms at 8 kHz.
pub const HISTORY_SAMPLES: usize = 3 * BLOCK_SAMPLES;

/// Cuts a stream of frames into blocks and keeps what came right before the newest one.
///
/// Blocks follow each other without a gap from sample 0 on, and anew from the first sample after a loss, however
/// the frames are cut.
#[derive(Clone, Debug)]
pub struct BlockBuffer {
    samples: [i16; HISTORY_SAMPLES],
    /// Samples of the newest block so far.
    filled: usize,
    /// Samples taken, or told as lost, since the start.
    position: u64,
    seam: Option<Seam>,
}

/// Where samples are missing from the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seam {
    /// Index in the history of the first sample after the loss.
    pub index: usize,
    /// How many samples the line lost there.
    pub lost_samples: usize,
    /// History before this index belongs before an earlier loss, and is of no use.
    pub usable_from: usize,
}

impl BlockBuffer {
    /// Empty: the history before the first sample is silence.
    pub const fn new() -> Self {
        Self { samples: [0; HISTORY_SAMPLES], filled: 0, position: 0, seam: None }
    }

    /// Samples taken, or told as lost, since the start.
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
            self.shift(BLOCK_SAMPLES);
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

    /// Takes a loss: the block that it cut short becomes history, and the next sample begins a new one.
    pub fn lose(&mut self, lost_samples: usize) {
        self.shift(self.filled);
        let index = HISTORY_SAMPLES - BLOCK_SAMPLES;
        self.seam = Some(match self.seam {
            // Nothing came between two losses: they are one.
            Some(seam) if seam.index == index => {
                Seam { lost_samples: seam.lost_samples + lost_samples, ..seam }
            }
            Some(seam) => Seam { index, lost_samples, usable_from: seam.index },
            None => Seam { index, lost_samples, usable_from: 0 },
        });
        self.position += lost_samples as u64;
    }

    /// The samples of the newest block so far.
    pub fn partial(&self) -> &[i16] {
        self.block().get(..self.filled).unwrap_or_default()
    }

    /// The newest block; complete only after [`take`](Self::take) said so.
    pub fn block(&self) -> &[i16; BLOCK_SAMPLES] {
        match self.samples.last_chunk() {
            Some(block) => block,
            None => &[0; BLOCK_SAMPLES],
        }
    }

    /// The newest block and what came before it, oldest first.
    pub const fn history(&self) -> &[i16; HISTORY_SAMPLES] {
        &self.samples
    }

    /// The latest loss that the history spans.
    pub const fn seam(&self) -> Option<Seam> {
        self.seam
    }

    /// Makes history of the newest block's first `samples` and begins another block.
    fn shift(&mut self, samples: usize) {
        // The part of the newest block that is not filled yet follows, and is overwritten.
        self.samples.copy_within(samples.min(BLOCK_SAMPLES).., 0);
        self.filled = 0;
        self.seam = self.seam.and_then(|seam| {
            let index = seam.index.checked_sub(samples).filter(|&index| index > 0)?;
            Some(Seam { index, usable_from: seam.usable_from.saturating_sub(samples), ..seam })
        });
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

    #[test]
    fn a_loss_starts_a_block_and_leaves_a_seam() {
        let mut buffer = BlockBuffer::new();
        let feed = |buffer: &mut BlockBuffer, value: i16, count: usize| {
            (0..count).filter(|_| buffer.take(&[value]).1).count()
        };
        assert_eq!(feed(&mut buffer, 1, 150), 1);
        buffer.lose(160);
        assert_eq!(buffer.position(), 310);
        assert_eq!(feed(&mut buffer, 2, BLOCK_SAMPLES), 1);
        let seam = Seam { index: 204, lost_samples: 160, usable_from: 0 };
        assert_eq!(buffer.seam(), Some(seam));
        assert_eq!(buffer.history()[54..204], [1; 150]);
        assert_eq!(buffer.history()[204..], [2; 102]);
        // The seam moves with the history, and a second one hides what lies before the first.
        assert_eq!(feed(&mut buffer, 3, 50), 0);
        buffer.lose(80);
        buffer.lose(80);
        let seam = Seam { index: 204, lost_samples: 160, usable_from: 52 };
        assert_eq!(buffer.seam(), Some(seam));
        assert_eq!(buffer.history()[52..204], [[2; 102].as_slice(), &[3; 50]].concat()[..]);
        assert_eq!(feed(&mut buffer, 4, 3 * BLOCK_SAMPLES), 3);
        assert_eq!(buffer.seam(), None);
    }
}

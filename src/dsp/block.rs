use super::goertzel::BLOCK_SAMPLES;

/// Blocks that a detector can look back on, the newest one included.
const BLOCKS: usize = 3;
/// The same in samples: 38 ms at 8 kHz.
pub const HISTORY_SAMPLES: usize = BLOCKS * BLOCK_SAMPLES;

/// Cuts a stream of frames into blocks and keeps what came right before the newest one.
///
/// Blocks follow each other without a gap from sample 0 on, and anew from the first sample after a loss, however
/// the frames are cut.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct BlockBuffer {
    /// The newest blocks, in turn: nothing moves when another one begins.
    blocks: [[i16; BLOCK_SAMPLES]; BLOCKS],
    /// Which of them is the newest. Bytes, as a detector has to be small.
    newest: u8,
    /// Samples of the newest block so far.
    filled: u8,
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
    /// Where the bytes behind the audio begin, which every push touches.
    #[cfg(feature = "std")]
    pub(crate) const TOUCHED_FROM: usize = core::mem::offset_of!(Self, newest);

    /// Empty: the history before the first sample is silence.
    pub const fn new() -> Self {
        Self { blocks: [[0; BLOCK_SAMPLES]; BLOCKS], newest: 0, filled: 0, position: 0, seam: None }
    }

    /// Samples taken, or told as lost, since the start.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Samples that complete the block which the next sample falls into.
    pub const fn missing(&self) -> usize {
        if self.is_complete() { BLOCK_SAMPLES } else { BLOCK_SAMPLES - self.filled as usize }
    }

    const fn is_complete(&self) -> bool {
        self.filled as usize == BLOCK_SAMPLES
    }

    /// Takes samples of a frame up to the end of the newest block, and returns those that it took and the others.
    #[inline]
    pub fn take<'a>(&mut self, frame: &'a [i16]) -> (&'a [i16], &'a [i16]) {
        if self.is_complete() {
            self.newest = if self.newest + 1 < BLOCKS as u8 { self.newest + 1 } else { 0 };
            self.filled = 0;
            self.move_seam(BLOCK_SAMPLES);
        }
        let (taken, rest) = frame.split_at(frame.len().min(self.missing()));
        let block = self.blocks.get_mut(usize::from(self.newest));
        let filled = usize::from(self.filled);
        if let Some(places) = block.and_then(|block| block.get_mut(filled..filled + taken.len())) {
            places.copy_from_slice(taken);
        }
        self.filled += taken.len() as u8;
        self.position += taken.len() as u64;
        (taken, rest)
    }

    /// The newest block, if what was taken last has completed it. Where that is all of the block it is read from
    /// there: what was just written is slow to read.
    #[inline]
    pub fn complete<'a>(&'a self, taken: &'a [i16]) -> Option<&'a [i16; BLOCK_SAMPLES]> {
        self.is_complete().then(|| taken.try_into().unwrap_or(self.block()))
    }

    /// Takes a loss: the block that it cut short becomes history, and the next sample begins a new one.
    pub fn lose(&mut self, lost_samples: usize) {
        if lost_samples == 0 {
            return;
        }
        // Rare enough to move everything.
        let mut history = self.history();
        let filled = usize::from(self.filled);
        history.copy_within(filled.., 0);
        for (block, samples) in self.blocks.iter_mut().zip(history.chunks_exact(BLOCK_SAMPLES)) {
            block.copy_from_slice(samples);
        }
        self.move_seam(filled);
        (self.newest, self.filled) = (BLOCKS as u8 - 1, 0);
        let index = HISTORY_SAMPLES - BLOCK_SAMPLES;
        self.seam = Some(match self.seam {
            // Nothing came between two losses: they are one.
            Some(seam) if seam.index == index => {
                Seam { lost_samples: seam.lost_samples.saturating_add(lost_samples), ..seam }
            }
            Some(seam) => Seam { index, lost_samples, usable_from: seam.index },
            None => Seam { index, lost_samples, usable_from: 0 },
        });
        self.position = self.position.saturating_add(lost_samples as u64);
    }

    /// The samples of a block that is not complete yet.
    pub fn partial(&self) -> &[i16] {
        let filled = if self.is_complete() { 0 } else { usize::from(self.filled) };
        self.block().get(..filled).unwrap_or_default()
    }

    /// Completes the newest block, or a further one, with silence: what would have followed where a line ends.
    pub fn complete_with_silence(&mut self) -> &[i16; BLOCK_SAMPLES] {
        const SILENCE: [i16; BLOCK_SAMPLES] = [0; BLOCK_SAMPLES];
        self.take(SILENCE.get(..self.missing()).unwrap_or_default());
        self.block()
    }

    #[inline]
    fn block(&self) -> &[i16; BLOCK_SAMPLES] {
        self.blocks.get(usize::from(self.newest)).unwrap_or(&[0; BLOCK_SAMPLES])
    }

    /// The newest block and what came before it, oldest first.
    pub fn history(&self) -> [i16; HISTORY_SAMPLES] {
        let mut history = [0; HISTORY_SAMPLES];
        let (newer, older) = self.blocks.split_at((usize::from(self.newest) + 1).min(BLOCKS));
        for (samples, block) in history.chunks_exact_mut(BLOCK_SAMPLES).zip(older.iter().chain(newer)) {
            samples.copy_from_slice(block);
        }
        history
    }

    /// The latest loss that the history spans.
    pub const fn seam(&self) -> Option<Seam> {
        self.seam
    }

    /// The history moves on by so many samples.
    #[inline]
    fn move_seam(&mut self, samples: usize) {
        if let Some(seam) = self.seam {
            self.seam = seam.index.checked_sub(samples).filter(|&index| index > 0).map(|index| Seam {
                index,
                usable_from: seam.usable_from.saturating_sub(samples),
                ..seam
            });
        }
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
                    let (taken, rest) = buffer.take(frame);
                    frame = rest;
                    if let Some(block) = buffer.complete(taken) {
                        let end = buffer.position() as usize;
                        assert_eq!(block[..], stream[end - BLOCK_SAMPLES..end]);
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
            let mut completed = 0;
            for _ in 0..count {
                buffer.take(&[value]);
                completed += usize::from(buffer.complete(&[value]).is_some());
            }
            completed
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

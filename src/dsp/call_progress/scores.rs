use crate::dsp::HISTORY_SAMPLES;
use crate::dsp::wave::{LANES, Lanes};

/// As many samples as there are scores for.
pub(super) const CHUNKS: usize = HISTORY_SAMPLES.div_ceil(LANES);

/// For each sample, how much speaks for something to hold there; no more than a history of them.
pub(super) struct Scores {
    scores: [[f32; LANES]; CHUNKS],
    count: usize,
    /// No score is higher.
    most: f32,
}

impl Scores {
    /// None of the scores is higher than `most`.
    pub(super) fn new(scores: impl ExactSizeIterator<Item = f32>, most: f32) -> Self {
        let mut places = [[0.0; LANES]; CHUNKS];
        let count = scores.len().min(HISTORY_SAMPLES);
        places.as_flattened_mut().iter_mut().zip(scores).for_each(|(place, score)| *place = score);
        Self { scores: places, count, most }
    }

    /// For a power of more than `least`.
    pub(super) fn of_power(samples: &[i16], least: f32) -> Self {
        let scores = samples.iter().map(|&sample| f32::from(sample) * f32::from(sample) - least);
        Self::new(scores, f32::INFINITY)
    }

    /// From the last sample to the first.
    pub(super) fn reversed(mut self) -> Self {
        self.scores.as_flattened_mut().get_mut(..self.count).unwrap_or_default().reverse();
        self
    }

    /// How many of the first scores make the greatest sum.
    pub(super) fn longest(&self) -> usize {
        let (mut sum, mut greatest) = (0.0f32, 0.0f32);
        let before = self.scores.map(|chunk| {
            let before = sum;
            sum += Lanes(chunk).sum();
            greatest = greatest.max(sum);
            before
        });
        let (mut best, mut run) = (0.0f32, 0);
        for (index, (chunk, before)) in self.scores.iter().zip(before).enumerate() {
            // Few chunks can hold the greatest sum.
            if before + LANES as f32 * self.most < greatest {
                continue;
            }
            let mut sum = before;
            for (place, score) in chunk.iter().enumerate() {
                sum += score;
                if sum > best {
                    (best, run) = (sum, index * LANES + place + 1);
                }
            }
        }
        run.min(self.count)
    }
}

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
    /// So many scores, none of which is higher than `most`.
    pub(super) fn new(mut scores: [[f32; LANES]; CHUNKS], count: usize, most: f32) -> Self {
        scores.as_flattened_mut().iter_mut().skip(count).for_each(|score| *score = 0.0);
        Self { scores, count, most }
    }

    /// For a power of more than `least`.
    pub(super) fn of_power(samples: &[i16], least: f32) -> Self {
        let mut scores = [[0.0; LANES]; CHUNKS];
        let places = scores.as_flattened_mut().iter_mut().zip(samples);
        places.for_each(|(score, &sample)| *score = f32::from(sample) * f32::from(sample) - least);
        Self::new(scores, samples.len(), f32::INFINITY)
    }

    /// From the last sample to the first.
    pub(super) fn reversed(mut self) -> Self {
        self.scores.as_flattened_mut().get_mut(..self.count).unwrap_or_default().reverse();
        self
    }

    /// How many of the first scores make the greatest sum.
    pub(super) fn longest(&self) -> usize {
        let mut sums = [0.0; CHUNKS];
        sums.iter_mut().zip(&self.scores).for_each(|(sum, chunk)| *sum = Lanes(*chunk).sum());
        let greatest = sums
            .iter()
            .scan(0.0, |sum, part| {
                *sum += part;
                Some(*sum)
            })
            .fold(0.0, f32::max);
        // Few chunks can hold the greatest sum.
        let enough = greatest - LANES as f32 * self.most;
        let (mut before, mut best, mut run) = (0.0f32, 0.0f32, 0);
        for (index, (chunk, sum)) in self.scores.iter().zip(sums).enumerate() {
            if before >= enough {
                let mut sum = before;
                for (place, score) in chunk.iter().enumerate() {
                    sum += score;
                    if sum > best {
                        (best, run) = (sum, index * LANES + place + 1);
                    }
                }
            }
            before += sum;
        }
        run.min(self.count)
    }
}

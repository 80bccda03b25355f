//! From the line's rate to the file's, on a writer thread.

use crate::line::SampleRate;
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{
    Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};
use std::time::Duration;

/// Length of the filter in periods of the lower rate: with this window the band from 0.45 to 0.55 of that rate is all that
/// lies between what passes and what does not.
const LOW_RATE_TAPS: usize = 80;
/// Chunks a second: what a resampler keeps of the line until there is more of it is less than this, and its delay.
const CHUNKS_A_SECOND: u32 = 100;

/// Samples of the file for so many of the line.
pub(super) fn file_samples(line_samples: u64, line: SampleRate, file: SampleRate) -> u64 {
    if line == file {
        return line_samples;
    }
    let (line, file) = (u64::from(line.hz()), u64::from(file.hz()));
    // In two parts, which cannot overflow.
    let (seconds, rest) = (line_samples / line, line_samples % line);
    seconds.saturating_mul(file).saturating_add((rest * file + line / 2) / line)
}

/// Sample `n` of what it makes stands for the moment `n / file rate` of the line, as if there were no filter, and of `n`
/// line samples it makes [`file_samples`], rounded to the nearest. What it works in is allocated at the start.
pub(super) struct Resampler {
    sinc: Async<f32>,
    line: SampleRate,
    file: SampleRate,
    /// The next chunk of the line.
    input: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Silence before the line, so that it falls onto the file's samples.
    lead_in: usize,
    /// Samples that come before the file's first one.
    delay: usize,
    /// How many of these are still to come.
    to_skip: usize,
    /// Line samples taken.
    taken: u64,
    /// File samples made.
    made: u64,
}

impl Resampler {
    /// One between two rates; `None` where they are the same.
    pub(super) fn new(line: SampleRate, file: SampleRate) -> Option<Self> {
        if line == file {
            return None;
        }
        let divisor = gcd(line.hz(), file.hz());
        let (down, up) = ((line.hz() / divisor) as usize, (file.hz() / divisor) as usize);
        // In samples of the line. Of a lower one as many as of the file's.
        let taps = (LOW_RATE_TAPS * down.max(up)).div_ceil(up).next_multiple_of(8);
        let parameters = SincInterpolationParameters::new(taps, WindowFunction::BlackmanHarris)
            .f_cutoff(1.0)
            // Every sample that is made falls onto one of the filter's phases.
            .oversampling_factor(up)
            .interpolation(SincInterpolationType::Nearest);
        let chunk = (line.hz() / CHUNKS_A_SECOND) as usize;
        let ratio = up as f64 / down as f64;
        let sinc = Async::new_sinc(ratio, 1.0, &parameters, chunk, 1, FixedAsync::Input)
            .expect("a ratio of two rates of telephony");
        // Sample `j` of the filter stands for the moment `((j + 1) * down + 1) / up - taps / 2` of what went in: so much
        // silence puts one of them onto the line's beginning.
        let lead_in = (0..down).find(|lead_in| (taps / 2 + lead_in) * up % down == 1 % down).unwrap_or(0);
        let delay = ((taps / 2 + lead_in) * up - 1) / down - 1;
        let output = sinc.output_frames_max();
        Some(Self {
            sinc,
            line,
            file,
            input: vec![0.0; chunk],
            filled: lead_in,
            output: vec![0.0; output],
            lead_in,
            delay,
            to_skip: delay,
            taken: 0,
            made: 0,
        })
    }

    /// How much of the line it keeps at most until it has made samples of it.
    pub(super) fn delay(&self) -> Duration {
        let behind = ((self.delay + 2) * self.line.hz() as usize).div_ceil(self.file.hz() as usize);
        let samples = self.input.len() + behind - self.lead_in;
        Duration::from_micros(samples as u64 * 1_000_000 / u64::from(self.line.hz()))
    }

    /// Takes samples of the line and adds those of the file that can be made.
    pub(super) fn push(&mut self, line: &[i16], file: &mut Vec<i16>) {
        let mut rest = line;
        while !rest.is_empty() {
            let room = &mut self.input[self.filled..];
            let (now, later) = rest.split_at(rest.len().min(room.len()));
            for (place, &sample) in room.iter_mut().zip(now) {
                *place = sample.into();
            }
            self.filled += now.len();
            self.taken += now.len() as u64;
            rest = later;
            if self.filled == self.input.len() {
                self.chunk(file);
            }
        }
    }

    /// Adds the rest, as if silence followed, and is as new.
    pub(super) fn finish(&mut self, file: &mut Vec<i16>) {
        while self.made < file_samples(self.taken, self.line, self.file) {
            self.input[self.filled..].fill(0.0);
            self.chunk(file);
        }
        self.restart();
    }

    /// Forgets what it was given.
    pub(super) fn restart(&mut self) {
        self.sinc.reset();
        self.input.fill(0.0);
        (self.filled, self.to_skip) = (self.lead_in, self.delay);
        (self.taken, self.made) = (0, 0);
    }

    fn chunk(&mut self, file: &mut Vec<i16>) {
        let (in_chunk, room) = (self.input.len(), self.output.len());
        let input = SequentialSlice::new(&self.input, 1, in_chunk).expect("one channel");
        let mut output = SequentialSlice::new_mut(&mut self.output, 1, room).expect("one channel");
        let (_, made) =
            self.sinc.process_into_buffer(&input, &mut output, None).expect("a chunk, and room for it");
        self.filled = 0;
        let skipped = made.min(self.to_skip);
        self.to_skip -= skipped;
        let wanted = file_samples(self.taken, self.line, self.file) - self.made;
        let made = (made - skipped).min(usize::try_from(wanted).unwrap_or(usize::MAX));
        self.made += made as u64;
        // Saturates.
        file.extend(self.output[skipped..skipped + made].iter().map(|sample| sample.round() as i16));
    }
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const PEAK: f64 = 30_000.0;

    fn pairs() -> impl Iterator<Item = (SampleRate, SampleRate)> {
        let to = |line| SampleRate::ALL.into_iter().map(move |file| (line, file));
        SampleRate::ALL.into_iter().flat_map(to).filter(|(line, file)| line != file)
    }

    fn resampled(resampler: &mut Resampler, line: &[i16], batch: usize) -> Vec<i16> {
        let mut file = Vec::new();
        line.chunks(batch).for_each(|samples| resampler.push(samples, &mut file));
        resampler.finish(&mut file);
        file
    }

    fn tone(hz: f64, rate: SampleRate) -> Vec<i16> {
        let sample = |n| (PEAK * (TAU * hz * f64::from(n) / f64::from(rate.hz()) + 0.3).sin()).round() as i16;
        (0..rate.hz() / 8).map(sample).collect()
    }

    fn db(amplitude: f64) -> f64 {
        20.0 * (amplitude / PEAK).log10()
    }

    /// Root of the mean square as a sine's peak, away from the ends.
    fn level_db(samples: impl Iterator<Item = f64>) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for sample in samples {
            sum += sample * sample;
            count += 1.0;
        }
        db((2.0 * sum / count).sqrt())
    }

    /// The tone that fits best: its amplitude and phase, and the level of all else in decibels.
    fn fitted(file: &[i16], hz: f64, rate: SampleRate) -> (f64, f64, f64) {
        let edge = rate.hz() as usize / 50;
        let angle = |n: usize| TAU * hz * n as f64 / f64::from(rate.hz());
        let steady = || (edge..file.len() - edge).map(|n| (angle(n).sin_cos(), f64::from(file[n])));
        let (mut ss, mut sc, mut cc, mut sx, mut cx) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for ((sin, cos), sample) in steady() {
            (ss, sc, cc) = (ss + sin * sin, sc + sin * cos, cc + cos * cos);
            (sx, cx) = (sx + sin * sample, cx + cos * sample);
        }
        let determinant = ss * cc - sc * sc;
        let (a, b) = ((sx * cc - cx * sc) / determinant, (cx * ss - sx * sc) / determinant);
        let rest = level_db(steady().map(|((sin, cos), sample)| sample - a * sin - b * cos));
        (a.hypot(b), b.atan2(a), rest)
    }

    /// What passes is flat and in its place, and all else, images and aliases and what rounding adds, is 90 dB down.
    #[test]
    fn the_pass_band_is_flat_and_in_place_and_has_no_images() {
        let mut worst = (0.0f64, -200.0f64, 0.0f64);
        for (line, file) in pairs() {
            let low = f64::from(line.hz().min(file.hz()));
            let mut resampler = Resampler::new(line, file).unwrap();
            for part in [0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.42, 0.44, 0.45] {
                let hz = low * part;
                let samples = resampled(&mut resampler, &tone(hz, line), 777);
                let (peak, phase, rest_db) = fitted(&samples, hz, file);
                let (gain_db, late_s) = (db(peak), (phase - 0.3) / (TAU * hz));
                let named = format!("{} to {} Hz at {hz}", line.hz(), file.hz());
                assert!(gain_db.abs() < 0.1, "{named}: {gain_db} dB");
                assert!(rest_db < -90.0, "{named}: the rest at {rest_db} dB");
                assert!(late_s.abs() < 2e-8, "{named}: late by {late_s} s");
                worst = (worst.0.max(gain_db.abs()), worst.1.max(rest_db), worst.2.max(late_s.abs()));
            }
        }
        println!("flat to {} dB, the rest below {} dB, in place to {} s", worst.0, worst.1, worst.2);
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_90_db_down() {
        let mut worst = -200.0f64;
        for (line, file) in pairs().filter(|(line, file)| line.hz() > file.hz()) {
            let mut resampler = Resampler::new(line, file).unwrap();
            let (from, to) = (0.55 * f64::from(file.hz()), 0.5 * f64::from(line.hz()));
            // Of 48 kHz, 44.1 kHz holds all but the transition band.
            for step in (0..24).filter(|_| from < to) {
                // Closer where the stop band begins.
                let hz = from + (to - from) * (f64::from(step) / 24.0).powi(2);
                let samples = resampled(&mut resampler, &tone(hz, line), 4_096);
                let edge = file.hz() as usize / 50;
                let left_db = level_db(samples[edge..samples.len() - edge].iter().map(|&s| s.into()));
                assert!(left_db < -90.0, "{} to {} Hz: {left_db} dB of {hz} Hz", line.hz(), file.hz());
                worst = worst.max(left_db);
            }
        }
        println!("below {worst} dB");
    }

    #[test]
    fn a_batch_is_due_no_more_than_16_ms_earlier() {
        for (line, file) in pairs() {
            let told = Resampler::new(line, file).unwrap().delay();
            assert!(told <= Duration::from_millis(16), "{} to {} Hz: {told:?}", line.hz(), file.hz());
        }
    }

    #[test]
    fn lengths_are_exact_and_batches_do_not_matter() {
        for (line, file) in pairs() {
            let mut resampler = Resampler::new(line, file).unwrap();
            for length in [1, 2, 79, 80, 441, 442, 12_345] {
                let samples: Vec<i16> =
                    (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 17) as i16).collect();
                let whole = resampled(&mut resampler, &samples, length);
                let exact = (length as f64 * f64::from(file.hz()) / f64::from(line.hz())).round() as usize;
                assert_eq!(whole.len(), exact, "{} to {} Hz of {length}", line.hz(), file.hz());
                assert!(resampled(&mut resampler, &samples, 160) == whole);
                // What is kept of the line is no longer than told.
                let (mut made, told) = (Vec::new(), resampler.delay());
                resampler.push(&samples, &mut made);
                let kept = (length as f64 / f64::from(line.hz()) - made.len() as f64 / f64::from(file.hz()))
                    .max(0.0);
                assert!(kept <= told.as_secs_f64(), "{kept} s of {} to {} Hz", line.hz(), file.hz());
                resampler.restart();
                assert_eq!(file_samples(length as u64, line, file), exact as u64);
            }
        }
    }
}

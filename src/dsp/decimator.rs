//! From the line's rate to the 8 kHz that the detectors hear.

use super::goertzel::sine;
use crate::line::SampleRate;
use core::num::{NonZeroU16, NonZeroU64};

/// Up to here the line is heard as it is, in hertz: the telephone band.
#[cfg(test)]
const PASS_HZ: f64 = 3_400.0;
/// From here on it is not heard, in hertz: what lies below folds to above the telephone band.
#[cfg(test)]
const STOP_HZ: f64 = 4_600.0;
/// Half of the amplitude is left here, in hertz.
const CUTOFF_HZ: f64 = 4_000.0;
/// Kaiser's shape for a stop band of 65 dB.
const KAISER_BETA: f64 = 6.2;

/// Room for the longest filter's samples, and for as many further ones that it is worth moving them.
const WINDOW_SAMPLES: usize = 384;
/// Products that are summed side by side; each filter's length is a multiple of it.
const LANES: usize = 32;
/// The fixed-point one of the coefficients.
const ONE_BITS: u32 = 15;

/// A linear-phase low pass in so many phases of so many coefficients each, cut from one windowed sinc.
struct Filter {
    /// Detector samples a period of both rates; as what follows never 0, so that no division can panic.
    up: NonZeroU16,
    /// Line samples in the same time.
    down: NonZeroU16,
    /// Coefficients of a phase: half of them, the first one silent or nearly so, stand before the sample that is made.
    length: u16,
    /// Phase after phase.
    coefficients: &'static [i16],
}

impl Filter {
    /// The line sample at a detector sample's moment, or right before it, and the phase.
    fn moment(&self, detector_sample: u64) -> (u64, u16) {
        let (up, down) = self.periods();
        // In two parts, which cannot overflow.
        let (periods, rest) = (detector_sample / up, detector_sample % up);
        let place = rest * down.get();
        (periods.saturating_mul(down.get()).saturating_add(place / up), (place % up) as u16)
    }

    fn periods(&self) -> (NonZeroU64, NonZeroU64) {
        (self.up.into(), self.down.into())
    }
}

/// A phase's coefficients, `PHASES` of `LENGTH`; the line has `down` samples in the time of `PHASES` at 8 kHz.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time; the indices are the arrays' own")]
const fn phases<const LENGTH: usize, const PHASES: usize>(down: usize) -> [[i16; LENGTH]; PHASES] {
    let mut phases = [[0; LENGTH]; PHASES];
    let half = (LENGTH / 2) as f64;
    // In periods of the line's rate.
    let cutoff = CUTOFF_HZ / 8_000.0 * PHASES as f64 / down as f64;
    let mut phase = 0;
    while phase < PHASES {
        let late = phase as f64 / PHASES as f64;
        let (mut taps, mut sum) = ([0.0; LENGTH], 0.0);
        let mut tap = 0;
        while tap < LENGTH {
            let time = tap as f64 - half - late;
            if time > -half {
                let turns = cutoff * time;
                let sinc =
                    if time == 0.0 { 2.0 * cutoff } else { sine(turns) / (core::f64::consts::PI * time) };
                let place = time / half;
                taps[tap] = sinc * bessel_i0(KAISER_BETA * KAISER_BETA / 4.0 * (1.0 - place * place));
                sum += taps[tap];
            }
            tap += 1;
        }
        tap = 0;
        while tap < LENGTH {
            let scaled = taps[tap] / sum * (1 << ONE_BITS) as f64;
            phases[phase][tap] = (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i16;
            tap += 1;
        }
        phase += 1;
    }
    phases
}

/// The modified Bessel function of order 0, of twice the root of `square`.
const fn bessel_i0(square: f64) -> f64 {
    let (mut sum, mut order) = (1.0, 18.0);
    while order > 0.0 {
        sum = 1.0 + square / (order * order) * sum;
        order -= 1.0;
    }
    sum
}

const fn filter<const LENGTH: usize, const PHASES: usize>(
    down: u16,
    phases: &'static [[i16; LENGTH]; PHASES],
) -> Filter {
    let (up, down) = match (NonZeroU16::new(PHASES as u16), NonZeroU16::new(down)) {
        (Some(up), Some(down)) => (up, down),
        _ => (NonZeroU16::MIN, NonZeroU16::MIN),
    };
    Filter { up, down, length: LENGTH as u16, coefficients: phases.as_flattened() }
}

static FROM_16_KHZ: Filter = filter(2, const { &phases::<64, 1>(2) });
static FROM_24_KHZ: Filter = filter(3, const { &phases::<96, 1>(3) });
static FROM_32_KHZ: Filter = filter(4, const { &phases::<128, 1>(4) });
static FROM_44_1_KHZ: Filter = filter(441, const { &phases::<160, 80>(441) });
static FROM_48_KHZ: Filter = filter(6, const { &phases::<160, 1>(6) });

/// Makes the detectors' samples, at 8 kHz, of a line's at a higher rate.
///
/// The telephone band, to 3400 Hz, passes within 0.02 dB; what lies from 4600 Hz on is 60 dB down. Detector sample `n`
/// stands for the line's moment `n / 8000 s`, as if there were no filter, see [`SampleRate::of_narrowband`]: it is made as
/// soon as the line samples that it needs are there, [`ahead_samples`](Self::ahead_samples) later. However the frames are
/// cut, the samples are the same.
#[derive(Clone)]
pub struct Decimator {
    filter: &'static Filter,
    window: [i16; WINDOW_SAMPLES],
    filled: u16,
    /// Where in the window the next sample's coefficients begin.
    next: u16,
    phase: u16,
    /// Line samples taken, or told as lost.
    taken: u64,
    /// Detector samples made, or told as lost.
    made: u64,
}

impl core::fmt::Debug for Decimator {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Decimator")
            .field("taken", &self.taken)
            .field("made", &self.made)
            .finish_non_exhaustive()
    }
}

impl Decimator {
    /// One for a line of a higher rate; `None` where the detectors hear the line itself.
    pub const fn new(rate: SampleRate) -> Option<Self> {
        let filter = match rate.hz() {
            16_000 => &FROM_16_KHZ,
            24_000 => &FROM_24_KHZ,
            32_000 => &FROM_32_KHZ,
            44_100 => &FROM_44_1_KHZ,
            48_000 => &FROM_48_KHZ,
            _ => return None,
        };
        let before = filter.length / 2;
        let window = [0; WINDOW_SAMPLES];
        Some(Self { filter, window, filled: before, next: 0, phase: 0, taken: 0, made: 0 })
    }

    /// How many line samples after the one that it stands for a detector sample is made: its group delay, 1.6 to 2 ms.
    pub const fn ahead_samples(&self) -> u64 {
        (self.filter.length / 2 - 1) as u64
    }

    /// Line samples that are still to come until so many more detector samples are made.
    pub fn until(&self, detector_samples: usize) -> usize {
        let Some(more) = detector_samples.checked_sub(1) else { return 0 };
        let (up, down) = self.filter.periods();
        let moment = u64::from(self.phase) + more as u64 * down.get();
        let end = u64::from(self.next) + u64::from(self.filter.length) + moment / up;
        end.saturating_sub(self.filled.into()) as usize
    }

    /// Takes samples of a frame until the detectors' place is full, and returns how many detector samples were made, and
    /// the rest of the frame.
    pub fn push<'a>(&mut self, frame: &'a [i16], detector: &mut [i16]) -> (usize, &'a [i16]) {
        let (mut now, later) = frame.split_at(frame.len().min(self.until(detector.len())));
        let mut made = 0;
        while !now.is_empty() {
            now = self.keep(now);
            made += self.make(detector.get_mut(made..).unwrap_or_default());
        }
        (made, later)
    }

    /// Makes the detector samples that silence after the line's end would bring, as far as there is room, and returns how
    /// many these are.
    pub fn flush(&mut self, detector: &mut [i16]) -> usize {
        const SILENCE: [i16; WINDOW_SAMPLES / 2] = [0; WINDOW_SAMPLES / 2];
        let silence = SILENCE.get(..self.ahead_samples() as usize).unwrap_or_default();
        self.push(silence, detector).0
    }

    /// Takes line samples that were lost, and returns how many of the detectors' are lost with them: those that cannot be
    /// made of what came before, too.
    pub fn lose(&mut self, samples: usize) -> usize {
        if samples == 0 {
            return 0;
        }
        let (up, down) = self.filter.periods();
        self.taken = self.taken.saturating_add(samples as u64);
        // The first one that is not due yet: its last coefficient's sample is still to come.
        let begun = self.taken.saturating_sub(self.ahead_samples());
        let part = begun % down * up.get();
        let due = begun / down * up.get() + part / down + u64::from(part % down > 0);
        let lost = due.saturating_sub(self.made);
        self.made = self.made.max(due);
        let (line_sample, phase) = self.filter.moment(self.made);
        self.phase = phase;
        self.window = [0; WINDOW_SAMPLES];
        // The window's first sample is the one that the coefficients begin with.
        self.next = 0;
        self.filled = (self.taken + u64::from(self.filter.length / 2)).saturating_sub(line_sample) as u16;
        lost as usize
    }

    /// Keeps as much as there is room for, and returns the rest.
    fn keep<'a>(&mut self, frame: &'a [i16]) -> &'a [i16] {
        if usize::from(self.filled) == WINDOW_SAMPLES {
            self.window.copy_within(usize::from(self.next).min(WINDOW_SAMPLES).., 0);
            self.filled = self.filled.saturating_sub(self.next);
            self.next = 0;
        }
        let room = self.window.get_mut(usize::from(self.filled)..).unwrap_or_default();
        let (kept, rest) = frame.split_at(frame.len().min(room.len()));
        for (place, &sample) in room.iter_mut().zip(kept) {
            *place = sample;
        }
        self.filled += kept.len() as u16;
        self.taken += kept.len() as u64;
        rest
    }

    /// Makes what can be made of the window.
    fn make(&mut self, detector: &mut [i16]) -> usize {
        let Filter { up, down, length, coefficients } = self.filter;
        let (whole, part) = (down.get() / *up, down.get() % *up);
        let mut made = 0;
        for sample in detector {
            let first = usize::from(self.next);
            let window = self.window.get(..usize::from(self.filled)).unwrap_or_default();
            let Some(heard) = window.get(first..first + usize::from(*length)) else { break };
            let phase = usize::from(self.phase) * usize::from(*length);
            let phase = coefficients.get(phase..phase + usize::from(*length)).unwrap_or_default();
            *sample = filtered(phase, heard);
            made += 1;
            self.phase += part;
            self.next += whole;
            if self.phase >= up.get() {
                self.phase -= up.get();
                self.next += 1;
            }
        }
        self.made += made as u64;
        made
    }
}

/// One sample. No sum of it exceeds 32 bits: the coefficients' magnitudes add up to less than twice the fixed-point one.
#[inline]
fn filtered(coefficients: &[i16], samples: &[i16]) -> i16 {
    let (coefficients, _) = coefficients.as_chunks::<LANES>();
    let (samples, _) = samples.as_chunks::<LANES>();
    let mut sum = 1 << (ONE_BITS - 1);
    for (coefficients, samples) in coefficients.iter().zip(samples) {
        let products = coefficients.iter().zip(samples).map(|(&a, &b)| i32::from(a) * i32::from(b));
        sum = products.fold(0, i32::wrapping_add).wrapping_add(sum);
    }
    (sum >> ONE_BITS).clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::TAU;

    /// Half of full scale.
    const PEAK: f64 = 16_384.0;

    fn decimators() -> impl Iterator<Item = (u32, Decimator)> {
        SampleRate::ALL.into_iter().filter_map(|rate| Some((rate.hz(), Decimator::new(rate)?)))
    }

    fn line_sample(rate_hz: u32, sample: u64) -> u64 {
        SampleRate::new(rate_hz).unwrap().of_narrowband(sample)
    }

    fn decimated(mut decimator: Decimator, line: &[i16], frame_samples: usize) -> Vec<i16> {
        let (mut detector, mut place) = (Vec::new(), [0; 102]);
        for frame in line.chunks(frame_samples) {
            let mut rest = frame;
            while !rest.is_empty() {
                let (made, later) = decimator.push(rest, &mut place);
                detector.extend_from_slice(&place[..made]);
                rest = later;
            }
        }
        detector
    }

    /// Half a second of a tone.
    fn tone(hz: f64, rate_hz: u32) -> Vec<i16> {
        let sample = |n| (PEAK * (TAU * hz * f64::from(n) / f64::from(rate_hz) + 0.3).sin()).round() as i16;
        (0..rate_hz / 2).map(sample).collect()
    }

    /// Amplitude of a frequency at 8 kHz, as a part of the tone's, and its phase.
    fn measured(detector: &[i16], hz: f64) -> (f64, f64) {
        let steady = 400..3_600;
        let (mut even, mut odd, mut weights) = (0.0, 0.0, 0.0);
        for n in steady.clone() {
            let weight = (TAU / 2.0 * (n as f64 - 400.0) / 3_200.0).sin().powi(4);
            let angle = TAU * hz * n as f64 / 8_000.0;
            even += weight * f64::from(detector[n]) * angle.sin();
            odd += weight * f64::from(detector[n]) * angle.cos();
            weights += weight;
        }
        (even.hypot(odd) / weights * 2.0 / PEAK, odd.atan2(even))
    }

    #[test]
    fn the_telephone_band_passes_in_place() {
        for (rate_hz, decimator) in decimators() {
            for hz in (100..=PASS_HZ as u32).step_by(50).map(f64::from) {
                let detector = decimated(decimator.clone(), &tone(hz, rate_hz), 960);
                let (gain, phase) = measured(&detector, hz);
                let gain_db = 20.0 * gain.log10();
                assert!(gain_db.abs() < 0.02, "{rate_hz} Hz: {gain_db} dB at {hz} Hz");
                // A tenth of a line sample at 48 kHz would be 2 µs.
                let late_s = (phase - 0.3) / (TAU * hz);
                assert!(late_s.abs() < 1e-6, "{rate_hz} Hz: {late_s} s at {hz} Hz");
            }
        }
    }

    #[test]
    fn what_lies_above_is_60_db_down() {
        for (rate_hz, decimator) in decimators() {
            for hz in (STOP_HZ as u32..=rate_hz / 2).step_by(97).map(f64::from) {
                let detector = decimated(decimator.clone(), &tone(hz, rate_hz), 960);
                let peak = detector[400..3_600].iter().map(|sample| sample.unsigned_abs()).max().unwrap();
                let peak_db = 20.0 * (f64::from(peak) / PEAK).log10();
                assert!(peak_db < -60.0, "{rate_hz} Hz: {peak_db} dB of {hz} Hz");
            }
        }
    }

    #[test]
    fn nothing_depends_on_the_frames_and_samples_come_when_they_are_due() {
        for (rate_hz, decimator) in decimators() {
            let line: Vec<i16> = (0..rate_hz).map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as i16).collect();
            let whole = decimated(decimator.clone(), &line, line.len());
            for frame_samples in [1, 7, 160, 961] {
                let same = decimated(decimator.clone(), &line, frame_samples) == whole;
                assert!(same, "{rate_hz} Hz, frames of {frame_samples}");
            }
            let mut one = decimator.clone();
            let (mut at, mut made) = (0, 0);
            while made < 900 {
                let until = one.until(102);
                let next = &line[at..at + until];
                let mut place = [0; 200];
                assert_eq!(one.clone().push(&next[..until - 1], &mut place).0, 101);
                assert_eq!(one.push(next, &mut place), (102, [].as_slice()));
                (at, made) = (at + until, made + 102);
                let due = line_sample(rate_hz, made - 1) + decimator.ahead_samples();
                assert!((due..=due + 1).contains(&(at as u64)), "{rate_hz} Hz: {at}, due at {due}");
            }
        }
    }

    /// An impulse at a line sample is the greatest where that maps to.
    #[test]
    fn positions_map_back_and_losses_keep_them() {
        for (rate_hz, decimator) in decimators() {
            for lost in [1, 80, 333, 12_345] {
                let mut decimator = decimator.clone();
                let mut place = vec![0; 2_000];
                let before = 1_001;
                let made = decimator.push(&vec![99; before], &mut place).0;
                let skipped = decimator.lose(lost);
                for wanted in [60, 137] {
                    let detector_sample = (made + skipped + wanted) as u64;
                    let line_sample = line_sample(rate_hz, detector_sample) as usize;
                    let mut line = vec![0; 3_000];
                    line[line_sample - before - lost] = i16::MAX;
                    place.fill(0);
                    decimator.clone().push(&line, &mut place);
                    let peak = (0..place.len()).max_by_key(|&n| place[n]).unwrap();
                    assert_eq!(peak, wanted, "{rate_hz} Hz, {lost} lost");
                }
                // Nothing of what came before the loss is left.
                let made = decimator.push(&[0; 3_000], &mut place).0;
                assert!(place[..made].iter().all(|&sample| sample == 0));
            }
        }
    }

    #[test]
    fn sums_do_not_overflow_and_direct_current_passes_whole() {
        for (rate_hz, decimator) in decimators() {
            let Filter { length, coefficients, .. } = decimator.filter;
            for phase in coefficients.chunks(usize::from(*length)) {
                let magnitude: u32 = phase.iter().map(|tap| u32::from(tap.unsigned_abs())).sum();
                assert!(magnitude < 2 << ONE_BITS, "{rate_hz} Hz: {magnitude}");
            }
            for sample in [i16::MIN, i16::MAX] {
                let detector = decimated(decimator.clone(), &vec![sample; rate_hz as usize / 10], 960);
                let off = i32::from(detector[700]) - i32::from(sample);
                assert!(off.abs() <= 16, "{rate_hz} Hz: {off}");
            }
        }
    }
}

//! Level of what is kept: a fixed gain, and one that follows the talker. What detectors hear is none of it.

use super::goertzel::BLOCK_SAMPLES;
use super::silence::{Activity, AdaptiveSilence, SilenceConfig, SilenceConfigError, SilenceDetector};
use crate::line::SampleRate;
use crate::line::level::{mean_square_from_dbm0, power_ratio_from_db};

/// What becomes of the level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GainConfig {
    /// Fixed gain in decibels, -40 to 40; 0 by default. What it takes beyond full scale is clipped.
    pub gain_db: f32,
    /// Automatic gain, on top of the fixed one; `None` (default) for off.
    pub agc: Option<AgcConfig>,
}

/// Automatic gain control. It follows speech only: while an adaptive threshold says that nobody speaks the gain is held, so
/// that noise neither rises in pauses nor is ever taken for a quiet talker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgcConfig {
    /// The level in dBm0 that speech is brought to, -40 to -3; -16 by default. It is the mean over what is spoken,
    /// pauses left out.
    pub target_dbm0: f32,
    /// The most that it is raised, or lowered, in decibels, 0 to 40; 20 by default.
    pub max_gain_db: f32,
    /// How long the gain takes to fall by 20 dB where the talker is too loud, in milliseconds, 10 to 10 000; 50 by default.
    pub attack_ms: u32,
    /// How long it takes to rise by 20 dB where the talker is too quiet, in milliseconds of speech, 10 to 10 000; 1000 by
    /// default.
    pub release_ms: u32,
}

impl Default for AgcConfig {
    fn default() -> Self {
        Self { target_dbm0: -16.0, max_gain_db: 20.0, attack_ms: 50, release_ms: 1_000 }
    }
}

/// A field out of range: which, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GainConfigError {
    /// The field's name.
    pub field: &'static str,
    /// What it takes.
    pub takes: &'static str,
}

impl From<SilenceConfigError> for GainConfigError {
    fn from(SilenceConfigError { field, takes }: SilenceConfigError) -> Self {
        Self { field, takes }
    }
}

impl GainConfig {
    /// Whether the level stays as it is.
    pub fn is_off(&self) -> bool {
        self.gain_db == 0.0 && self.agc.is_none()
    }

    /// Says which field is out of range, if one is.
    pub fn validate(&self) -> Result<(), GainConfigError> {
        // A NaN is in no range.
        let check = |holds: bool, field, takes| {
            if holds { Ok(()) } else { Err(GainConfigError { field, takes }) }
        };
        check((-40.0..=40.0).contains(&self.gain_db), "gain_db", "-40 to 40 dB")?;
        let Some(agc) = &self.agc else { return Ok(()) };
        check((-40.0..=-3.0).contains(&agc.target_dbm0), "agc_target_dbm0", "-40 to -3 dBm0")?;
        check((0.0..=40.0).contains(&agc.max_gain_db), "agc_max_gain_db", "0 to 40 dB")?;
        check((10..=10_000).contains(&agc.attack_ms), "agc_attack_ms", "10 to 10000 ms")?;
        check((10..=10_000).contains(&agc.release_ms), "agc_release_ms", "10 to 10000 ms")
    }
}

/// The highest magnitude that an automatic gain makes, 1 dB below full scale. Only a line that is louder itself exceeds it.
const CEILING: f32 = 29_204.0;

/// Blocks of speech that the level is the mean of: 1.5 s.
const MEAN_BLOCKS: f32 = 118.0;
/// A block is taken to be above that mean by no more than this power, 6 dB: a talker who is louder has become so.
const CREST: f32 = 4.0;

/// Applies a gain to consecutive samples of one recording. The same samples give the same result however they are cut.
#[derive(Clone, Debug)]
pub struct Gain {
    fixed: f32,
    agc: Option<Agc>,
}

impl Gain {
    /// A gain at the rate of the samples that it is given.
    pub fn new(config: &GainConfig, rate: SampleRate) -> Result<Self, GainConfigError> {
        config.validate()?;
        let fixed = libm::sqrtf(power_ratio_from_db(config.gain_db));
        let agc = match &config.agc {
            Some(agc) => Some(Agc::new(agc, rate)?),
            None => None,
        };
        Ok(Self { fixed, agc })
    }

    /// Applies it to the next samples.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for sample in samples {
            let raised = f32::from(*sample) * self.fixed;
            let levelled = match &mut self.agc {
                Some(agc) => agc.sample(raised.clamp(i16::MIN.into(), i16::MAX.into())),
                None => raised,
            };
            // Saturates.
            *sample = libm::roundf(levelled) as i16;
        }
    }
}

#[derive(Clone, Debug)]
struct Agc {
    silence: SilenceDetector,
    /// As mean squares: what is aimed at, and what is spoken.
    target: f32,
    spoken: f32,
    /// Blocks that the latter is the mean of.
    spoken_blocks: f32,
    /// Blocks so far.
    blocks: u64,
    /// The gain falls and rises in a block by no more than these factors.
    attack: f32,
    release: f32,
    max_gain: f32,
    /// The gain now, what it becomes by the end of the block, and how much of that a sample brings.
    gain: f32,
    aimed: f32,
    step: f32,
    /// The block so far: its sums, and how many samples it has of how many.
    sum: f32,
    squares: f32,
    filled: u32,
    block_samples: u32,
}

impl Agc {
    fn new(config: &AgcConfig, rate: SampleRate) -> Result<Self, SilenceConfigError> {
        let adaptive = AdaptiveSilence { floor_min_dbm0: -65.0, ..AdaptiveSilence::default() };
        let block_ms = BLOCK_SAMPLES as f32 / 8.0;
        let rise_in = |ms: u32| libm::powf(10.0, block_ms / ms as f32);
        Ok(Self {
            silence: SilenceDetector::new(&SilenceConfig::Adaptive(adaptive))?,
            target: mean_square_from_dbm0(config.target_dbm0),
            spoken: 0.0,
            spoken_blocks: 0.0,
            blocks: 0,
            attack: 1.0 / rise_in(config.attack_ms),
            release: rise_in(config.release_ms),
            max_gain: libm::sqrtf(power_ratio_from_db(config.max_gain_db)),
            gain: 1.0,
            aimed: 1.0,
            step: 0.0,
            sum: 0.0,
            squares: 0.0,
            filled: 0,
            // The detectors' blocks at this rate.
            block_samples: BLOCK_SAMPLES as u32 * rate.hz() / SampleRate::NARROWBAND.hz(),
        })
    }

    fn sample(&mut self, sample: f32) -> f32 {
        self.gain += self.step;
        let magnitude = sample.abs();
        if magnitude * self.gain > CEILING && self.gain > 1.0 {
            // No peak waits for the block's end. The gain goes on from here.
            self.gain = (CEILING / magnitude).max(1.0);
            (self.aimed, self.step) = (self.gain, 0.0);
        }
        self.sum += sample;
        self.squares += sample * sample;
        self.filled += 1;
        let levelled = sample * self.gain;
        if self.filled == self.block_samples {
            self.block();
        }
        levelled
    }

    /// What the block that is complete makes of the gain over the next one.
    fn block(&mut self) {
        let count = self.block_samples as f32;
        let mean = self.sum / count;
        let level = (self.squares / count - mean * mean).max(0.0);
        (self.sum, self.squares, self.filled) = (0.0, 0.0, 0);
        (self.gain, self.step) = (self.aimed, 0.0);
        self.blocks += 1;
        self.silence.block(BLOCK_SAMPLES, level);
        // Not the hangover of a sound.
        let sounds_until = self.silence.sound_end();
        if self.silence.activity() == Activity::Sound && sounds_until == self.blocks * BLOCK_SAMPLES as u64 {
            self.spoken_blocks = (self.spoken_blocks + 1.0).min(MEAN_BLOCKS);
            self.spoken += (level - self.spoken) / self.spoken_blocks;
            self.spoken = self.spoken.max(level / CREST);
            let wanted = libm::sqrtf(self.target / self.spoken.max(1.0));
            let wanted = wanted.max(1.0 / self.max_gain).min(self.max_gain);
            self.aimed = wanted.max(self.gain * self.attack).min(self.gain * self.release);
            self.step = (self.aimed - self.gain) / count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::ComfortNoise;
    use crate::line::level::{dbm0_from_mean_square, sine_peak_from_dbm0};

    fn applied(config: &GainConfig, rate: SampleRate, samples: &[i16]) -> Vec<i16> {
        let mut levelled = samples.to_vec();
        Gain::new(config, rate).unwrap().apply(&mut levelled);
        levelled
    }

    fn agc() -> GainConfig {
        GainConfig { agc: Some(AgcConfig::default()), ..GainConfig::default() }
    }

    fn dbm0(samples: &[i16]) -> f32 {
        let squares: f64 = samples.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum();
        dbm0_from_mean_square((squares / samples.len() as f64) as f32)
    }

    fn tone(level_dbm0: f32, rate: SampleRate, ms: u64) -> Vec<i16> {
        let peak = sine_peak_from_dbm0(level_dbm0);
        let step = core::f32::consts::TAU * 440.0 / rate.hz() as f32;
        (0..rate.samples(ms)).map(|n| libm::roundf(peak * libm::sinf(step * n as f32)) as i16).collect()
    }

    fn noise(level_dbm0: f32, ms: u64) -> Vec<i16> {
        let mut noise = vec![0; SampleRate::NARROWBAND.samples(ms) as usize];
        ComfortNoise::new(level_dbm0).fill(0, &mut noise);
        noise
    }

    /// A reading, at a level: the mean of what is spoken.
    fn reading(level_dbm0: f32) -> Vec<i16> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/reading.wav");
        let samples: Vec<i16> = hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect();
        let gain = libm::powf(10.0, (level_dbm0 - spoken_dbm0(&samples, &samples)) / 20.0);
        samples.iter().map(|&sample| (f32::from(sample) * gain) as i16).collect()
    }

    /// Level of the blocks that are loud in the original: within 15 dB of the loudest one.
    fn spoken_dbm0(samples: &[i16], original: &[i16]) -> f32 {
        let loudest = original.chunks(102).map(dbm0).fold(-100.0, f32::max);
        let pairs = samples.chunks(102).zip(original.chunks(102));
        let spoken = pairs.filter(|(_, original)| dbm0(original) > loudest - 15.0);
        dbm0(&spoken.flat_map(|(samples, _)| samples.to_vec()).collect::<Vec<_>>())
    }

    #[test]
    fn the_fixed_gain_is_exact_and_saturates() {
        let config = GainConfig { gain_db: 6.0, agc: None };
        let line = [0, 1_000, -1_000, 20_000, -20_000, i16::MIN];
        let raised = applied(&config, SampleRate::NARROWBAND, &line);
        assert_eq!(raised, [0, 1_995, -1_995, i16::MAX, i16::MIN, i16::MIN]);
        let lowered = applied(&GainConfig { gain_db: -20.0, agc: None }, SampleRate::NARROWBAND, &line);
        assert_eq!(lowered, [0, 100, -100, 2_000, -2_000, -3_277]);
        assert_eq!(applied(&GainConfig::default(), SampleRate::NARROWBAND, &line), line);
    }

    /// Syllables of 300 ms, with 200 ms between them: what never pauses is noise.
    fn syllables(level_dbm0: f32, rate: SampleRate) -> Vec<i16> {
        let syllable = [tone(level_dbm0, rate, 300), tone(-65.0, rate, 200)].concat();
        syllable.repeat(12)
    }

    #[test]
    fn a_level_reaches_the_target_at_every_rate() {
        for rate in SampleRate::ALL {
            let reached = |level| {
                let levelled = applied(&agc(), rate, &syllables(level, rate));
                let start = rate.samples(5_500) as usize;
                dbm0(&levelled[start..start + rate.samples(300) as usize])
            };
            for level in [-34.0, -25.0, -16.0, -5.0] {
                assert!(
                    (reached(level) + 16.0).abs() < 0.5,
                    "{} Hz: {} of {level}",
                    rate.hz(),
                    reached(level)
                );
            }
            // No more than the maximum.
            assert!((reached(-44.0) + 24.0).abs() < 0.1, "{} Hz: {}", rate.hz(), reached(-44.0));
        }
    }

    #[test]
    fn speech_reaches_the_target() {
        for level in [-36.0, -30.0, -22.0, -16.0, -10.0] {
            let line = reading(level);
            let levelled = applied(&agc(), SampleRate::NARROWBAND, &line);
            // Two seconds to get there.
            let reached = spoken_dbm0(&levelled[16_000..], &line[16_000..]);
            println!("{level} dBm0: {reached}");
            assert!((reached + 16.0).abs() < 2.0, "{reached} of {level}");
        }
    }

    #[test]
    fn noise_is_not_raised_in_pauses_nor_before_speech() {
        for noise_dbm0 in [-60.0, -50.0] {
            let mut line = noise(noise_dbm0, 40_000);
            let speech = [reading(-28.0), reading(-28.0)].concat();
            line[40_000..].iter_mut().zip(speech).for_each(|(sample, spoken)| *sample += spoken);
            let levelled = applied(&agc(), SampleRate::NARROWBAND, &line);
            let raised = |from: usize, to: usize| dbm0(&levelled[from * 8_000..to * 8_000]) - noise_dbm0;
            // The noise is uniform, rounded to whole steps.
            assert!(raised(1, 5).abs() < 0.3, "{noise_dbm0}: {} before", raised(1, 5));
            let (first, last) = (raised(12, 14), raised(34, 36));
            assert!((first - last).abs() < 0.1, "{noise_dbm0}: {first}, then {last}");
            assert!(last < 20.3, "{noise_dbm0}: {last}");
        }
    }

    /// The talker shouts all of a sudden, after he was raised by 20 dB.
    #[test]
    fn no_peak_exceeds_the_ceiling_and_the_gain_comes_down() {
        let rate = SampleRate::NARROWBAND;
        let line = [syllables(-40.0, rate), tone(0.0, rate, 1_000)].concat();
        let levelled = applied(&agc(), rate, &line);
        let peak = levelled.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        assert!(f32::from(peak) <= CEILING, "{peak}");
        // 100 ms later it is 6 dB above the target at most.
        assert!(dbm0(&levelled[6_100 * 8..6_200 * 8]) < -9.9);
        // What is louder itself stays as it is.
        let loud = applied(&agc(), rate, &tone(3.0, rate, 100));
        assert!(loud.iter().zip(tone(3.0, rate, 100)).all(|(a, b)| a.unsigned_abs() <= b.unsigned_abs()));
    }

    #[test]
    fn pieces_make_no_difference() {
        let line = reading(-30.0);
        let whole = applied(&agc(), SampleRate::NARROWBAND, &line);
        let mut gain = Gain::new(&agc(), SampleRate::NARROWBAND).unwrap();
        let mut pieces = line;
        pieces.chunks_mut(333).for_each(|piece| gain.apply(piece));
        assert!(pieces == whole);
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let refused = [
            (GainConfig { gain_db: f32::NAN, agc: None }, "gain_db"),
            (GainConfig { gain_db: 40.5, agc: None }, "gain_db"),
            (with(AgcConfig { target_dbm0: 0.0, ..AgcConfig::default() }), "agc_target_dbm0"),
            (with(AgcConfig { max_gain_db: -1.0, ..AgcConfig::default() }), "agc_max_gain_db"),
            (with(AgcConfig { attack_ms: 9, ..AgcConfig::default() }), "agc_attack_ms"),
            (with(AgcConfig { release_ms: 10_001, ..AgcConfig::default() }), "agc_release_ms"),
        ];
        for (config, field) in refused {
            assert_eq!(Gain::new(&config, SampleRate::NARROWBAND).unwrap_err().field, field);
        }
    }

    fn with(agc: AgcConfig) -> GainConfig {
        GainConfig { agc: Some(agc), ..GainConfig::default() }
    }
}

//! A synthesiser of calls, and the recordings of `tests/data`.
#![allow(dead_code, reason = "every test file uses its own part")]

use afterbeep::dsp::dtmf::{Digit, HIGH_HZ, LOW_HZ};
use afterbeep::line::level::{mean_square_from_dbm0, sine_peak_from_dbm0};
pub mod call;
pub mod dtmf;
pub mod readers;
pub mod tools;

use std::f64::consts::TAU;
use std::path::PathBuf;

/// Samples in `ms` milliseconds at 8 kHz.
pub const fn samples(ms: usize) -> usize {
    8 * ms
}

/// Path of a file of `tests/data`.
pub fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Samples of a recording of `tests/data`.
pub fn speech(name: &str) -> Vec<i16> {
    read_wav(&data(name))
}

/// Samples of any PCM16 WAV file, by hound.
pub fn read_wav(path: &std::path::Path) -> Vec<i16> {
    hound::WavReader::open(path).unwrap().samples::<i16>().map(Result::unwrap).collect()
}

/// Writes PCM16 at 8 kHz, by hound.
pub fn write_wav(path: &std::path::Path, samples: &[i16]) {
    write_wav_at(path, samples, 8_000, 1);
}

/// Writes PCM16 at any rate, by hound.
pub fn write_wav_at(path: &std::path::Path, samples: &[i16], sample_rate: u32, channels: u16) {
    let spec = hound::WavSpec {
        channels,
        sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
}

/// A reproducible source of randomness (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `from..to`.
    pub fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Gaussian, mean 0, variance 1.
    pub fn gaussian(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (TAU * self.unit()).cos()
    }
}

/// A line under construction.
#[derive(Default, Clone)]
pub struct Line {
    pub samples: Vec<f64>,
}

/// One DTMF key press.
#[derive(Clone, Copy)]
pub struct Key {
    pub digit: Digit,
    pub ms: usize,
    /// Level of each tone, in dBm0.
    pub low_dbm0: f64,
    pub high_dbm0: f64,
    /// Deviation of each frequency, as a part of it.
    pub low_deviation: f64,
    pub high_deviation: f64,
}

impl Key {
    /// 100 ms at -10 dBm0 a tone.
    pub fn new(digit: char) -> Self {
        Self {
            digit: Digit::new(digit).unwrap(),
            ms: 100,
            low_dbm0: -10.0,
            high_dbm0: -10.0,
            low_deviation: 0.0,
            high_deviation: 0.0,
        }
    }

    pub fn ms(self, ms: usize) -> Self {
        Self { ms, ..self }
    }

    pub fn level(self, dbm0: f64) -> Self {
        Self { low_dbm0: dbm0, high_dbm0: dbm0, ..self }
    }

    /// Raises the high tone (positive) or the low tone (negative), the other one stays.
    pub fn twist(self, db: f64) -> Self {
        Self { low_dbm0: self.low_dbm0 - db.max(0.0), high_dbm0: self.high_dbm0 + db.min(0.0), ..self }
    }

    pub fn deviation(self, low: f64, high: f64) -> Self {
        Self { low_deviation: low, high_deviation: high, ..self }
    }
}

impl Line {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.samples.len()
    }

    pub fn silence(mut self, ms: usize) -> Self {
        self.samples.resize(self.len() + samples(ms), 0.0);
        self
    }

    pub fn silence_samples(mut self, count: usize) -> Self {
        self.samples.resize(self.len() + count, 0.0);
        self
    }

    pub fn audio(mut self, audio: &[i16]) -> Self {
        self.samples.extend(audio.iter().map(|&sample| f64::from(sample)));
        self
    }

    /// A sine at a level in dBm0.
    pub fn tone(mut self, hz: f64, dbm0: f64, ms: usize) -> Self {
        let peak = f64::from(sine_peak_from_dbm0(dbm0 as f32));
        self.samples.extend((0..samples(ms)).map(|i| peak * (TAU * hz / 8_000.0 * i as f64).sin()));
        self
    }

    /// A key press whose tones start at random phases.
    pub fn key(mut self, key: Key, random: &mut Random) -> Self {
        let (row, column) = key.digit.row_and_column();
        let tones = [
            (LOW_HZ[row], key.low_deviation, key.low_dbm0),
            (HIGH_HZ[column], key.high_deviation, key.high_dbm0),
        ]
        .map(|(hz, deviation, dbm0)| {
            let step = TAU * f64::from(hz) * (1.0 + deviation) / 8_000.0;
            (step, random.between(0.0, TAU), f64::from(sine_peak_from_dbm0(dbm0 as f32)))
        });
        self.samples.extend((0..samples(key.ms)).map(|i| {
            tones.iter().map(|(step, phase, peak)| peak * (step * i as f64 + phase).sin()).sum::<f64>()
        }));
        self
    }

    /// Adds white noise (0 to 4 kHz) at a level in dBm0 to all there is.
    pub fn noise(mut self, dbm0: f64, random: &mut Random) -> Self {
        let sigma = f64::from(mean_square_from_dbm0(dbm0 as f32)).sqrt();
        self.samples.iter_mut().for_each(|sample| *sample += sigma * random.gaussian());
        self
    }

    /// What the line delivers: 16 bits, clipped.
    pub fn pcm(&self) -> Vec<i16> {
        self.samples.iter().map(|sample| sample.round().clamp(-32_768.0, 32_767.0) as i16).collect()
    }
}

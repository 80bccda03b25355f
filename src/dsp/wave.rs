//! Sinusoids, several samples at a time.

use core::ops::{Add, AddAssign, Mul, Sub};

/// Samples that are taken side by side.
pub(super) const LANES: usize = 8;

/// Numbers side by side, plain enough for any vector unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes(pub(super) [f32; LANES]);

impl Lanes {
    #[inline]
    pub(super) const fn all(number: f32) -> Self {
        Self([number; LANES])
    }

    #[inline]
    pub(super) fn of(samples: &[i16; LANES]) -> Self {
        Self(samples.map(f32::from))
    }

    #[inline]
    pub(super) fn map(self, operate: impl Fn(f32) -> f32) -> Self {
        Self(self.0.map(operate))
    }

    /// Whether a number is below 0: a look at the signs of all at once.
    #[inline]
    pub(super) fn has_negative(self) -> bool {
        self.0.map(f32::to_bits).into_iter().fold(0, |signs, bits| signs | bits) >> 31 != 0
    }

    #[inline]
    pub(super) fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }

    #[inline]
    fn zip(mut self, other: Self, operate: impl Fn(f32, f32) -> f32) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a = operate(*a, b);
        }
        self
    }
}

impl Add for Lanes {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl Sub for Lanes {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl Mul for Lanes {
    type Output = Self;

    #[inline]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl AddAssign for Lanes {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A cosine's and a sine's part of something; of unit length, a turn.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    pub(super) cos: f32,
    pub(super) sin: f32,
}

impl Turn {
    pub(super) fn by(radians: f32) -> Self {
        let (sin, cos) = libm::sincosf(radians);
        Self { cos, sin }
    }

    #[inline]
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            cos: self.cos * next.cos - self.sin * next.sin,
            sin: self.sin * next.cos + self.cos * next.sin,
        }
    }

    #[inline]
    pub(super) fn back(self) -> Self {
        Self { sin: -self.sin, ..self }
    }

    /// The phase in radians that this is ahead of an earlier one, less the expected turn, within half a turn.
    pub(super) fn phase_since(self, earlier: Self, expected: Self) -> f32 {
        // a cos x + b sin x leads by the angle of (a, -b).
        let turn = self.back().then(earlier).then(expected.back());
        libm::atan2f(turn.sin, turn.cos)
    }

    /// The square of its length.
    pub(super) fn square(self) -> f32 {
        self.cos * self.cos + self.sin * self.sin
    }
}

/// A frequency over a run of samples around 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frequency {
    /// The turn in half a sample.
    half_step: Turn,
    /// The turn in half the run.
    half_run: Turn,
    count: usize,
}

impl Frequency {
    pub(super) fn new(count: usize, radians: f32) -> Self {
        Self { half_step: Turn::by(0.5 * radians), half_run: Turn::by(0.5 * count as f32 * radians), count }
    }

    /// Samples of the run.
    pub(super) const fn count(&self) -> f32 {
        self.count as f32
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Self {
            half_step: self.half_step.then(other.half_step),
            half_run: self.half_run.then(other.half_run),
            ..*self
        }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let back = Self { half_step: other.half_step.back(), half_run: other.half_run.back(), ..*other };
        self.plus(&back)
    }

    pub(super) fn twice(&self) -> Self {
        self.plus(self)
    }

    /// The same frequency over a run of three times the length.
    pub(super) fn thrice_as_long(&self) -> Self {
        Self { half_run: self.whole().then(self.half_run), count: 3 * self.count, ..*self }
    }

    /// The turn in a sample.
    pub(super) fn step(&self) -> Turn {
        self.half_step.then(self.half_step)
    }

    /// The turn in as many samples as the run has.
    pub(super) fn whole(&self) -> Turn {
        self.half_run.then(self.half_run)
    }

    /// The phase of the run's first sample.
    pub(super) fn first(&self) -> Turn {
        self.half_step.then(self.half_run.back())
    }

    /// The sum of the run's cosines: Dirichlet's kernel.
    pub(super) fn cosines(&self) -> f32 {
        if self.half_step.sin.abs() < 1e-4 {
            self.count as f32
        } else {
            self.half_run.sin / self.half_step.sin
        }
    }

    /// The wave from the run's first sample on, advanced by a turn.
    pub(super) fn wave_from_first(&self, phase: Turn) -> Wave {
        Wave::new(self.first().then(phase), self.step())
    }

    /// The wave from the first sample on that lies behind the run's middle.
    pub(super) fn wave_from_middle(&self) -> Wave {
        let first = if self.count.is_multiple_of(2) { self.half_step } else { self.step() };
        Wave::new(first, self.step())
    }
}

/// Cosine and sine of a frequency, at some samples side by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wave {
    pub(super) cos: Lanes,
    pub(super) sin: Lanes,
    /// The turn from these samples to the next ones.
    pub(super) step: Turn,
}

impl Wave {
    /// The wave that has these turns at its first sample, and from one sample to the next.
    pub(super) fn new(first: Turn, step: Turn) -> Self {
        let (mut cos, mut sin) = ([0.0; LANES], [0.0; LANES]);
        let mut turn = first;
        for (cos, sin) in cos.iter_mut().zip(&mut sin) {
            (*cos, *sin) = (turn.cos, turn.sin);
            turn = turn.then(step);
        }
        let twice = step.then(step);
        let four_times = twice.then(twice);
        Self { cos: Lanes(cos), sin: Lanes(sin), step: four_times.then(four_times) }
    }

    /// Goes on to the samples after these.
    #[inline]
    pub(super) fn advance(&mut self) {
        let (cos, sin) = (Lanes::all(self.step.cos), Lanes::all(self.step.sin));
        (self.cos, self.sin) = (self.cos * cos - self.sin * sin, self.sin * cos + self.cos * sin);
    }

    /// A sinusoid that has so much of cosine and sine.
    #[inline]
    pub(super) fn times(&self, amplitude: Turn) -> Lanes {
        self.cos * Lanes::all(amplitude.cos) + self.sin * Lanes::all(amplitude.sin)
    }
}

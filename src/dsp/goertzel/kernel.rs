use super::{BLOCK_SAMPLES, Beside, RUN_SAMPLES, Sums, ToneBank, portable};
use crate::dsp::wave::{LANES, Turn, Wave};
use core::fmt;

/// The instructions that a bank computes with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kernel(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Kernel {
    /// Plain Rust, as the compiler sees fit for the target.
    pub const PORTABLE: Self = Self(Instructions::Portable);

    /// The best kernel that the target is known to have when this is compiled: all that there is without an
    /// operating system to ask.
    pub const COMPILED: Self = Self::compiled();

    /// NEON, which every 64-bit Arm processor has.
    #[cfg(target_arch = "aarch64")]
    pub const NEON: Self = Self(Instructions::Neon);

    const fn compiled() -> Self {
        #[cfg(target_arch = "aarch64")]
        return Self::NEON;
        #[cfg(all(target_arch = "x86_64", target_feature = "avx2", target_feature = "fma"))]
        return Self(Instructions::Avx2);
        #[allow(unreachable_code, reason = "what is left where no target has its own")]
        Self::PORTABLE
    }

    /// AVX2 with FMA.
    ///
    /// # Safety
    /// The processor has both.
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "the caller vouches for the processor")]
    pub const unsafe fn avx2() -> Self {
        Self(Instructions::Avx2)
    }

    /// Mean square of a block, direct current left out: what [`ToneBank::measure`] gives as the total, alone.
    #[inline]
    pub fn total(self, block: &[i16; BLOCK_SAMPLES]) -> f32 {
        let (sum, energy) = self.sum_and_energy(block);
        const SAMPLES: f32 = BLOCK_SAMPLES as f32;
        ((energy - sum * sum / SAMPLES) / SAMPLES).max(0.0)
    }

    /// The sum of a block's samples, and of their squares.
    #[inline]
    #[allow(unsafe_code, reason = "a kernel exists only where its instructions do")]
    pub(in crate::dsp) fn sum_and_energy(self, block: &[i16; BLOCK_SAMPLES]) -> (f32, f32) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: whoever made this kernel vouched for the processor.
            Instructions::Avx2 => unsafe { super::x86::sum_and_energy(block) },
            _ => portable::sum_and_energy(block),
        }
    }

    /// What each third of a run has in common with a wave's cosine and sine that begin with the third.
    #[allow(unsafe_code, reason = "a kernel exists only where its instructions do")]
    pub(in crate::dsp) fn thirds(self, run: &[i16; RUN_SAMPLES], wave: &Wave) -> [Turn; 3] {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: whoever made this kernel vouched for the processor.
            Instructions::Avx2 => unsafe { super::x86::thirds(run, wave) },
            _ => portable::thirds(run, wave),
        }
    }

    /// Adds a sinusoid that has so much of a wave's cosine and sine.
    #[allow(unsafe_code, reason = "a kernel exists only where its instructions do")]
    pub(in crate::dsp) fn add_wave(self, samples: &mut [[f32; LANES]], wave: &Wave, amplitude: Turn) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: whoever made this kernel vouched for the processor.
            Instructions::Avx2 => unsafe { super::x86::add_wave(samples, wave, amplitude) },
            _ => portable::add_wave(samples, wave, amplitude),
        }
    }

    /// Turns what a model says into by how much it explains each sample: what is granted for each, less the error.
    #[allow(unsafe_code, reason = "a kernel exists only where its instructions do")]
    pub(in crate::dsp) fn weigh(self, samples: &[i16], model: &mut [[f32; LANES]], granted: f32) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: whoever made this kernel vouched for the processor.
            Instructions::Avx2 => unsafe { super::x86::weigh(samples, model, granted) },
            _ => portable::weigh(samples, model, granted),
        }
    }

    /// The sums for a bank; its frequencies' are 0 where the block's energy is less.
    #[inline]
    #[allow(unsafe_code, reason = "a kernel exists only where its instructions do")]
    pub(super) fn sums<const N: usize>(
        self,
        bank: &ToneBank<N>,
        block: &[i16; BLOCK_SAMPLES],
        least_energy: f32,
    ) -> Sums<N> {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: whoever made this kernel vouched for the processor.
            Instructions::Avx2 if N.is_multiple_of(8) => unsafe {
                super::x86::avx2(bank, block, least_energy)
            },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: NEON is part of the architecture.
            Instructions::Neon => unsafe { super::neon::sums(bank, block, least_energy) },
            _ => portable::sums(bank, block, least_energy),
        }
    }

    /// The same, and in the same pass another bank as far as it is wanted.
    #[inline]
    #[allow(unsafe_code, reason = "a kernel exists only where its instructions do")]
    pub(super) fn sums_beside<const N: usize>(
        self,
        bank: &ToneBank<N>,
        beside: &mut Beside,
        block: &[i16; BLOCK_SAMPLES],
        least_energy: f32,
    ) -> Sums<N> {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: whoever made this kernel vouched for the processor.
            Instructions::Avx2 if N.is_multiple_of(8) => unsafe {
                super::x86::avx2_beside(bank, beside, block, least_energy)
            },
            _ => {
                let sums = self.sums(bank, block, least_energy);
                beside.is_measured = sums.energy >= beside.least_power * BLOCK_SAMPLES as f32;
                if beside.is_measured {
                    beside.spectrum = self.sums(beside.bank, block, 0.0).spectrum();
                }
                sums
            }
        }
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

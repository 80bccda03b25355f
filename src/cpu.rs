//! What the processor can do, asked while the program runs: `core` cannot ask.

use crate::dsp::goertzel::Kernel;

/// The fastest kernel of the bank that this processor has.
pub fn kernel() -> Kernel {
    #[cfg(target_arch = "x86_64")]
    {
        let fma = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
        if fma {
            // SAFETY: the processor was asked.
            return unsafe { Kernel::avx2() };
        }
    }
    Kernel::COMPILED
}

/// All kernels that this processor has, the portable one first: for tests and benches.
pub fn kernels() -> Vec<Kernel> {
    let mut kernels = vec![Kernel::PORTABLE];
    #[cfg(target_arch = "aarch64")]
    kernels.push(Kernel::NEON);
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor was asked.
        kernels.push(unsafe { Kernel::avx2() });
    }
    kernels
}

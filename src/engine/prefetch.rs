//! Asks for memory before it is needed.

/// Bytes that a cache moves at once.
const LINE_BYTES: usize = 64;

/// Has the cache fetch a value; on a processor that we do not know this does nothing.
#[inline]
pub(super) fn prefetch<T>(value: &T) {
    let start = (&raw const *value).cast::<u8>();
    for offset in (0..size_of::<T>()).step_by(LINE_BYTES) {
        let line = start.wrapping_add(offset);
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a prefetch reads nothing that the program sees; SSE is part of the architecture.
        unsafe {
            use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(line.cast());
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a prefetch reads nothing that the program sees.
        unsafe {
            core::arch::asm!("prfm pldl1keep, [{}]", in(reg) line, options(nostack, preserves_flags, readonly));
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let _ = line;
    }
}

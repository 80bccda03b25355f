//! Asks for memory before it is needed.

/// Bytes that a cache moves at once.
pub(super) const LINE_BYTES: usize = 64;

/// Has the cache fetch the line of a value; on a processor that we do not know this does nothing.
#[inline]
pub(super) fn prefetch<T>(value: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program sees; SSE is part of the architecture.
    unsafe {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(value.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a prefetch reads nothing that the program sees.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{}]", in(reg) value, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = value;
}

/// The same for a value that is about to be written: another processor's cache gives it up now, not then.
#[inline]
pub(super) fn prefetch_to_write<T>(value: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch changes nothing that the program sees; processors that lack this one take it for nothing.
    unsafe {
        core::arch::asm!("prefetchw [{}]", in(reg) value, options(nostack, preserves_flags, readonly));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: a prefetch changes nothing that the program sees.
    unsafe {
        core::arch::asm!("prfm pstl1keep, [{}]", in(reg) value, options(nostack, preserves_flags, readonly));
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = value;
}

/// Has the cache fetch a value from a byte on.
#[inline]
pub(super) fn prefetch_from<T>(value: *const T, byte: usize) {
    for offset in (byte..size_of::<T>() + LINE_BYTES - 1).step_by(LINE_BYTES) {
        prefetch(value.cast::<u8>().wrapping_add(offset.min(size_of::<T>() - 1)));
    }
}

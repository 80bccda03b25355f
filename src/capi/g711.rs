//! ITU-T G.711 for hosts that have no codec of their own.

use crate::line::g711;

/// Decodes A-law (ITU-T G.711) to 16-bit linear samples.
///
/// @param codes         in; `sample_count` codes. May be NULL where that is 0.
/// @param pcm           out; room for `sample_count` samples. May be NULL where that is 0.
/// @param sample_count  any number.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// Both buffers are as long as told and do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_alaw_decode(codes: *const u8, pcm: *mut i16, sample_count: usize) {
    // SAFETY: the caller vouches for it.
    unsafe { convert(codes, pcm, sample_count, g711::alaw_decode) }
}

/// Decodes µ-law (ITU-T G.711) to 16-bit linear samples. Parameters as afterbeep_alaw_decode().
///
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// Both buffers are as long as told and do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_ulaw_decode(codes: *const u8, pcm: *mut i16, sample_count: usize) {
    // SAFETY: the caller vouches for it.
    unsafe { convert(codes, pcm, sample_count, g711::ulaw_decode) }
}

/// The same, but negative zero, 0x7F, is -1 and not 0, so that a file of AFTERBEEP_FORMAT_ULAW has the line's bytes again,
/// all of them. Parameters as afterbeep_alaw_decode().
///
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// Both buffers are as long as told and do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_ulaw_decode_exact(codes: *const u8, pcm: *mut i16, sample_count: usize) {
    // SAFETY: the caller vouches for it.
    unsafe { convert(codes, pcm, sample_count, g711::ulaw_decode_exact) }
}

/// Encodes 16-bit linear samples as A-law (ITU-T G.711).
///
/// @param pcm           in; `sample_count` samples. May be NULL where that is 0.
/// @param codes         out; room for `sample_count` codes. May be NULL where that is 0.
/// @param sample_count  any number.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// Both buffers are as long as told and do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_alaw_encode(pcm: *const i16, codes: *mut u8, sample_count: usize) {
    // SAFETY: the caller vouches for it.
    unsafe { convert(pcm, codes, sample_count, g711::alaw_encode) }
}

/// Encodes 16-bit linear samples as µ-law (ITU-T G.711). Parameters as afterbeep_alaw_encode().
///
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// Both buffers are as long as told and do not overlap.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn afterbeep_ulaw_encode(pcm: *const i16, codes: *mut u8, sample_count: usize) {
    // SAFETY: the caller vouches for it.
    unsafe { convert(pcm, codes, sample_count, g711::ulaw_encode) }
}

/// # Safety
/// Both buffers are NULL, or as long as told; they do not overlap.
unsafe fn convert<A: Copy, B>(from: *const A, to: *mut B, count: usize, one: impl Fn(A) -> B) {
    if from.is_null() || to.is_null() {
        return;
    }
    for index in 0..count {
        // SAFETY: the caller vouches for `count` elements.
        unsafe { to.add(index).write(one(from.add(index).read())) };
    }
}

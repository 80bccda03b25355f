//! What does the DTMF receiver cost a sample, on silence, on speech and on digits? With
//! `--features spandsp` Debian's SpanDSP (libspandsp-dev) takes the same audio beside it.

use afterbeep::cpu;
use afterbeep::dsp::dtmf::{DtmfProfile, DtmfReceiver};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const FRAME_SAMPLES: usize = 160;

fn recording(name: &str) -> Vec<i16> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect()
}

/// Digits of 50 ms, 50 ms apart.
fn digits() -> Vec<i16> {
    use afterbeep::dsp::dtmf::{HIGH_HZ, LOW_HZ};
    let key = |place: usize| {
        let (low, high) = (LOW_HZ[place / 4], HIGH_HZ[place % 4]);
        let tone = |hz: f32, i: usize| (std::f32::consts::TAU * hz / 8_000.0 * i as f32).sin();
        (0..800).map(move |i| if i < 400 { (4_000.0 * (tone(low, i) + tone(high, i))) as i16 } else { 0 })
    };
    (0..16).flat_map(key).collect()
}

fn dtmf(criterion: &mut Criterion) {
    let lines = [("silence", vec![0; 26_240]), ("speech", recording("reading.wav")), ("digits", digits())];
    let mut group = criterion.benchmark_group("dtmf");
    for (name, line) in &lines {
        let frames: Vec<&[i16]> = line.chunks_exact(FRAME_SAMPLES).collect();
        group.throughput(Throughput::Elements((frames.len() * FRAME_SAMPLES) as u64));
        for kernel in cpu::kernels() {
            let mut receiver = DtmfReceiver::with_kernel(&DtmfProfile::default(), kernel).unwrap();
            group.bench_function(format!("afterbeep {kernel:?}/{name}"), |bencher| {
                bencher.iter(|| {
                    let mut digits = 0;
                    frames.iter().for_each(|frame| receiver.push(black_box(frame), |_| digits += 1));
                    digits
                });
            });
        }
        #[cfg(feature = "spandsp")]
        {
            let mut receiver = spandsp::Receiver::new();
            group.bench_function(format!("spandsp/{name}"), |bencher| {
                bencher.iter(|| frames.iter().for_each(|frame| receiver.push(black_box(frame))));
            });
        }
    }
    group.finish();
}

/// As much of SpanDSP as the comparison needs.
#[cfg(feature = "spandsp")]
mod spandsp {
    use std::ffi::{c_char, c_int, c_void};
    use std::ptr;

    #[link(name = "spandsp")]
    unsafe extern "C" {
        fn dtmf_rx_init(state: *mut c_void, callback: *const c_void, user: *mut c_void) -> *mut c_void;
        fn dtmf_rx(state: *mut c_void, samples: *const i16, count: c_int) -> c_int;
        fn dtmf_rx_get(state: *mut c_void, digits: *mut c_char, max: c_int) -> usize;
        fn dtmf_rx_free(state: *mut c_void) -> c_int;
    }

    pub(crate) struct Receiver(*mut c_void);

    impl Receiver {
        pub(crate) fn new() -> Self {
            // SAFETY: NULL asks for a state of the library's own, without a callback.
            Self(unsafe { dtmf_rx_init(ptr::null_mut(), ptr::null(), ptr::null_mut()) })
        }

        pub(crate) fn push(&mut self, frame: &[i16]) {
            let mut digits = [0; 129];
            // SAFETY: the state lives until it is dropped, and both buffers are as long as told.
            unsafe {
                dtmf_rx(self.0, frame.as_ptr(), frame.len() as c_int);
                dtmf_rx_get(self.0, digits.as_mut_ptr(), 128);
            }
        }
    }

    impl Drop for Receiver {
        fn drop(&mut self) {
            // SAFETY: the state is this receiver's own.
            unsafe { dtmf_rx_free(self.0) };
        }
    }
}

criterion_group!(benches, dtmf);
criterion_main!(benches);

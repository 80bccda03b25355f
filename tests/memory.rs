//! What a session costs in memory beside the ring, as the allocator sees it: its slot, its queues, its part of the
//! writer's list, its path. `cargo test --test memory -- --nocapture` prints the figures of docs/operations.md.

use afterbeep::dsp::tone_plan::TonePlan;
use afterbeep::engine::{Engine, EngineConfig, FileConfig};
use afterbeep::line::SampleRate;
use afterbeep::session::SessionConfig;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

static ALLOCATED_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Counts the bytes that are allocated now.
struct Counting;

// SAFETY: it only counts, and leaves the work to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED_BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller vouches for the layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED_BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller vouches for both.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Slots are made 64 at a time: a multiple of that, so that each of them counts.
const SESSIONS: usize = 64;

/// Bytes a session beside the ring, over many that are open and have recorded.
fn bytes_a_session(sessions: usize, config: &SessionConfig, file_rate_hz: u32) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let file = FileConfig { file_rate_hz, ..FileConfig::new(directory.path()) };
    let engine_config = EngineConfig::default();
    // Never closed: the slots of one kind are not the next one's.
    let engine = Box::leak(Box::new(Engine::new(&engine_config).unwrap()));
    // The writer's thread has all it needs.
    std::thread::sleep(Duration::from_millis(100));
    let before = ALLOCATED_BYTES.load(Ordering::Relaxed);
    for _ in 0..sessions {
        let session = engine.open(config, &file).unwrap();
        session.push(&[0; 160]).unwrap();
    }
    // The writer has taken them from its channel.
    std::thread::sleep(Duration::from_millis(200));
    let allocated = ALLOCATED_BYTES.load(Ordering::Relaxed) - before;
    let ring_bytes = 2 * config.sample_rate.samples(engine_config.ring_ms.into()) as usize;
    allocated / sessions - ring_bytes
}

#[test]
fn a_session_takes_4_kib_beside_its_ring() {
    // The time zone is read once.
    let _ = afterbeep::message::fresh_name();
    let base = SessionConfig::default();
    let base_bytes = bytes_a_session(4 * SESSIONS, &base, 0);
    println!("a session, beside its ring: {base_bytes} bytes");
    let variants = [
        ("a tone plan", SessionConfig { tone_plan: Some(TonePlan::all()), ..base }),
        ("a pre-roll of 300 ms", SessionConfig { start_on_speech: true, ..base }),
        ("masked digits", SessionConfig { mask_digits: true, ..base }),
        ("a line at 16 kHz", SessionConfig { sample_rate: SampleRate::new(16_000).unwrap(), ..base }),
    ];
    for (name, config) in variants {
        let more = bytes_a_session(SESSIONS, &config, 0).saturating_sub(base_bytes);
        println!("{name}: {more} bytes more");
        assert!((500..40_000).contains(&more), "{name}: {more}");
    }
    assert!(base_bytes <= 4_096, "{base_bytes}");
    // A file at another rate: its filter has as many phases as that rate needs.
    for (line_hz, file_hz, most) in
        [(48_000, 8_000, 20_000), (8_000, 48_000, 20_000), (8_000, 44_100, 200_000)]
    {
        let line = SessionConfig { sample_rate: SampleRate::new(line_hz).unwrap(), ..base };
        let more = bytes_a_session(SESSIONS, &line, file_hz).saturating_sub(base_bytes);
        println!("a line at {line_hz} Hz, a file at {file_hz} Hz: {more} bytes more");
        assert!((2_000..most).contains(&more), "{line_hz} to {file_hz} Hz: {more}");
    }
}

//! Media calls make no system call, allocate nothing and fault no page, over every state and every end reason.
//!
//! The media thread forbids itself every system call (a seccomp filter that kills the process) and counts the
//! allocations of its own; page faults are counted in a first round without the filter. Two planted
//! violations show that the checks bite.

mod common;

use afterbeep::dsp::beep::BeepConfig;
use afterbeep::dsp::dtmf::Digit;
use afterbeep::dsp::tone_plan::TonePlan;
use afterbeep::engine::{Engine, EngineConfig, FileConfig, SessionError, SessionHandle};
use afterbeep::line::SampleRate;
use afterbeep::session::{EndReason, PauseMode, SessionConfig, TelephoneEvent};
use common::{Key, Line, Random};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::{Command, exit};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

thread_local! {
    static MEDIA: Cell<bool> = const { Cell::new(false) };
}
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Counts what the media thread allocates or frees.
struct Counting;

// SAFETY: it only counts, and leaves the work to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller vouches for the layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller vouches for both.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    if MEDIA.with(Cell::get) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

/// Lets the calling thread make no system call at all.
fn forbid_system_calls() {
    let kill = [libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_KILL_PROCESS,
    }];
    let program = libc::sock_fprog { len: 1, filter: kill.as_ptr().cast_mut() };
    // SAFETY: the program outlives the calls; both concern this thread alone.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program), 0);
    }
}

fn page_faults() -> i64 {
    // SAFETY: zeroes are a valid `rusage`, which the call fills.
    unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage), 0);
        usage.ru_minflt + usage.ru_majflt
    }
}

/// What the control thread does while the media thread waits for it.
type Control = fn(SessionHandle);

struct Scene {
    name: &'static str,
    session: SessionHandle,
    line: Vec<i16>,
    /// After so many frames the control thread acts.
    control: Option<(usize, Control)>,
    /// Frames come with RTP timestamps.
    rtp: bool,
    expected: EndReason,
}

/// The two threads' meeting point: neither of them may sleep on it.
static ASKED: AtomicUsize = AtomicUsize::new(0);
static ACTED: AtomicUsize = AtomicUsize::new(0);
static DONE: AtomicUsize = AtomicUsize::new(0);

fn scenes(engine: &Engine, directory: &std::path::Path) -> Vec<Scene> {
    let mut random = Random::new(5);
    let file = FileConfig::new(directory);
    let beep = BeepConfig { duration_ms: 60, ..BeepConfig::default() };
    let config = SessionConfig {
        beep: Some(beep),
        echo_guard_ms: 40,
        max_duration_ms: 1_000,
        initial_silence_ms: 400,
        final_silence_ms: 200,
        comfort_noise_dbm0: Some(-60.0),
        ..SessionConfig::default()
    };
    let spoken = || Line::new().silence(100).audio(&common::speech("reading.wav")[..2_400]);
    let noise = |random: &mut Random| Line::new().silence(2_000).noise(-20.0, random).pcm();
    let lines = [
        ("key", spoken().key(Key::new('#'), &mut random).pcm(), None, EndReason::Dtmf),
        (
            "other key, then silence",
            spoken().key(Key::new('5'), &mut random).silence(500).pcm(),
            None,
            EndReason::FinalSilence,
        ),
        ("silence", vec![0; 8_000], None, EndReason::InitialSilence),
        ("noise", noise(&mut random), None, EndReason::MaxDuration),
    ];
    let controls: [(&str, usize, Control, EndReason); 11] = [
        ("hangup in the beep", 1, |s| s.hangup().unwrap(), EndReason::Hangup),
        ("hangup in the guard", 4, |s| s.hangup().unwrap(), EndReason::Hangup),
        ("hangup", 20, |s| s.hangup().unwrap(), EndReason::Hangup),
        ("stop", 20, |s| s.stop().unwrap(), EndReason::Stopped),
        ("cancel", 20, |s| s.cancel().unwrap(), EndReason::Cancelled),
        ("fail", 20, |s| s.fail().unwrap(), EndReason::Error),
        ("signalled key", 20, |s| s.digit(Digit::new('#').unwrap()).unwrap(), EndReason::Dtmf),
        ("pause that masks", 20, |s| s.pause(PauseMode::Silence).unwrap(), EndReason::MaxDuration),
        ("starting over", 20, |s| s.restart(true).unwrap(), EndReason::MaxDuration),
        ("line drop", 20, |s| s.line_drop(true).unwrap(), EndReason::Hangup),
        (
            "telephone event",
            20,
            |s| [5, 11].iter().for_each(|&event| telephone_event(s, event)),
            EndReason::Dtmf,
        ),
    ];
    let noises: Vec<_> = controls
        .into_iter()
        .map(|(name, at, control, reason)| (name, noise(&mut random), Some((at, control)), reason))
        .collect();
    let mut scenes: Vec<Scene> = lines
        .into_iter()
        .chain(noises)
        .map(|(name, line, control, expected)| {
            let session = engine.open(&config, &file).unwrap();
            Scene { name, session, line, control, rtp: name == "noise", expected }
        })
        .collect();
    // Keys and words that wait until it is known what becomes of them.
    let waiting = SessionConfig { mask_digits: true, start_on_speech: true, ..config };
    for (name, keys) in [("masked keys", "5*"), ("masked key that ends", "5#")] {
        let mut line = Line::new().silence(300);
        for key in keys.chars() {
            line = line.key(Key::new(key), &mut random).audio(&common::speech("reading.wav")[..1_200]);
        }
        let ends = keys.ends_with('#');
        scenes.push(Scene {
            name,
            session: engine.open(&waiting, &file).unwrap(),
            line: line.silence(500).pcm(),
            control: None,
            rtp: false,
            expected: if ends { EndReason::Dtmf } else { EndReason::FinalSilence },
        });
    }
    // Lines at other rates, with every sample as often as it takes.
    for (hz, times) in [(44_100, 6), (48_000, 6)] {
        let sample_rate = SampleRate::new(hz).unwrap();
        let line = if hz == 48_000 {
            spoken().key(Key::new('#'), &mut random).silence(100).pcm()
        } else {
            noise(&mut random)
        };
        scenes.push(Scene {
            name: if hz == 48_000 { "48 kHz" } else { "44.1 kHz" },
            session: engine.open(&SessionConfig { sample_rate, ..config }, &file).unwrap(),
            line: line.iter().flat_map(|&sample| std::iter::repeat_n(sample, times)).collect(),
            control: None,
            rtp: false,
            expected: if hz == 48_000 { EndReason::Dtmf } else { EndReason::MaxDuration },
        });
    }
    let mut busy = Line::new().silence(300);
    for _ in 0..4 {
        busy = busy.tone(425.0, -10.0, 200).silence(200);
    }
    let plan = SessionConfig { tone_plan: Some(TonePlan::all()), max_duration_ms: 0, ..config };
    scenes.push(Scene {
        name: "busy tone",
        session: engine
            .open(&SessionConfig { initial_silence_ms: 0, final_silence_ms: 0, ..plan }, &file)
            .unwrap(),
        line: busy.pcm(),
        control: None,
        rtp: false,
        expected: EndReason::DisconnectTone,
    });
    // Longer than the ring, whose writer sleeps: samples are lost in every frame of its second half.
    let endless = SessionConfig { beep: None, max_duration_ms: 4_000, ..SessionConfig::default() };
    scenes.push(Scene {
        name: "overrun",
        session: engine.open(&endless, &file).unwrap(),
        line: Line::new().silence(5_000).noise(-20.0, &mut random).pcm(),
        control: None,
        rtp: false,
        expected: EndReason::MaxDuration,
    });
    scenes
}

fn telephone_event(session: SessionHandle, event: u8) {
    let packet = TelephoneEvent { rtp_timestamp: event.into(), duration: 160, event, volume: 10, end: false };
    session.telephone_event(&packet).unwrap();
}

/// One round of every media call in every scene.
fn play(scenes: &[Scene], foreign: SessionHandle, closed: SessionHandle) {
    let mut heard = [0; 160];
    for (place, scene) in scenes.iter().enumerate() {
        for (number, frame) in scene.line.chunks(160).enumerate() {
            let _ = scene.session.writable_samples();
            let _ = scene.session.pull(&mut heard);
            let _ = scene.session.state();
            let pushed = match number % 7 {
                // Every seventh frame is missing, another one comes again.
                6 if scene.rtp => Ok(()),
                5 if scene.rtp => scene.session.push_at(160 * number as u32 - 160, frame),
                _ if scene.rtp => scene.session.push_at(160 * number as u32, frame),
                6 if !matches!(scene.name, "busy tone" | "48 kHz") => scene.session.push_lost(frame.len()),
                _ => scene.session.push(frame),
            };
            if scene.control.is_some_and(|(at, _)| at == number) {
                ASKED.store(place + 1, Ordering::Release);
                while ACTED.load(Ordering::Acquire) != place + 1 {
                    std::hint::spin_loop();
                }
            }
            if pushed == Err(SessionError::Ended) {
                break;
            }
        }
        let _ = scene.session.push(&heard);
    }
    for handle in [foreign, closed] {
        let _ = handle.push(&heard);
        let _ = handle.push_lost(160);
        let _ = handle.pull(&mut heard);
        let _ = handle.writable_samples();
    }
    let _ = closed.push(&[0; afterbeep::line::FRAME_MAX_SAMPLES + 1]);
}

/// The control thread's part of a round.
fn attend(scenes: &[Scene], round: usize) {
    // Nothing is reset: the media thread may have asked before. The first one to ask is not the last one of a round.
    while DONE.load(Ordering::Acquire) < round {
        let asked = ASKED.load(Ordering::Acquire);
        if asked != ACTED.load(Ordering::Relaxed) {
            let scene = &scenes[asked - 1];
            if let Some((_, control)) = scene.control {
                control(scene.session);
            }
            ACTED.store(asked, Ordering::Release);
        }
        std::thread::yield_now();
    }
}

fn check(scenes: &[Scene]) {
    for scene in scenes {
        let result = scene.session.result(Duration::from_secs(30)).expect(scene.name);
        assert_eq!(result.end_reason, scene.expected, "{}", scene.name);
        assert_eq!(scene.name == "overrun", !result.complete, "{}", scene.name);
    }
}

/// A child that breaks the rule on purpose.
fn planted(violation: &str) {
    let engine = Engine::new(&EngineConfig::default()).unwrap();
    drop(engine);
    let thread = std::thread::spawn({
        let violation = violation.to_owned();
        move || {
            forbid_system_calls();
            match violation.as_str() {
                "sleep" => std::thread::sleep(Duration::from_millis(1)),
                _ => drop(std::fs::metadata("/")),
            }
        }
    });
    let _ = thread.join();
    exit(0);
}

fn main() {
    if let Some(violation) = std::env::args().skip_while(|arg| arg != "--planted").nth(1) {
        planted(&violation);
    }
    for violation in ["sleep", "stat"] {
        let this = std::env::current_exe().unwrap();
        let status = Command::new(this).args(["--planted", violation]).status().unwrap();
        assert!(!status.success(), "a planted {violation} went unnoticed");
    }
    MEDIA.with(|media| media.set(true));
    drop(std::hint::black_box(Box::new(1)));
    MEDIA.with(|media| media.set(false));
    assert_eq!(ALLOCATIONS.swap(0, Ordering::Relaxed), 2, "a planted allocation went unnoticed");

    let directory = tempfile::tempdir().unwrap();
    // A writer that looks twice a second lets a ring of 2 s run over.
    let config = EngineConfig { poll_interval_ms: 500, ..EngineConfig::default() };
    let engine = Engine::new(&config).unwrap();
    let closed = engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap();
    closed.close().unwrap();
    let rounds: Vec<Vec<Scene>> = (0..2).map(|_| scenes(&engine, directory.path())).collect();
    let rounds: &'static [Vec<Scene>] = rounds.leak();
    let foreign = SessionHandle::from_bits(u64::MAX);

    static FAULTS: AtomicU64 = AtomicU64::new(0);
    std::thread::spawn(move || {
        // Its own stack and code are touched before anything counts.
        play(&rounds[0], foreign, closed);
        DONE.store(1, Ordering::Release);
        while DONE.load(Ordering::Acquire) == 1 {
            std::hint::spin_loop();
        }
        let before = page_faults();
        MEDIA.with(|media| media.set(true));
        play(&rounds[1], foreign, closed);
        MEDIA.with(|media| media.set(false));
        FAULTS.store((page_faults() - before) as u64, Ordering::Relaxed);
        DONE.store(3, Ordering::Release);
    });
    attend(&rounds[0], 1);
    check(&rounds[0]);
    DONE.store(2, Ordering::Release);
    attend(&rounds[1], 3);
    check(&rounds[1]);
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), 0, "allocations on the media thread");
    assert_eq!(FAULTS.load(Ordering::Relaxed), 0, "page faults on the media thread");

    let scenes: &'static [Scene] = scenes(&engine, directory.path()).leak();
    // Closed while they are pushed to: neither the slot's lock nor the memory it frees may show.
    let closing: &'static [SessionHandle] = (0..200)
        .map(|_| engine.open(&SessionConfig::default(), &FileConfig::new(directory.path())).unwrap())
        .collect::<Vec<_>>()
        .leak();
    std::thread::spawn(move || {
        forbid_system_calls();
        play(scenes, foreign, closed);
        DONE.store(4, Ordering::Release);
        for session in closing {
            while !matches!(session.push(&[1; 160]), Err(SessionError::Stale)) {}
            while !matches!(session.pull(&mut [0; 160]), Err(SessionError::Stale)) {}
        }
        DONE.store(5, Ordering::Release);
        // Leaving would be a system call.
        loop {
            std::hint::spin_loop();
        }
    });
    attend(scenes, 4);
    for session in closing {
        session.digit(Digit::new('5').unwrap()).unwrap();
        session.close().unwrap();
    }
    while DONE.load(Ordering::Acquire) < 5 {
        std::thread::yield_now();
    }
    check(scenes);
    println!("media calls: 0 system calls, 0 allocations, 0 page faults over {} scenes", scenes.len());
    drop(directory);
    exit(0);
}

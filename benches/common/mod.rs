//! What `benches/media_path.rs` times and `examples/media_path_cost.rs` counts instructions of: every detector of the
//! media path alone, all together, and sessions that have them.

use afterbeep::cpu;
use afterbeep::dsp::BlockBuffer;
use afterbeep::dsp::call_progress::CallProgressDetector;
use afterbeep::dsp::dtmf::{DtmfDetector, DtmfProfile, HIGH_HZ, LOW_HZ};
use afterbeep::dsp::goertzel::Kernel;
use afterbeep::dsp::silence::{SilenceConfig, SilenceDetector};
use afterbeep::dsp::tone_plan::TonePlan;
use afterbeep::session::{Session, SessionConfig, Terminators};
use std::f32::consts::TAU;
use std::hint::black_box;

const FRAME_SAMPLES: usize = 160;

/// Lines by name: what a session hears while nobody speaks, while somebody does, and when the caller has gone.
pub const LINES: [&str; 7] =
    ["silence", "message", "speech", "busy_425", "busy_480_620", "dial_350_440", "digits"];

/// Samples of a line.
pub fn line(name: &str) -> Vec<i16> {
    match name {
        "silence" => vec![0; 160_000],
        "message" => recording("message.wav"),
        "speech" => recording("reading.wav"),
        "busy_425" => tone(&[425.0], 4_000),
        "busy_480_620" => tone(&[480.0, 620.0], 4_000),
        "dial_350_440" => tone(&[350.0, 440.0], usize::MAX),
        "digits" => (0..100).flat_map(|place| key(place % 16)).collect(),
        _ => panic!("no line {name}"),
    }
}

fn recording(name: &str) -> Vec<i16> {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect()
}

/// 20 s of a tone, so many samples on and off.
fn tone(hz: &[f32], half_cycle: usize) -> Vec<i16> {
    let sine = |hz: &f32, i: usize| 4_000.0 * (TAU * hz / 8_000.0 * i as f32).sin();
    let sample = |i: usize| hz.iter().map(|hz| sine(hz, i)).sum::<f32>() as i16;
    (0..160_000).map(|i| if (i / half_cycle).is_multiple_of(2) { sample(i) } else { 0 }).collect()
}

/// A digit of 50 ms and a pause as long.
fn key(place: usize) -> impl Iterator<Item = i16> {
    let (low, high) = (LOW_HZ[place / 4], HIGH_HZ[place % 4]);
    let sine = |hz: f32, i: usize| (TAU * hz / 8_000.0 * i as f32).sin();
    (0..800).map(move |i| if i < 400 { (4_000.0 * (sine(low, i) + sine(high, i))) as i16 } else { 0 })
}

/// Detectors by name.
pub const DETECTORS: [&str; 5] = ["dtmf", "silence_fixed", "silence_adaptive", "call_progress", "all"];

/// Some detectors on one line, fed as a session feeds them.
pub struct Detectors {
    kernel: Kernel,
    blocks: BlockBuffer,
    dtmf: Option<DtmfDetector>,
    silence: Option<SilenceDetector>,
    call_progress: Option<CallProgressDetector>,
}

impl Detectors {
    /// One of [`DETECTORS`]; call progress with every country and `generic`.
    pub fn new(name: &str) -> Self {
        let (kernel, all) = (cpu::kernel(), name == "all");
        let silence = match name {
            "silence_fixed" => Some(SilenceConfig::default()),
            "silence_adaptive" | "all" => Some(SilenceConfig::adaptive()),
            _ => None,
        };
        let dtmf = || DtmfDetector::with_kernel(&DtmfProfile::default(), kernel).unwrap();
        let call_progress = || CallProgressDetector::with_kernel(&TonePlan::all(), kernel).unwrap();
        Self {
            kernel,
            blocks: BlockBuffer::new(),
            dtmf: (all || name == "dtmf").then(dtmf),
            silence: silence.map(|config| SilenceDetector::new(&config).unwrap()),
            call_progress: (all || name == "call_progress").then(call_progress),
        }
    }

    /// Takes a line in frames of 20 ms.
    #[inline(never)]
    pub fn listen(&mut self, line: &[i16]) {
        for mut frame in line.chunks(FRAME_SAMPLES) {
            while !frame.is_empty() {
                let (taken, rest) = self.blocks.take(frame);
                frame = rest;
                let Some(block) = self.blocks.complete(taken) else { continue };
                let beside = self.call_progress.as_mut().map(CallProgressDetector::beside);
                let total = match &mut self.dtmf {
                    Some(dtmf) => black_box(dtmf.block_beside(block, &self.blocks, beside)).total,
                    None => self.kernel.total(block),
                };
                if let Some(silence) = &mut self.silence {
                    black_box(silence.block(block.len(), total));
                }
                if let Some(call_progress) = &mut self.call_progress {
                    black_box(call_progress.block(block, &self.blocks, total));
                }
            }
        }
    }
}

/// Sessions by name: every one has DTMF, and silence at a fixed level unless it is adaptive.
pub const SESSIONS: [&str; 4] = ["session", "session_adaptive", "session_call_progress", "session_all"];

/// One of [`SESSIONS`], which nothing ends.
pub fn session(name: &str) -> Session {
    let all = name == "session_all";
    let config = SessionConfig {
        beep: None,
        terminators: Terminators::NONE,
        max_duration_ms: 0,
        silence: if all || name == "session_adaptive" {
            SilenceConfig::adaptive()
        } else {
            SilenceConfig::default()
        },
        tone_plan: (all || name == "session_call_progress").then(TonePlan::all),
        ..SessionConfig::default()
    };
    Session::with_kernel(&config, cpu::kernel()).unwrap()
}

/// A session takes a line in frames of 20 ms.
#[inline(never)]
pub fn listen(session: &mut Session, line: &[i16]) {
    line.chunks(FRAME_SAMPLES).for_each(|frame| _ = black_box(session.push(frame)));
}

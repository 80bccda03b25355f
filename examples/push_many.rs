//! What a tick of many sessions costs, one push after the other and by one call, in turn so that both meet the same
//! machine: nanoseconds a push, by the least tenth, the least quarter and the median of the ticks.
//!
//!     ulimit -n 11000; cargo run --release --example push_many -- 1000 10000

use afterbeep::engine::{Engine, EngineConfig, FileConfig, Push, SessionHandle, push_many};
use afterbeep::session::{SessionConfig, Terminators};
use std::error::Error;
use std::thread::sleep;
use std::time::{Duration, Instant};

const FRAME_SAMPLES: usize = 160;
/// Ticks in a row that are pushed in the same way.
const RUN: usize = 8;
/// Pushes of each kind, about.
const PUSHES: usize = 2_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let speech = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/message.wav");
    let speech = hound::WavReader::open(speech)?.samples().collect::<Result<Vec<i16>, _>>()?;
    let frames: Vec<_> = speech.chunks_exact(FRAME_SAMPLES).collect();
    for count in std::env::args().skip(1) {
        measure(count.parse()?, &frames)?;
    }
    Ok(())
}

fn measure(count: usize, frames: &[&[i16]]) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
    let endless = SessionConfig { beep: None, max_duration_ms: 0, ..SessionConfig::default() };
    let endless = SessionConfig { terminators: Terminators::NONE, ..endless };
    let engine = Engine::new(&EngineConfig::default())?;
    let file = FileConfig::new(directory.path());
    let sessions =
        (0..count).map(|_| engine.open(&endless, &file)).collect::<Result<Vec<SessionHandle>, _>>()?;
    let [mut single, mut many] = [vec![], vec![]];
    for tick in 0..(2 * PUSHES / count).next_multiple_of(2 * RUN).min(1_000) {
        if tick % RUN == 0 {
            for session in &sessions {
                while session.writable_samples()? < RUN * FRAME_SAMPLES {
                    sleep(Duration::from_millis(1));
                }
            }
        }
        let frame = |place: usize| frames[(tick + 7 * place) % frames.len()];
        let push = |(place, &session)| Push { session, frame: frame(place), outcome: Ok(()) };
        let mut pushes: Vec<_> = sessions.iter().enumerate().map(push).collect();
        let by_one_call = tick / RUN % 2 == 1;
        let began = Instant::now();
        if by_one_call {
            push_many(&mut pushes);
        } else {
            pushes.iter_mut().for_each(|push| push.outcome = push.session.push(push.frame));
        }
        let took = began.elapsed().as_nanos() / count as u128;
        if by_one_call { &mut many } else { &mut single }.push(took);
        pushes.iter().try_for_each(|push| push.outcome)?;
    }
    for (how, mut took) in [("one by one", single), ("by one call", many)] {
        took.sort_unstable();
        let [tenth, quarter, median] = [10, 4, 2].map(|part| took[took.len() / part]);
        println!("{count:6} sessions {how:11}: {tenth:5} {quarter:5} {median:5} ns");
    }
    sessions.iter().try_for_each(|session| session.cancel())?;
    Ok(())
}

//! A call through the engine, as a switch makes it.

use afterbeep::engine::{Engine, EngineConfig, FileConfig, SessionError, SessionHandle, SessionResult};
use afterbeep::session::SessionConfig;
use std::time::Duration;

/// An engine quick enough for tests.
pub fn engine() -> Engine {
    Engine::new(&EngineConfig { poll_interval_ms: 1, ..EngineConfig::default() }).unwrap()
}

/// Feeds a line in frames, without loss, until the session ends or the line does.
pub fn feed(session: SessionHandle, line: &[i16], frame_samples: usize) {
    for frame in line.chunks(frame_samples) {
        loop {
            match session.writable_samples() {
                Ok(room) if room < frame.len() => std::thread::sleep(Duration::from_micros(200)),
                Ok(_) => break,
                Err(SessionError::Ended) => return,
                Err(error) => panic!("{error}"),
            }
        }
        match session.push(frame) {
            Ok(()) => {}
            Err(SessionError::Ended) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The result, waited for as long as a slow machine may need.
pub fn result(session: SessionHandle) -> SessionResult {
    session.result(Duration::from_secs(30)).unwrap()
}

/// Records a line that ends with a hang-up.
pub fn record(config: &SessionConfig, file: &FileConfig, line: &[i16]) -> SessionResult {
    let engine = engine();
    let session = engine.open(config, file).unwrap();
    feed(session, line, 160);
    let _ = session.hangup();
    let result = result(session);
    session.close().unwrap();
    result
}

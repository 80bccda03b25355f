use afterbeep::engine::{SessionHandle, SessionResult};
use afterbeep::session::EndReason;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How long the next message may take to be finished.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of the sessions.
#[derive(Default)]
pub(super) struct Tally {
    /// Those that heard everything, and whose files are whole.
    pub(super) complete: u32,
    /// Those that something ended before they had heard everything.
    pub(super) ended_early: u32,
    /// Those whose file failed.
    pub(super) failed: u32,
    /// Those that lost samples without failing.
    pub(super) with_loss: u32,
    /// Those that the writers did not finish in time.
    pub(super) unfinished: u32,
    pub(super) end_reasons: BTreeMap<&'static str, u32>,
    pub(super) lost_samples: u64,
    pub(super) paths: Vec<PathBuf>,
    /// What went wrong first.
    pub(super) error: Option<String>,
}

impl Tally {
    /// Waits for the results of sessions that have all been hung up.
    pub(super) fn collect(sessions: &[SessionHandle]) -> Self {
        let mut tally = Self { paths: Vec::with_capacity(sessions.len()), ..Self::default() };
        let mut patience = PATIENCE;
        for session in sessions {
            match session.result(patience) {
                Ok(result) => tally.add(result),
                // Nobody else has closed it.
                Err(_) => {
                    // The others had as long to finish.
                    patience = Duration::ZERO;
                    tally.unfinished += 1;
                    tally.error.get_or_insert_with(|| "its writer takes longer than a minute".to_owned());
                }
            }
            // Refused only where the handle is not valid, which the result has said.
            let _ = session.close();
        }
        tally
    }

    fn add(&mut self, result: SessionResult) {
        *self.end_reasons.entry(result.end_reason.name()).or_default() += 1;
        self.lost_samples += result.lost_samples;
        if let Some(error) = result.error.or(result.sync_error) {
            self.failed += 1;
            self.error.get_or_insert_with(|| error.to_string());
        } else if result.end_reason != EndReason::Hangup {
            self.ended_early += 1;
        } else if result.complete {
            self.complete += 1;
        } else {
            self.with_loss += 1;
        }
        self.paths.extend(result.path);
    }
}

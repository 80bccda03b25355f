use super::{Durability, SessionHandle};
use crate::dsp::dtmf::Digit;
use crate::dsp::tone_plan::ToneKind;
use crate::session::{Cut, EndReason};
use std::path::PathBuf;
use std::sync::Arc;

/// Gaps that a result lists; further ones are counted.
pub const GAPS_MAX: usize = 16;

/// What became of a message.
#[derive(Clone, Debug)]
pub struct SessionResult {
    /// Why it ended.
    pub end_reason: EndReason,
    /// The digit that ended it, where one did.
    pub end_digit: Option<Digit>,
    /// The disconnect tone that ended it, where one did.
    pub tone: Option<ToneKind>,
    /// Its file, the first one where it was split; `None` where there is none: nothing was recorded, or it was cancelled.
    pub path: Option<PathBuf>,
    /// Its further files, in the order of the audio.
    pub more_paths: Vec<PathBuf>,
    /// Samples in its files, at their rate, inserted silence included, and what an earlier message left. All other counts
    /// but the next two are in samples of the line, and of this recording alone.
    pub samples: u64,
    /// The same in whole milliseconds.
    pub duration_ms: u64,
    /// Milliseconds of this recording, as far as its files hold it, that the silence detector took for sound. It hears the line: a
    /// key counts also where it is masked, and so does what we lost.
    pub spoken_ms: u64,
    /// How many of these samples an earlier message left, where one was continued; else 0.
    pub appended_to_samples: u64,
    /// Samples that were recorded and then cut off.
    pub trimmed_samples: u64,
    /// What they held.
    pub cut: Cut,
    /// Samples of the message that we lost (ring full, disk); silence stands in their place where the file went on. What
    /// was cut off, or dropped when the recording started over, does not count.
    pub lost_samples: u64,
    /// Where: the first [`GAPS_MAX`] gaps, in their order.
    pub gaps: Vec<Gap>,
    /// How many gaps there are.
    pub gap_count: u64,
    /// Samples that the line lost; silence stands in their place, or comfort noise.
    pub line_lost_samples: u64,
    /// Samples that were dropped after the beep, where its echo may have been.
    pub echo_guard_samples: u64,
    /// Samples of frames that came too late, or again, by their timestamps: they were dropped.
    pub late_samples: u64,
    /// How often a frame's timestamp was far from what was due.
    pub timestamp_jumps: u64,
    /// Samples that were recorded before the recording started over.
    pub dropped_samples: u64,
    /// No sample was lost by us, and the file is whole.
    pub complete: bool,
    /// What went wrong with the file, where something did.
    pub error: Option<Arc<std::io::Error>>,
    /// What the file survives now: the level that was asked for, or [`Cache`](Durability::Cache) where a sync failed. With
    /// [`Interval`](Durability::Interval) the last sync follows within `sync_interval_ms`, and
    /// [`EngineEvent::SyncFailed`](super::EngineEvent::SyncFailed) tells if it fails.
    pub durability: Durability,
    /// Why a sync failed, where one did. The message then is not `complete`.
    pub sync_error: Option<Arc<std::io::Error>>,
}

/// Recorded samples that we lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first one, in samples of the recording.
    pub start_sample: u64,
    /// How many there are.
    pub samples: u64,
    /// Why.
    pub cause: GapCause,
}

/// Why samples were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum GapCause {
    /// Samples came faster than the writer could take them: silence stands in their place.
    RingFull = 1,
    /// A writer had stalled in the file system: silence stands in their place.
    DiskStalled = 2,
    /// The disk failed: the file ends before them.
    DiskError = 3,
    /// The disk was full: silence stands in their place, or the file ends before them.
    DiskFull = 4,
}

impl GapCause {
    /// Its name, as results in JSON have it: `ring_full`, `disk_stalled`, `disk_error`, `disk_full`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RingFull => "ring_full",
            Self::DiskStalled => "disk_stalled",
            Self::DiskError => "disk_error",
            Self::DiskFull => "disk_full",
        }
    }
}

/// What an engine left behind because its close had to end in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReport {
    /// Messages that are not finished. A disk that comes back lets the writers finish them, as long as the process
    /// lives; each file is valid up to its last batch in any case.
    pub unfinished: Vec<Unfinished>,
    /// What was to be synced at intervals has been.
    pub synced: bool,
    /// No call of the callback is under way any more.
    pub callback_returned: bool,
}

/// A message that is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Whose it is. The handle is stale.
    pub session: SessionHandle,
    /// Its file, as it is until it is finished.
    pub part: PathBuf,
}

use crate::dsp::dtmf::Digit;
use crate::dsp::tone_plan::ToneKind;
use crate::session::{Cut, EndReason};
use std::path::PathBuf;
use std::sync::Arc;

/// What became of a message.
#[derive(Clone, Debug)]
pub struct SessionResult {
    /// Why it ended.
    pub end_reason: EndReason,
    /// The digit that ended it, where one did.
    pub end_digit: Option<Digit>,
    /// The disconnect tone that ended it, where one did.
    pub tone: Option<ToneKind>,
    /// Its file; `None` where there is none: nothing was recorded, or it was cancelled.
    pub path: Option<PathBuf>,
    /// Samples in the file, inserted silence included.
    pub samples: u64,
    /// The same in whole milliseconds.
    pub duration_ms: u64,
    /// Samples that were recorded and then cut off.
    pub trimmed_samples: u64,
    /// What they held.
    pub cut: Cut,
    /// Samples that we lost (ring full, disk); silence stands in their place where the file went on.
    pub lost_samples: u64,
    /// Samples that the line lost; silence stands in their place.
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
}

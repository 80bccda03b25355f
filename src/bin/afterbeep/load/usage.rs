//! What the operating system counts.

use crate::Failure;
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::fs;
use std::time::Duration;

/// Descriptors beside those of sessions: standard streams, the input, what is read of `/proc`.
const OTHER_DESCRIPTORS: u64 = 32;

/// CPU time of this thread.
pub(super) fn thread_cpu() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// CPU time of all threads, those that have ended among them.
pub(super) fn process_cpu() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// The clock that turns go by.
pub(super) fn monotonic() -> Duration {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// How often this thread was preempted, and met a page fault.
#[derive(Clone, Copy, Default)]
pub(super) struct ThreadCounts {
    pub(super) preemptions: i64,
    pub(super) page_faults: i64,
}

impl ThreadCounts {
    pub(super) fn now() -> Self {
        // Refused only where the kernel does not know the question; then nothing is told apart.
        getrusage(UsageWho::RUSAGE_THREAD).map_or(Self::default(), |usage| Self {
            preemptions: usage.involuntary_context_switches(),
            page_faults: usage.minor_page_faults() + usage.major_page_faults(),
        })
    }
}

/// What the process has written so far, headers included.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) bytes: u64,
    pub(super) calls: u64,
}

impl Written {
    /// `None` where the kernel does not count it.
    pub(super) fn now() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/io").ok()?;
        Some(Self { bytes: field(&text, "wchar:")?, calls: field(&text, "syscw:")? })
    }
}

/// Memory that the process has in RAM, in bytes; 0 where the kernel does not say.
pub(super) fn resident_bytes() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    field(&text, "VmRSS:").map_or(0, |kib| kib * 1_024)
}

/// The number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Makes room for the descriptors of so many sessions.
pub(super) fn reserve_descriptors(sessions: u32) -> Result<(), Failure> {
    let needed = u64::from(sessions) + OTHER_DESCRIPTORS;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= needed {
        return Ok(());
    }
    if hard < needed {
        return Err(Failure::Failed(format!(
            "{sessions} channels need {needed} open files and the limit is {hard}; raise it with `ulimit -n {needed}` as root"
        )));
    }
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

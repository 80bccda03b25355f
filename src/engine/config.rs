use super::Durability;
use super::slot::SLOTS_MAX;
use crate::dsp::gain::{GainConfig, GainConfigError};
use crate::line::SampleRate;
use crate::session::ConfigError;
use crate::wav::{Format, HeaderStyle, Metadata};
use std::path::PathBuf;

/// The longest name that leaves room for a number.
const SPLIT_NAME_MAX_BYTES: usize = 245;

/// How an engine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// Threads that write files, 1 (default) to 64.
    pub writer_threads: u32,
    /// Sessions open at once, 1 to 65 536; 10 000 by default.
    pub max_sessions: u32,
    /// How often a writer looks after its sessions, in milliseconds, 1 to 1000, at most half of `ring_ms`; 20 by
    /// default.
    pub poll_interval_ms: u32,
    /// Audio that is worth a write, in milliseconds, 20 to 60 000, at most half of `ring_ms`; 900 by default.
    pub batch_ms: u32,
    /// How long audio may await a write, in milliseconds of wall time, 20 to 60 000; 900 by default. What a killed
    /// process loses of each message is at most this and one poll interval.
    pub batch_age_ms: u32,
    /// Audio that a session's ring holds, in milliseconds, 100 to 600 000; 2000 by default. A disk
    /// that stalls for longer than this, less a batch, costs audio. Twice the batch at least.
    pub ring_ms: u32,
    /// How long a host may deliver no audio, neither frames nor losses, before the session ends as
    /// [`MediaTimeout`](crate::session::EndReason::MediaTimeout), in milliseconds of wall time, 100 to 3 600 000;
    /// 60 000 by default, 0 for ever.
    pub media_timeout_ms: u32,
    /// How long a writer may take for one file before a spare one takes its place, in milliseconds, 100 to 60 000;
    /// 750 by default: with the default ring and batch the other sessions then lose nothing.
    pub writer_stall_ms: u32,
    /// How many writers may be stalled in one file system, each in a file of its own, before it is declared stalled, 1
    /// to 64; 4 by default. Its sessions then wait, and no more are opened there.
    pub spare_writers: u32,
    /// Free space below which no session is opened on a file system, in KiB; 16 by default.
    pub min_free_kib: u32,
    /// What messages survive, where their [`FileConfig`] does not say; synced at intervals by default.
    pub durability: Durability,
    /// How often a file system is synced, in milliseconds, 100 to 60 000; 1000 by default. What a power cut costs of a
    /// message that is being recorded is at most this, `batch_age_ms`, a poll interval and the time that the sync takes.
    pub sync_interval_ms: u32,
    /// Room that a file reserves ahead of its audio, in KiB, 0 (for none) to 65 536; 256 by default, 16 s of 16-bit PCM
    /// at 8 kHz. Never beyond the message's maximum duration, nor more at once than a 64th of what is free; what is not
    /// used is given back.
    pub preallocate_kib: u32,
    /// How long a session waits for room where the disk is full, in milliseconds of wall time, 0 to 3 600 000; 5000 by
    /// default. Then it ends as [`DiskFull`](crate::session::EndReason::DiskFull).
    pub full_hold_ms: u32,
    /// A directory whose interrupted recordings are [repaired](crate::message::repair) before the engine starts, and those
    /// beneath it; `None` (default) for none. [`EngineStatistics`](super::EngineStatistics) counts them. What others are
    /// recording there is left alone.
    pub repair_directory: Option<PathBuf>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            writer_threads: 1,
            max_sessions: 10_000,
            poll_interval_ms: 20,
            batch_ms: 900,
            batch_age_ms: 900,
            ring_ms: 2_000,
            media_timeout_ms: 60_000,
            writer_stall_ms: 750,
            spare_writers: 4,
            min_free_kib: 16,
            durability: Durability::default(),
            sync_interval_ms: 1_000,
            preallocate_kib: 256,
            full_hold_ms: 5_000,
            repair_directory: None,
        }
    }
}

impl EngineConfig {
    /// Says which field is out of range, if one is.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let within = |value: u32, range: std::ops::RangeInclusive<u32>, field, takes| {
            if range.contains(&value) { Ok(()) } else { Err(ConfigError { field, takes }) }
        };
        within(self.writer_threads, 1..=64, "writer_threads", "1 to 64")?;
        within(self.max_sessions, 1..=SLOTS_MAX, "max_sessions", "1 to 65536")?;
        within(self.poll_interval_ms, 1..=1_000, "poll_interval_ms", "1 to 1000 ms")?;
        within(self.batch_ms, 20..=60_000, "batch_ms", "20 to 60000 ms")?;
        within(self.batch_age_ms, 20..=60_000, "batch_age_ms", "20 to 60000 ms")?;
        within(self.writer_stall_ms, 100..=60_000, "writer_stall_ms", "100 to 60000 ms")?;
        within(self.spare_writers, 1..=64, "spare_writers", "1 to 64")?;
        within(self.sync_interval_ms, 100..=60_000, "sync_interval_ms", "100 to 60000 ms")?;
        within(self.preallocate_kib, 0..=65_536, "preallocate_kib", "0 to 65536 KiB")?;
        within(self.full_hold_ms, 0..=3_600_000, "full_hold_ms", "0 to 3600000 ms")?;
        within(self.ring_ms, 100..=600_000, "ring_ms", "100 to 600000 ms")?;
        if self.media_timeout_ms != 0 {
            within(self.media_timeout_ms, 100..=3_600_000, "media_timeout_ms", "0, or 100 to 3600000 ms")?;
        }
        // A batch, and what comes until the writer looks again, find room.
        within(self.poll_interval_ms, 1..=self.ring_ms / 2, "poll_interval_ms", "at most half of the ring")?;
        within(self.batch_ms, 1..=self.ring_ms / 2, "batch_ms", "at most half of the ring")
    }
}

/// What becomes of a message that its file cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum LargeFile {
    /// Past 4 GiB the file becomes RF64, in place: `docs/files.md` says who reads that. With the full header only.
    Rf64 = 1,
    /// The message goes on in further files, `NAME_0002.wav` behind `NAME.wav`, up to `NAME_9999.wav`: none of them passes
    /// `max_file_kib`, or 4 GiB. No sample is lost or doubled between two of them. All are named at the end.
    Split = 2,
}

impl LargeFile {
    /// The choice of a number of the C ABI.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Rf64),
            2 => Some(Self::Split),
            _ => None,
        }
    }
}

/// Where a message's file goes and how it stores samples.
#[derive(Clone, Debug, PartialEq)]
pub struct FileConfig {
    /// An existing directory: the recording root.
    pub directory: PathBuf,
    /// The file's name in it: a name of 1 to 244 bytes, or several with `/` between them, of which all but the last are
    /// directories; those that are missing are made (mode 0700). No links (`openat2`), no control characters, no `.part`
    /// at the end, 1024 bytes in all. `None` makes a fresh one: `yyyymmddHHMMSS-random-record.wav`, local time.
    pub name: Option<String>,
    /// How samples are stored; 16-bit PCM by default.
    pub format: Format,
    /// What its header has beside that; by default room to grow past 4 GiB, and a marker while it is recorded.
    pub header: HeaderStyle,
    /// What the file says about itself; nothing by default. A plain header has none.
    pub metadata: Metadata,
    /// The file's sample rate in hertz: 8000, 16 000, 24 000, 32 000, 44 100 or 48 000; 0 (default) for the line's.
    pub file_rate_hz: u32,
    /// What the message survives; the engine's by default.
    pub durability: Option<Durability>,
    /// What becomes of the level in the file; off by default. Detectors hear the line.
    pub gain: GainConfig,
    /// What becomes of a message that its file cannot hold. `None` (default): it is split where the header is plain or
    /// `max_file_kib` is set, and its file becomes RF64 otherwise.
    pub large_file: Option<LargeFile>,
    /// The longest file in KiB, 64 to 4 194 304, where a message is split; 0 (default) for 4 GiB. 2 097 151 suits readers
    /// that count with 31 bits.
    pub max_file_kib: u32,
    /// Continues the finished message `name`, which has to be of this format, rate and header; off by default. Its metadata
    /// stays as it is. It is as it was where nothing is added: the recording is cancelled, or empty.
    pub append: bool,
}

impl From<GainConfigError> for ConfigError {
    fn from(GainConfigError { field, takes }: GainConfigError) -> Self {
        Self { field, takes }
    }
}

impl FileConfig {
    /// A file with a fresh name, 16-bit PCM.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            name: None,
            format: Format::default(),
            header: HeaderStyle::default(),
            metadata: Metadata::default(),
            file_rate_hz: 0,
            durability: None,
            gain: GainConfig::default(),
            large_file: None,
            max_file_kib: 0,
            append: false,
        }
    }

    /// Says which field is out of range or contradicts another one, if one does.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.header == HeaderStyle::Plain && !self.metadata.is_empty() {
            return Err(ConfigError { field: "metadata", takes: "nothing where the header is plain" });
        }
        if self.max_file_kib != 0 && !(64..=4_194_304).contains(&self.max_file_kib) {
            return Err(ConfigError { field: "max_file_kib", takes: "0, or 64 to 4194304 KiB" });
        }
        if self.large_file == Some(LargeFile::Rf64) {
            if self.header == HeaderStyle::Plain {
                return Err(ConfigError { field: "large_file", takes: "split where the header is plain" });
            }
            if self.max_file_kib != 0 {
                return Err(ConfigError { field: "max_file_kib", takes: "0 where the file becomes RF64" });
            }
        }
        let explicit = self.large_file == Some(LargeFile::Split) || self.max_file_kib > 0;
        let base = self.name.as_deref().and_then(|name| name.rsplit('/').next());
        if explicit && base.is_some_and(|base| base.len() > SPLIT_NAME_MAX_BYTES) {
            return Err(ConfigError {
                field: "file_name",
                takes: "at most 245 bytes where a message is split",
            });
        }
        if self.append && self.name.is_none() {
            return Err(ConfigError { field: "append", takes: "the name of a message" });
        }
        self.rate(SampleRate::NARROWBAND)?;
        Ok(self.gain.validate()?)
    }

    /// How long a file may become before the message goes on in another one; `None` where it never does.
    pub(super) fn most_file_bytes(&self) -> Option<u64> {
        let split = match self.large_file {
            Some(choice) => choice == LargeFile::Split,
            None => self.header == HeaderStyle::Plain || self.max_file_kib > 0,
        };
        let most = if self.max_file_kib == 0 { u64::MAX } else { u64::from(self.max_file_kib) * 1_024 };
        split.then_some(most)
    }

    /// The file's rate where the line has one.
    pub(super) fn rate(&self, line: SampleRate) -> Result<SampleRate, ConfigError> {
        const TAKES: &str = "0, 8000, 16000, 24000, 32000, 44100 or 48000 Hz";
        match self.file_rate_hz {
            0 => Ok(line),
            hz => SampleRate::new(hz).map_err(|_| ConfigError { field: "file_rate_hz", takes: TAKES }),
        }
    }
}

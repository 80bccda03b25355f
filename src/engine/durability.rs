/// What a message survives, and from when on. A killed process never costs more than the last batch; what a power cut
/// costs, the level says. `docs/operations.md` has the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Durability {
    /// Nothing is synced: the operating system writes when it likes, by default within about 30 s.
    Cache = 1,
    /// Each file system is synced once in `sync_interval_ms`, by one `syncfs` on a thread of its own.
    #[default]
    Interval = 2,
    /// The same; and the file, its name and its directory are synced before the message is reported as finished.
    Close = 3,
    /// The same at the end; and the file is synced after each batch.
    Batch = 4,
}

impl Durability {
    /// All of them, in the order of their numbers.
    ///
    /// cbindgen:ignore
    pub const ALL: [Self; 4] = [Self::Cache, Self::Interval, Self::Close, Self::Batch];

    /// The level of a number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|&level| level as u32 == number)
    }

    /// Its name, as results in JSON have it: `cache`, `interval`, `close`, `batch`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Interval => "interval",
            Self::Close => "close",
            Self::Batch => "batch",
        }
    }

    /// The file system is synced at intervals.
    pub(super) const fn is_interval(self) -> bool {
        matches!(self, Self::Interval | Self::Close)
    }

    /// File and directory are synced before the message is finished.
    pub(super) const fn syncs_at_close(self) -> bool {
        matches!(self, Self::Close | Self::Batch)
    }
}

use super::{MessageId, Status};
use std::io;
use std::path::PathBuf;

/// Why the store did not do something. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another program holds the database.
    #[error("the database is locked by another program; end that one's transaction, or try again")]
    Locked,
    /// It cannot be written.
    #[error("the database is read-only; check the owner and mode of its directory, and the mount")]
    ReadOnly,
    /// No space is left.
    #[error("the database cannot grow; free disk space")]
    Full,
    /// It is damaged, or no database.
    #[error(
        "the database is damaged ({0}); move afterbeep.db away, with -wal and -shm, restore a backup, or start anew: the recordings are whole"
    )]
    Corrupt(String),
    /// A newer version wrote it.
    #[error("the database has schema {found}, this program knows {known}; use the newer program")]
    TooNew {
        /// What it has.
        found: u32,
        /// What this program knows.
        known: u32,
    },
    /// There is none.
    #[error("{0} holds no store; name the directory of --store, or add a tenant to begin one")]
    NoStore(PathBuf),
    /// The tenant is not there.
    #[error("there is no tenant `{0}`; `tenants list` shows them, `tenants add` adds one")]
    UnknownTenant(String),
    /// The tenant is there already.
    #[error("there is a tenant `{0}` already")]
    TenantExists(String),
    /// Its files are there.
    #[error("the volume and directory of tenant `{0}` stay; `volumes move` moves the volume")]
    TenantStays(String),
    /// A tenant would have the store's own files.
    #[error("the directory `{0}` is the store's own, in whole or in part; choose another --root")]
    RootIsTheStores(String),
    /// Two tenants would share files.
    #[error(
        "the directory `{root}` belongs to tenant `{tenant}`, in whole or in part; choose another --root"
    )]
    RootTaken {
        /// The directory.
        root: String,
        /// Whose it is.
        tenant: String,
    },
    /// It is being deleted.
    #[error("tenant `{0}` is being deleted; `tenants delete` finishes that")]
    TenantBeingDeleted(String),
    /// It has calls.
    #[error(
        "{count} messages of tenant `{tenant}` are being recorded; end them and delete it again (no new ones are taken)"
    )]
    TenantRecording {
        /// The tenant.
        tenant: String,
        /// How many.
        count: u64,
    },
    /// It has messages that must stay.
    #[error("{count} messages of tenant `{tenant}` are on legal hold; release them first")]
    TenantHeld {
        /// The tenant.
        tenant: String,
        /// How many.
        count: u64,
    },
    /// The volume is not there.
    #[error("there is no volume `{0}`; `volumes list` shows them, `volumes add` adds one")]
    UnknownVolume(String),
    /// The volume is there already.
    #[error("there is a volume `{0}` already; `volumes move` gives it another path")]
    VolumeExists(String),
    /// The message is not there.
    #[error("there is no message {0}; `messages list` shows them")]
    UnknownMessage(MessageId),
    /// The agent is not there.
    #[error("tenant `{tenant}` has no agent `{agent}`; `agents list` shows them, `agents import` adds some")]
    UnknownAgent {
        /// The tenant.
        tenant: String,
        /// Who was named.
        agent: String,
    },
    /// Too long.
    #[error("a retention is 100 years at most; leave it out, and messages stay for ever")]
    Retention,
    /// The webhook is not there.
    #[error("there is no webhook {0}; `webhooks list` shows them")]
    UnknownWebhook(i64),
    /// No such URL can be posted to.
    #[error(
        "`{0}` is no URL of a webhook; it takes https://HOST/PATH, or http:// in a network that is trusted"
    )]
    Url(String),
    /// No key.
    #[error("this is no webhook secret; it takes whsec_ and 24 to 64 bytes in base64")]
    Secret,
    /// A status does not follow another one.
    #[error("a message that is {from} cannot become {to}{}", hint(*.from))]
    Transition {
        /// What it is.
        from: Status,
        /// What it should become.
        to: Status,
    },
    /// It must stay.
    #[error("message {0} is on legal hold; release it with `messages hold --release` first")]
    Held(MessageId),
    /// A name that cannot be one.
    #[error(
        "`{name}` is no {what}; it takes 1 to 128 bytes without `/`, `\\`, control characters and a dot at the beginning; a path, no `..`"
    )]
    Name {
        /// What it should be.
        what: &'static str,
        /// What it is.
        name: String,
    },
    /// No such time zone.
    #[error("there is no time zone `{0}`; take an IANA name such as Europe/Madrid")]
    TimeZone(String),
    /// A record that this program cannot read.
    #[error(
        "the record of message {id} has {field} = {value}, which this program does not know; use the newer program"
    )]
    Record {
        /// Which one.
        id: MessageId,
        /// The field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// A file or directory.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The database fails for a reason outside it.
    #[error("the database cannot be used: {0}; check its disk")]
    Failing(String),
    /// What the database said of one statement.
    #[error("the database answered: {0}")]
    Database(rusqlite::Error),
}

fn hint(from: Status) -> String {
    match from.next() {
        [] => "; allocate it to an agent".to_owned(),
        next => format!(
            "; it can become {}",
            next.iter().map(|status| status.name()).collect::<Vec<_>>().join(", ")
        ),
    }
}

impl StoreError {
    pub(super) fn io(path: impl Into<PathBuf>, cause: impl Into<io::Error>) -> Self {
        Self::Io { path: path.into(), cause: cause.into() }
    }

    /// The same error once more, of those that say that the store is unavailable.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Locked => Self::Locked,
            Self::ReadOnly => Self::ReadOnly,
            Self::Full => Self::Full,
            Self::Corrupt(text) => Self::Corrupt(text.clone()),
            Self::Io { path, cause } => Self::io(path, cause.kind()),
            other => Self::Failing(other.to_string()),
        }
    }

    /// Whether the store cannot be written at present, whatever is written: what it did not take should be tried again.
    pub const fn is_unavailable(&self) -> bool {
        use StoreError::{Corrupt, Failing, Full, Io, Locked, ReadOnly};
        matches!(self, Locked | ReadOnly | Full | Corrupt(_) | Failing(_) | Io { .. })
    }
}

use crate::engine::OpenError;
use crate::session::ConfigError;
use crate::store::StoreError;

/// Why an element did not record. Nothing is left behind; the flow goes on as [`LeaveMessage::refused`] says.
///
/// [`LeaveMessage::refused`]: super::LeaveMessage::refused
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElementError {
    /// It is no JSON, or says something else than an element does.
    #[error("the element cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// One of the recording parameters is out of range.
    #[error("recording.{0}")]
    Recording(#[from] ConfigError),
    /// A variable without a name.
    #[error("{0} names no variable; give its name, or null")]
    VariableName(&'static str),
    /// File name and location would go to one variable.
    #[error("file_name_variable and location_variable are both `{0}`; give each its own")]
    SameVariable(String),
    /// The file name, or the location, would go to a variable that takes no string.
    #[error("the variable `{0}` holds no string; the file name and the location need string variables")]
    NotText(String),
    /// A message of an element is one new file.
    #[error(
        "a message of an element is one new file; do not append, split (large_file, max_file_kib) or take a plain header"
    )]
    File,
    /// The tenant's recordings fill its quota.
    #[error("the recordings of tenant `{0}` fill its quota; delete some, or raise it")]
    QuotaExceeded(String),
    /// The store takes nothing new of this tenant.
    #[error("tenant `{0}` takes no new messages: it is being deleted, or its volume is gone")]
    Closed(String),
    /// The tenant's defaults are no recording parameters.
    #[error("the defaults of tenant `{0}` cannot be read: {1}; `tenants set` gives it others")]
    Defaults(String, serde_json::Error),
    /// The tenant, or where its messages go, cannot be told.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The session cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl ElementError {
    /// A name for programs: `element`, `variable`, `file`, `quota_exceeded`, `unknown_tenant`, `tenant_closed`,
    /// `defaults`, `store`, `open`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::Recording(_) | Self::VariableName(_) | Self::SameVariable(_) => "element",
            Self::NotText(_) => "variable",
            Self::File => "file",
            Self::QuotaExceeded(_) => "quota_exceeded",
            Self::Closed(_) => "tenant_closed",
            Self::Store(StoreError::UnknownTenant(_)) => "unknown_tenant",
            Self::Defaults(..) => "defaults",
            Self::Store(_) => "store",
            Self::Open(_) => "open",
        }
    }
}

use super::{NameTemplate, StoreError};
use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The longest id of a tenant, an agent or a volume.
const ID_MAX_BYTES: usize = 128;
/// 100 years: later deadlines are never.
const RETENTION_MAX_S: u64 = 100 * 366 * 86_400;

/// Whose messages they are: a company in a contact centre, with its own directory, limits and clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id (VDN). It is a directory's name, too.
    pub id: String,
    /// The volume that new messages go to.
    pub volume: String,
    /// The tenant's own directory, relative to the volume. Nothing else may be in it.
    pub root: String,
    /// The time zone of names, by its IANA name, such as `Europe/Madrid`.
    pub time_zone: String,
    /// How long messages stay, in seconds from their end; `None` for ever.
    pub retention_s: Option<u64>,
    /// What recordings may take in bytes; `None` for no limit.
    pub quota_bytes: Option<u64>,
    /// Where files go; `None` for [`NameTemplate::default`].
    pub template: Option<NameTemplate>,
    /// Recording parameters of elements that do not say them, as a JSON object: see
    /// [`RecordingParameters::from_defaults`](crate::element::RecordingParameters::from_defaults).
    pub defaults: Option<String>,
    /// What recordings take, those under way included with what they may come to.
    pub used_bytes: u64,
    /// It is being deleted: nothing new is taken.
    pub being_deleted: bool,
}

impl Tenant {
    /// A tenant on the volume `default`, in a directory of its id, in UTC, without limits.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            volume: "default".to_owned(),
            root: id.to_owned(),
            time_zone: "UTC".to_owned(),
            retention_s: None,
            quota_bytes: None,
            template: None,
            defaults: None,
            used_bytes: 0,
            being_deleted: false,
        }
    }

    /// Says what is wrong with it.
    pub fn validate(&self) -> Result<(), StoreError> {
        check_id("tenant", &self.id)?;
        check_relative("root", &self.root)?;
        if self.retention_s.is_some_and(|seconds| seconds > RETENTION_MAX_S) {
            return Err(StoreError::Retention);
        }
        self.zone()?;
        Ok(())
    }

    /// A time on its clock.
    pub fn local_time(&self, at: Timestamp) -> Result<Zoned, StoreError> {
        Ok(at.to_zoned(self.zone()?))
    }

    /// A fresh path for a message that begins at this time, relative to the volume.
    pub fn fresh_path(&self, at: Timestamp, context: &super::NameContext<'_>) -> Result<String, StoreError> {
        let local = self.local_time(at)?;
        let default;
        let template = match &self.template {
            Some(template) => template,
            None => {
                default = NameTemplate::default();
                &default
            }
        };
        Ok(format!("{}/{}", self.root, template.render(&local, context)))
    }

    fn zone(&self) -> Result<TimeZone, StoreError> {
        TimeZone::get(&self.time_zone).map_err(|_| StoreError::TimeZone(self.time_zone.clone()))
    }
}

/// Refuses what cannot be told from a path, or cannot be typed.
pub(super) fn check_id(what: &'static str, id: &str) -> Result<(), StoreError> {
    let usable = (1..=ID_MAX_BYTES).contains(&id.len())
        && !id.starts_with('.')
        && !id.contains(|character: char| matches!(character, '/' | '\\') || character.is_control());
    if usable { Ok(()) } else { Err(StoreError::Name { what, name: id.to_owned() }) }
}

/// Refuses what leads out of its directory.
pub(super) fn check_relative(what: &'static str, path: &str) -> Result<(), StoreError> {
    let usable = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.len() <= 255
            && !part.contains(|c: char| c == '\\' || c.is_control())
    };
    if path.split('/').all(usable) { Ok(()) } else { Err(StoreError::Name { what, name: path.to_owned() }) }
}

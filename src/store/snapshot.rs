//! Tenants and volumes in a file beside the database: what a recording needs where that cannot be read.

use super::{StoreError, Tenant, Volume};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const FILE: &str = "tenants.json";

/// What the file holds. Paths of volumes are as the database has them.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub(super) volumes: Vec<Volume>,
    /// What they use is not kept up to date.
    pub(super) tenants: Vec<Tenant>,
}

impl Snapshot {
    pub(super) fn load(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let read = fs::read(&path).and_then(|text| Ok(serde_json::from_slice(&text)?));
        read.map_err(|cause| StoreError::io(path, cause))
    }

    /// Takes the place of the present one, unless that says the same.
    pub(super) fn save(&self, directory: &Path) -> io::Result<()> {
        let text = serde_json::to_vec(self)?;
        let path = directory.join(FILE);
        if fs::read(&path).is_ok_and(|present| present == text) {
            return Ok(());
        }
        // Another program may be about to do the same.
        let fresh = directory.join(format!("{FILE}.{}", super::template::random_digits(8)));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        let written = file.write_all(&text).and_then(|()| file.sync_data());
        let renamed = written.and_then(|()| fs::rename(&fresh, path));
        if renamed.is_err() {
            let _ = fs::remove_file(fresh);
        }
        renamed
    }

    /// A tenant, and where its messages go.
    pub(super) fn tenant(&self, id: &str) -> Result<(&Tenant, &Volume), StoreError> {
        let tenant = self.tenants.iter().find(|tenant| tenant.id == id);
        let tenant = tenant.ok_or_else(|| StoreError::UnknownTenant(id.to_owned()))?;
        let volume = self.volumes.iter().find(|volume| volume.name == tenant.volume);
        Ok((tenant, volume.ok_or_else(|| StoreError::UnknownVolume(tenant.volume.clone()))?))
    }
}

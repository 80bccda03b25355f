//! Tenants, volumes, agents.

use crate::store::DeletionReason;
use crate::store::agents::Agent;
use crate::store::tenant::check_id;
use crate::store::{NameTemplate, StoreError, Tenant, Volume};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tenant's key, and whether it is being deleted.
pub(super) fn tenant_key(connection: &Connection, id: &str) -> Result<Option<(i64, bool)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT key, being_deleted FROM tenant WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

pub(super) fn known_tenant(connection: &Connection, id: &str) -> Result<i64, StoreError> {
    let found = tenant_key(connection, id)?;
    found.map(|(key, _)| key).ok_or_else(|| StoreError::UnknownTenant(id.to_owned()))
}

pub(super) fn volume_key(connection: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT key FROM volume WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

fn known_volume(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    volume_key(connection, name)?.ok_or_else(|| StoreError::UnknownVolume(name.to_owned()))
}

const TENANT: &str = "SELECT t.id, v.name, t.root, t.time_zone, t.retention_s, t.quota_bytes, t.template, t.defaults, \
     t.used_bytes, t.being_deleted FROM tenant t JOIN volume v ON v.key = t.volume_key";

fn tenant_row(row: &Row<'_>) -> rusqlite::Result<Tenant> {
    let template: Option<String> = row.get(6)?;
    Ok(Tenant {
        id: row.get(0)?,
        volume: row.get(1)?,
        root: row.get(2)?,
        time_zone: row.get(3)?,
        retention_s: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
        quota_bytes: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
        // Only templates that parse go in.
        template: template.and_then(|text| NameTemplate::parse(&text).ok()),
        defaults: row.get(7)?,
        used_bytes: row.get::<_, i64>(8)?.cast_unsigned(),
        being_deleted: row.get(9)?,
    })
}

pub(super) fn tenant(connection: &Connection, id: &str) -> Result<Tenant, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{TENANT} WHERE t.id = ?1"))?;
    let found = statement.query_row([id], tenant_row).optional()?;
    found.ok_or_else(|| StoreError::UnknownTenant(id.to_owned()))
}

pub(super) fn tenants(connection: &Connection) -> Result<Vec<Tenant>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{TENANT} ORDER BY t.id"))?;
    Ok(statement.query_map([], tenant_row)?.collect::<Result<_, _>>()?)
}

pub(super) fn add_tenant(connection: &Connection, tenant: &Tenant) -> Result<(), StoreError> {
    if tenant_key(connection, &tenant.id)?.is_some() {
        return Err(StoreError::TenantExists(tenant.id.clone()));
    }
    let volume = known_volume(connection, &tenant.volume)?;
    connection.execute(
        "INSERT INTO tenant (id, volume_key, root, time_zone, retention_s, quota_bytes, template, defaults) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            tenant.id,
            volume,
            tenant.root,
            tenant.time_zone,
            stored(tenant.retention_s),
            stored(tenant.quota_bytes),
            tenant.template.as_ref().map(NameTemplate::as_str),
            tenant.defaults,
        ],
    )?;
    Ok(())
}

/// Refuses tenants whose files would be another one's, or the store's own, whatever their volumes are called.
pub(super) fn check_places(
    connection: &Connection,
    store: &Path,
    resolve: impl Fn(&str) -> PathBuf,
    added: &str,
) -> Result<(), StoreError> {
    let volumes: BTreeMap<String, PathBuf> =
        volumes(connection)?.into_iter().map(|(name, path)| (name, real(&resolve(&path)))).collect();
    let mut places = Vec::new();
    for tenant in tenants(connection)? {
        let volume =
            volumes.get(&tenant.volume).ok_or_else(|| StoreError::UnknownVolume(tenant.volume.clone()))?;
        places.push((real(&volume.join(&tenant.root)), tenant));
    }
    let store = real(store);
    for (place, tenant) in &places {
        let own = ["journal", "afterbeep.db", "afterbeep.db-wal", "afterbeep.db-shm", "tenants.json"];
        if store.starts_with(place) || own.iter().any(|name| place.starts_with(store.join(name))) {
            return Err(StoreError::RootIsTheStores(tenant.root.clone()));
        }
    }
    // One that lies in another one comes right behind it, or behind others that do.
    places.sort_by(|one, other| one.0.cmp(&other.0));
    for pair in places.windows(2) {
        if let [(outer, one), (inner, other)] = pair
            && inner.starts_with(outer)
        {
            let tenant = if one.id == added { other.id.clone() } else { one.id.clone() };
            return Err(StoreError::RootTaken { root: inner.display().to_string(), tenant });
        }
    }
    Ok(())
}

/// A path without links and detours, as far as it is there.
fn real(path: &Path) -> PathBuf {
    let mut there = path;
    loop {
        if let Ok(found) = there.canonicalize() {
            return path.strip_prefix(there).map_or_else(|_| found.clone(), |rest| found.join(rest));
        }
        match there.parent() {
            Some(parent) => there = parent,
            None => return path.to_owned(),
        }
    }
}

/// A limit as SQLite has numbers.
fn stored(number: Option<u64>) -> Option<i64> {
    number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn update_tenant(connection: &Connection, changed: &Tenant) -> Result<(), StoreError> {
    let present = tenant(connection, &changed.id)?;
    if (&changed.volume, &changed.root) != (&present.volume, &present.root) {
        return Err(StoreError::TenantStays(present.id));
    }
    connection.execute(
        "UPDATE tenant SET time_zone = ?2, retention_s = ?3, quota_bytes = ?4, template = ?5, defaults = ?6 WHERE id = ?1",
        params![
            changed.id,
            changed.time_zone,
            stored(changed.retention_s),
            stored(changed.quota_bytes),
            changed.template.as_ref().map(NameTemplate::as_str),
            changed.defaults,
        ],
    )?;
    Ok(())
}

pub(super) fn close_tenant(connection: &Connection, id: &str) -> Result<(), StoreError> {
    let key = known_tenant(connection, id)?;
    connection.execute("UPDATE tenant SET being_deleted = 1 WHERE key = ?1", [key])?;
    Ok(())
}

pub(super) fn remove_tenant(connection: &Connection, id: &str, now: Timestamp) -> Result<(), StoreError> {
    let key = known_tenant(connection, id)?;
    connection.execute("DELETE FROM agent WHERE tenant_key = ?1", [key])?;
    connection.execute("DELETE FROM tenant WHERE key = ?1", [key])?;
    super::outbox::retire(connection, id)?;
    connection.execute(
        "INSERT INTO deletion_log (at_ms, tenant, reason) VALUES (?1, ?2, ?3)",
        params![now.as_millisecond(), id, DeletionReason::Tenant as u8],
    )?;
    Ok(())
}

/// A volume's path as text: another name for bytes would not come back.
fn path_text(volume: &Volume) -> Result<&str, StoreError> {
    let text = volume.path.to_str().filter(|path| !path.is_empty() && !path.contains(char::is_control));
    text.ok_or_else(|| StoreError::Name { what: "volume path", name: volume.path.display().to_string() })
}

pub(super) fn add_volume(connection: &Connection, volume: &Volume) -> Result<(), StoreError> {
    if volume_key(connection, &volume.name)?.is_some() {
        return Err(StoreError::VolumeExists(volume.name.clone()));
    }
    connection.execute(
        "INSERT INTO volume (name, path) VALUES (?1, ?2)",
        params![volume.name, path_text(volume)?],
    )?;
    Ok(())
}

pub(super) fn move_volume(connection: &Connection, volume: &Volume) -> Result<(), StoreError> {
    let key = known_volume(connection, &volume.name)?;
    connection.execute("UPDATE volume SET path = ?2 WHERE key = ?1", params![key, path_text(volume)?])?;
    Ok(())
}

pub(super) fn volume_path(connection: &Connection, name: &str) -> Result<String, StoreError> {
    let mut statement = connection.prepare_cached("SELECT path FROM volume WHERE name = ?1")?;
    let found = statement.query_row([name], |row| row.get(0)).optional()?;
    found.ok_or_else(|| StoreError::UnknownVolume(name.to_owned()))
}

pub(super) fn volumes(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name, path FROM volume ORDER BY name")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

pub(super) fn knows_agent(connection: &Connection, tenant: &str, agent: &str) -> Result<bool, StoreError> {
    let key = known_tenant(connection, tenant)?;
    let mut statement =
        connection.prepare_cached("SELECT 1 FROM agent WHERE tenant_key = ?1 AND agent_id = ?2")?;
    Ok(statement.exists(params![key, agent])?)
}

pub(super) fn import_agents(
    connection: &Connection,
    tenant: &str,
    agents: &[Agent],
) -> Result<(), StoreError> {
    let key = known_tenant(connection, tenant)?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO agent (tenant_key, agent_id, name) VALUES (?1, ?2, ?3) \
         ON CONFLICT (tenant_key, agent_id) DO UPDATE SET name = excluded.name",
    )?;
    for agent in agents {
        check_id("agent", &agent.agent_id)?;
        statement.execute(params![key, agent.agent_id, agent.name])?;
    }
    Ok(())
}

pub(super) fn agents(connection: &Connection, tenant: &str) -> Result<Vec<Agent>, StoreError> {
    let key = known_tenant(connection, tenant)?;
    let mut statement = connection
        .prepare_cached("SELECT agent_id, name FROM agent WHERE tenant_key = ?1 ORDER BY agent_id")?;
    let agent = |row: &Row<'_>| Ok(Agent { agent_id: row.get(0)?, name: row.get(1)? });
    Ok(statement.query_map([key], agent)?.collect::<Result<_, _>>()?)
}

//! The end of messages.

use super::admin::known_tenant;
use super::change::charge;
use super::outbox;
use super::row::id as id_in;
use crate::store::message_store::{Census, DeletionReason, Expired, Remains};
use crate::store::{LifeState, MessageId, NoticeKind, StoreError};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde::Serialize;

const REMAINS: &str = "SELECT m.id, t.id, v.name, m.path, m.owner FROM message m \
     JOIN tenant t ON t.key = m.tenant_key JOIN volume v ON v.key = m.volume_key";

fn remains_row(row: &Row<'_>) -> rusqlite::Result<Remains> {
    Ok(Remains {
        id: id_in(row, 0)?,
        tenant: row.get(1)?,
        volume: row.get(2)?,
        path: row.get(3)?,
        owner: row.get(4)?,
    })
}

fn remains(connection: &Connection, rest: &str, values: impl Params) -> Result<Vec<Remains>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{REMAINS} {rest}"))?;
    Ok(statement.query_map(values, remains_row)?.collect::<Result<_, _>>()?)
}

pub(super) fn entomb(
    connection: &Connection,
    ids: &[MessageId],
    reason: DeletionReason,
) -> Result<Vec<Remains>, StoreError> {
    let mut held =
        connection.prepare_cached("SELECT 1 FROM message WHERE id = ?1 AND state = 1 AND legal_hold = 1")?;
    let mut entombing = connection.prepare_cached(
        "UPDATE message SET state = 2, deletion_reason = ?2 WHERE id = ?1 AND state = 1 AND legal_hold = 0",
    )?;
    let mut entombed = Vec::new();
    for id in ids {
        if entombing.execute(params![id.as_bytes(), reason as u8])? == 1 {
            entombed.extend(remains(connection, "WHERE m.id = ?1", [id.as_bytes()])?);
        } else if reason == DeletionReason::Request && held.exists([id.as_bytes()])? {
            return Err(StoreError::Held(*id));
        }
    }
    Ok(entombed)
}

/// Rows of all tenants that one batch looks at.
const RESCHEDULED: i64 = 10_000;

/// Gives kept messages of a tenant their deadlines anew, of those that arrived from a place on, and says where the
/// next batch begins.
pub(super) fn reschedule(
    connection: &Connection,
    tenant: &str,
    from: i64,
) -> Result<Option<i64>, StoreError> {
    let key = known_tenant(connection, tenant)?;
    let end = from + RESCHEDULED;
    connection.execute(
        "UPDATE message SET expires_ms = ended_ms + 1000 * (SELECT retention_s FROM tenant WHERE key = ?1) \
         WHERE sequence >= ?2 AND sequence < ?3 AND tenant_key = +?1 AND state = 1",
        params![key, from, end],
    )?;
    let next = "SELECT min(sequence) FROM message WHERE sequence >= ?1";
    Ok(connection.query_row(next, [end], |row| row.get(0))?)
}

pub(super) fn expired(
    connection: &Connection,
    now: Timestamp,
    after: Option<(i64, i64)>,
    limit: usize,
) -> Result<Expired, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, expires_ms, sequence FROM message INDEXED BY message_expires \
         WHERE state = 1 AND legal_hold = 0 AND expires_ms <= ?1 AND expires_ms >= ?2 AND (expires_ms, sequence) > (?2, ?3) \
         ORDER BY expires_ms, sequence LIMIT ?4",
    )?;
    let (expires_ms, sequence) = after.unwrap_or((i64::MIN, i64::MIN));
    let mut rows = statement.query(params![now.as_millisecond(), expires_ms, sequence, limit as i64])?;
    let mut found = Expired { ids: Vec::new(), last: None };
    while let Some(row) = rows.next()? {
        found.ids.push(id_in(row, 0)?);
        found.last = Some((row.get(1)?, row.get(2)?));
    }
    Ok(found)
}

pub(super) fn tombstones(
    connection: &Connection,
    after: Option<MessageId>,
    limit: usize,
) -> Result<Vec<Remains>, StoreError> {
    let after = after.map_or(Vec::new(), |id| id.as_bytes().to_vec());
    remains(
        connection,
        "WHERE m.state = 2 AND m.state <> 1 AND m.id > ?1 ORDER BY m.id LIMIT ?2",
        params![after, limit as i64],
    )
}

pub(super) fn bury(connection: &Connection, ids: &[MessageId], now: Timestamp) -> Result<(), StoreError> {
    ids.iter().try_for_each(|&id| remove(connection, id, LifeState::Tombstone, now))
}

pub(super) fn forget(connection: &Connection, id: MessageId, now: Timestamp) -> Result<(), StoreError> {
    remove(connection, id, LifeState::Recording, now)
}

/// Removes a record, and notes that.
fn remove(
    connection: &Connection,
    id: MessageId,
    state: LifeState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT m.sequence, m.tenant_key, m.bytes, m.deletion_reason, t.id FROM message m \
         JOIN tenant t ON t.key = m.tenant_key WHERE m.id = ?1 AND m.state = ?2",
    )?;
    let found = statement
        .query_row(params![id.as_bytes(), state as u8], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, Option<u8>>(3)?,
                row.get::<_, String>(4)?,
            ))
        })
        .optional()?;
    // Another program was quicker.
    let Some((sequence, tenant_key, bytes, reason, tenant)) = found else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "INSERT INTO deletion_log (at_ms, id, tenant, reason, volume, path, bytes) \
         SELECT ?2, m.id, t.id, ?3, v.name, m.path, m.bytes FROM message m JOIN tenant t ON t.key = m.tenant_key \
         JOIN volume v ON v.key = m.volume_key WHERE m.sequence = ?1",
    )?;
    let reason = reason.unwrap_or(DeletionReason::NothingRecorded as u8);
    statement.execute(params![sequence, now.as_millisecond(), reason])?;
    connection.prepare_cached("DELETE FROM message WHERE sequence = ?1")?.execute([sequence])?;
    charge(connection, tenant_key, -bytes)?;
    // What nobody was told of needs no farewell.
    if state == LifeState::Recording {
        return Ok(());
    }
    let data = || Ok(Deleted { id, tenant: &tenant, reason: DeletionReason::name_of(reason) });
    outbox::post(connection, NoticeKind::Deleted, id, &tenant, data)
}

/// What is told of a message that is gone: nothing of the caller.
#[derive(Serialize)]
struct Deleted<'a> {
    id: MessageId,
    tenant: &'a str,
    reason: &'a str,
}

pub(super) fn kept(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM message INDEXED BY message_any WHERE state = 1";
    Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

pub(super) fn recording(connection: &Connection) -> Result<Vec<Remains>, StoreError> {
    remains(connection, "WHERE m.state = 0 AND m.state <> 1 ORDER BY m.id", [])
}

/// Walks the index of what is not kept, which is short.
pub(super) fn recording_at(
    connection: &Connection,
    volume: &str,
    path: &str,
) -> Result<Option<Remains>, StoreError> {
    let rest = "WHERE m.state = 0 AND m.state <> 1 AND m.path = ?2 AND v.name = ?1 LIMIT 1";
    Ok(remains(connection, rest, [volume, path])?.pop())
}

pub(super) fn undigested(connection: &Connection, limit: usize) -> Result<Vec<Remains>, StoreError> {
    remains(connection, "WHERE m.state = 1 AND m.sha256 IS NULL ORDER BY m.sequence LIMIT ?1", [limit as i64])
}

pub(super) fn messages_of(
    connection: &Connection,
    tenant: &str,
    limit: usize,
) -> Result<Vec<MessageId>, StoreError> {
    let key = known_tenant(connection, tenant)?;
    let mut statement = connection.prepare_cached(
        "SELECT id FROM message INDEXED BY message_time WHERE tenant_key = ?1 AND state = 1 LIMIT ?2",
    )?;
    Ok(statement.query_map([key, limit as i64], |row| id_in(row, 0))?.collect::<Result<_, _>>()?)
}

pub(super) fn census(connection: &Connection, tenant: &str) -> Result<Census, StoreError> {
    let key = known_tenant(connection, tenant)?;
    let count = |condition: &str| -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM message WHERE tenant_key = ?1 AND {condition}");
        Ok(connection.query_row(&sql, [key], |row| row.get::<_, i64>(0))?.cast_unsigned())
    };
    let kept = count("state = 1")?;
    let recording = count("state = 0 AND state <> 1")?;
    let dying = count("state = 2 AND state <> 1")?;
    Ok(Census { records: kept + recording + dying, recording, held: count("legal_hold = 1")? })
}

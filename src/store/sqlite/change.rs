//! What recorders write.

use super::admin::{tenant_key, volume_key};
use super::{list, outbox};
use crate::session::EndReason;
use crate::store::{
    Applied, Change, Completion, Draft, LifeState, LossSummary, MessageId, MessageRecord, NoticeKind,
    StoreError,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

pub(super) fn apply(connection: &Connection, change: &Change) -> Result<Applied, StoreError> {
    match change {
        Change::Begin { draft, owner, deferred } => begin(connection, draft, owner, *deferred),
        Change::Complete { draft, completion } => complete(connection, draft, completion, false),
        Change::Abandon { id } => abandon(connection, *id),
        Change::Absent { draft, ended_at, end_reason } => absent(connection, draft, *ended_at, *end_reason),
        Change::Digest { id, sha256 } => digest(connection, *id, sha256.as_ref()),
    }
}

/// What is there of a message.
struct Place {
    sequence: i64,
    state: u8,
    tenant_key: i64,
    bytes: i64,
}

fn find(connection: &Connection, id: MessageId) -> Result<Option<Place>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT sequence, state, tenant_key, bytes FROM message WHERE id = ?1")?;
    let place = statement.query_row([id.as_bytes()], |row| {
        Ok(Place { sequence: row.get(0)?, state: row.get(1)?, tenant_key: row.get(2)?, bytes: row.get(3)? })
    });
    Ok(place.optional()?)
}

/// Whether a message was there once: what comes late must not bring it back.
fn was_deleted(connection: &Connection, id: MessageId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM deletion_log WHERE id = ?1")?;
    Ok(statement.exists([id.as_bytes()])?)
}

/// Adds to what a tenant's recordings take.
pub(super) fn charge(connection: &Connection, tenant_key: i64, bytes: i64) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("UPDATE tenant SET used_bytes = max(0, used_bytes + ?2) WHERE key = ?1")?;
    statement.execute([tenant_key, bytes])?;
    Ok(())
}

fn begin(connection: &Connection, draft: &Draft, owner: &str, deferred: bool) -> Result<Applied, StoreError> {
    if find(connection, draft.id)?.is_some() {
        return Ok(Applied::Done);
    }
    let Some((tenant, false)) = tenant_key(connection, &draft.tenant)? else { return Ok(Applied::Refused) };
    if was_deleted(connection, draft.id)? {
        return Ok(Applied::Gone);
    }
    let expected = signed(draft.expected_bytes);
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM tenant WHERE key = ?1 AND (used_bytes + ?2 > quota_bytes OR used_bytes >= quota_bytes)",
    )?;
    if !deferred && statement.exists([tenant, expected])? {
        return Ok(Applied::QuotaExceeded);
    }
    let inserted = insert(connection, tenant, draft, Some(owner))?;
    Ok(if inserted.is_some() { Applied::Done } else { Applied::Refused })
}

/// A row that is being recorded; `None` where the volume is not known.
fn insert(
    connection: &Connection,
    tenant: i64,
    draft: &Draft,
    owner: Option<&str>,
) -> Result<Option<i64>, StoreError> {
    let Some(volume) = volume_key(connection, &draft.volume)? else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "INSERT INTO message (id, tenant_key, state, owner, status, node_id, node_name, location, caller, called, channel, \
         agent, queue, started_ms, volume_key, path, bytes) \
         VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    statement.execute(params![
        draft.id.as_bytes(),
        tenant,
        owner,
        draft.status as u8,
        draft.node_id,
        draft.node_name,
        draft.location,
        draft.caller,
        draft.called,
        draft.channel,
        draft.agent,
        draft.queue,
        draft.started_at.as_millisecond(),
        volume,
        draft.path,
        signed(draft.expected_bytes),
    ])?;
    let sequence = connection.last_insert_rowid();
    let mut statement =
        connection.prepare_cached("INSERT INTO message_data (sequence, key, value) VALUES (?1, ?2, ?3)")?;
    for (key, value) in &draft.data {
        statement.execute(params![sequence, key, value])?;
    }
    charge(connection, tenant, signed(draft.expected_bytes))?;
    Ok(Some(sequence))
}

/// Completes a record, and makes it where its beginning did not reach the store.
pub(super) fn complete(
    connection: &Connection,
    draft: &Draft,
    completion: &Completion,
    adopted: bool,
) -> Result<Applied, StoreError> {
    let place = match find(connection, draft.id)? {
        Some(place) => place,
        None if was_deleted(connection, draft.id)? => return Ok(Applied::Gone),
        None => {
            // Even of a tenant who is being deleted: the deletion then finds the file by its record.
            let Some((tenant, _)) = tenant_key(connection, &draft.tenant)? else {
                return Ok(Applied::Refused);
            };
            let Some(sequence) = insert(connection, tenant, draft, None)? else {
                return Ok(Applied::Refused);
            };
            Place {
                sequence,
                state: LifeState::Recording as u8,
                tenant_key: tenant,
                bytes: signed(draft.expected_bytes),
            }
        }
    };
    if place.state == LifeState::Kept as u8 {
        return Ok(Applied::Done);
    }
    if place.state == LifeState::Tombstone as u8 {
        return Ok(Applied::Gone);
    }
    let started_ms = draft.started_at.as_millisecond();
    // A clock that went back must not make a message end before it began, and expire at once.
    let ended_ms =
        completion.ended_at.as_millisecond().max(started_ms.saturating_add(signed(completion.duration_ms)));
    let mut statement = connection.prepare_cached(
        "UPDATE message SET state = 1, owner = NULL, ended_ms = ?2, duration_ms = ?3, spoken_ms = ?4, end_reason = ?5, \
         end_digit = ?6, tone = ?7, complete = ?8, lost_samples = ?9, line_lost_samples = ?10, gap_count = ?11, \
         path = ifnull(?12, path), bytes = ?13, adopted = ?14, \
         expires_ms = (SELECT ?2 + 1000 * retention_s FROM tenant WHERE key = tenant_key) WHERE sequence = ?1",
    )?;
    statement.execute(params![
        place.sequence,
        ended_ms,
        signed(completion.duration_ms),
        completion.spoken_ms.map(signed),
        completion.end_reason as u32,
        completion.end_digit.map(String::from),
        completion.tone,
        completion.complete,
        signed(completion.loss.lost_samples),
        signed(completion.loss.line_lost_samples),
        signed(completion.loss.gap_count),
        completion.path,
        signed(completion.bytes),
        adopted,
    ])?;
    charge(connection, place.tenant_key, signed(completion.bytes) - place.bytes)?;
    outbox::post(connection, NoticeKind::Completed, draft.id, &draft.tenant, || {
        list::get(connection, draft.id)
    })?;
    Ok(Applied::Done)
}

fn abandon(connection: &Connection, id: MessageId) -> Result<Applied, StoreError> {
    let Some(place) = find(connection, id)?.filter(|place| place.state == LifeState::Recording as u8) else {
        return Ok(Applied::Gone);
    };
    connection.prepare_cached("DELETE FROM message WHERE sequence = ?1")?.execute([place.sequence])?;
    charge(connection, place.tenant_key, -place.bytes)?;
    Ok(Applied::Done)
}

/// Forgets what was begun, and tells of it.
fn absent(
    connection: &Connection,
    draft: &Draft,
    ended_at: Timestamp,
    end_reason: EndReason,
) -> Result<Applied, StoreError> {
    if tenant_key(connection, &draft.tenant)?.is_none() {
        return Ok(Applied::Refused);
    }
    // Its beginning may not have reached the store.
    abandon(connection, draft.id)?;
    let record = || {
        let completion = Completion {
            ended_at,
            duration_ms: 0,
            spoken_ms: None,
            end_reason,
            end_digit: None,
            tone: None,
            loss: LossSummary::default(),
            complete: true,
            bytes: 0,
            path: None,
        };
        Ok(MessageRecord {
            draft: Draft { path: String::new(), ..draft.clone() },
            completion: Some(completion),
            state: LifeState::Recording,
            sha256: None,
            expires_at: None,
            legal_hold: false,
            adopted: false,
        })
    };
    outbox::post(connection, NoticeKind::Absent, draft.id, &draft.tenant, record)?;
    Ok(Applied::Done)
}

fn digest(connection: &Connection, id: MessageId, sha256: Option<&[u8; 32]>) -> Result<Applied, StoreError> {
    // No bytes at all: it was tried.
    let stored = sha256.map_or(&[][..], |digest| &digest[..]);
    let mut statement =
        connection.prepare_cached("UPDATE message SET sha256 = ?2 WHERE id = ?1 AND state = 1")?;
    let changed = statement.execute(params![id.as_bytes(), stored])?;
    Ok(if changed == 1 { Applied::Done } else { Applied::Gone })
}

/// A number as SQLite has it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

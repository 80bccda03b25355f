//! Who handles a message, its data, its hold.

use super::admin::knows_agent;
use super::{list, outbox};
use crate::store::{HistoryEntry, MessageId, NoticeKind, Status, StoreError};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// What is to be changed of a kept message.
struct Present {
    sequence: i64,
    tenant: String,
    status: Status,
    agent: Option<String>,
}

fn present(connection: &Connection, id: MessageId) -> Result<Present, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT m.sequence, t.id, m.status, m.agent FROM message m JOIN tenant t ON t.key = m.tenant_key \
         WHERE m.id = ?1 AND m.state = 1",
    )?;
    let found = statement
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, u8>(2)?, row.get(3)?)))
        .optional()?;
    let (sequence, tenant, number, agent) = found.ok_or(StoreError::UnknownMessage(id))?;
    let status = known(id, number)?;
    Ok(Present { sequence, tenant, status, agent })
}

fn known(id: MessageId, number: u8) -> Result<Status, StoreError> {
    Status::from_number(number).ok_or(StoreError::Record { id, field: "status", value: number.into() })
}

fn change(
    connection: &Connection,
    present: &Present,
    to: Status,
    agent: Option<&str>,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE message SET status = ?2, agent = ?3 WHERE sequence = ?1")?
        .execute(params![present.sequence, to as u8, agent])?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO history (sequence, at_ms, from_status, to_status, from_agent, to_agent, actor) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let (from, to) = (present.status as u8, to as u8);
    statement.execute(params![
        present.sequence,
        now.as_millisecond(),
        from,
        to,
        present.agent,
        agent,
        actor
    ])?;
    Ok(())
}

pub(super) fn allocate(
    connection: &Connection,
    id: MessageId,
    agent: &str,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let present = present(connection, id)?;
    if !knows_agent(connection, &present.tenant, agent)? {
        return Err(StoreError::UnknownAgent { tenant: present.tenant, agent: agent.to_owned() });
    }
    if present.status == Status::Processed {
        return Err(StoreError::Transition { from: present.status, to: Status::Unprocessed });
    }
    change(connection, &present, Status::Unprocessed, Some(agent), actor, now)?;
    outbox::post(connection, NoticeKind::Allocated, id, &present.tenant, || list::get(connection, id))
}

pub(super) fn set(
    connection: &Connection,
    id: MessageId,
    to: Status,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let present = present(connection, id)?;
    if present.status == to {
        return Ok(());
    }
    if !present.status.next().contains(&to) {
        return Err(StoreError::Transition { from: present.status, to });
    }
    let agent = present.agent.as_deref().filter(|_| to != Status::ToBeAllocated);
    change(connection, &present, to, agent, actor, now)
}

pub(super) fn history(connection: &Connection, id: MessageId) -> Result<Vec<HistoryEntry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, started_ms, status, agent FROM message WHERE id = ?1 AND state <> 2",
    )?;
    let found = statement
        .query_row([id.as_bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, u8>(2)?, row.get(3)?))
        })
        .optional()?;
    let (sequence, started_ms, status, agent) = found.ok_or(StoreError::UnknownMessage(id))?;
    let mut statement = connection.prepare_cached(
        "SELECT at_ms, from_status, to_status, from_agent, to_agent, actor FROM history WHERE sequence = ?1 ORDER BY key",
    )?;
    let time = |ms: i64| {
        Timestamp::from_millisecond(ms).map_err(|_| StoreError::Record { id, field: "at_ms", value: ms })
    };
    // Most messages have one status only, which is no entry of its own.
    let mut first = HistoryEntry { at: time(started_ms)?, status: known(id, status)?, agent, actor: None };
    let mut changes = Vec::new();
    let mut rows = statement.query([sequence])?;
    while let Some(row) = rows.next()? {
        if changes.is_empty() {
            first = HistoryEntry { status: known(id, row.get(1)?)?, agent: row.get(3)?, ..first };
        }
        let (at, status) = (time(row.get(0)?)?, known(id, row.get(2)?)?);
        changes.push(HistoryEntry { at, status, agent: row.get(4)?, actor: row.get(5)? });
    }
    changes.insert(0, first);
    Ok(changes)
}

pub(super) fn set_data(
    connection: &Connection,
    id: MessageId,
    key: &str,
    value: Option<&str>,
) -> Result<(), StoreError> {
    let present = present(connection, id)?;
    let Some(value) = value else {
        connection.execute(
            "DELETE FROM message_data WHERE sequence = ?1 AND key = ?2",
            params![present.sequence, key],
        )?;
        return Ok(());
    };
    connection.execute(
        "INSERT INTO message_data (sequence, key, value) VALUES (?1, ?2, ?3) \
         ON CONFLICT (sequence, key) DO UPDATE SET value = excluded.value",
        params![present.sequence, key, value],
    )?;
    Ok(())
}

pub(super) fn set_hold(
    connection: &Connection,
    id: MessageId,
    hold: bool,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let present = present(connection, id)?;
    connection
        .execute("UPDATE message SET legal_hold = ?2 WHERE sequence = ?1", params![present.sequence, hold])?;
    log_access(connection, id, if hold { "hold" } else { "release" }, actor, now)
}

pub(super) fn log_access(
    connection: &Connection,
    id: MessageId,
    action: &str,
    actor: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let present = present(connection, id)?;
    connection.execute(
        "INSERT INTO access_log (at_ms, id, tenant, action, actor) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![now.as_millisecond(), id.as_bytes(), present.tenant, action, actor],
    )?;
    Ok(())
}

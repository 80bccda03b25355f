//! Lists: which index they are walked by, pages, counts.

use super::row::{COLUMNS, record};
use crate::store::query::{Count, Cursor, Page, Query};
use crate::store::{LifeState, MessageId, MessageRecord, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

/// Up to here counts are exact.
const COUNT_MAX: u64 = 10_000;
/// Up to here messages are found by their duration, and sorted; more of them are met often enough in the order of time.
const DURATIONS_MAX: u64 = 4_000;
/// A page has no more.
const PAGE_MAX: usize = 10_000;

/// A query as SQL: what it is walked by, its conditions, their values.
struct Plan {
    index: &'static str,
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

impl Plan {
    /// How to walk a list in its order, or, where the order does not matter, to count it.
    fn new(connection: &Connection, query: &Query, ordered: bool) -> Result<Self, StoreError> {
        let mut plan = Self { index: "message_any", conditions: vec!["m.state = 1"], values: Vec::new() };
        if let Some(tenant) = &query.tenant {
            let key = super::admin::known_tenant(connection, tenant)?;
            plan.index = "message_time";
            plan.require("m.tenant_key = ?", key);
        }
        // From what usually says least to what says most: the last one is walked. Without a tenant it is time alone.
        let text = |value: &Option<String>| value.clone().map(Value::from);
        let filters = [
            (
                "m.end_reason = ?",
                "message_end_reason",
                query.end_reason.map(|reason| i64::from(reason as u32).into()),
            ),
            ("m.status = ?", "message_status", query.status.map(|status| i64::from(status as u8).into())),
            ("m.channel = ?", "message_channel", text(&query.channel)),
            ("m.queue = ?", "message_queue", text(&query.queue)),
            ("m.agent = ?", "message_agent", text(&query.agent)),
            ("m.caller = ?", "message_caller", text(&query.caller)),
        ];
        for (condition, index, value) in filters {
            let Some(value) = value else { continue };
            plan.require(condition, value);
            if query.tenant.is_some() {
                plan.index = index;
            }
        }
        plan.range("m.duration_ms >= ?", query.min_duration_ms.map(super::change::signed));
        plan.range("m.duration_ms <= ?", query.max_duration_ms.map(super::change::signed));
        plan.range("m.started_ms >= ?", query.from.map(|from| from.as_millisecond()));
        plan.range("m.started_ms < ?", query.until.map(|until| until.as_millisecond()));
        let by_duration = plan.index == "message_time"
            && (query.min_duration_ms.is_some() || query.max_duration_ms.is_some());
        if by_duration {
            let sorted = Self { index: "message_duration", ..plan.clone() };
            let durations = sorted.without_times();
            if !ordered || durations.count(connection, DURATIONS_MAX)? <= DURATIONS_MAX {
                return Ok(sorted);
            }
        }
        Ok(plan)
    }

    fn require(&mut self, condition: &'static str, value: impl Into<Value>) {
        self.conditions.push(condition);
        self.values.push(value.into());
    }

    fn range(&mut self, condition: &'static str, value: Option<i64>) {
        if let Some(value) = value {
            self.require(condition, value);
        }
    }

    fn clone(&self) -> Self {
        Self { index: self.index, conditions: self.conditions.clone(), values: self.values.clone() }
    }

    /// The same for all times: what an index that begins otherwise can count by itself.
    fn without_times(&self) -> Self {
        let mut plan = Self { index: self.index, conditions: vec![self.conditions[0]], values: Vec::new() };
        for (condition, value) in self.conditions[1..].iter().zip(&self.values) {
            if !condition.starts_with("m.started_ms") {
                plan.require(condition, value.clone());
            }
        }
        plan
    }

    /// How many there are, up to one more than is counted.
    fn count(&self, connection: &Connection, most: u64) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM message m INDEXED BY {} WHERE {} LIMIT {})",
            self.index,
            self.conditions.join(" AND "),
            most + 1
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let count: i64 = statement.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }
}

pub(super) fn count(connection: &Connection, query: &Query) -> Result<Count, StoreError> {
    let count = Plan::new(connection, query, false)?.count(connection, COUNT_MAX)?;
    Ok(Count { count: count.min(COUNT_MAX), more: count > COUNT_MAX })
}

pub(super) fn list(
    connection: &Connection,
    query: &Query,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page, StoreError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut plan = Plan::new(connection, query, true)?;
    let (order, beyond, at) = if query.oldest_first {
        ("ASC", "(m.started_ms, m.sequence) > (?, ?)", "m.started_ms >= ?")
    } else {
        ("DESC", "(m.started_ms, m.sequence) < (?, ?)", "m.started_ms <= ?")
    };
    if let Some(Cursor { started_ms, sequence }) = after {
        // The index is entered by the plain comparison.
        plan.require(at, started_ms);
        plan.require(beyond, started_ms);
        plan.values.push(sequence.into());
    }
    // The rows are chosen by the index alone, and read afterwards.
    let sql = format!(
        "SELECT {COLUMNS} FROM (SELECT m.sequence AS found FROM message m INDEXED BY {} WHERE {} \
         ORDER BY m.started_ms {order}, m.sequence {order} LIMIT {}) \
         CROSS JOIN message m ON m.sequence = found CROSS JOIN tenant t ON t.key = m.tenant_key \
         CROSS JOIN volume v ON v.key = m.volume_key ORDER BY m.started_ms {order}, m.sequence {order}",
        plan.index,
        plan.conditions.join(" AND "),
        limit + 1
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&plan.values))?;
    let mut messages = Vec::new();
    let mut next = None;
    while let Some(row) = rows.next()? {
        if messages.len() == limit {
            next = cursor_of(messages.last());
            break;
        }
        messages.push(record(row)?);
    }
    for (message, sequence) in &mut messages {
        read_data(connection, *sequence, message)?;
    }
    Ok(Page { messages: messages.into_iter().map(|(message, _)| message).collect(), next })
}

fn cursor_of(last: Option<&(MessageRecord, i64)>) -> Option<Cursor> {
    last.map(|(message, sequence)| Cursor {
        started_ms: message.draft.started_at.as_millisecond(),
        sequence: *sequence,
    })
}

pub(super) fn get(connection: &Connection, id: MessageId) -> Result<MessageRecord, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message m JOIN tenant t ON t.key = m.tenant_key JOIN volume v ON v.key = m.volume_key \
         WHERE m.id = ?1 AND m.state <> {}",
        LifeState::Tombstone as u8
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_row([id.as_bytes()], |row| Ok(record(row))).optional()?;
    let (mut message, sequence) = found.ok_or(StoreError::UnknownMessage(id))??;
    read_data(connection, sequence, &mut message)?;
    Ok(message)
}

fn read_data(connection: &Connection, sequence: i64, message: &mut MessageRecord) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT key, value FROM message_data WHERE sequence = ?1")?;
    let mut rows = statement.query([sequence])?;
    while let Some(row) = rows.next()? {
        message.draft.data.insert(row.get(0)?, row.get(1)?);
    }
    Ok(())
}

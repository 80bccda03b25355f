//! A record and its row.

use crate::session::EndReason;
use crate::store::{Completion, Draft, LifeState, LossSummary, MessageId, MessageRecord, Status, StoreError};
use jiff::Timestamp;
use rusqlite::Row;
use std::collections::BTreeMap;

pub(super) const COLUMNS: &str = "m.id, t.id, m.state, m.status, m.node_id, m.node_name, m.location, m.caller, m.called, \
     m.channel, m.agent, m.queue, m.started_ms, m.ended_ms, m.duration_ms, m.spoken_ms, m.end_reason, m.end_digit, m.tone, \
     m.complete, m.lost_samples, m.line_lost_samples, m.gap_count, v.name, m.path, m.bytes, m.sha256, m.expires_ms, \
     m.legal_hold, m.adopted, m.sequence";

/// The id in a column.
pub(super) fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<MessageId> {
    Ok(MessageId::from_bytes(row.get(column)?))
}

/// The record in a row of [`COLUMNS`], and its sequence number. Its data are elsewhere.
pub(super) fn record(row: &Row<'_>) -> Result<(MessageRecord, i64), StoreError> {
    let id = id(row, 0)?;
    let unknown = |field, value: i64| StoreError::Record { id, field, value };
    let time = |field, ms: i64| Timestamp::from_millisecond(ms).map_err(|_| unknown(field, ms));
    let unsigned = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let state = match row.get::<_, i64>(2)? {
        0 => LifeState::Recording,
        1 => LifeState::Kept,
        2 => LifeState::Tombstone,
        state => return Err(unknown("state", state)),
    };
    let status: u8 = row.get(3)?;
    let draft = Draft {
        id,
        tenant: row.get(1)?,
        status: Status::from_number(status).ok_or_else(|| unknown("status", status.into()))?,
        node_id: row.get(4)?,
        node_name: row.get(5)?,
        location: row.get(6)?,
        caller: row.get(7)?,
        called: row.get(8)?,
        channel: row.get(9)?,
        agent: row.get(10)?,
        queue: row.get(11)?,
        started_at: time("started_ms", row.get(12)?)?,
        volume: row.get(23)?,
        path: row.get(24)?,
        expected_bytes: if state == LifeState::Recording { unsigned(25)? } else { 0 },
        data: BTreeMap::new(),
    };
    let completion = match row.get::<_, Option<i64>>(13)? {
        None => None,
        Some(ended_ms) => {
            let reason: u32 = row.get(16)?;
            Some(Completion {
                ended_at: time("ended_ms", ended_ms)?,
                duration_ms: unsigned(14)?,
                spoken_ms: row.get::<_, Option<i64>>(15)?.map(i64::cast_unsigned),
                end_reason: EndReason::from_number(reason)
                    .ok_or_else(|| unknown("end_reason", reason.into()))?,
                end_digit: row.get::<_, Option<String>>(17)?.and_then(|digit| digit.chars().next()),
                tone: row.get(18)?,
                complete: row.get(19)?,
                loss: LossSummary {
                    lost_samples: unsigned(20)?,
                    line_lost_samples: unsigned(21)?,
                    gap_count: unsigned(22)?,
                },
                bytes: unsigned(25)?,
                path: None,
            })
        }
    };
    let record = MessageRecord {
        draft,
        completion,
        state,
        sha256: row.get::<_, Option<Vec<u8>>>(26)?.and_then(|digest| digest.try_into().ok()),
        expires_at: row.get::<_, Option<i64>>(27)?.map(|ms| time("expires_ms", ms)).transpose()?,
        legal_hold: row.get(28)?,
        adopted: row.get(29)?,
    };
    Ok((record, row.get(30)?))
}

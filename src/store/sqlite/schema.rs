use crate::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};

/// What `PRAGMA user_version` counts: one step a version, never changed once it is released. `docs/store.md` explains the
/// columns.
const MIGRATIONS: [&[&str]; 2] = [&[TABLES, INDICES], &[OUTBOX]];

const TABLES: &str = "
CREATE TABLE volume (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL
) STRICT;
INSERT INTO volume (name, path) VALUES ('default', '.');
CREATE TABLE tenant (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    volume_key INTEGER NOT NULL REFERENCES volume,
    root TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    retention_s INTEGER,
    quota_bytes INTEGER,
    template TEXT,
    defaults TEXT,
    used_bytes INTEGER NOT NULL DEFAULT 0,
    being_deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE agent (
    tenant_key INTEGER NOT NULL REFERENCES tenant,
    agent_id TEXT NOT NULL,
    name TEXT,
    PRIMARY KEY (tenant_key, agent_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE message (
    sequence INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    tenant_key INTEGER NOT NULL REFERENCES tenant,
    state INTEGER NOT NULL,
    owner TEXT,
    status INTEGER NOT NULL,
    node_id TEXT, node_name TEXT, location TEXT, caller TEXT, called TEXT, channel TEXT, agent TEXT, queue TEXT,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    duration_ms INTEGER, spoken_ms INTEGER,
    end_reason INTEGER, end_digit TEXT, tone TEXT,
    complete INTEGER,
    lost_samples INTEGER, line_lost_samples INTEGER, gap_count INTEGER,
    volume_key INTEGER NOT NULL REFERENCES volume,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 BLOB,
    expires_ms INTEGER,
    legal_hold INTEGER NOT NULL DEFAULT 0,
    adopted INTEGER NOT NULL DEFAULT 0,
    deletion_reason INTEGER
) STRICT;
CREATE TABLE message_data (
    sequence INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (sequence, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE history (
    key INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,
    from_status INTEGER NOT NULL, to_status INTEGER NOT NULL,
    from_agent TEXT, to_agent TEXT,
    actor TEXT
) STRICT;
CREATE TABLE access_log (
    key INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    id BLOB NOT NULL,
    tenant TEXT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT
) STRICT;
CREATE TABLE deletion_log (
    key INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    id BLOB,
    tenant TEXT NOT NULL,
    reason INTEGER NOT NULL,
    volume TEXT, path TEXT, bytes INTEGER
) STRICT;
";

/// Lists are walked in the order of one of these, whatever they are filtered by; what has no value is in none. Statuses,
/// reasons and durations stand in those that such a filter may come on top of, so that walking them reads no rows.
const INDICES: &str = "
CREATE INDEX message_any ON message (started_ms, status, end_reason, duration_ms) WHERE state = 1;
CREATE INDEX message_time ON message (tenant_key, started_ms, status, end_reason, duration_ms) WHERE state = 1;
CREATE INDEX message_caller ON message (tenant_key, caller, started_ms, status, end_reason, duration_ms)
    WHERE state = 1 AND caller IS NOT NULL;
CREATE INDEX message_agent ON message (tenant_key, agent, started_ms, status, end_reason, duration_ms)
    WHERE state = 1 AND agent IS NOT NULL;
CREATE INDEX message_queue ON message (tenant_key, queue, started_ms, status, end_reason, duration_ms)
    WHERE state = 1 AND queue IS NOT NULL;
CREATE INDEX message_channel ON message (tenant_key, channel, started_ms, status, end_reason, duration_ms)
    WHERE state = 1 AND channel IS NOT NULL;
CREATE INDEX message_status ON message (tenant_key, status, started_ms, end_reason, duration_ms) WHERE state = 1;
CREATE INDEX message_end_reason ON message (tenant_key, end_reason, started_ms, duration_ms) WHERE state = 1;
CREATE INDEX message_duration ON message (tenant_key, duration_ms, started_ms) WHERE state = 1;
CREATE INDEX message_expires ON message (expires_ms) WHERE state = 1 AND legal_hold = 0 AND expires_ms IS NOT NULL;
CREATE INDEX message_held ON message (tenant_key) WHERE legal_hold = 1;
CREATE INDEX message_unkept ON message (state, id) WHERE state <> 1;
CREATE INDEX message_undigested ON message (sequence) WHERE state = 1 AND sha256 IS NULL;
CREATE INDEX history_message ON history (sequence);
CREATE INDEX deletion_log_id ON deletion_log (id) WHERE id IS NOT NULL;
CREATE INDEX access_log_id ON access_log (id);
";

/// A tenant's webhook is no reference: its last notices go out when the tenant is gone.
const OUTBOX: &str = "
CREATE TABLE webhook (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    kinds INTEGER NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
) STRICT;
CREATE TABLE outbox (
    key INTEGER PRIMARY KEY,
    webhook_key INTEGER NOT NULL REFERENCES webhook ON DELETE CASCADE,
    id BLOB NOT NULL,
    body TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (webhook_key, id)
) STRICT;
CREATE INDEX outbox_due ON outbox (due_ms) WHERE failed = 0;
CREATE INDEX outbox_failed ON outbox (webhook_key, failed);
";

/// Brings a database to what this program knows.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as u32;
    let version = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
    };
    let found = version(connection)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    if found == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have done it while this one waited.
    let found = version(&transaction)?;
    for step in MIGRATIONS.iter().skip(found as usize).copied().flatten() {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known.max(found))?;
    Ok(transaction.commit()?)
}

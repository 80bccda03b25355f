//! Webhooks, and the notices that await their delivery. A notice is written with the change that it tells of.

use super::admin::known_tenant;
use super::row::id as id_in;
use crate::store::webhook::{Delivery, Due, Settled, Webhook, WebhookSecret, WebhookState};
use crate::store::{MessageId, NoticeKind, SqliteStore, StoreError};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Notices that are handed out for one webhook at once.
const BATCH: i64 = 16;
/// A time of delivery that is further away was set by a clock that has gone back since.
const FAR_MS: i64 = 4 * 3_600_000;

impl SqliteStore {
    /// Adds a webhook, and says its number. Its tenant has to be there.
    pub fn add_webhook(&self, webhook: &Webhook) -> Result<i64, StoreError> {
        webhook.validate()?;
        self.write(|transaction| add(transaction, webhook))
    }

    /// Removes a webhook, with the notices that await it.
    pub fn remove_webhook(&self, number: i64) -> Result<(), StoreError> {
        self.write(|transaction| remove(transaction, number))
    }

    /// All webhooks, and how they fare.
    pub fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError> {
        self.read(webhooks)
    }

    /// Sends what awaits a webhook once more, what was given up among it, and says how many notices that is.
    pub fn retry_webhook(&self, number: i64, now: Timestamp) -> Result<u64, StoreError> {
        self.write(|transaction| retry(transaction, number, now))
    }

    /// Takes the notices that are due, but those of some webhooks. Nobody else gets them before `until`: then they are
    /// due again, if they were not [settled](Self::settle).
    pub fn claim_notices(
        &self,
        now: Timestamp,
        until: Timestamp,
        but: &[i64],
    ) -> Result<Vec<Due>, StoreError> {
        if !self.read(|connection| is_due(connection, now))? {
            return Ok(Vec::new());
        }
        self.write(|transaction| claim(transaction, now, until, but))
    }

    /// Says what became of notices of a webhook.
    pub fn settle(
        &self,
        number: i64,
        settled: &[(Delivery, Settled)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| settle(transaction, number, settled, now))
    }
}

/// What is posted.
#[derive(Serialize)]
struct Body<T> {
    id: MessageId,
    r#type: String,
    timestamp: String,
    data: T,
}

/// Writes a notice for everybody who is to be told.
pub(super) fn post<T: Serialize>(
    connection: &Connection,
    kind: NoticeKind,
    message: MessageId,
    tenant: &str,
    data: impl FnOnce() -> Result<T, StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT key FROM webhook WHERE disabled = 0 AND kinds & ?1 AND (tenant IS NULL OR tenant = ?2)",
    )?;
    let webhooks: Vec<i64> =
        statement.query_map(params![kind.bit(), tenant], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if webhooks.is_empty() {
        return Ok(());
    }
    let now = Timestamp::now();
    let id = match kind {
        // It may happen more than once.
        NoticeKind::Allocated => MessageId::fresh(now),
        // Told twice, as a journal may be written twice, it is the same.
        _ => derived(kind, message),
    };
    let body = Body { id, r#type: format!("message.{kind}"), timestamp: now.to_string(), data: data()? };
    let body = serde_json::to_string(&body).map_err(|error| StoreError::Failing(error.to_string()))?;
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO outbox (webhook_key, id, body, created_ms, due_ms) VALUES (?1, ?2, ?3, ?4, ?4)",
    )?;
    for webhook in webhooks {
        statement.execute(params![webhook, id.as_bytes(), body, now.as_millisecond()])?;
    }
    Ok(())
}

/// A UUID of version 8 (RFC 9562).
fn derived(kind: NoticeKind, message: MessageId) -> MessageId {
    let digest = Sha256::new().chain_update([kind as u8]).chain_update(message.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0F | 0x80;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    MessageId::from_bytes(bytes)
}

fn add(connection: &Connection, webhook: &Webhook) -> Result<i64, StoreError> {
    if let Some(tenant) = &webhook.tenant {
        known_tenant(connection, tenant)?;
    }
    let kinds: i64 = webhook.kinds.iter().fold(0, |bits, kind| bits | kind.bit());
    connection.execute(
        "INSERT INTO webhook (tenant, url, secret, kinds) VALUES (?1, ?2, ?3, ?4)",
        params![webhook.tenant, webhook.url, webhook.secret.reveal(), kinds],
    )?;
    Ok(connection.last_insert_rowid())
}

/// Removes a webhook, with what awaits it.
fn remove(connection: &Connection, number: i64) -> Result<(), StoreError> {
    match connection.execute("DELETE FROM webhook WHERE key = ?1", [number])? {
        0 => Err(StoreError::UnknownWebhook(number)),
        _ => Ok(()),
    }
}

/// Tells those who heard of a tenant nothing new; what awaits them still goes out.
pub(super) fn retire(connection: &Connection, tenant: &str) -> Result<(), StoreError> {
    connection.execute("UPDATE webhook SET kinds = 0 WHERE tenant = ?1", [tenant])?;
    connection.execute(
        "DELETE FROM webhook WHERE kinds = 0 AND NOT EXISTS (SELECT 1 FROM outbox WHERE webhook_key = webhook.key)",
        [],
    )?;
    Ok(())
}

/// Tries again what was given up, and tells again who was not told any more.
fn retry(connection: &Connection, number: i64, now: Timestamp) -> Result<u64, StoreError> {
    if connection.execute("UPDATE webhook SET disabled = 0 WHERE key = ?1", [number])? == 0 {
        return Err(StoreError::UnknownWebhook(number));
    }
    let again = connection.execute(
        "UPDATE outbox SET failed = 0, attempts = 0, created_ms = ?2, due_ms = ?2 WHERE webhook_key = ?1",
        params![number, now.as_millisecond()],
    )?;
    Ok(again as u64)
}

fn webhooks(connection: &Connection) -> Result<Vec<WebhookState>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT key, tenant, url, secret, kinds, disabled, last_error, \
         (SELECT count(*) FROM outbox WHERE webhook_key = webhook.key AND failed = 0), \
         (SELECT count(*) FROM outbox WHERE webhook_key = webhook.key AND failed = 1) FROM webhook ORDER BY key",
    )?;
    let mut rows = statement.query([])?;
    let mut webhooks = Vec::new();
    while let Some(row) = rows.next()? {
        let kinds: i64 = row.get(4)?;
        webhooks.push(WebhookState {
            number: row.get(0)?,
            webhook: Webhook {
                tenant: row.get(1)?,
                url: row.get(2)?,
                secret: secret(row, 3)?,
                kinds: NoticeKind::all().into_iter().filter(|kind| kinds & kind.bit() != 0).collect(),
            },
            disabled: row.get::<_, bool>(5)? || kinds == 0,
            last_error: row.get(6)?,
            pending: row.get::<_, i64>(7)?.cast_unsigned(),
            failed: row.get::<_, i64>(8)?.cast_unsigned(),
        });
    }
    Ok(webhooks)
}

fn secret(row: &Row<'_>, column: usize) -> Result<WebhookSecret, StoreError> {
    WebhookSecret::parse(&row.get::<_, String>(column)?)
}

const IS_DUE: &str = "failed = 0 AND (due_ms <= ?1 OR due_ms > ?1 + ?2)";

/// Whether anything is due. Cheap: it is asked every second.
fn is_due(connection: &Connection, now: Timestamp) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT 1 FROM outbox WHERE {IS_DUE} LIMIT 1"))?;
    Ok(statement.exists([now.as_millisecond(), FAR_MS])?)
}

/// Takes what is due for each webhook but some, and leaves it to nobody else before `until`.
fn claim(
    connection: &Connection,
    now: Timestamp,
    until: Timestamp,
    but: &[i64],
) -> Result<Vec<Due>, StoreError> {
    let now_ms = now.as_millisecond();
    let mut webhooks = connection.prepare_cached(&format!(
        "SELECT key, url, secret FROM webhook WHERE disabled = 0 AND key IN \
         (SELECT webhook_key FROM outbox WHERE {IS_DUE})"
    ))?;
    let mut rows = webhooks.query([now_ms, FAR_MS])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if but.contains(&number) {
            continue;
        }
        let mut statement = connection.prepare_cached(&format!(
            "SELECT key, id, body, attempts, created_ms FROM outbox WHERE {IS_DUE} AND webhook_key = ?3 ORDER BY key LIMIT ?4"
        ))?;
        let deliveries = statement.query_map([now_ms, FAR_MS, number, BATCH], |row| {
            Ok(Delivery {
                key: row.get(0)?,
                id: id_in(row, 1)?,
                body: row.get(2)?,
                attempts: row.get(3)?,
                created_ms: row.get(4)?,
            })
        })?;
        let deliveries: Vec<Delivery> = deliveries.collect::<Result<_, _>>()?;
        let mut claiming = connection.prepare_cached("UPDATE outbox SET due_ms = ?2 WHERE key = ?1")?;
        for delivery in &deliveries {
            claiming.execute([delivery.key, until.as_millisecond()])?;
        }
        all.push(Due { number, url: row.get(1)?, secret: secret(row, 2)?, deliveries });
    }
    Ok(all)
}

/// Notes what became of deliveries.
fn settle(
    connection: &Connection,
    number: i64,
    settled: &[(Delivery, Settled)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for (Delivery { key, .. }, settled) in settled {
        match settled {
            Settled::Delivered => {
                connection.prepare_cached("DELETE FROM outbox WHERE key = ?1")?.execute([key])?;
            }
            Settled::Untried => set_due(connection, *key, now.as_millisecond(), 0, false)?,
            Settled::Again { due_ms, error } => {
                set_due(connection, *key, *due_ms, 1, false)?;
                note(connection, number, error)?;
            }
            Settled::GivenUp { error } => {
                set_due(connection, *key, now.as_millisecond(), 1, true)?;
                note(connection, number, error)?;
            }
            Settled::Gone => {
                connection.execute("UPDATE webhook SET disabled = 1 WHERE key = ?1", [number])?;
                connection.execute("UPDATE outbox SET failed = 1 WHERE webhook_key = ?1", [number])?;
                note(connection, number, "410 Gone: the receiver wants nothing more")?;
            }
        }
    }
    let retired: Option<String> = connection
        .prepare_cached("SELECT tenant FROM webhook WHERE key = ?1 AND kinds = 0")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    retired.map_or(Ok(()), |tenant| retire(connection, &tenant))
}

fn set_due(
    connection: &Connection,
    key: i64,
    due_ms: i64,
    attempts: i64,
    failed: bool,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE outbox SET due_ms = ?2, attempts = attempts + ?3, failed = ?4 WHERE key = ?1",
    )?;
    statement.execute(params![key, due_ms, attempts, failed])?;
    Ok(())
}

fn note(connection: &Connection, number: i64, error: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("UPDATE webhook SET last_error = ?2 WHERE key = ?1")?;
    statement.execute(params![number, error])?;
    Ok(())
}

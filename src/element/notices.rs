//! What happens to messages, on an engine's queue.

use crate::engine::{Engine, MessageEventKind};
use crate::store::{NoticeKind, SqliteStore};

/// Has an engine tell what is written through a store of this process from now on, as [`EngineEvent::Message`]: messages that are
/// complete, allocated, deleted, and calls that left nothing. What other programs do to the store is for webhooks.
///
/// A store tells one engine, the last one asked for.
///
/// [`EngineEvent::Message`]: crate::engine::EngineEvent::Message
pub fn tell_engine(store: &SqliteStore, engine: &Engine) {
    let events = engine.message_events();
    store.on_notice(move |notice| {
        let kind = match notice.kind {
            NoticeKind::Completed => MessageEventKind::Completed,
            NoticeKind::Allocated => MessageEventKind::Allocated,
            NoticeKind::Deleted => MessageEventKind::Deleted,
            NoticeKind::Absent => MessageEventKind::Absent,
        };
        events.tell(kind, *notice.message.as_bytes());
    });
}

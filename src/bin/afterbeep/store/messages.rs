use super::args::{
    Allocate, Audio, Delete, Export, ExportFormat, Filter, Hold, List, Messages, One, SetStatus, Target,
};
use super::{create, json_line, open, told};
use crate::{Failure, warn};
use afterbeep::store::{
    CsvExport, Cursor, HistoryEntry, MessageId, MessageRecord, MessageStore, SqliteStore, StoreError, delete,
};
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

/// Messages read at once.
const PAGE: u64 = 1_000;

pub(crate) fn run(command: &Messages) -> Result<(), Failure> {
    match command {
        Messages::List(arguments) => list(arguments),
        Messages::Show(arguments) => show(arguments),
        Messages::Audio(arguments) => audio(arguments),
        Messages::Export(arguments) => export(arguments),
        Messages::Allocate(arguments) => allocate(arguments),
        Messages::Status(arguments) => status(arguments),
        Messages::Delete(arguments) => remove(arguments),
        Messages::Hold(arguments) => hold(arguments),
    }
}

fn list(arguments: &List) -> Result<(), Failure> {
    let store = open(&arguments.store)?;
    if arguments.count {
        let count = store.count(&arguments.filter.query())?;
        let mut out = io::stdout().lock();
        if arguments.json {
            return told(json_line(&mut out, &count));
        }
        let more = if count.more { "more than " } else { "" };
        return told(writeln!(out, "{more}{} messages", count.count));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let next = each(&store, &arguments.filter, arguments.after, arguments.limit, |message| {
        if arguments.json { json_line(&mut out, message) } else { line(&mut out, message) }
    })?;
    told(out.flush())?;
    if let Some(next) = next {
        warn(&format!("there are more: --after {next}"));
    }
    Ok(())
}

/// Does something with each message of a list. Says where it goes on behind the limit.
fn each(
    store: &SqliteStore,
    filter: &Filter,
    after: Option<Cursor>,
    limit: Option<u64>,
    mut work: impl FnMut(&MessageRecord) -> io::Result<()>,
) -> Result<Option<Cursor>, Failure> {
    let query = filter.query();
    let mut left = limit.unwrap_or(u64::MAX);
    let mut place = after;
    loop {
        let page = store.list(&query, place, left.min(PAGE) as usize)?;
        left -= page.messages.len() as u64;
        for message in &page.messages {
            match work(message) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(None),
                done => told(done)?,
            }
        }
        if page.next.is_none() || left == 0 {
            return Ok(page.next);
        }
        place = page.next;
    }
}

/// A message for people.
fn line(out: &mut impl Write, message: &MessageRecord) -> io::Result<()> {
    let draft = &message.draft;
    let some = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let (seconds, reason) = message.completion.as_ref().map_or((0.0, "recording"), |completion| {
        (completion.duration_ms as f64 / 1_000.0, completion.end_reason.name())
    });
    writeln!(
        out,
        "{}  {}  {:<17} tenant {}  caller {}  agent {}  {seconds:.3} s  {reason}",
        draft.id,
        draft.started_at.strftime("%F %TZ"),
        draft.status.name(),
        draft.tenant,
        some(&draft.caller),
        some(&draft.agent),
    )
}

/// The store, and the message in it, if it is the tenant's.
fn find(target: &Target) -> Result<(SqliteStore, MessageRecord), Failure> {
    let store = open(&target.store)?;
    let message = own(&store, target.id, target.tenant.as_deref())?;
    Ok((store, message))
}

fn own(store: &SqliteStore, id: MessageId, tenant: Option<&str>) -> Result<MessageRecord, StoreError> {
    let message = store.get(id)?;
    let is_own = tenant.is_none_or(|tenant| tenant == message.draft.tenant);
    if is_own { Ok(message) } else { Err(StoreError::UnknownMessage(id)) }
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    message: &'a MessageRecord,
    history: Vec<HistoryEntry>,
}

fn show(arguments: &One) -> Result<(), Failure> {
    let (store, message) = find(&arguments.target)?;
    let shown = Shown { message: &message, history: store.history(message.draft.id)? };
    let mut out = io::stdout().lock();
    if arguments.json {
        return told(json_line(&mut out, &shown));
    }
    let text = serde_json::to_string_pretty(&shown).map_err(|error| Failure::Failed(error.to_string()))?;
    told(writeln!(out, "{text}"))
}

fn audio(arguments: &Audio) -> Result<(), Failure> {
    let (store, message) = find(&arguments.target)?;
    let draft = &message.draft;
    let mut file = store.volume(&draft.volume)?.open(&draft.path)?;
    // Before the first byte: nobody hears what is not logged.
    store.log_access(draft.id, arguments.actor.actor.as_deref(), Timestamp::now())?;
    let mut out = create(&arguments.out)?;
    match io::copy(&mut file, &mut out).and_then(|_| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Failed(format!("{}: {error}", arguments.out.display()))),
        Ok(()) => Ok(()),
    }
}

fn export(arguments: &Export) -> Result<(), Failure> {
    let store = open(&arguments.store)?;
    let mut out = create(&arguments.out)?;
    if arguments.json || arguments.format == ExportFormat::Json {
        each(&store, &arguments.filter, None, None, |message| json_line(&mut out, message))?;
        return finished(&arguments.out, out.flush());
    }
    let mut csv = CsvExport::new(out);
    each(&store, &arguments.filter, None, None, |message| csv.write(message))?;
    finished(&arguments.out, csv.finish())
}

fn finished(out: &Path, result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("{}: {error}", out.display())))
        }
        _ => Ok(()),
    }
}

/// The message as a change has left it.
fn changed(store: &SqliteStore, id: MessageId, json: bool) -> Result<(), Failure> {
    let message = store.get(id)?;
    let mut out = io::stdout().lock();
    told(if json { json_line(&mut out, &message) } else { line(&mut out, &message) })
}

fn allocate(arguments: &Allocate) -> Result<(), Failure> {
    let (store, message) = find(&arguments.target)?;
    let actor = arguments.actor.actor.as_deref();
    store.allocate(message.draft.id, &arguments.agent, actor, Timestamp::now())?;
    changed(&store, message.draft.id, arguments.json)
}

fn status(arguments: &SetStatus) -> Result<(), Failure> {
    let (store, message) = find(&arguments.target)?;
    let actor = arguments.actor.actor.as_deref();
    store.set_status(message.draft.id, arguments.status, actor, Timestamp::now())?;
    changed(&store, message.draft.id, arguments.json)
}

fn hold(arguments: &Hold) -> Result<(), Failure> {
    let (store, message) = find(&arguments.target)?;
    let actor = arguments.actor.actor.as_deref();
    store.set_hold(message.draft.id, !arguments.release, actor, Timestamp::now())?;
    changed(&store, message.draft.id, arguments.json)
}

#[derive(Serialize)]
struct Deleted {
    deleted: u64,
    failed: u64,
}

fn remove(arguments: &Delete) -> Result<(), Failure> {
    let store = open(&arguments.store)?;
    for &id in &arguments.ids {
        own(&store, id, arguments.tenant.as_deref())?;
    }
    let done = delete(&store, &arguments.ids, Timestamp::now())?;
    let deleted = Deleted { deleted: done.deleted, failed: done.failed };
    let mut out = io::stdout().lock();
    if arguments.json {
        told(json_line(&mut out, &deleted))?;
    } else {
        told(writeln!(out, "deleted {} messages", deleted.deleted))?;
    }
    super::sweep::failed(&done)
}

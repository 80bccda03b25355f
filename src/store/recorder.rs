//! From the engine's completion path into the store.

use super::digester::Digester;
use super::journal::{BATCH, Journal, replay_dead};
use super::{Applied, Change, Completion, Draft, MessageId, MessageStore, StoreError};
use crate::session::EndReason;
use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Called on the recorder's thread with each change that is in the store, and what became of it.
pub type Observer = Box<dyn Fn(&Change, Applied) + Send>;

/// How a recorder works.
pub struct RecorderOptions {
    /// Changes that may await the store's thread.
    pub queue: usize,
    /// Changes kept in memory while neither the store nor the journal can be written.
    pub memory: usize,
    /// How often a store that could not be written is tried again.
    pub retry: Duration,
    /// Computes the SHA-256 of messages, on a thread of its own.
    pub digests: bool,
    /// Is told what was written.
    pub observer: Option<Observer>,
}

impl Default for RecorderOptions {
    /// 16 384, 4 096, 250 ms, digests, nobody.
    fn default() -> Self {
        Self {
            queue: 16_384,
            memory: 4_096,
            retry: Duration::from_millis(250),
            digests: true,
            observer: None,
        }
    }
}

impl fmt::Debug for RecorderOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecorderOptions")
            .field("queue", &self.queue)
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

/// What a recorder has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecorderStatistics {
    /// Changes that are in the store.
    pub written: u64,
    /// Changes that went to the journal, as the store could not be written.
    pub deferred: u64,
    /// Changes that neither the store, nor the journal, nor memory could take. [`recover`](super::recover) makes up for
    /// them.
    pub lost: u64,
    /// The store takes what comes.
    pub available: bool,
}

/// Writes records from a thread of its own: many in one transaction, and later where the store cannot be written
/// now. Whoever completes a message never waits.
#[derive(Debug)]
pub struct Recorder {
    queue: Option<Sender<Item>>,
    counts: Arc<Counts>,
    owner: String,
    store: Arc<dyn MessageStore>,
    writer: Option<JoinHandle<()>>,
    digester: Option<Digester>,
}

#[derive(Debug)]
struct Item {
    /// `None` asks for an answer alone.
    change: Option<Change>,
    answer: Option<Sender<Applied>>,
}

#[derive(Debug, Default)]
struct Counts {
    written: AtomicU64,
    deferred: AtomicU64,
    lost: AtomicU64,
    behind: AtomicBool,
}

impl Recorder {
    /// Starts the threads, and writes what dead recorders have left. [`recover`](super::recover) is another call.
    pub fn start(store: Arc<dyn MessageStore>, options: RecorderOptions) -> Result<Self, StoreError> {
        let journal = Journal::create(&store.journals(), Timestamp::now())?;
        // A store that cannot be written now can be so later.
        match replay_dead(&*store) {
            Err(error) if !error.is_unavailable() => return Err(error),
            _ => {}
        }
        let owner = journal.owner().to_owned();
        let (queue, items) = bounded(options.queue);
        let counts = Arc::<Counts>::default();
        let failed = |cause| StoreError::io(store.journals(), cause);
        let digester =
            options.digests.then(|| Digester::start(Arc::clone(&store))).transpose().map_err(failed)?;
        let writer = Writer {
            store: Arc::clone(&store),
            journal,
            memory: VecDeque::new(),
            rest: None,
            wake: digester.as_ref().map(|digester| digester.wake.clone()),
            counts: Arc::clone(&counts),
            options,
        };
        let writer = thread::Builder::new()
            .name("records".to_owned())
            .spawn(move || writer.run(&items))
            .map_err(failed)?;
        Ok(Self { queue: Some(queue), counts, owner, store, writer: Some(writer), digester })
    }

    /// Says that a recording begins, and waits until that is on the disk: only then may its file be created, so that a
    /// crash leaves no file that nobody knows. [`Applied::Deferred`] where the store cannot be written in this time: the
    /// recording may go on, its record follows. [`Applied::QuotaExceeded`] and [`Applied::Refused`]: it must not.
    pub fn begin(&self, draft: &Draft, timeout: Duration) -> Applied {
        let change =
            Change::Begin { draft: Box::new(draft.clone()), owner: self.owner.clone(), deferred: false };
        let (answer, answered) = bounded(1);
        if !self.send(Item { change: Some(change), answer: Some(answer) }) {
            return Applied::Deferred;
        }
        answered.recv_timeout(timeout).unwrap_or(Applied::Deferred)
    }

    /// Says that a recording is finished, and its file is there. Never waits. `false` where the queue is full: the
    /// record is completed by [`recover`](super::recover), when this process has ended.
    pub fn complete(&self, draft: &Draft, completion: Completion) -> bool {
        self.post(Change::Complete { draft: Box::new(draft.clone()), completion: Box::new(completion) })
    }

    /// Says that a recording could not begin: there is no file. Never waits.
    pub fn abandon(&self, id: MessageId) -> bool {
        self.post(Change::Abandon { id })
    }

    /// Says that a call is over and left nothing. Never waits.
    pub fn absent(&self, draft: &Draft, end_reason: EndReason) -> bool {
        self.post(Change::Absent { draft: Box::new(draft.clone()), ended_at: Timestamp::now(), end_reason })
    }

    /// Waits until everything that came before is in the store, digests included, and says whether it is.
    pub fn flush(&self, timeout: Duration) -> bool {
        let until = Instant::now().checked_add(timeout);
        let left = || until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
        let Some(queue) = &self.queue else { return false };
        loop {
            let (answer, answered) = bounded(1);
            let asked = Item { change: None, answer: Some(answer) };
            if queue.send_timeout(asked, left()).is_ok() && answered.recv_timeout(left()) == Ok(Applied::Done)
            {
                break;
            }
            if left().is_zero() {
                return false;
            }
            thread::sleep(left().min(Duration::from_millis(20)));
        }
        let Some(digester) = &self.digester else { return true };
        loop {
            match self.store.undigested(1) {
                Ok(none) if none.is_empty() => return true,
                _ if left().is_zero() => return false,
                _ => {}
            }
            let _ = digester.wake.try_send(());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it has done.
    pub fn statistics(&self) -> RecorderStatistics {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        RecorderStatistics {
            written: count(&self.counts.written),
            deferred: count(&self.counts.deferred),
            lost: count(&self.counts.lost),
            available: !self.counts.behind.load(Ordering::Relaxed),
        }
    }

    fn post(&self, change: Change) -> bool {
        self.send(Item { change: Some(change), answer: None })
    }

    fn send(&self, item: Item) -> bool {
        let Some(queue) = &self.queue else { return false };
        match queue.try_send(item) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.counts.lost.fetch_add(1, Ordering::Relaxed);
                false
            }
        }
    }
}

impl Drop for Recorder {
    /// Writes what is queued, into the journal where the store takes nothing.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// The recorder's thread.
struct Writer {
    store: Arc<dyn MessageStore>,
    journal: Journal,
    /// What neither the store nor the journal took.
    memory: VecDeque<Change>,
    /// Until when the store is left alone.
    rest: Option<Instant>,
    wake: Option<Sender<()>>,
    counts: Arc<Counts>,
    options: RecorderOptions,
}

impl Writer {
    fn run(mut self, items: &Receiver<Item>) {
        loop {
            let waited = items.recv_timeout(self.options.retry);
            let closed = matches!(waited, Err(RecvTimeoutError::Disconnected));
            let batch: Vec<Item> = waited.into_iter().chain(items.try_iter()).take(BATCH).collect();
            self.take(batch);
            if closed {
                break;
            }
        }
        self.journal.close();
    }

    fn take(&mut self, batch: Vec<Item>) {
        let (mut changes, mut answers) = (Vec::new(), Vec::new());
        let mut waiting = Vec::new();
        for Item { change, answer } in batch {
            match change {
                Some(change) => {
                    changes.push(change);
                    answers.push(answer);
                }
                None => waiting.extend(answer),
            }
        }
        // What comes later must not overtake.
        let caught_up = self.catch_up();
        if !changes.is_empty() {
            let applied = if caught_up { self.write(&changes) } else { None };
            let applied = applied.unwrap_or_else(|| self.defer(changes));
            for (answer, applied) in answers.into_iter().zip(applied) {
                if let Some(answer) = answer {
                    let _ = answer.send(applied);
                }
            }
        }
        let behind = !self.journal.is_empty() || !self.memory.is_empty();
        self.counts.behind.store(behind, Ordering::Relaxed);
        for answer in waiting {
            let _ = answer.send(if behind { Applied::Deferred } else { Applied::Done });
        }
    }

    /// Writes what was deferred. Says whether nothing is left of it.
    fn catch_up(&mut self) -> bool {
        if self.journal.is_empty() && self.memory.is_empty() {
            return true;
        }
        if self.rest.is_some_and(|until| Instant::now() < until) {
            return false;
        }
        let began = Instant::now();
        let caught_up = self.try_to_catch_up();
        // A locked store keeps whoever asks waiting: as long as that took, everything goes to the journal at once.
        self.rest = (!caught_up).then(|| Instant::now() + began.elapsed());
        caught_up
    }

    fn try_to_catch_up(&mut self) -> bool {
        if !self.journal.is_empty() {
            match self.journal.replay(&*self.store) {
                Ok(written) => self.counts.written.fetch_add(written, Ordering::Relaxed),
                Err(_) => return false,
            };
        }
        while !self.memory.is_empty() {
            let some = self.memory.len().min(BATCH);
            let changes: Vec<Change> = self.memory.iter().take(some).cloned().collect();
            if self.write(&changes).is_none() {
                return false;
            }
            self.memory.drain(..some);
        }
        true
    }

    /// `None` where the store cannot be written.
    fn write(&self, changes: &[Change]) -> Option<Vec<Applied>> {
        let applied = match self.store.apply(changes) {
            Ok(applied) => applied,
            Err(error) if error.is_unavailable() => return None,
            // One that the store cannot take must not hold up the others.
            Err(_) if changes.len() > 1 => {
                return changes
                    .chunks(1)
                    .map(|change| self.write(change))
                    .collect::<Option<Vec<_>>>()
                    .map(|all| all.concat());
            }
            Err(_) => {
                self.counts.lost.fetch_add(1, Ordering::Relaxed);
                return Some(vec![Applied::Refused]);
            }
        };
        self.counts.written.fetch_add(applied.len() as u64, Ordering::Relaxed);
        if let Some(observer) = &self.options.observer {
            changes.iter().zip(&applied).for_each(|(change, &applied)| observer(change, applied));
        }
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(());
        }
        Some(applied)
    }

    fn defer(&mut self, changes: Vec<Change>) -> Vec<Applied> {
        let count = changes.len();
        self.counts.deferred.fetch_add(count as u64, Ordering::Relaxed);
        let mut changes = changes;
        for change in &mut changes {
            if let Change::Begin { deferred, .. } = change {
                *deferred = true;
            }
        }
        // What is in memory goes first: nothing overtakes.
        self.memory.extend(changes);
        if self.journal.append(self.memory.make_contiguous()).is_ok() {
            self.memory.clear();
        }
        let lost = self.memory.len().saturating_sub(self.options.memory);
        self.memory.truncate(self.options.memory);
        self.counts.lost.fetch_add(lost as u64, Ordering::Relaxed);
        vec![Applied::Deferred; count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{completion, draft, with_tenant};

    #[test]
    fn memory_is_bounded_where_the_journal_fails_too() {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(with_tenant(directory.path(), None));
        let other = rusqlite::Connection::open(directory.path().join("afterbeep.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut writer = Writer {
            store: Arc::clone(&store) as _,
            journal: Journal::broken(&store.journals()),
            memory: VecDeque::new(),
            rest: None,
            wake: None,
            counts: Arc::default(),
            options: RecorderOptions { memory: 100, ..RecorderOptions::default() },
        };
        let item = |number: usize| {
            let (draft, completion) = (Box::new(draft("1001", &number.to_string())), Box::new(completion()));
            Item { change: Some(Change::Complete { draft, completion }), answer: None }
        };
        for batch in 0..3 {
            writer.take((0..50).map(|number| item(50 * batch + number)).collect());
        }
        assert_eq!((writer.memory.len(), writer.counts.lost.load(Ordering::Relaxed)), (100, 50));
        assert!(writer.counts.behind.load(Ordering::Relaxed));
        other.execute_batch("ROLLBACK").unwrap();
        writer.rest = None;
        writer.take(Vec::new());
        assert_eq!((store.kept().unwrap(), writer.memory.len()), (100, 0));
        assert!(!writer.counts.behind.load(Ordering::Relaxed));
    }
}

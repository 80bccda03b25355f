use super::{Change, MessageStore, StoreError, audio_digest};
use crossbeam::channel::{Sender, bounded};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Computes digests of what has none in the store, so that nothing is forgotten and nothing piles up in memory.
#[derive(Debug)]
pub(super) struct Digester {
    pub(super) wake: Sender<()>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Messages looked at in one go.
const DIGESTS: usize = 64;

impl Digester {
    pub(super) fn start(store: Arc<dyn MessageStore>) -> io::Result<Self> {
        let (wake, woken) = bounded(1);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("digests".to_owned()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                // A failing store is asked again a second later.
                if digest_some(&*store, &stopped).unwrap_or(0) < DIGESTS {
                    let _ = woken.recv_timeout(Duration::from_secs(1));
                }
            }
        })?;
        Ok(Self { wake, stop, thread: Some(thread) })
    }
}

impl Drop for Digester {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.wake.try_send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn digest_some(store: &dyn MessageStore, stopped: &AtomicBool) -> Result<usize, StoreError> {
    let mut changes = Vec::new();
    for remains in store.undigested(DIGESTS)? {
        if stopped.load(Ordering::Relaxed) {
            break;
        }
        let file = store.volume(&remains.volume).and_then(|volume| volume.open(&remains.path));
        let sha256 = file.ok().and_then(|file| audio_digest(file).ok());
        changes.push(Change::Digest { id: remains.id, sha256 });
    }
    if !changes.is_empty() {
        store.apply(&changes)?;
    }
    Ok(changes.len())
}

//! Posts notices to webhooks, again and again until they are taken.

use super::webhook::{Delivery, Due, Settled, WebhookSecret, WebhookState};
use super::{MessageId, SqliteStore};
use crossbeam::channel::{RecvTimeoutError, Sender, bounded};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use rustix::rand::{GetRandomFlags, getrandom};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Webhooks that are posted to at once: as many may be slow before others wait.
const AT_ONCE: usize = 16;
/// Deliveries that nobody has settled are due again after this, in case this process has died.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// What is read of an answer.
const ANSWER_BYTES: u64 = 4_096;

/// How notices are posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderOptions {
    /// How long one post may take, from looking up the name to the end of the answer.
    pub timeout: Duration,
    /// When a post that failed is tried again; twice as long after each further failure, each time less up to a half at
    /// random.
    pub first_retry: Duration,
    /// The longest that this becomes.
    pub longest_retry: Duration,
    /// A notice that is older than this is given up when it fails.
    pub give_up: Duration,
}

impl Default for SenderOptions {
    /// 10 s; 1 s to 1 h; 3 days.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(3_600),
            give_up: Duration::from_secs(3 * 86_400),
        }
    }
}

impl SenderOptions {
    /// What becomes of a delivery that has failed.
    fn after_failure(&self, delivery: &Delivery, error: String, now: Timestamp) -> Settled {
        let now_ms = now.as_millisecond();
        if i128::from(now_ms) - i128::from(delivery.created_ms) > self.give_up.as_millis().cast_signed() {
            return Settled::GivenUp { error };
        }
        let doubled = self.first_retry.saturating_mul(1 << delivery.attempts.min(30));
        let longest = doubled.min(self.longest_retry).as_millis() as i64;
        let mut random = [0; 1];
        // Without randomness all come back together, which is no harm to one receiver.
        let _ = getrandom(&mut random[..], GetRandomFlags::NONBLOCK);
        let less = longest / 2 * i64::from(random[0]) / 256;
        Settled::Again { due_ms: now_ms.saturating_add(longest - less), error }
    }
}

/// Posts what awaits in a store's outbox, from threads of its own, until it is dropped. One a store is enough; several, in
/// several programs, share the work.
///
/// Each notice is posted at least once, with the same `webhook-id` each time. One slow or dead receiver holds up no other
/// one. An answer of 200 to 299 takes it; 410 takes it, and wants nothing more; anything else, a redirection among it, is
/// tried again.
#[derive(Debug)]
pub struct WebhookSender {
    stop: Arc<AtomicBool>,
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WebhookSender {
    /// Starts the threads.
    pub fn start(store: Arc<SqliteStore>, options: SenderOptions) -> io::Result<Self> {
        let stop = Arc::<AtomicBool>::default();
        let (wake, woken) = bounded::<()>(0);
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("webhooks".to_owned()).spawn(move || {
            let agent = agent(options.timeout);
            let busy = Arc::<Mutex<Vec<i64>>>::default();
            let mut workers: Vec<JoinHandle<()>> = Vec::new();
            while woken.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                workers.retain(|worker| !worker.is_finished());
                // What a worker gives back as it stops would be due again at once.
                while !stopped.load(Ordering::Relaxed)
                    && let Some(due) = claim(&store, &busy)
                {
                    let work = Work {
                        store: Arc::clone(&store),
                        agent: agent.clone(),
                        options,
                        busy: Arc::clone(&busy),
                        stopped: Arc::clone(&stopped),
                    };
                    for due in due {
                        let (work, number) = (work.clone(), due.number);
                        busy.lock().push(number);
                        let worker = thread::Builder::new().name("webhook".to_owned());
                        match worker.spawn(move || work.post_all(due)) {
                            Ok(worker) => workers.push(worker),
                            // They are due again when the lease is over.
                            Err(_) => busy.lock().retain(|&other| other != number),
                        }
                    }
                }
            }
            workers.into_iter().for_each(|worker| drop(worker.join()));
        })?;
        Ok(Self { stop, wake: Some(wake), thread: Some(thread) })
    }
}

impl Drop for WebhookSender {
    /// Waits for posts that are under way; the rest stays in the outbox.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is due for webhooks that no worker is at. A store that is away is asked again soon.
fn claim(store: &SqliteStore, busy: &Mutex<Vec<i64>>) -> Option<Vec<Due>> {
    let but = busy.lock().clone();
    if but.len() >= AT_ONCE {
        return None;
    }
    let now = Timestamp::now();
    let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
    store.claim_notices(now, until, &but).ok().filter(|due| !due.is_empty())
}

/// What a worker needs.
#[derive(Clone)]
struct Work {
    store: Arc<SqliteStore>,
    agent: Agent,
    options: SenderOptions,
    busy: Arc<Mutex<Vec<i64>>>,
    stopped: Arc<AtomicBool>,
}

impl Work {
    fn post_all(self, due: Due) {
        let Due { number, url, secret, deliveries } = due;
        let mut settled = Vec::with_capacity(deliveries.len());
        let mut is_open = true;
        for delivery in deliveries {
            if !is_open {
                break;
            }
            if self.stopped.load(Ordering::Relaxed) {
                settled.push((delivery, Settled::Untried));
                continue;
            }
            let now = Timestamp::now();
            let became = match post(&self.agent, &url, &secret, delivery.id, &delivery.body) {
                Ok(200..=299) => Settled::Delivered,
                Ok(410) => Settled::Gone,
                Ok(status) => {
                    self.options.after_failure(&delivery, format!("the receiver answered {status}"), now)
                }
                Err(error) => self.options.after_failure(&delivery, error.to_string(), now),
            };
            // One that is refused holds up none behind it; one that wants nothing more is asked no more.
            is_open = became != Settled::Gone;
            settled.push((delivery, became));
        }
        // What cannot be noted is posted once more when the lease is over: at least once.
        let _ = self.store.settle(number, &settled, Timestamp::now());
        self.busy.lock().retain(|&other| other != number);
    }
}

fn agent(timeout: Duration) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // The host's environment is none of ours.
        .proxy(None)
        .user_agent(concat!("afterbeep/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .build()
        .into()
}

/// Posts one notice, and says the answer's status.
fn post(
    agent: &Agent,
    url: &str,
    secret: &WebhookSecret,
    id: MessageId,
    body: &str,
) -> Result<u16, ureq::Error> {
    let (id, timestamp_s) = (id.to_string(), Timestamp::now().as_second());
    let signature = secret.sign(&id, timestamp_s, body);
    let mut response = agent
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp_s.to_string())
        .header("webhook-signature", signature)
        .send(body)?;
    // Read, so that the connection can be used again; what it says is of no interest, nor is its end.
    let _ = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec();
    Ok(response.status().as_u16())
}

/// Posts `message.ping` to a webhook at once, and says the answer's status.
pub fn ping(
    webhook: &WebhookState,
    options: &SenderOptions,
) -> Result<u16, Box<dyn std::error::Error + Send + Sync>> {
    let now = Timestamp::now();
    let id = MessageId::fresh(now);
    let body = serde_json::json!({
        "id": id, "type": "message.ping", "timestamp": now.to_string(), "data": {}
    });
    let target = &webhook.webhook;
    Ok(post(&agent(options.timeout), &target.url, &target.secret, id, &body.to_string())?)
}

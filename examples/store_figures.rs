//! What the store takes, measured.
//!
//! ```sh
//! cargo build --release --example store_figures
//! target/release/examples/store_figures fill DIR 10000000    # makes a store; 10 million records take 4.5 GB
//! target/release/examples/store_figures lists DIR            # the list queries, 200 of each kind
//! target/release/examples/store_figures completions DIR 60   # 1000 begun and completed a second, for 60 s, into a new store
//! target/release/examples/store_figures sweep DIR 100000     # as many expired messages, with files, in a new store
//! ```

use afterbeep::session::EndReason;
use afterbeep::store::{
    Applied, Change, Completion, Draft, LossSummary, MessageStore, Query, Recorder, RecorderOptions,
    SqliteStore, Status, StoreOptions, SweepOptions, Tenant, sweep,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Tenants of the store that is filled; the first one has half of all messages.
const TENANTS: u64 = 20;
/// Messages are spread over so much time.
const DAYS: i64 = 90;
const AGENTS: u64 = 500;
const QUEUES: u64 = 40;
const CHANNELS: u64 = 2_000;
const CALLERS: u64 = 300_000;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fill", directory, count] => fill(Path::new(directory), count.parse()?),
        ["lists", directory] => lists(Path::new(directory)),
        ["completions", directory, seconds] => completions(Path::new(directory), seconds.parse()?),
        ["sweep", directory, count] => sweep_many(Path::new(directory), count.parse()?),
        _ => Err("fill DIR COUNT | lists DIR | completions DIR SECONDS | sweep DIR COUNT".into()),
    }
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn create(directory: &Path) -> Result<SqliteStore, Box<dyn std::error::Error>> {
    Ok(SqliteStore::open(directory, &StoreOptions { create: true, ..StoreOptions::default() })?)
}

fn tenant(number: u64) -> String {
    format!("{}", 1_000 + number)
}

fn fill(directory: &Path, count: u64) -> Outcome {
    let store = create(directory)?;
    for number in 0..TENANTS {
        store.add_tenant(&Tenant::new(&tenant(number)))?;
    }
    drop(store);
    let mut database = Connection::open(directory.join("afterbeep.db"))?;
    database.pragma_update(None, "synchronous", "OFF")?;
    database.pragma_update(None, "cache_size", -2_000_000)?;
    // In bulk an index is made faster of what is there than kept up to date.
    let indices: Vec<(String, String)> = database
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (name, _) in &indices {
        database.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    let began = Instant::now();
    let start = Timestamp::now().as_millisecond() - DAYS * 86_400_000;
    let mut random = Random(1);
    for first in (0..count).step_by(100_000) {
        let transaction = database.transaction()?;
        {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO message (id, tenant_key, state, status, node_id, caller, called, channel, agent, queue, started_ms, \
                 ended_ms, duration_ms, end_reason, complete, lost_samples, line_lost_samples, gap_count, volume_key, path, bytes, \
                 sha256, expires_ms) VALUES (?1, ?2, 1, ?3, 'n7', ?4, '900100200', ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, 0, 0, 0, 1, \
                 ?12, ?13, ?14, ?15)",
            )?;
            for number in first..(first + 100_000).min(count) {
                let tenant_key = if random.below(2) == 0 { 1 } else { 2 + random.below(TENANTS - 1) };
                let started_ms = start + (number as i64) * DAYS * 86_400_000 / count as i64;
                let status = [0, 1, 1, 2, 3, 3, 3, 3, 3, 4][random.below(10) as usize];
                let has_agent = random.below(10) < 8;
                let duration_ms = 500 + random.below(140) * random.below(140);
                let reason = [1, 1, 1, 1, 2, 4, 5, 5, 5, 7][random.below(10) as usize];
                let mut digest = [0; 32];
                digest[..8].copy_from_slice(&number.to_le_bytes());
                let mut id = [0; 16];
                id[..8].copy_from_slice(&started_ms.to_be_bytes());
                id[8..].copy_from_slice(&number.to_be_bytes());
                statement.execute(params![
                    id,
                    tenant_key as i64,
                    status,
                    format!("+34{:09}", random.below(CALLERS)),
                    format!("sip/{}", random.below(CHANNELS)),
                    has_agent.then(|| format!("{}", 1_000 + random.below(AGENTS))),
                    (!has_agent).then(|| format!("queue{}", random.below(QUEUES))),
                    started_ms,
                    started_ms + duration_ms as i64,
                    duration_ms as i64,
                    reason,
                    format!(
                        "{}/record/20260101/20260101000000-{number:08}-record.wav",
                        tenant(tenant_key - 1)
                    ),
                    (104 + 16 * duration_ms) as i64,
                    digest,
                    started_ms + 365 * 86_400_000_i64,
                ])?;
            }
        }
        transaction.commit()?;
    }
    println!("{count} rows in {:.0?}", began.elapsed());
    for (name, sql) in &indices {
        database.execute_batch(sql)?;
        println!("{name} after {:.0?}", began.elapsed());
    }
    database.pragma_update(None, "wal_checkpoint", "TRUNCATE").or_else(|error| match error {
        rusqlite::Error::ExecuteReturnedResults => Ok(()),
        error => Err(error),
    })?;
    let bytes = std::fs::metadata(directory.join("afterbeep.db"))?.len();
    println!("{:.2} GB", bytes as f64 / 1e9);
    Ok(())
}

fn lists(directory: &Path) -> Outcome {
    const ROUNDS: usize = 200;
    let store = SqliteStore::open(directory, &StoreOptions::default())?;
    let now = Timestamp::now();
    let mut random = Random(7);
    type Kind = (&'static str, fn(Query, &mut Random, Timestamp) -> Query);
    let kinds: [Kind; 17] = [
        ("tenant", |query, _, _| query),
        ("last day", |query, _, now| query.last_days(1, now)),
        ("last 3 days", |query, _, now| query.last_days(3, now)),
        ("last 7 days", |query, _, now| query.last_days(7, now)),
        ("range, oldest first", |query, random, now| {
            let until = now - SignedDuration::from_hours(24 * random.below(80) as i64);
            let from = until - SignedDuration::from_hours(48);
            Query { from: Some(from), until: Some(until), oldest_first: true, ..query }
        }),
        ("caller", |query, random, _| Query {
            caller: Some(format!("+34{:09}", random.below(CALLERS))),
            ..query
        }),
        ("agent", |query, random, _| Query {
            agent: Some(format!("{}", 1_000 + random.below(AGENTS))),
            ..query
        }),
        ("queue", |query, random, _| Query {
            queue: Some(format!("queue{}", random.below(QUEUES))),
            ..query
        }),
        ("channel", |query, random, _| Query {
            channel: Some(format!("sip/{}", random.below(CHANNELS))),
            ..query
        }),
        ("status", |query, random, _| Query {
            status: Some(Status::all()[random.below(5) as usize]),
            ..query
        }),
        ("duration, many", |query, random, _| Query { min_duration_ms: Some(random.below(10_000)), ..query }),
        ("duration, few", |query, random, _| Query {
            min_duration_ms: Some(19_500 + random.below(300)),
            ..query
        }),
        ("duration, range", |query, random, _| {
            let least = random.below(15_000);
            Query { min_duration_ms: Some(least), max_duration_ms: Some(least + 50), ..query }
        }),
        ("end reason", |query, random, _| {
            let reasons =
                [EndReason::Dtmf, EndReason::FinalSilence, EndReason::Hangup, EndReason::DisconnectTone];
            Query { end_reason: Some(reasons[random.below(4) as usize]), ..query }
        }),
        ("agent, status, last 7 days", |query, random, now| {
            let agent = Some(format!("{}", 1_000 + random.below(AGENTS)));
            Query { agent, status: Some(Status::Unprocessed), ..query.last_days(7, now) }
        }),
        ("queue, status, end reason", |query, random, _| {
            let queue = Some(format!("queue{}", random.below(QUEUES)));
            Query {
                queue,
                status: Some(Status::AllocationFailed),
                end_reason: Some(EndReason::Dtmf),
                ..query
            }
        }),
        ("a page far behind", |query, _, _| query),
    ];
    println!(
        "{:<28} {:>10} {:>10} {:>10} {:>10}",
        "50 messages, ms", "list p50", "list p95", "count p50", "count p95"
    );
    for (name, kind) in kinds {
        let (mut listed, mut counted) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let tenant = tenant(if round % 2 == 0 { 0 } else { random.below(TENANTS) });
            let query = kind(Query::of(&tenant), &mut random, now);
            let after = (name == "a page far behind").then(|| {
                let ms = now.as_millisecond() - (random.below(80 * 86_400_000) as i64);
                format!("{ms}.{}", i64::MAX).parse().unwrap()
            });
            let began = Instant::now();
            store.list(&query, after, 50)?;
            listed.push(began.elapsed());
            let began = Instant::now();
            store.count(&query)?;
            counted.push(began.elapsed());
        }
        let at = |times: &mut Vec<Duration>, percent: usize| {
            times.sort();
            times[(times.len() * percent).div_ceil(100) - 1].as_secs_f64() * 1_000.0
        };
        println!(
            "{name:<28} {:>10.2} {:>10.2} {:>10.2} {:>10.2}",
            at(&mut listed, 50),
            at(&mut listed, 95),
            at(&mut counted, 50),
            at(&mut counted, 95)
        );
    }
    Ok(())
}

fn draft(number: u64) -> Draft {
    let tenant = tenant(number % TENANTS);
    Draft {
        caller: Some(format!("+34{number:09}")),
        channel: Some(format!("sip/{}", number % CHANNELS)),
        agent: Some(format!("{}", 1_000 + number % AGENTS)),
        status: Status::Unprocessed,
        ..Draft::new(&tenant, Timestamp::now(), "default", &format!("{tenant}/record/{number:08}.wav"))
    }
}

fn completion(draft: &Draft) -> Completion {
    Completion {
        ended_at: draft.started_at,
        duration_ms: 8_000,
        spoken_ms: None,
        end_reason: EndReason::Dtmf,
        end_digit: Some('#'),
        tone: None,
        loss: LossSummary::default(),
        complete: true,
        bytes: 128_104,
        path: None,
    }
}

/// 1000 messages a second, each begun and completed, by as many threads as answers have to be waited for.
fn completions(directory: &Path, seconds: u64) -> Outcome {
    const THREADS: u64 = 32;
    const A_SECOND: u64 = 1_000;
    let store = Arc::new(create(directory)?);
    for number in 0..TENANTS {
        store.add_tenant(&Tenant::new(&tenant(number)))?;
    }
    let options = RecorderOptions { digests: false, ..RecorderOptions::default() };
    let recorder = Recorder::start(Arc::clone(&store) as _, options)?;
    let began = Instant::now();
    let mut waits: Vec<Duration> = thread::scope(|scope| {
        let recorder = &recorder;
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    let mut waits = Vec::new();
                    for number in (thread..seconds * A_SECOND).step_by(THREADS as usize) {
                        let due = began + Duration::from_micros(number * 1_000_000 / A_SECOND);
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        let draft = draft(number);
                        let asked = Instant::now();
                        assert_eq!(recorder.begin(&draft, Duration::from_secs(10)), Applied::Done);
                        waits.push(asked.elapsed());
                        assert!(recorder.complete(&draft, completion(&draft)));
                    }
                    waits
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(recorder.flush(Duration::from_secs(60)), "the store fell behind");
    let passed = began.elapsed();
    waits.sort();
    let total = seconds * A_SECOND;
    let at = |percent: usize| waits[(waits.len() * percent).div_ceil(100) - 1];
    println!(
        "{total} messages begun and completed in {passed:.2?}: {:.0} a second",
        total as f64 / passed.as_secs_f64()
    );
    println!("a beginning was on the disk after {:.1?} (p50), {:.1?} (p99)", at(50), at(99));
    println!("{:?}", recorder.statistics());
    assert_eq!(store.kept()?, total);

    // As fast as it can.
    let began = Instant::now();
    let number = 100_000;
    for first in (0..number).step_by(512) {
        let changes = (first..first + 512).map(|number| {
            let draft = draft(number);
            Change::Complete { completion: Box::new(completion(&draft)), draft: Box::new(draft) }
        });
        store.apply(&changes.collect::<Vec<_>>())?;
    }
    println!("in batches of 512: {:.0} completions a second", number as f64 / began.elapsed().as_secs_f64());
    Ok(())
}

fn sweep_many(directory: &Path, count: u64) -> Outcome {
    let store = create(directory)?;
    for number in 0..TENANTS {
        store.add_tenant(&Tenant { retention_s: Some(60), ..Tenant::new(&tenant(number)) })?;
        std::fs::create_dir_all(directory.join(tenant(number)).join("record"))?;
    }
    for first in (0..count).step_by(512) {
        let mut changes = Vec::new();
        for number in first..(first + 512).min(count) {
            let draft = draft(number);
            std::fs::write(directory.join(&draft.path), b"RIFF")?;
            changes
                .push(Change::Complete { completion: Box::new(completion(&draft)), draft: Box::new(draft) });
        }
        store.apply(&changes)?;
    }
    println!("{count} messages are there; sweeping");
    let began = Instant::now();
    let now = Timestamp::now() + SignedDuration::from_hours(1);
    let report = sweep(&store, &SweepOptions::new(now))?;
    println!(
        "deleted {}, kept {}, failed {} in {:.1?}",
        report.deletion.deleted,
        report.kept,
        report.deletion.failed,
        began.elapsed()
    );
    Ok(())
}

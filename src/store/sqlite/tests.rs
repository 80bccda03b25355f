use super::connection::FILE;
use super::*;
use crate::session::EndReason;
use crate::store::tests::{completion, draft, now, store_at, with_tenant, write_file};
use crate::store::{LifeState, NameTemplate, SweepOptions, delete, sweep};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::time::Duration;

fn complete(store: &SqliteStore, draft: &Draft, completion: &Completion) {
    let change =
        Change::Complete { draft: Box::new(draft.clone()), completion: Box::new(completion.clone()) };
    assert_eq!(store.apply(&[change]).unwrap(), [Applied::Done]);
}

/// A few hundred messages of two tenants, with much in common.
fn many(store: &SqliteStore) -> Vec<(Draft, Completion)> {
    store.add_tenant(&Tenant::new("1002")).unwrap();
    let choice = |names: &[&str], number: u64| names[(number % names.len() as u64) as usize].to_owned();
    let made: Vec<_> = (0..600_u64)
        .map(|number| {
            let tenant = choice(&["1001", "1001", "1002"], number);
            // Several in one millisecond, and not in the order of arrival.
            let at = now() - SignedDuration::from_millis((number * 37 % 101 * 3_600_000).cast_signed());
            let draft = Draft {
                caller: (number % 4 > 0).then(|| choice(&["+1", "+2", "+3", "+4", "+5"], number / 2)),
                agent: (number % 3 > 0).then(|| choice(&["a", "b", "c"], number / 3)),
                queue: (number % 3 == 0).then(|| choice(&["q", "r"], number)),
                channel: Some(choice(&["sip/1", "sip/2", "sip/3"], number / 7)),
                status: Status::all()[(number / 5 % 5) as usize],
                ..Draft::new(&tenant, at, "default", &format!("{tenant}/{number}.wav"))
            };
            let reasons = [EndReason::Dtmf, EndReason::Hangup, EndReason::MaxDuration];
            let completion = Completion {
                duration_ms: number * 7_919 % 20_000,
                end_reason: reasons[(number / 11 % 3) as usize],
                ..completion()
            };
            (draft, completion)
        })
        .collect();
    made.iter().for_each(|(draft, completion)| complete(store, draft, completion));
    made
}

#[test]
fn every_filter_finds_what_it_says_in_order_and_page_by_page() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let made = many(&store);
    let base = |tenant: Option<&str>| Query { tenant: tenant.map(Into::into), ..Query::default() };
    let hour = |hours| now() - SignedDuration::from_hours(hours);
    let mut queries = Vec::new();
    for tenant in [None, Some("1001"), Some("1002")] {
        let base = || base(tenant);
        queries.extend([
            base(),
            Query { oldest_first: true, ..base() },
            base().last_days(1, now()),
            base().last_days(3, now()),
            Query { from: Some(hour(50)), until: Some(hour(20)), ..base() },
            Query { caller: Some("+3".into()), ..base() },
            Query { agent: Some("b".into()), oldest_first: true, ..base() },
            Query { queue: Some("q".into()), ..base() },
            Query { channel: Some("sip/2".into()), ..base() },
            Query { status: Some(Status::Processing), ..base() },
            Query { end_reason: Some(EndReason::Hangup), ..base() },
            Query { min_duration_ms: Some(15_000), ..base() },
            Query {
                min_duration_ms: Some(5_000),
                max_duration_ms: Some(6_000),
                from: Some(hour(60)),
                ..base()
            },
            Query {
                caller: Some("+1".into()),
                status: Some(Status::Unprocessed),
                max_duration_ms: Some(9_000),
                ..base()
            },
            Query { caller: Some("nobody".into()), ..base() },
        ]);
    }
    for query in &queries {
        let fits = |(draft, completion): &&(Draft, Completion)| {
            let same = |wanted: &Option<String>, has: &Option<String>| wanted.is_none() || wanted == has;
            query.tenant.as_ref().is_none_or(|tenant| *tenant == draft.tenant)
                && query.from.is_none_or(|from| draft.started_at >= from)
                && query.until.is_none_or(|until| draft.started_at < until)
                && same(&query.caller, &draft.caller)
                && same(&query.agent, &draft.agent)
                && same(&query.queue, &draft.queue)
                && same(&query.channel, &draft.channel)
                && query.status.is_none_or(|status| status == draft.status)
                && query.end_reason.is_none_or(|reason| reason == completion.end_reason)
                && query.min_duration_ms.is_none_or(|least| completion.duration_ms >= least)
                && query.max_duration_ms.is_none_or(|most| completion.duration_ms <= most)
        };
        let expected: BTreeSet<MessageId> = made.iter().filter(fits).map(|(draft, _)| draft.id).collect();
        let (mut found, mut place, mut times) = (Vec::new(), None, Vec::new());
        loop {
            let page = store.list(query, place, 7).unwrap();
            assert!(page.messages.len() <= 7);
            times.extend(page.messages.iter().map(|message| message.draft.started_at));
            found.extend(page.messages.iter().map(|message| message.draft.id));
            // As text, as the command line has it.
            place = page.next.map(|next| next.to_string().parse().unwrap());
            if place.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), expected.len(), "{query:?}");
        assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), expected, "{query:?}");
        let in_order = times.is_sorted_by(|a, b| if query.oldest_first { a <= b } else { a >= b });
        assert!(in_order, "{query:?}");
        assert_eq!(store.count(query).unwrap(), Count { count: expected.len() as u64, more: false });
    }
    assert!(matches!(store.list(&Query::of("9"), None, 1), Err(StoreError::UnknownTenant(_))));
}

#[test]
fn counts_are_exact_up_to_ten_thousand() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let change =
        |_| Change::Complete { draft: Box::new(draft("1001", "x")), completion: Box::new(completion()) };
    store.apply(&(0..10_000).map(change).collect::<Vec<_>>()).unwrap();
    let long = Query { min_duration_ms: Some(1), ..Query::of("1001") };
    assert_eq!(store.count(&Query::of("1001")).unwrap(), Count { count: 10_000, more: false });
    assert_eq!(store.count(&long).unwrap(), Count { count: 10_000, more: false });
    store.apply(&[change(0)]).unwrap();
    assert_eq!(store.count(&Query::of("1001")).unwrap(), Count { count: 10_000, more: true });
    assert_eq!(store.count(&long).unwrap(), Count { count: 10_000, more: true });
    assert_eq!(store.list(&long, None, 5).unwrap().messages.len(), 5);
    assert_eq!(store.kept().unwrap(), 10_001);
}

#[test]
fn a_record_comes_back_as_it_went_in() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), Some(60));
    let draft = Draft {
        node_id: Some("n7".into()),
        node_name: Some("Leave a message".into()),
        location: Some("uap1".into()),
        called: Some("900".into()),
        channel: Some("sip/1".into()),
        agent: Some("1001".into()),
        queue: Some("sales".into()),
        data: [("case".to_owned(), "7".to_owned())].into(),
        expected_bytes: 320_000,
        ..draft("1001", "whole")
    };
    let begin = Change::Begin { draft: Box::new(draft.clone()), owner: "me".into(), deferred: false };
    assert_eq!(store.apply(&[begin.clone(), begin]).unwrap(), [Applied::Done; 2]);
    let record = store.get(draft.id).unwrap();
    assert_eq!((&record.draft, record.state, record.completion), (&draft, LifeState::Recording, None));
    assert!(store.list(&Query::default(), None, 9).unwrap().messages.is_empty());
    assert_eq!(store.tenant("1001").unwrap().used_bytes, 320_000);
    let completion =
        Completion { tone: Some("busy".into()), path: Some("1001/other.wav".into()), ..completion() };
    complete(&store, &draft, &completion);
    complete(&store, &draft, &completion);
    assert_eq!(store.tenant("1001").unwrap().used_bytes, completion.bytes);
    let record = store.get(draft.id).unwrap();
    assert_eq!(record.completion, Some(Completion { path: None, ..completion.clone() }));
    assert_eq!((record.draft.path.as_str(), record.draft.data), ("1001/other.wav", draft.data));
    assert_eq!(record.expires_at, Some(completion.ended_at + SignedDuration::from_mins(1)));
    let digest = Change::Digest { id: draft.id, sha256: Some([7; 32]) };
    assert_eq!(store.undigested(9).unwrap().len(), 1);
    store.apply(&[digest]).unwrap();
    assert_eq!((store.get(draft.id).unwrap().sha256, store.undigested(9).unwrap().len()), (Some([7; 32]), 0));
    store.set_data(draft.id, "case", None).unwrap();
    store.set_data(draft.id, "note", Some("later")).unwrap();
    assert_eq!(store.get(draft.id).unwrap().draft.data, [("note".to_owned(), "later".to_owned())].into());
}

#[test]
fn statuses_follow_the_rules_and_keep_their_history() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let agent = |id: &str| Agent { agent_id: id.into(), name: None };
    store.import_agents("1001", &[agent("7"), agent("8")]).unwrap();
    let allocation = |agent, queue| crate::store::allocation(&store, "1001", agent, queue).unwrap();
    assert_eq!(allocation(Some("7"), None), Status::Unprocessed);
    assert_eq!(allocation(Some("9"), Some("sales")), Status::AllocationFailed);
    assert_eq!(allocation(None, Some("sales")), Status::Unprocessed);
    assert_eq!(allocation(None, None), Status::ToBeAllocated);

    let draft = Draft { agent: Some("9".into()), status: Status::AllocationFailed, ..draft("1001", "x") };
    complete(&store, &draft, &completion());
    let at = |minutes| now() + SignedDuration::from_mins(minutes);
    let set = |status, minute| store.set_status(draft.id, status, None, at(minute));
    assert!(matches!(set(Status::Processing, 1), Err(StoreError::Transition { .. })));
    assert!(matches!(store.allocate(draft.id, "9", None, at(1)), Err(StoreError::UnknownAgent { .. })));
    store.allocate(draft.id, "7", Some("admin"), at(1)).unwrap();
    set(Status::Processing, 2).unwrap();
    store.allocate(draft.id, "8", None, at(3)).unwrap();
    set(Status::Processed, 4).unwrap();
    assert!(matches!(store.allocate(draft.id, "7", None, at(5)), Err(StoreError::Transition { .. })));
    set(Status::Processing, 6).unwrap();
    let history = store.history(draft.id).unwrap();
    let told: Vec<_> = history.iter().map(|entry| (entry.status.name(), entry.agent.as_deref())).collect();
    let expected = [
        ("allocation_failed", Some("9")),
        ("unprocessed", Some("7")),
        ("processing", Some("7")),
        ("unprocessed", Some("8")),
        ("processed", Some("8")),
        ("processing", Some("8")),
    ];
    assert_eq!(told, expected);
    assert_eq!((history[1].at, history[1].actor.as_deref()), (at(1), Some("admin")));
    for from in Status::all() {
        assert!(!from.next().contains(&from) && !from.next().contains(&Status::AllocationFailed));
    }
}

#[test]
fn what_is_over_goes_and_what_is_held_stays() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let store = with_tenant(root, Some(86_400));
    store.add_tenant(&Tenant::new("forever")).unwrap();
    let drafts: Vec<Draft> = (0..7).map(|number| draft("1001", &number.to_string())).collect();
    let kept = draft("forever", "kept");
    for draft in drafts.iter().chain([&kept]) {
        write_file(root, draft, "");
        complete(&store, draft, &completion());
    }
    store.set_hold(drafts[0].id, true, Some("court"), now()).unwrap();
    assert!(matches!(delete(&store, &[drafts[1].id, drafts[0].id], now()), Err(StoreError::Held(_))));
    assert!(store.get(drafts[1].id).is_ok());
    // A directory in the place of a file cannot be removed.
    std::fs::remove_file(root.join(&drafts[3].path)).unwrap();
    std::fs::create_dir(root.join(&drafts[3].path)).unwrap();
    let day = SignedDuration::from_hours(24);
    let just = now() + day;
    let options = |now| SweepOptions { batch: 2, ..SweepOptions::new(now) };
    assert_eq!(sweep(&store, &options(just)).unwrap().deletion.deleted, 0);
    let dry = sweep(&store, &SweepOptions { dry_run: true, ..options(just + day) }).unwrap();
    assert_eq!((dry.deletion.deleted, dry.kept), (6, 2));
    assert!(root.join(&drafts[6].path).exists());
    let done = sweep(&store, &options(just + day)).unwrap();
    assert_eq!((done.deletion.deleted, done.deletion.failed, done.kept), (5, 1, 2));
    assert_eq!(done.deletion.failures[0].id, drafts[3].id);
    assert!(root.join(&drafts[0].path).exists() && root.join(&kept.path).exists());
    assert!(
        drafts[1..].iter().all(|draft| !root.join(&draft.path).is_file() && store.get(draft.id).is_err())
    );
    std::fs::remove_dir(root.join(&drafts[3].path)).unwrap();
    let again = sweep(&store, &options(just + day)).unwrap();
    assert_eq!((again.deletion.deleted, again.resumed, again.deletion.failed), (1, 1, 0));
    assert_eq!(store.tenant("1001").unwrap().used_bytes, completion().bytes);
    store.set_hold(drafts[0].id, false, None, now()).unwrap();
    assert_eq!(sweep(&store, &options(just + day)).unwrap().deletion.deleted, 1);
    let logged: i64 = store
        .read(|connection| {
            let sql =
                "SELECT count(*) FROM deletion_log WHERE tenant = '1001' AND reason = 2 AND bytes = 16104";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(logged, 7);
}

#[test]
fn the_quota_counts_what_is_under_way() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    store.add_tenant(&Tenant { quota_bytes: Some(1_000), ..Tenant::new("small") }).unwrap();
    let begin = |expected_bytes, tenant: &str| {
        let draft = Draft { expected_bytes, ..draft(tenant, "x") };
        (
            store
                .apply(&[Change::Begin {
                    draft: Box::new(draft.clone()),
                    owner: "me".into(),
                    deferred: false,
                }])
                .unwrap()[0],
            draft,
        )
    };
    let (taken, first) = begin(600, "small");
    assert_eq!(
        (taken, begin(600, "small").0, begin(400, "small").0),
        (Applied::Done, Applied::QuotaExceeded, Applied::Done)
    );
    assert_eq!(begin(0, "small").0, Applied::QuotaExceeded);
    assert_eq!(store.apply(&[Change::Abandon { id: first.id }]).unwrap(), [Applied::Done]);
    assert_eq!((begin(0, "small").0, begin(601, "small").0), (Applied::Done, Applied::QuotaExceeded));
    assert_eq!((begin(u64::MAX, "1001").0, begin(1, "nobody").0), (Applied::Done, Applied::Refused));
}

#[test]
fn tenants_and_volumes_are_checked() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    for id in ["", ".", "..", "a/b", "a\\b", "a\0b", "a\nb", &"x".repeat(129)] {
        assert!(matches!(store.add_tenant(&Tenant::new(id)), Err(StoreError::Name { .. })), "{id:?}");
    }
    let rooted = |id: &str, root: &str| store.add_tenant(&Tenant { root: root.into(), ..Tenant::new(id) });
    assert!(matches!(rooted("x", "../x"), Err(StoreError::Name { .. })));
    assert!(matches!(rooted("x", "/x"), Err(StoreError::Name { .. })));
    for root in ["1001", "1001/below"] {
        assert!(matches!(rooted("x", root), Err(StoreError::RootTaken { .. })), "{root}");
    }
    rooted("10012", "10012").unwrap();
    assert!(matches!(store.add_tenant(&Tenant::new("1001")), Err(StoreError::TenantExists(_))));
    let zoned = Tenant { time_zone: "Mars/Olympus".into(), ..Tenant::new("m") };
    assert!(matches!(store.add_tenant(&zoned), Err(StoreError::TimeZone(_))));
    let lost = Tenant { volume: "none".into(), ..Tenant::new("m") };
    assert!(matches!(store.add_tenant(&lost), Err(StoreError::UnknownVolume(_))));

    let template = NameTemplate::parse("{volume}/{vdn}/{caller}/{random}.wav").unwrap();
    store
        .add_tenant(&Tenant {
            time_zone: "Europe/Madrid".into(),
            template: Some(template.clone()),
            defaults: Some("{}".into()),
            ..Tenant::new("m")
        })
        .unwrap();
    let read = store.tenant("m").unwrap();
    assert_eq!((read.template.as_ref(), read.defaults.as_deref()), (Some(&template), Some("{}")));
    assert_eq!(read.local_time(now()).unwrap().hour(), 14);
    let context = crate::store::NameContext { caller: Some("../x"), ..Default::default() };
    assert!(read.fresh_path(now(), &context).unwrap().starts_with("m/___x/"));

    let volume = |path: &str| Volume { name: "disk2".into(), path: path.into() };
    assert!(matches!(store.move_volume(&volume("/a")), Err(StoreError::UnknownVolume(_))));
    store.add_volume(&volume("/a")).unwrap();
    assert!(matches!(store.add_volume(&volume("/b")), Err(StoreError::VolumeExists(_))));
    store.move_volume(&volume("/b")).unwrap();
    assert_eq!(store.volume("disk2").unwrap().path, Path::new("/b"));
    assert_eq!(store.volume("default").unwrap().path, directory.path());
}

#[test]
fn a_moved_volume_breaks_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let store = with_tenant(root, None);
    std::fs::create_dir(root.join("y")).unwrap();
    store.add_volume(&Volume { name: "disk".into(), path: "y".into() }).unwrap();
    let draft = Draft { volume: "disk".into(), ..draft("1001", "a") };
    write_file(&root.join("y"), &draft, "");
    complete(&store, &draft, &completion());
    std::fs::rename(root.join("y"), root.join("z")).unwrap();
    assert!(store.volume("disk").unwrap().open(&draft.path).is_err());
    store.move_volume(&Volume { name: "disk".into(), path: "z".into() }).unwrap();
    assert!(store.volume("disk").unwrap().open(&draft.path).is_ok());
}

#[test]
fn a_bad_database_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let options = StoreOptions { create: false, busy_timeout: Duration::from_millis(50) };
    let open = |root: &Path| SqliteStore::open(root, &options);
    assert!(matches!(open(root), Err(StoreError::NoStore(_))));
    let store = with_tenant(root, None);
    // Locked by another program.
    let other = Connection::open(root.join(FILE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let store_with_less_patience = open(root).unwrap();
    assert!(matches!(store_with_less_patience.add_tenant(&Tenant::new("b")), Err(StoreError::Locked)));
    assert!(store_with_less_patience.tenants().is_ok());
    other.execute_batch("ROLLBACK").unwrap();
    // Full, and read-only.
    store.connections.writer().unwrap().pragma_update(None, "max_page_count", 1).unwrap();
    let filling = Tenant { defaults: Some("x".repeat(1 << 20)), ..Tenant::new("c") };
    assert!(matches!(store.add_tenant(&filling), Err(StoreError::Full)));
    store.connections.writer().unwrap().pragma_update(None, "max_page_count", 1_000_000).unwrap();
    store.connections.writer().unwrap().pragma_update(None, "query_only", true).unwrap();
    assert!(matches!(store.add_tenant(&filling), Err(StoreError::ReadOnly)));
    store.connections.writer().unwrap().pragma_update(None, "query_only", false).unwrap();
    store.add_tenant(&filling).unwrap();
    // Newer than this program.
    store.connections.writer().unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(root), Err(StoreError::TooNew { found: 99, .. })));
    drop((store, store_with_less_patience, other));
    // No database, and a damaged one.
    std::fs::write(root.join(FILE), "x".repeat(5_000)).unwrap();
    for extra in ["afterbeep.db-wal", "afterbeep.db-shm"] {
        let _ = std::fs::remove_file(root.join(extra));
    }
    let told = open(root).unwrap_err();
    assert!(matches!(told, StoreError::Corrupt(_)) && told.to_string().contains("backup"), "{told}");
}

#[test]
fn migrations_reach_what_a_new_database_has() {
    let directory = tempfile::tempdir().unwrap();
    drop(with_tenant(directory.path(), None));
    // As the first version had it.
    let first = Connection::open(directory.path().join(FILE)).unwrap();
    first.execute_batch("DROP TABLE outbox; DROP TABLE webhook; PRAGMA user_version = 1").unwrap();
    drop(first);
    let again = SqliteStore::open(directory.path(), &StoreOptions::default()).unwrap();
    let version: u32 =
        again.read(|c| Ok(c.pragma_query_value(None, "user_version", |row| row.get(0))?)).unwrap();
    assert_eq!((version, again.tenants().unwrap().len()), (2, 1));
    let strict: i64 = again
        .read(|connection| {
            let sql = "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 \
                       AND name NOT LIKE 'sqlite%'";
            Ok(connection.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(strict, 0);
}

#[test]
fn no_tenant_has_files_of_another_one_or_of_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = with_tenant(directory.path(), None);
    let root = directory.path().canonicalize().unwrap();
    std::fs::create_dir_all(root.join("1001")).unwrap();
    std::os::unix::fs::symlink(&root, root.join("link")).unwrap();
    for (name, path) in
        [("same", ""), ("link", "link"), ("inner", "1001"), ("elsewhere", "../elsewhere-of-afterbeep")]
    {
        store.add_volume(&Volume { name: name.into(), path: root.join(path) }).unwrap();
    }
    let add = |id: &str, volume: &str, root: &str| {
        store.add_tenant(&Tenant { volume: volume.into(), root: root.into(), ..Tenant::new(id) })
    };
    for (volume, root) in [("default", "1001"), ("same", "1001"), ("link", "1001/x"), ("inner", "record")] {
        let told = add("2", volume, root).unwrap_err();
        assert!(
            matches!(&told, StoreError::RootTaken { tenant, .. } if tenant == "1001"),
            "{volume} {root}: {told}"
        );
    }
    for (volume, root) in [("default", "journal"), ("same", "journal/x"), ("link", "afterbeep.db")] {
        let told = add("2", volume, root).unwrap_err();
        assert!(matches!(told, StoreError::RootIsTheStores(_)), "{volume} {root}: {told}");
    }
    add("2", "elsewhere", "1001").unwrap();
    let moved = Volume { name: "elsewhere".into(), path: root.clone() };
    assert!(matches!(store.move_volume(&moved), Err(StoreError::RootTaken { .. })));
    assert_eq!(store.tenants().unwrap().len(), 2);
    let told = store.add_tenant(&Tenant { retention_s: Some(u64::MAX), ..Tenant::new("3") }).unwrap_err();
    assert!(matches!(told, StoreError::Retention));
}

#[test]
fn a_recording_that_was_let_through_has_a_record_whatever_the_quota() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_at(directory.path());
    store.add_tenant(&Tenant { quota_bytes: Some(100), ..Tenant::new("1001") }).unwrap();
    let begin = |name: &str, deferred| Change::Begin {
        draft: Box::new(Draft { expected_bytes: 80, ..draft("1001", name) }),
        owner: "nobody".into(),
        deferred,
    };
    let applied = store.apply(&[begin("a", false), begin("b", false), begin("c", true)]).unwrap();
    assert_eq!(applied, [Applied::Done, Applied::QuotaExceeded, Applied::Done]);
}

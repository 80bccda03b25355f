//! Every column of ITU-T Q.24, table A-1, against a receiver with that column's profile. The figures are the
//! table's, written down anew. What a receiver does beyond them is measured and printed (`-- --nocapture`).

mod common;

use afterbeep::dsp::dtmf::{DtmfProfile, HIGH_HZ, LOW_HZ};
use common::dtmf::{DIGITS, Presses, SIGNS, Score, last_good, receive};
use common::{Key, Line, Random, samples};

/// What a column promises.
struct Column {
    name: &'static str,
    profile: DtmfProfile,
    accept_percent: f64,
    accept_hz: f64,
    reject_percent: f64,
    accept_dbm0: f64,
    reject_dbm0: f64,
    normal_twist_db: f64,
    reverse_twist_db: f64,
    reject_tone_ms: usize,
    accept_pause_ms: usize,
    interruption_ms: usize,
}

/// The same in all columns. Each operates up to 0 dBm0 a tone, whatever less it may ask for.
const ACCEPT_TONE_MS: usize = 40;
const TOP_DBM0: f64 = 0.0;

fn columns() -> [Column; 9] {
    let att = Column {
        name: "AT&T",
        profile: DtmfProfile::ATT,
        accept_percent: 1.5,
        accept_hz: 0.0,
        reject_percent: 3.5,
        accept_dbm0: -25.0,
        reject_dbm0: -55.0,
        normal_twist_db: 8.0,
        reverse_twist_db: 4.0,
        reject_tone_ms: 23,
        accept_pause_ms: 40,
        interruption_ms: 10,
    };
    let ntt = Column {
        name: "NTT",
        profile: DtmfProfile::NTT,
        accept_percent: 1.8,
        accept_hz: 0.0,
        reject_percent: 3.0,
        accept_dbm0: -24.0,
        reject_dbm0: -29.0,
        normal_twist_db: 5.0,
        reverse_twist_db: 5.0,
        reject_tone_ms: 24,
        accept_pause_ms: 30,
        interruption_ms: 10,
    };
    // The column names no deviation to reject.
    let danish = Column {
        name: "Danish",
        profile: DtmfProfile::DK,
        accept_percent: 1.5,
        accept_hz: 2.0,
        reject_percent: 3.5,
        accept_dbm0: -27.0,
        reject_dbm0: -36.0,
        normal_twist_db: 6.0,
        reverse_twist_db: 6.0,
        reject_tone_ms: 20,
        accept_pause_ms: 40,
        interruption_ms: 20,
    };
    let australian = Column {
        name: "Australian",
        profile: DtmfProfile::AU,
        accept_percent: 1.5,
        accept_hz: 4.0,
        reject_percent: 7.0,
        accept_dbm0: -27.0,
        reject_dbm0: -30.0,
        normal_twist_db: 10.0,
        reverse_twist_db: 10.0,
        reject_tone_ms: 25,
        accept_pause_ms: 70,
        interruption_ms: 12,
    };
    let brazilian = Column {
        name: "Brazilian",
        profile: DtmfProfile::BR,
        accept_percent: 1.8,
        accept_hz: 0.0,
        reject_percent: 3.0,
        accept_dbm0: -25.0,
        reject_dbm0: -50.0,
        normal_twist_db: 9.0,
        reverse_twist_db: 9.0,
        reject_tone_ms: 20,
        accept_pause_ms: 30,
        interruption_ms: 10,
    };
    // ES 201 235-3; what it leaves open is AT&T's.
    let etsi = Column {
        name: "ETSI",
        profile: DtmfProfile::ETSI,
        accept_percent: 1.5,
        accept_hz: 2.0,
        reject_percent: 3.5,
        accept_dbm0: -25.0,
        reject_dbm0: -55.0,
        normal_twist_db: 6.0,
        reverse_twist_db: 6.0,
        reject_tone_ms: 20,
        accept_pause_ms: 40,
        interruption_ms: 20,
    };
    let default = Column {
        name: "default",
        profile: DtmfProfile::default(),
        accept_percent: 1.8,
        accept_hz: 0.0,
        reject_percent: 3.0,
        accept_dbm0: -27.0,
        reject_dbm0: -55.0,
        normal_twist_db: 8.0,
        reverse_twist_db: 4.0,
        reject_tone_ms: 22,
        accept_pause_ms: 30,
        interruption_ms: 20,
    };
    let relaxed = Column {
        name: "relaxed",
        profile: DtmfProfile::RELAXED,
        normal_twist_db: 10.0,
        reverse_twist_db: 10.0,
        ..default
    };
    // The default has to be AT&T's column whole, too.
    let default_as_att = Column { name: "default as AT&T", profile: DtmfProfile::default(), ..att };
    [att, ntt, danish, australian, brazilian, etsi, relaxed, default, default_as_att]
}

impl Column {
    fn presses(&self, rounds: usize) -> Presses {
        Presses::new(self.profile, rounds)
    }

    /// Both tones off by what has to be accepted and some per cent more, each its own way.
    fn deviate(&self, key: Key, (low, high): (f64, f64), more_percent: f64) -> Key {
        let (row, column) = key.digit.row_and_column();
        let part = |hz: f32| (self.accept_percent + more_percent) / 100.0 + self.accept_hz / f64::from(hz);
        key.deviation(low * part(LOW_HZ[row]), high * part(HIGH_HZ[column]))
    }
}

#[test]
fn frequencies_are_accepted() {
    for column in columns() {
        let score = |more_percent: f64| -> Score {
            let press = |signs| {
                let key = |key: Key| column.deviate(key.ms(ACCEPT_TONE_MS), signs, more_percent);
                column.presses(4).on_a_quiet_line(key)
            };
            SIGNS.into_iter().map(press).sum()
        };
        let promised = score(0.0);
        assert!(promised.all(), "{}: {promised}", column.name);
        let margin = last_good(0.0, 0.02, 2.0, |more_percent| score(more_percent).all());
        println!(
            "{}: ±{} % ± {} Hz accepted, and ±{:.2} % more",
            column.name, column.accept_percent, column.accept_hz, margin
        );
    }
}

#[test]
fn frequencies_are_rejected() {
    for column in columns() {
        let score = |percent: f64| -> Score {
            let off = percent / 100.0;
            // One tone off is enough, and both are no better.
            [(off, 0.0), (-off, 0.0), (0.0, off), (0.0, -off), (off, off), (-off, -off)]
                .into_iter()
                .map(|(low, high)| column.presses(2).on_a_quiet_line(|key| key.deviation(low, high)))
                .sum()
        };
        let promised = score(column.reject_percent);
        assert!(promised.none(), "{}: {promised}", column.name);
        // Still further off a neighbour begins, but the digit does not come back.
        for more_percent in [0.5, 1.0, 2.0] {
            let beyond = score(column.reject_percent + more_percent);
            assert_eq!(beyond.right, 0, "{} and {more_percent} %: {beyond}", column.name);
        }
        let from = last_good(column.reject_percent, -0.05, 1.0, |percent| score(percent).none());
        println!("{}: ±{} % rejected, and from ±{:.2} % on", column.name, column.reject_percent, from);
    }
}

#[test]
fn levels_are_accepted() {
    for column in columns() {
        let score = |dbm0: f64| column.presses(4).on_a_quiet_line(|key| key.ms(ACCEPT_TONE_MS).level(dbm0));
        let steps = (TOP_DBM0 - column.accept_dbm0) as i32;
        for step in 0..=steps {
            let dbm0 = TOP_DBM0 - f64::from(step);
            assert!(score(dbm0).all(), "{} at {dbm0} dBm0: {}", column.name, score(dbm0));
        }
        let lowest = last_good(column.accept_dbm0, -0.1, -60.0, |dbm0| score(dbm0).all());
        println!("{}: {TOP_DBM0} to {} dBm0 accepted, and to {:.1}", column.name, column.accept_dbm0, lowest);
    }
}

#[test]
fn levels_are_rejected() {
    for column in columns() {
        let twist_db = column.normal_twist_db.min(column.reverse_twist_db);
        let score = |dbm0: f64| -> Score {
            // The weaker tone decides, whichever it is.
            let weaker = [
                key_levels(dbm0, dbm0),
                key_levels(dbm0, dbm0 + twist_db),
                key_levels(dbm0 + twist_db, dbm0),
            ];
            weaker.into_iter().map(|levels| column.presses(2).on_a_quiet_line(levels)).sum()
        };
        for below_db in [0.0, 1.0, 3.0, 10.0, 25.0] {
            let dbm0 = column.reject_dbm0 - below_db;
            assert!(score(dbm0).none(), "{} at {dbm0} dBm0: {}", column.name, score(dbm0));
        }
        let highest = last_good(column.reject_dbm0, 0.1, -10.0, |dbm0| score(dbm0).none());
        println!("{}: {} dBm0 rejected, and up to {:.1}", column.name, column.reject_dbm0, highest);
    }
}

fn key_levels(low_dbm0: f64, high_dbm0: f64) -> impl Fn(Key) -> Key {
    move |key| Key { low_dbm0, high_dbm0, ..key }
}

#[test]
fn twist_is_accepted() {
    for column in columns() {
        for (way, sign, promised_db) in
            [("normal", -1.0, column.normal_twist_db), ("reverse", 1.0, column.reverse_twist_db)]
        {
            let score = |db: f64| -> Score {
                let key = |key: Key| key.ms(ACCEPT_TONE_MS).twist(sign * db);
                // The stronger tone at -10 dBm0, or the weaker one at the lowest level to accept.
                let faint = column.accept_dbm0 + db;
                [-10.0, faint]
                    .map(|dbm0| column.presses(2).on_a_quiet_line(|plain| key(plain.level(dbm0))))
                    .into_iter()
                    .sum()
            };
            for db in (0..=promised_db as usize).map(|db| db as f64) {
                assert!(score(db).all(), "{} with {db} dB of {way} twist: {}", column.name, score(db));
            }
            let accepted = last_good(promised_db, 0.1, 25.0, |db| score(db).all());
            let rejected = last_good(25.0, -0.1, promised_db, |db| score(db).none());
            println!(
                "{}: {promised_db} dB of {way} twist accepted, and to {accepted:.1}; rejected from {:.1} on",
                column.name, rejected
            );
        }
    }
}

#[test]
fn tones_have_to_last() {
    for column in columns() {
        let score = |ms: f64| column.presses(12).on_a_quiet_line(|key| key.ms(ms as usize));
        for more_ms in [0, 1, 3, 10, 60] {
            let ms = (ACCEPT_TONE_MS + more_ms) as f64;
            assert!(score(ms).all(), "{}, {ms} ms: {}", column.name, score(ms));
        }
        for less_ms in [0, 1, 2, 5, 10] {
            let ms = (column.reject_tone_ms - less_ms) as f64;
            assert!(score(ms).none(), "{}, {ms} ms: {}", column.name, score(ms));
        }
        let shortest = last_good(ACCEPT_TONE_MS as f64, -1.0, 1.0, |ms| score(ms).all());
        let longest = last_good(column.reject_tone_ms as f64, 1.0, 40.0, |ms| score(ms).none());
        println!(
            "{}: {ACCEPT_TONE_MS} ms accepted, and from {} on; {} ms rejected, and up to {}",
            column.name, shortest, column.reject_tone_ms, longest
        );
    }
}

/// How many digits come of every key pressed twice with a pause in between, or interrupted: as many as `expected`
/// is right.
fn with_a_gap(
    profile: &DtmfProfile,
    rounds: usize,
    expected: usize,
    gap: impl Fn(Line, Key, &mut Random) -> Line,
) -> Score {
    let mut random = Random::new(5);
    let mut press = |digit: char| {
        let offset = (random.next() % 102) as usize;
        let line = Line::new().silence(60).silence_samples(offset);
        let line = gap(line, Key::new(digit), &mut random).silence(100);
        let expected = String::from(digit).repeat(expected);
        Score::of(&receive(profile, &line.pcm(), &mut random), &expected)
    };
    (0..rounds).flat_map(|_| DIGITS.chars()).map(&mut press).sum()
}

#[test]
fn pauses_separate() {
    for column in columns() {
        let score = |pause_ms: f64| {
            with_a_gap(&column.profile, 6, 2, |line, key, random| {
                line.key(key.ms(50), random).silence(pause_ms as usize).key(key.ms(50), random)
            })
        };
        for more_ms in [0, 1, 2, 5, 10, 25, 50] {
            let ms = (column.accept_pause_ms + more_ms) as f64;
            assert!(score(ms).all(), "{}, {ms} ms: {}", column.name, score(ms));
        }
        let shortest = last_good(column.accept_pause_ms as f64, -1.0, 1.0, |ms| score(ms).all());
        println!(
            "{}: {} ms of pause separate, and from {} on",
            column.name, column.accept_pause_ms, shortest
        );
    }
}

/// A tone that is silent for a time, and goes on as if it had not been.
fn interrupted(line: Line, key: Key, before_ms: usize, gap_ms: usize, random: &mut Random) -> Line {
    let from = line.len() + samples(before_ms);
    let mut line = line.key(key.ms(before_ms + gap_ms + 50), random);
    line.samples[from..from + samples(gap_ms)].fill(0.0);
    line
}

#[test]
fn interruptions_are_ridden_over() {
    for column in columns() {
        let score = |gap_ms: f64| -> Score {
            let gap_ms = gap_ms as usize;
            let press = |before_ms: usize| {
                with_a_gap(&column.profile, 2, 1, |line, key, random| {
                    interrupted(line, key, before_ms, gap_ms, random)
                })
            };
            [40, 71, 100].into_iter().map(press).sum()
        };
        for ms in 1..=column.interruption_ms {
            assert!(score(ms as f64).all(), "{}, {ms} ms: {}", column.name, score(ms as f64));
        }
        let longest = last_good(column.interruption_ms as f64, 1.0, 100.0, |ms| score(ms).all());
        println!("{}: {} ms ridden over, and up to {}", column.name, column.interruption_ms, longest);
    }
}

/// Both deviations and the twist at once, each at a part of what has to be accepted alone.
fn corner(column: &Column, rounds: usize, twist_db: f64, part: f64) -> Score {
    let faint = column.accept_dbm0 + twist_db.abs();
    let less_percent = (part - 1.0) * column.accept_percent;
    let press = |(signs, dbm0): ((f64, f64), f64)| {
        let key = |key: Key| key.ms(ACCEPT_TONE_MS).level(dbm0).twist(part * twist_db);
        column.presses(rounds).on_a_quiet_line(|plain| column.deviate(key(plain), signs, less_percent))
    };
    SIGNS.into_iter().flat_map(|signs| [(signs, -10.0), (signs, faint)]).map(press).sum()
}

/// The columns of the standards have their corners whole. Speech that passes for digits lies there, so that the default,
/// wider than any of them, cuts its own outermost ones off, on purpose; those of AT&T it takes whole.
#[test]
fn corners_are_accepted() {
    for column in columns() {
        for (way, twist_db) in [("normal", -column.normal_twist_db), ("reverse", column.reverse_twist_db)] {
            let whole = column.profile.whole_corners || column.name == "default as AT&T";
            let promised_part = if whole { 1.0 } else { 0.9 };
            let promised = corner(&column, 2, twist_db, promised_part);
            assert!(promised.all(), "{}, {way} twist: {promised}", column.name);
            let part = last_good(promised_part, 0.01, 1.5, |part| corner(&column, 2, twist_db, part).all());
            let whole = corner(&column, 2, twist_db, 1.0);
            println!(
                "{}: corners with {way} twist accepted to {part:.2} of each limit; at 1: {whole}",
                column.name
            );
        }
    }
}

/// What a receiver makes of the default's lowest to its highest level.
#[test]
fn the_default_has_a_dynamic_range_of_40_db() {
    let presses = Presses::new(DtmfProfile::default(), 10);
    let all = |dbm0: f64| presses.on_a_quiet_line(|key| key.ms(50).level(dbm0)).all();
    let lowest = last_good(-10.0, -0.5, -60.0, all);
    // The sum of both tones is clipped from -3 dBm0 on; a tone alone at +3.14 dBm0.
    let highest = last_good(-10.0, 0.5, 3.0, all);
    println!("dynamic range {} dB: {lowest} to {highest} dBm0 a tone", highest - lowest);
    assert!(highest - lowest >= 40.0);
}

/// A field moves what it is about: a press that one profile takes and the other does not.
fn moves(field: &str, base: &DtmfProfile, changed: &DtmfProfile, taken: bool, key: impl Fn(Key) -> Key) {
    let score = |profile: &DtmfProfile| Presses::new(*profile, 3).on_a_quiet_line(&key);
    let (before, after) = (score(base), score(changed));
    let (more, less) = if taken { (after, before) } else { (before, after) };
    assert!(more.all() && less.none(), "{field}: {before}, then {after}");
}

#[test]
fn each_field_moves_what_it_is_about() {
    let att = DtmfProfile::ATT;
    let accepts =
        |field: &str, changed: DtmfProfile, key: fn(Key) -> Key| moves(field, &att, &changed, true, key);
    let rejects =
        |field: &str, changed: DtmfProfile, key: fn(Key) -> Key| moves(field, &att, &changed, false, key);
    accepts("accept_deviation_percent", DtmfProfile { accept_deviation_percent: 2.2, ..att }, |key| {
        key.deviation(0.022, -0.022)
    });
    rejects("accept_deviation_percent", DtmfProfile { accept_deviation_percent: 0.7, ..att }, |key| {
        key.deviation(0.015, -0.015)
    });
    // 8 Hz are 0.85 % of 941 Hz and 0.49 % of 1633 Hz.
    accepts("accept_deviation_hz", DtmfProfile { accept_deviation_hz: 8.0, ..att }, |key| {
        key.deviation(0.0235, -0.0199)
    });
    accepts("accept_level_dbm0", DtmfProfile { accept_level_dbm0: -45.0, ..att }, |key| key.level(-45.0));
    rejects("reject_level_dbm0", DtmfProfile { reject_level_dbm0: -28.0, ..att }, |key| key.level(-28.0));
    let even = DtmfProfile { normal_twist_db: 4.0, ..att };
    moves("normal_twist_db", &even, &DtmfProfile { normal_twist_db: 10.0, ..att }, true, |key| {
        key.twist(-9.5)
    });
    rejects("normal_twist_db", DtmfProfile { normal_twist_db: 4.0, ..att }, |key| key.twist(-8.0));
    accepts("reverse_twist_db", DtmfProfile { reverse_twist_db: 10.0, ..att }, |key| key.twist(9.5));
    rejects("reverse_twist_db", DtmfProfile { reverse_twist_db: 0.0, ..att }, |key| key.twist(4.0));
    // The limit is set by what is accepted, which half a per cent more never is.
    rejects(
        "reject_deviation_percent",
        DtmfProfile { accept_deviation_percent: 1.0, reject_deviation_percent: 1.5, ..att },
        |key| key.deviation(0.015, 0.0),
    );
    rejects("accept_tone_ms", DtmfProfile { accept_tone_ms: 80, ..att }, |key| key.ms(45));
    rejects("reject_tone_ms", DtmfProfile { accept_tone_ms: 60, reject_tone_ms: 50, ..att }, |key| {
        key.ms(50)
    });
}

/// The widest deviations that a profile may ask for.
#[test]
fn wide_deviations_are_accepted() {
    let score = |percent: f32, hz: f32| -> Score {
        let profile =
            DtmfProfile { accept_deviation_percent: percent, accept_deviation_hz: hz, ..DtmfProfile::ATT };
        let profile = DtmfProfile { reject_deviation_percent: 6.0, ..profile };
        let [att, ..] = columns();
        let asks = Column { profile, accept_percent: percent.into(), accept_hz: hz.into(), ..att };
        let press = |signs| asks.presses(5).on_a_quiet_line(|key| asks.deviate(key, signs, 0.0));
        SIGNS.into_iter().map(press).sum()
    };
    for (percent, hz) in [(2.25, 0.0), (2.0, 4.0), (1.5, 8.0)] {
        assert!(score(percent, hz).all(), "{percent} % and {hz} Hz: {}", score(percent, hz));
    }
}

#[test]
fn accept_tone_ms_may_be_60_with_50_rejected() {
    let profile = DtmfProfile { accept_tone_ms: 60, reject_tone_ms: 50, ..DtmfProfile::ATT };
    let score = |ms: usize| Presses::new(profile, 10).on_a_quiet_line(|key| key.ms(ms));
    assert!(score(48).none() && score(50).none(), "{} {}", score(48), score(50));
    assert!(score(60).all() && score(62).all(), "{} {}", score(60), score(62));
}

#[test]
fn pause_fields_move_what_separates() {
    let att = DtmfProfile::ATT;
    let twice = |profile: &DtmfProfile, pause_ms: usize, expected: usize| {
        let score = with_a_gap(profile, 4, expected, |line, key, random| {
            line.key(key.ms(50), random).silence(pause_ms).key(key.ms(50), random)
        });
        assert!(score.all(), "{profile:?}, {pause_ms} ms: {score}");
    };
    twice(&att, 45, 2);
    twice(&DtmfProfile { accept_pause_ms: 100, ..att }, 45, 1);
    twice(&DtmfProfile { accept_pause_ms: 100, ..att }, 100, 2);
    twice(&DtmfProfile { interruption_ms: 30, ..att }, 30, 1);
    twice(&att, 30, 2);
}

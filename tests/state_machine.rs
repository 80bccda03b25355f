//! Every pair of state and input has the outcome that the table in `session::state` gives it.

use afterbeep::session::state::{Input, State, Transition, transition};
use afterbeep::session::{EndReason, Vocabulary};

const STATES: [State; 5] =
    [State::Beep, State::EchoGuard, State::AwaitingSpeech, State::Recording, State::Ended];

#[test]
fn every_pair_has_a_stated_outcome() {
    use Transition::{End, Stay, To};
    let table = [
        (Input::BeepDone, [To(State::EchoGuard), Stay, Stay, Stay]),
        (Input::AwaitSpeech, [Stay, To(State::AwaitingSpeech), Stay, Stay]),
        (Input::GuardDone, [Stay, To(State::Recording), Stay, Stay]),
        (Input::Speech, [Stay, Stay, To(State::Recording), Stay]),
        (Input::Terminator, [Stay, Stay, End(EndReason::Dtmf), End(EndReason::Dtmf)]),
        (Input::DisconnectTone, [End(EndReason::DisconnectTone); 4]),
        (Input::OtherDigit, [Stay, Stay, Stay, Stay]),
        (Input::MaxDuration, [Stay, Stay, Stay, End(EndReason::MaxDuration)]),
        (Input::FinalSilence, [Stay, Stay, Stay, End(EndReason::FinalSilence)]),
        (Input::InitialSilence, [Stay, Stay, End(EndReason::InitialSilence), End(EndReason::InitialSilence)]),
        (Input::Hangup, [End(EndReason::Hangup); 4]),
        (Input::Stop, [End(EndReason::Stopped); 4]),
        (Input::MediaTimeout, [End(EndReason::MediaTimeout); 4]),
        (Input::Cancel, [End(EndReason::Cancelled); 4]),
        (Input::Fail, [End(EndReason::Error); 4]),
    ];
    for (input, [beep, guard, awaiting, recording]) in table {
        for (state, expected) in STATES.into_iter().zip([beep, guard, awaiting, recording, Stay]) {
            assert_eq!(transition(state, input), expected, "{state:?} × {input:?}");
        }
    }
}

#[test]
fn the_documented_table_is_the_tested_one() {
    let source = include_str!("../src/session/state.rs");
    let rows: Vec<&str> = source.lines().filter(|line| line.starts_with("//! | `")).collect();
    assert_eq!(rows.len(), 15);
    let inputs = [
        Input::BeepDone,
        Input::AwaitSpeech,
        Input::GuardDone,
        Input::Speech,
        Input::Terminator,
        Input::DisconnectTone,
        Input::OtherDigit,
        Input::MaxDuration,
        Input::FinalSilence,
        Input::InitialSilence,
        Input::Hangup,
        Input::Stop,
        Input::MediaTimeout,
        Input::Cancel,
        Input::Fail,
    ];
    for (row, input) in rows.iter().zip(inputs) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[1], format!("`{input:?}`"));
        for (cell, state) in cells[2..7].iter().zip(STATES) {
            let expected = match transition(state, input) {
                Transition::Stay => "–".to_owned(),
                Transition::To(next) => format!("→ `{next:?}`"),
                Transition::End(reason) => format!("end `{reason}`"),
            };
            assert_eq!(*cell, expected, "{state:?} × {input:?}");
        }
    }
}

#[test]
fn numbers_of_states_and_reasons_are_fixed() {
    assert_eq!(STATES.map(|state| state as u32), [1, 2, 5, 3, 4]);
    assert!(STATES.iter().all(|&state| State::from_number(state as u32) == Some(state)));
    let reasons = [
        (EndReason::Dtmf, 1, "dtmf"),
        (EndReason::FinalSilence, 2, "final_silence"),
        (EndReason::InitialSilence, 3, "initial_silence"),
        (EndReason::MaxDuration, 4, "max_duration"),
        (EndReason::Hangup, 5, "hangup"),
        (EndReason::Stopped, 6, "stopped"),
        (EndReason::DisconnectTone, 7, "disconnect_tone"),
        (EndReason::TooShort, 8, "too_short"),
        (EndReason::MediaTimeout, 9, "media_timeout"),
        (EndReason::Cancelled, 10, "cancelled"),
        (EndReason::DiskFull, 11, "disk_full"),
        (EndReason::WriteError, 12, "write_error"),
        (EndReason::Error, 13, "error"),
    ];
    for (reason, number, name) in reasons {
        assert_eq!((reason as u32, reason.name()), (number, name));
    }
}

#[test]
fn the_documented_vocabularies_are_those_of_the_code() {
    let table = include_str!("../docs/end-reasons.md");
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with('|') && line.contains('`') && !line.contains("number"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), EndReason::all().count());
    for (row, reason) in rows.iter().zip(EndReason::all()) {
        assert_eq!(row[1], format!("{} `{reason}`", reason as u32));
        for (cell, vocabulary) in row[3..9].iter().zip(Vocabulary::ALL) {
            let name = reason.name_in(vocabulary).to_str().unwrap();
            assert_eq!(*cell, if name.is_empty() { "–" } else { name }, "{reason} {vocabulary:?}");
        }
    }
}

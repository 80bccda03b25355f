//! The notation of the country table, read at compile time: kinds by their first letters, each followed by its
//! patterns, `400+450/400,0/200,400+450/400,0/2000`. A mistake does not compile.

use super::ToneKind;
use super::pattern::{FREQUENCIES_MAX, PAIRS_MAX, TonePattern};

/// How many patterns a text holds: its words that begin with a digit.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
pub(super) const fn count(text: &str) -> usize {
    let text = text.as_bytes();
    let (mut count, mut at) = (0, 0);
    while at < text.len() {
        if text[at].is_ascii_digit() && (at == 0 || text[at - 1] == b' ') {
            count += 1;
        }
        at += 1;
    }
    count
}

/// Reads a text of `N` patterns.
#[allow(clippy::indexing_slicing, clippy::panic, reason = "evaluated at compile time")]
pub(super) const fn patterns<const N: usize>(text: &str) -> [TonePattern; N] {
    const NONE: TonePattern = TonePattern {
        kind: ToneKind::Busy,
        frequencies_hz: [0; FREQUENCIES_MAX],
        modulated: false,
        cadence_ms: [[0; 2]; PAIRS_MAX],
    };
    let text = text.as_bytes();
    let mut patterns = [NONE; N];
    let (mut kind, mut count, mut at) = (ToneKind::Busy, 0, 0);
    while at < text.len() {
        if text[at] == b' ' {
            at += 1;
        } else if text[at].is_ascii_digit() {
            (patterns[count], at) = pattern(kind, text, at);
            count += 1;
        } else {
            kind = kind_of(text[at]);
            while at < text.len() && text[at] != b' ' {
                at += 1;
            }
        }
    }
    assert!(count == N);
    patterns
}

/// The kind that a word stands for.
#[allow(clippy::panic, reason = "evaluated at compile time")]
const fn kind_of(letter: u8) -> ToneKind {
    match letter {
        b'b' => ToneKind::Busy,
        b'c' => ToneKind::Congestion,
        b'n' => ToneKind::NumberUnobtainable,
        b'd' => ToneKind::Dial,
        b'h' => ToneKind::Howler,
        b'r' => ToneKind::Ringback,
        b'w' => ToneKind::CallWaiting,
        b'f' => ToneKind::FaxCalling,
        _ => panic!("no such kind"),
    }
}

/// One pattern from `at` on, and where it ends.
#[allow(clippy::indexing_slicing, clippy::panic, reason = "evaluated at compile time")]
const fn pattern(kind: ToneKind, text: &[u8], at: usize) -> (TonePattern, usize) {
    let mut pattern = TonePattern {
        kind,
        frequencies_hz: [0; FREQUENCIES_MAX],
        modulated: false,
        cadence_ms: [[0; 2]; PAIRS_MAX],
    };
    let (mut at, mut pair) = (at, 0);
    loop {
        // The frequencies of each sound are the same.
        let mut place = 0;
        loop {
            let (hz, next) = number(text, at);
            assert!(pattern.frequencies_hz[place] == 0 || pattern.frequencies_hz[place] == hz);
            pattern.frequencies_hz[place] = hz;
            (at, place) = (next, place + 1);
            if at < text.len() && text[at] == b'*' {
                pattern.modulated = true;
                (_, at) = number(text, at + 1);
            }
            if at == text.len() || text[at] != b'+' {
                break;
            }
            at += 1;
        }
        if at == text.len() || text[at] == b' ' {
            assert!(pair == 0);
            return (pattern, at);
        }
        assert!(text[at] == b'/');
        let (on, next) = number(text, at + 1);
        assert!(text[next] == b',' && text[next + 1] == b'0' && text[next + 2] == b'/');
        let (off, next) = number(text, next + 3);
        pattern.cadence_ms[pair] = [on, off];
        (at, pair) = (next, pair + 1);
        if at == text.len() || text[at] == b' ' {
            return (pattern, at);
        }
        assert!(text[at] == b',');
        at += 1;
    }
}

#[allow(clippy::indexing_slicing, clippy::panic, reason = "evaluated at compile time")]
const fn number(text: &[u8], mut at: usize) -> (u16, usize) {
    assert!(text[at].is_ascii_digit());
    let mut number = 0;
    while at < text.len() && text[at].is_ascii_digit() {
        number = 10 * number + (text[at] - b'0') as u16;
        at += 1;
    }
    (number, at)
}

//! Tone plans: the table, lists of codes, what is refused, and tones learned from a line.

mod common;

use afterbeep::dsp::tone_plan::{COUNTRIES, ToneKind, TonePattern, TonePlan};
use common::{Line, samples, write_wav};
use std::process::{Command, Output};

#[test]
fn the_table_has_forty_countries_by_code_and_each_tone_is_sound() {
    assert!(COUNTRIES.len() >= 40);
    assert!(COUNTRIES.is_sorted_by(|a, b| a.code < b.code), "in order, each once");
    for country in COUNTRIES {
        assert!(country.code.len() == 2 && country.code.bytes().all(|byte| byte.is_ascii_lowercase()));
        for pattern in country.patterns {
            assert_eq!(pattern.validate(), Ok(()), "{}: {pattern:?}", country.code);
        }
    }
    let ends = COUNTRIES.iter().filter(|country| country.patterns.iter().any(|p| p.kind == ToneKind::Busy));
    println!("{} countries, {} with busy tone", COUNTRIES.len(), ends.count());
}

#[test]
fn lists_are_read_and_unknown_codes_named() {
    let codes =
        |list| TonePlan::parse(list).unwrap().countries().map(|country| country.code).collect::<Vec<_>>();
    assert_eq!(codes("us,gb,generic"), ["gb", "us"]);
    assert_eq!(codes("uk"), ["gb"]);
    assert!(TonePlan::parse("gb,generic").unwrap().generic && !TonePlan::parse("gb").unwrap().generic);
    for (list, unknown) in [("gb,xx", "xx"), ("GB", "GB"), ("", ""), ("gb,,us", "")] {
        let error = TonePlan::parse(list).unwrap_err();
        assert_eq!(error.0, unknown);
        assert!(error.to_string().contains(&format!("`{unknown}`")));
    }
    assert_eq!(TonePlan::all().countries().count(), COUNTRIES.len());
}

#[test]
fn contradictions_are_refused_with_the_field() {
    let field = |plan: TonePlan| plan.validate().unwrap_err().field;
    for continuous_ms in [0, 999, 30_001] {
        assert_eq!(field(TonePlan { continuous_ms, ..TonePlan::GENERIC }), "continuous_ms");
    }
    let learned = |frequencies: &[u16], cadence: &[[u16; 2]]| {
        let pattern = TonePattern::new(ToneKind::Busy, frequencies, cadence);
        TonePlan::UNIVERSAL.with_learned(pattern).unwrap()
    };
    assert_eq!(learned(&[425], &[[500, 500]]).validate(), Ok(()));
    for frequencies in [&[][..], &[100], &[4_000], &[425, 0, 440]] {
        assert_eq!(field(learned(frequencies, &[[500, 500]])), "frequencies_hz");
    }
    for cadence in [[[500, 0]], [[0, 500]], [[49, 500]], [[500, 20_001]]] {
        assert_eq!(field(learned(&[425], &cadence)), "cadence_ms");
    }
    let full = learned(&[425], &[]).with_learned(TonePattern::new(ToneKind::Busy, &[400], &[])).unwrap();
    assert_eq!(full.with_learned(TonePattern::new(ToneKind::Busy, &[450], &[])), None);
}

#[test]
fn kinds_keep_their_numbers_and_names() {
    for (place, kind) in ToneKind::ALL.into_iter().enumerate() {
        assert_eq!(kind as usize, place + 1);
        assert_eq!(ToneKind::named(kind.name()), Some(kind));
    }
    assert_eq!(ToneKind::ALL.iter().filter(|kind| !kind.is_disconnect()).count(), 3);
}

#[cfg(feature = "cli")]
fn afterbeep(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_afterbeep")).args(arguments).output().unwrap()
}

/// A message, then a tone of no country: what is learned from one line is heard on another, and nowhere else.
#[test]
#[cfg(feature = "cli")]
fn what_was_learned_is_heard() {
    let cycles: [(&[f64], &[[usize; 2]]); 4] = [
        (&[407.0], &[[310, 290]]),
        (&[455.0], &[[210, 190], [210, 690]]),
        (&[500.0, 640.0], &[[450, 350]]),
        (&[850.0], &[[400, 600]]),
    ];
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let call = |tones: &[f64], cadence: &[[usize; 2]], speech: &str| {
        let mut line = Line::new().audio(&common::speech(speech));
        let start = line.len();
        for &[on, off] in cadence.iter().cycle().take(5 * cadence.len()) {
            let from = line.len();
            line = line.silence(on + off);
            for i in 0..samples(on) {
                let phase = std::f64::consts::TAU * i as f64 / 8_000.0;
                line.samples[from + i] += tones.iter().map(|hz| 4_000.0 * (phase * hz).sin()).sum::<f64>();
            }
        }
        (line.pcm(), start)
    };
    for (tones, cadence) in cycles {
        let (line, _) = call(tones, cadence, "reading.wav");
        write_wav(path("line.wav").as_ref(), &line);
        let learned = afterbeep(&["tones", "learn", &path("line.wav")]);
        assert!(learned.status.success(), "{tones:?}: {learned:?}");
        let json: serde_json::Value = serde_json::from_slice(&learned.stdout).unwrap();
        println!("{tones:?} {cadence:?}: {json}");
        for (hz, sent) in json["frequencies_hz"].as_array().unwrap().iter().zip(tones) {
            assert!((hz.as_f64().unwrap() - sent).abs() <= 2.0, "{json}");
        }
        let found = json["cadence_ms"].as_array().unwrap().iter().flat_map(|pair| pair.as_array().unwrap());
        let found: Vec<i64> = found.map(|ms| ms.as_i64().unwrap()).collect();
        assert_eq!(found.len(), 2 * cadence.len(), "{json}");
        for (found, sent) in found.iter().zip(cadence.iter().flatten()) {
            assert!((found - *sent as i64).abs() <= 5, "{json}");
        }
        std::fs::write(path("tone.json"), &learned.stdout).unwrap();
        let (line, start) = call(tones, cadence, "numbers.wav");
        write_wav(path("other.wav").as_ref(), &line);
        let heard = afterbeep(&["detect", &path("other.wav"), "--learned", &path("tone.json"), "--json"]);
        let text = String::from_utf8(heard.stdout).unwrap();
        let tones: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .filter(|event: &serde_json::Value| event["event"] == "tone")
            .collect();
        assert_eq!(tones.len(), 1, "{text}");
        assert_eq!((tones[0]["kind"].as_str(), tones[0]["country"].is_null()), (Some("busy"), true));
        assert!(tones[0]["start_sample"].as_u64().unwrap().abs_diff(start as u64) <= 40, "{text}");
    }
}

#[test]
#[cfg(feature = "cli")]
fn what_cannot_be_learned_or_read_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let fails = |arguments: &[&str], status: i32, word: &str| {
        let output = afterbeep(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(status) && text.contains(word), "{arguments:?}: {text}");
    };
    write_wav(path("speech.wav").as_ref(), &common::speech("reading.wav"));
    let irregular = Line::new().silence(100).tone(425.0, -10.0, 300).silence(400).tone(425.0, -10.0, 700);
    write_wav(
        path("irregular.wav").as_ref(),
        &irregular.silence(900).tone(425.0, -10.0, 150).silence(100).pcm(),
    );
    write_wav(path("silence.wav").as_ref(), &[0; 8_000]);
    fails(&["tones", "learn", &path("silence.wav")], 1, "no steady tone");
    fails(&["tones", "learn", &path("irregular.wav")], 1, "no tone repeats");
    fails(&["tones", "learn", &path("none.wav")], 1, "none.wav");
    fails(&["detect", &path("silence.wav"), "--tone-plan", "gb,xx"], 2, "`xx`");
    fails(&["detect", &path("silence.wav"), "--learned", &path("none.json")], 1, "none.json");
    for text in [
        "",
        "{}",
        r#"{"kind":"busy","frequencies_hz":[50],"cadence_ms":[]}"#,
        r#"{"kind":"siren","frequencies_hz":[425],"cadence_ms":[]}"#,
    ] {
        std::fs::write(path("tone.json"), text).unwrap();
        fails(&["detect", &path("silence.wav"), "--learned", &path("tone.json")], 1, "tones learn");
    }
}

/// Events come in the order of their ends, tones among digits and silence.
#[test]
#[cfg(feature = "cli")]
fn tones_stand_in_order_among_the_other_events() {
    use common::{Key, Random};
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("line.wav");
    let mut random = Random::new(1);
    let mut line = Line::new().silence(300).key(Key::new('5'), &mut random).silence(500);
    let start = line.len();
    for _ in 0..4 {
        line = line.tone(400.0, -10.0, 375).silence(375);
    }
    let end = line.len() - samples(375);
    write_wav(&path, &line.silence(1_500).key(Key::new('#'), &mut random).silence(200).pcm());
    let output = afterbeep(&["detect", path.to_str().unwrap(), "--tone-plan", "gb,us,generic", "--json"]);
    let events: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(events.is_sorted_by_key(|event| event["end_sample"].as_u64().unwrap()), "{events:?}");
    let tones: Vec<_> = events.iter().filter(|event| event["event"] == "tone").collect();
    assert_eq!(tones.len(), 1, "{events:?}");
    assert_eq!((tones[0]["kind"].as_str(), tones[0]["country"].as_str()), (Some("busy"), Some("gb")));
    assert!(tones[0]["start_sample"].as_u64().unwrap().abs_diff(start as u64) <= 40, "{tones:?}");
    assert!(tones[0]["end_sample"].as_u64().unwrap().abs_diff(end as u64) <= 40, "{tones:?}");
    assert_eq!(events.iter().filter(|event| event["event"] == "digit").count(), 2, "{events:?}");
}

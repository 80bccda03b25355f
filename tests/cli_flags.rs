//! What the flags of `record` and `detect` do that imitate a line, and how `record` ends when nobody speaks to it any more.

mod common;
#[path = "common/program.rs"]
mod program;

use afterbeep::line::level::dbm0_from_mean_square;
use common::{Key, Line, Random, data, read_wav, samples, speech, write_wav};
use program::{afterbeep, bytes, error, events, path, record, report, with_input};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn level_dbm0(audio: &[i16]) -> f32 {
    let energy: f64 = audio.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    dbm0_from_mean_square((energy / audio.len() as f64) as f32)
}

/// Records a recording of `tests/data` without a beep.
fn of_reading(out: &Path, more: &[&str]) -> (Value, Vec<i16>) {
    let result = record(&data("reading.wav"), out, &[&["--no-beep"], more].concat());
    let audio = result["path"].as_str().map(|path| read_wav(Path::new(path))).unwrap_or_default();
    (result, audio)
}

#[test]
fn what_the_line_loses_is_silence_or_comfort_noise_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let line = speech("reading.wav");
    // Longer than any frame, a frame and a half, and two parts that are one.
    let lost = ["--lost", "200ms-230ms", "--lost", "500ms-1s", "--lost", "900ms-2.1s"];
    let parts = [(samples(200), samples(230)), (samples(500), samples(2_100))];
    let count: usize = parts.iter().map(|(from, to)| to - from).sum();
    let mut expected = line.clone();
    parts.iter().for_each(|&(from, to)| expected[from..to].fill(0));
    // By timestamps, too, which wrap around between the losses.
    for rtp in [&[][..], &["--rtp-timestamp", "4294965000"]] {
        let (result, audio) = of_reading(directory.path(), &[&lost[..], rtp].concat());
        assert_eq!((&result["line_lost_samples"], &result["lost_samples"]), (&json!(count), &json!(0)));
        assert_eq!((&result["timestamp_jumps"], &result["late_samples"]), (&json!(0), &json!(0)));
        assert!(audio == expected, "{rtp:?}");

        let noise = [&lost[..], rtp, &["--comfort-noise", "-45dBm0"]].concat();
        let (_, audio) = of_reading(directory.path(), &noise);
        for (from, to) in parts {
            let level = level_dbm0(&audio[from..to]);
            assert!((level + 45.0).abs() < 1.0, "{level}");
        }
        assert!(
            audio[..samples(200)] == line[..samples(200)]
                && audio[samples(2_100)..] == line[samples(2_100)..]
        );
    }
}

#[test]
fn a_loss_of_more_than_five_minutes_is_a_jump_of_the_timestamp() {
    let directory = tempfile::tempdir().unwrap();
    let line = directory.path().join("line.wav");
    write_wav(&line, &Line::new().tone(300.0, -20.0, 1_000).silence(310_000).pcm());
    let flags = ["--no-beep", "--max-duration", "0", "--lost", "500ms-310s", "--rtp-timestamp", "0"];
    let result = record(&line, directory.path(), &flags);
    assert_eq!((&result["timestamp_jumps"], &result["line_lost_samples"]), (&json!(1), &json!(0)));
    assert_eq!(result["samples"], samples(500) + samples(1_000));
}

#[test]
fn a_line_drop_ends_the_message_when_it_lasts() {
    let directory = tempfile::tempdir().unwrap();
    let check = |flags: &[&str], samples: usize| {
        let (result, audio) = of_reading(directory.path(), flags);
        assert_eq!((&result["end_reason"], audio.len()), (&json!("hangup"), samples), "{flags:?}");
    };
    let whole = speech("reading.wav").len();
    check(&["--line-drop-at", "1s"], samples(1_250));
    check(&["--line-drop-at", "1s", "--line-drop-debounce", "400ms"], samples(1_400));
    check(&["--line-drop-at", "1s", "--line-drop-debounce", "0"], samples(1_000));
    // A hook flash.
    check(&["--line-drop-at", "1s-1.2s"], whole);
    check(&["--line-drop-at", "1s-1.2s", "--line-drop-debounce", "150ms"], samples(1_150));
}

#[test]
fn stop_keeps_the_message_and_cancel_deletes_it() {
    let directory = tempfile::tempdir().unwrap();
    let (result, audio) = of_reading(directory.path(), &["--stop-at", "1.5s", "--cancel-at", "1.6s"]);
    assert_eq!((&result["end_reason"], audio.len()), (&json!("stopped"), samples(1_500)));
    let before = fs::read_dir(directory.path()).unwrap().count();
    let (result, _) = of_reading(directory.path(), &["--cancel-at", "1.5s"]);
    assert_eq!((&result["end_reason"], &result["path"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), before);
    // In the beep, too; and at the end of INPUT, before the hang-up.
    let result = record(&data("reading.wav"), directory.path(), &["--stop-at", "100ms"]);
    assert_eq!((&result["end_reason"], &result["path"]), (&json!("stopped"), &Value::Null));
    let end = format!("{}ms", speech("reading.wav").len() / samples(1));
    assert_eq!(of_reading(directory.path(), &["--stop-at", &end]).0["end_reason"], "stopped");
}

#[test]
fn starting_over_drops_what_was_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let line = speech("reading.wav");
    let check = |flags: &[&str], dropped: usize, start: usize| {
        let result = record(&data("reading.wav"), directory.path(), flags);
        assert_eq!(result["dropped_samples"], dropped, "{flags:?}");
        assert!(read_wav(&path(&result)) == line[start..], "{flags:?}");
    };
    check(&["--restart-at", "1s"], samples(600), samples(1_400));
    check(&["--restart-at", "1s", "--no-restart-beep"], samples(600), samples(1_000));
    check(&["--restart-at", "2s", "--restart-at", "1s", "--no-beep"], samples(2_000), samples(2_000));
}

#[test]
fn signalled_keys_end_messages_or_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let (result, audio) =
        of_reading(directory.path(), &["--digit-at", "1.5s=#", "--digit-at", "1s=5", "--events"]);
    assert_eq!((&result["end_reason"], audio.len()), (&json!("dtmf"), samples(1_500)));
    let told =
        json!([{"event": "digit", "digit": "5", "source": "signalled", "start_sample": samples(1_000)}]);
    assert_eq!(result["events"], told);
    // Heard ones, and tones that end nothing.
    let line = directory.path().join("line.wav");
    let mut audio = Line::new().silence(500).key(Key::new('7'), &mut Random::new(3)).silence(500);
    for _ in 0..3 {
        audio = audio.tone(1_100.0, -12.0, 500).silence(3_000);
    }
    write_wav(&line, &audio.pcm());
    let flags = ["--no-beep", "--tone-plan", "gb", "--events"];
    let result = record(&line, directory.path(), &flags);
    let kinds: Vec<_> =
        result["events"].as_array().unwrap().iter().map(|e| (&e["event"], &e["kind"])).collect();
    assert_eq!(kinds[..2], [(&json!("digit"), &Value::Null), (&json!("tone"), &json!("fax_calling"))]);
    assert_eq!(result["events"][0]["source"], "heard");
    assert!(result["events"][0]["start_sample"].as_u64().unwrap().abs_diff(4_000) <= 40);
    let output = afterbeep(
        &[&["record", line.to_str().unwrap(), "--out", directory.path().to_str().unwrap()], &flags[..]]
            .concat(),
    );
    assert!(String::from_utf8(output.stdout).unwrap().contains("heard     7 at sample"));
    assert!(record(&line, directory.path(), &["--no-beep"]).get("events").is_none());
}

#[test]
fn more_digits_are_told_than_any_queue_holds() {
    let directory = tempfile::tempdir().unwrap();
    let mut line = Line::new();
    for _ in 0..200 {
        line = line.key(Key::new('1').ms(60), &mut Random::new(1)).silence(60);
    }
    let input = directory.path().join("line.wav");
    write_wav(&input, &line.pcm());
    let flags = ["--no-beep", "--max-duration", "0", "--events"];
    assert_eq!(record(&input, directory.path(), &flags)["events"].as_array().unwrap().len(), 200);
}

#[test]
fn each_parameter_of_silence_has_a_flag() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = Random::new(12);
    let line = Line::new().silence(500).tone(300.0, -15.0, 1_000).silence(1_500);
    let line = line.tone(300.0, -33.0, 300).silence(1_500).noise(-45.0, &mut random).pcm();
    let input = directory.path().join("line.wav");
    write_wav(&input, &line);
    let ends_after = |silence, flags: &[&str]| {
        let base = ["--no-beep", "--final-silence", silence];
        let result = record(&input, directory.path(), &[&base[..], flags].concat());
        (result["end_reason"] == "final_silence").then(|| result["samples"].as_u64().unwrap() / 8)
    };
    let ends_at = |flags: &[&str]| ends_after("2s", flags);
    let near = |found: Option<u64>, ms: u64| found.is_some_and(|found| found.abs_diff(ms) <= 40);
    // The quieter tone is sound, or passes for silence, as the levels say.
    assert_eq!(ends_at(&[]), None);
    assert!(near(ends_at(&["--silence-threshold", "-30dBm0"]), 3_500));
    assert!(near(ends_at(&["--silence-threshold", "-36dBm0", "--silence-hysteresis", "8dB"]), 3_500));
    assert_eq!(ends_at(&["--silence-threshold", "-36dBm0", "--silence-hysteresis", "0dB"]), None);
    let adaptive = |flags: &[&str]| ends_at(&[&["--silence", "adaptive"], flags].concat());
    assert_eq!(adaptive(&[]), None);
    assert!(near(adaptive(&["--silence-start-above-floor", "15dB"]), 3_500));
    assert!(near(adaptive(&["--silence-floor-min", "-36dBm0"]), 3_500));
    // The noise is louder than the floor may be, and thus sound.
    let low = ["--silence-floor-min", "-70dBm0", "--silence-floor-max", "-60dBm0"];
    assert_eq!(adaptive(&low), None);
    // It stays sound where sound stops below it, and not where it starts and stops above.
    let stops = |above_floor| {
        let wide = ["--silence-start-above-floor", "20dB", "--silence-stop-above-floor", above_floor];
        ends_after("1s", &[&["--silence", "adaptive"], &low[..], &wide].concat())
    };
    assert_eq!(stops("10dB"), None);
    assert!(near(stops("17dB"), 2_500));
}

#[test]
fn the_hangover_rides_over_short_pauses() {
    let mut line = Line::new();
    for _ in 0..5 {
        line = line.tone(300.0, -15.0, 300).silence(300);
    }
    let line = bytes(&line.silence(3_000).noise(-60.0, &mut Random::new(2)).pcm());
    let silences = |hangover| {
        let flags = ["detect", "-", "--json", "--silence", "adaptive", "--silence-hangover", hangover];
        let events = events(&with_input(&flags, &line));
        events.iter().filter(|event| event["event"] == "silence").count()
    };
    assert_eq!(silences("100ms"), 5);
    assert_eq!(silences("500ms"), 1);
}

#[test]
fn single_fields_of_the_dtmf_profile_can_be_set() {
    let mut random = Random::new(4);
    let key = Line::new().silence(300).key(Key::new('5').ms(60).level(-20.0), &mut random).silence(300);
    let digits = |line: &Line, flags: &[&str]| {
        let output = with_input(&[&["detect", "-", "--json"], flags].concat(), &bytes(&line.pcm()));
        events(&output).iter().filter(|event| event["event"] == "digit").count()
    };
    assert_eq!(digits(&key, &[]), 1);
    assert_eq!(digits(&key, &["--dtmf", "accept_tone_ms=100", "--dtmf", "reject_tone_ms=70"]), 0);
    let loud = ["--dtmf", "accept_level_dbm0=-10", "--dtmf", "reject_level_dbm0=-15"];
    assert_eq!(digits(&key, &loud), 0);
    // At the limits of both deviations and of twist at once.
    let twisted = Key::new('5').twist(3.9).deviation(0.0175, -0.0175);
    let twisted = Line::new().silence(300).key(twisted, &mut random).silence(300);
    let corners = |value| digits(&twisted, &["--dtmf", value]);
    assert_eq!((corners("whole_corners=1"), corners("whole_corners=0")), (1, 0));
}

#[test]
fn how_long_a_continuous_tone_lasts_can_be_set() {
    let directory = tempfile::tempdir().unwrap();
    let line = directory.path().join("line.wav");
    write_wav(&line, &Line::new().silence(1_000).tone(425.0, -14.0, 2_500).silence(200).pcm());
    let ends = |flags: &[&str]| {
        let base = ["--no-beep", "--tone-plan", "generic"];
        record(&line, directory.path(), &[&base[..], flags].concat())["end_reason"].clone()
    };
    assert_eq!(ends(&[]), "hangup");
    assert_eq!(ends(&["--continuous-tone", "1.5s"]), "disconnect_tone");
}

#[test]
fn half_a_sample_at_the_end_is_told_and_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let mut line = bytes(&speech("reading.wav"));
    line.push(0);
    let output = with_input(
        &["record", "-", "--no-beep", "--out", directory.path().to_str().unwrap(), "--json"],
        &line,
    );
    assert!(output.status.success());
    assert!(error(&output).contains("standard input ends in the middle of a sample"), "{}", error(&output));
    assert!(read_wav(&path(&report(&output))) == speech("reading.wav"));
    let output = with_input(&["detect", "-", "--json"], &line);
    assert!(error(&output).contains("in the middle of a sample"));
    assert_eq!(events(&output).last().unwrap()["end_sample"], speech("reading.wav").len());
    // A file that is cut there.
    let cut = directory.path().join("cut.wav");
    fs::write(&cut, &fs::read(data("reading.wav")).unwrap()[..44 + 8_001]).unwrap();
    let output = afterbeep(&["detect", cut.to_str().unwrap()]);
    assert!(error(&output).contains("cut.wav ends in the middle of a sample"), "{}", error(&output));
}

#[test]
fn a_file_that_cannot_grow_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("message.wav");
    // A limit of 8 KiB stands in for a full disk.
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -f 16; trap '' XFSZ; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_afterbeep"),
            "record",
        ])
        .args([data("message.wav").as_path(), Path::new("--json"), Path::new("--out"), &file])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains(file.to_str().unwrap()), "{}", error(&output));
    let report = report(&output);
    assert_eq!((&report["complete"], &report["path"]), (&json!(false), &json!(file.to_str().unwrap())));
    assert_eq!(read_wav(&file).len(), report["samples"].as_u64().unwrap() as usize);
    // Free space that no disk has.
    let output = afterbeep(&[
        "record",
        data("message.wav").to_str().unwrap(),
        "--out",
        directory.path().to_str().unwrap(),
        "--min-free-kib",
        "4294967295",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("KiB left"), "{}", error(&output));
}

/// A live line: so much of a recording has come, is written, and no more comes, nor the end.
fn stalled_line(out: &Path, flags: &[&str]) -> (Child, std::process::ChildStdin) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_afterbeep"))
        .args(["record", "-", "--no-beep", "--json", "--batch-age", "20ms", "--out", out.to_str().unwrap()])
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&bytes(&speech("reading.wav")[..16_000])).unwrap();
    let begin = Instant::now();
    let written =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().metadata().unwrap().len() >= 44 + 32_000;
    while !fs::read_dir(out).unwrap().any(written) {
        assert!(begin.elapsed() < Duration::from_secs(30), "nothing was written");
        std::thread::sleep(Duration::from_millis(5));
    }
    (child, stdin)
}

#[test]
fn an_interruption_ends_the_message_as_a_hang_up_does() {
    for signal in ["INT", "TERM"] {
        let directory = tempfile::tempdir().unwrap();
        let (child, _stdin) = stalled_line(directory.path(), &[]);
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{signal}");
        let report = report(&output);
        assert_eq!((&report["end_reason"], &report["complete"]), (&json!("hangup"), &json!(true)));
        assert!(read_wav(&path(&report)) == speech("reading.wav")[..16_000], "{signal}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_standard_input_that_stalls_ends_the_message() {
    let directory = tempfile::tempdir().unwrap();
    let (child, _stdin) = stalled_line(directory.path(), &["--media-timeout", "300ms"]);
    let report = report(&child.wait_with_output().unwrap());
    assert_eq!((&report["end_reason"], &report["complete"]), (&json!("media_timeout"), &json!(true)));
    let file: PathBuf = path(&report);
    assert!(read_wav(&file) == speech("reading.wav")[..16_000]);
}

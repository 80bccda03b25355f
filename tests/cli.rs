//! The command line as the contract has it: flags, results, exit status, bad input.

mod common;
#[path = "common/program.rs"]
mod program;

use common::{Key, Line, Random, data, read_wav, samples, speech, write_wav, write_wav_at};
use program::{afterbeep, bytes, error, events, path, record, report, with_input};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn the_first_command_of_the_readme() {
    let directory = tempfile::tempdir().unwrap();
    let report = record(&data("message.wav"), directory.path(), &[]);
    assert_eq!((&report["end_reason"], &report["end_digit"]), (&"dtmf".into(), &"#".into()));
    assert_eq!((&report["samples"], &report["duration_ms"]), (&62_800.into(), &7_850.into()));
    assert_eq!((&report["lost_samples"], &report["complete"]), (&0.into(), &true.into()));
    let line = speech("message.wav");
    assert!(read_wav(&path(&report)) == line[3_200..66_000]);
    let name = path(&report).file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.len() == 34 && name.ends_with("-record.wav"), "{name}");

    let output = afterbeep(&[
        "record",
        data("message.wav").to_str().unwrap(),
        "--out",
        directory.path().to_str().unwrap(),
    ]);
    let summary = String::from_utf8(output.stdout).unwrap();
    assert!(summary.contains("ended by dtmf # after 7.850 s") && summary.contains('▇'), "{summary}");
}

#[test]
fn flags_do_what_they_say() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path();
    let mut random = Random::new(6);
    let line =
        Line::new().tone(300.0, -15.0, 1_000).silence(2_000).key(Key::new('5'), &mut random).silence(1_000);
    let input = out.join("line.wav");
    write_wav(&input, &line.pcm());
    let check = |more: &[&str], reason: &str, samples: std::ops::RangeInclusive<u64>| {
        let report = record(&input, out, more);
        assert_eq!(report["end_reason"], reason, "{more:?}");
        assert!(samples.contains(&report["samples"].as_u64().unwrap()), "{more:?}: {report}");
    };
    check(&["--no-beep"], "hangup", 32_800..=32_800);
    check(&[], "hangup", 29_600..=29_600);
    check(&["--beep-duration", "200ms", "--echo-guard", "100ms"], "hangup", 30_400..=30_400);
    check(&["--no-beep", "--terminators", "any"], "dtmf", 23_960..=24_040);
    check(&["--no-beep", "--terminators", "5*"], "dtmf", 23_960..=24_040);
    check(&["--no-beep", "--terminators", "none"], "hangup", 32_800..=32_800);
    check(&["--no-beep", "--max-duration", "1.5s"], "max_duration", 12_000..=12_000);
    check(&["--no-beep", "--max-duration", "0"], "hangup", 32_800..=32_800);
    check(&["--no-beep", "--final-silence", "500ms"], "final_silence", 12_000..=12_204);
    check(&["--final-silence", "3s"], "hangup", 29_600..=29_600);
    check(
        &["--no-beep", "--initial-silence", "300ms", "--silence-threshold", "-10dBm0"],
        "initial_silence",
        2_400..=2_502,
    );
    // 3800mean is -10.6 dBm0, 1000mean is -22.2: the tone lies between them.
    let mean = |mean| ["--no-beep", "--initial-silence", "300ms", "--silence-threshold", mean];
    check(&mean("3800mean"), "initial_silence", 2_400..=2_502);
    check(&mean("1000mean"), "hangup", 32_800..=32_800);
    check(
        &["--no-beep", "--silence", "adaptive", "--final-silence", "500ms"],
        "final_silence",
        12_000..=12_204,
    );
    check(&["--no-beep", "--hangup-at", "0.5s"], "hangup", 4_000..=4_000);
    check(&["--hangup-at", "3.001s"], "hangup", 20_808..=20_808);
    let report = record(&input, out, &["--hangup-at", "300ms"]);
    assert_eq!(
        (&report["end_reason"], &report["samples"], &report["path"]),
        (&"hangup".into(), &0.into(), &Value::Null)
    );
}

#[test]
fn formats_store_what_was_heard() {
    use afterbeep::line::g711::{alaw_decode, alaw_encode, ulaw_decode, ulaw_encode};
    let directory = tempfile::tempdir().unwrap();
    let line = speech("reading.wav");
    let through = |format: &str| -> Vec<i16> {
        let report = record(&data("reading.wav"), directory.path(), &["--no-beep", "--format", format]);
        let mut reader = afterbeep::wav::WavReader::new(fs::File::open(path(&report)).unwrap()).unwrap();
        let mut samples = Vec::new();
        let mut piece = [0; 1_000];
        loop {
            match reader.read(&mut piece).unwrap() {
                0 => return samples,
                count => samples.extend_from_slice(&piece[..count]),
            }
        }
    };
    assert!(through("pcm16") == line);
    let alaw: Vec<i16> = line.iter().map(|&sample| alaw_decode(alaw_encode(sample))).collect();
    assert!(through("alaw") == alaw);
    let ulaw: Vec<i16> = line.iter().map(|&sample| ulaw_decode(ulaw_encode(sample))).collect();
    assert!(through("ulaw") == ulaw);

    // G.711 in, PCM out unless asked otherwise.
    let input = record(&data("reading.wav"), directory.path(), &["--no-beep", "--format", "alaw"]);
    let report = record(&path(&input), directory.path(), &["--no-beep"]);
    assert!(read_wav(&path(&report)) == alaw);
}

#[test]
fn standard_input_is_raw_audio() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let line = speech("message.wav");
    let output = with_input(&["record", "-", "--out", out, "--json"], &bytes(&line));
    assert_eq!(
        (&report(&output)["end_reason"], &report(&output)["samples"]),
        (&"dtmf".into(), &62_800.into())
    );
    // No samples, and half a sample, are a caller who said nothing. The half is told.
    for input in [&[][..], &[1]] {
        let output = with_input(&["record", "-", "--out", out, "--json"], input);
        assert!(output.status.success());
        assert_eq!(error(&output).contains("middle of a sample"), !input.is_empty(), "{}", error(&output));
        let report = report(&output);
        assert_eq!(
            (&report["end_reason"], &report["samples"], &report["path"]),
            (&"hangup".into(), &0.into(), &Value::Null)
        );
    }
}

#[test]
fn out_names_a_directory_or_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mine.bin");
    let report = record(&data("message.wav"), &file, &[]);
    assert_eq!(path(&report), file);
    let message = data("message.wav");
    let refuse = |out: &Path, words: &str| {
        let arguments = ["record", message.to_str().unwrap(), "--out", out.to_str().unwrap(), "--json"];
        let output = afterbeep(&arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(error(&output).contains(words), "{}", error(&output));
        let report = program::report(&output);
        assert_eq!((&report["end_reason"], &report["path"]), (&"error".into(), &Value::Null));
    };
    let before = fs::read(&file).unwrap();
    refuse(&file, "exists already");
    assert!(fs::read(&file).unwrap() == before);
    refuse(&directory.path().join("missing/mine.wav"), "does not exist");
    refuse(&directory.path().join("missing/"), "does not exist");
    refuse(&file.join("mine.wav"), "not a directory");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

    // The current directory, and a path that opens from it.
    let output = Command::new(env!("CARGO_BIN_EXE_afterbeep"))
        .args(["record", data("message.wav").to_str().unwrap(), "--json"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(directory.path().join(path(&program::report(&output))).is_file());
}

#[test]
fn input_that_is_no_call_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let wav = |name: &str, rate, channels| {
        let path = directory.path().join(name);
        write_wav_at(&path, &[0; 800], rate, channels);
        path
    };
    let message = fs::read(data("message.wav")).unwrap();
    let mut adpcm = message.clone();
    adpcm[20] = 0x11;
    let cases = [
        (directory.path().join("missing.wav"), "check the name"),
        (write("empty.wav", &[]), "not a WAV file"),
        (write("text.wav", b"hello, this is no audio at all"), "not a WAV file"),
        (write("cut.wav", &message[..40]), "no `data` chunk"),
        (write("adpcm.wav", &adpcm), "0x0011 with 16 bits is not supported"),
        (wav("fast.wav", 11_025, 1), "11025 Hz is not supported"),
        (wav("stereo.wav", 8_000, 2), "2 channels are not supported"),
        (directory.path().to_owned(), "directory"),
    ];
    let out = tempfile::tempdir().unwrap();
    for (input, words) in &cases {
        for command in ["record", "detect"] {
            let mut arguments = vec![command, input.to_str().unwrap(), "--json"];
            if command == "record" {
                arguments.extend(["--out", out.path().to_str().unwrap()]);
            }
            let output = afterbeep(&arguments);
            assert_eq!(output.status.code(), Some(1), "{command} {}", input.display());
            assert!(error(&output).contains(words), "{command}: {}", error(&output));
            assert!(command == "detect" || report(&output)["end_reason"] == "error");
        }
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);

    // A file without samples is a caller who said nothing.
    let silent = directory.path().join("silent.wav");
    write_wav(&silent, &[]);
    assert_eq!(record(&silent, out.path(), &[])["end_reason"], "hangup");
    // One that is cut off is read as far as it goes.
    let cut = write("short.wav", &message[..44 + 2 * 16_000]);
    assert_eq!(record(&cut, out.path(), &["--no-beep"])["samples"], 16_000);
}

#[test]
fn arguments_that_make_no_sense_are_usage_errors() {
    let input = data("message.wav");
    let input = input.to_str().unwrap();
    let cases: [(&[&str], &str); 52] = [
        (&["record"], "INPUT"),
        (&["record", input, "--terminators", "Q"], "0-9"),
        (&["record", input, "--terminators", ""], "0-9"),
        (&["record", input, "--max-duration", "20"], "20s"),
        (&["record", input, "--max-duration", "-5s"], "-5s"),
        (&["record", input, "--max-duration", "90000s"], "--max-duration takes 0 to 86400000"),
        (&["record", input, "--echo-guard", "3s"], "--echo-guard takes 0 to 2000 ms"),
        (&["record", input, "--silence-threshold", "-90dBm0"], "--silence-threshold takes -80 to 0"),
        (&["record", input, "--silence-threshold", "loud"], "-40dBm0"),
        (&["record", input, "--silence-threshold", "0mean"], "256mean"),
        (&["detect", input, "--silence", "off"], "adaptive"),
        (&["record", input, "--beep-level", "3dBm0"], "--beep-level takes -60 to 0"),
        (&["record", input, "--format", "mp3"], "pcm16"),
        (&["detect", input, "--silence-threshold", "5dBm0"], "--silence-threshold takes"),
        (&["record", input, "--beep-ramp", "201ms"], "--beep-ramp takes 0 to half"),
        (&["record", input, "--no-beep", "--beep-ramp", "5ms"], "--no-beep"),
        (&["record", input, "--trim-silence", "11s"], "--trim-silence takes 0 to 10000 ms"),
        (&["record", input, "--comfort-noise", "-20dBm0"], "--comfort-noise takes -80 to -30"),
        (&["record", input, "--comfort-noise", "quiet"], "-40dBm0"),
        (&["record", input, "--line-drop-debounce", "11s"], "--line-drop-debounce takes 0 to 10000 ms"),
        (&["record", input, "--line-drop-at", "3"], "20s"),
        (&["record", input, "--line-drop-at", "3s-2s"], "3s-5s"),
        (&["record", input, "--stop-at", "soon"], "20s"),
        (&["record", input, "--cancel-at", "soon"], "20s"),
        (&["record", input, "--hangup-at", "-1s"], "-1"),
        (&["record", input, "--restart-at", "again"], "20s"),
        (&["record", input, "--no-restart-beep"], "--restart-at"),
        (&["record", input, "--digit-at", "3s"], "3s=5"),
        (&["record", input, "--digit-at", "3s=55"], "3s=5"),
        (&["record", input, "--digit-at", "3s=E"], "3s=5"),
        (&["record", input, "--lost", "5s-3s"], "3s-5s"),
        (&["record", input, "--lost", "3s"], "3s-5s"),
        (&["record", input, "--rtp-timestamp", "4294967296"], "4294967295"),
        (&["record", input, "--media-timeout", "50ms"], "--media-timeout takes 0, or 100"),
        (&["record", input, "--batch-age", "5ms"], "--batch-age takes 20 to 60000"),
        (&["record", input, "--min-free-kib", "all"], "--min-free-kib"),
        (&["record", input, "--silence-hysteresis", "21dB"], "--silence-hysteresis takes 0 to 20"),
        (&["record", input, "--silence-hysteresis", "much"], "8dB"),
        (&["record", input, "--silence-hangover", "1s"], "belongs to --silence adaptive"),
        (&["detect", input, "--silence-floor-min", "-50dBm0"], "belongs to --silence adaptive"),
        (&["detect", input, "--silence", "adaptive", "--silence-threshold", "-50"], "--silence fixed"),
        (&["record", input, "--silence", "adaptive", "--silence-hangover", "3s"], "--silence-hangover takes"),
        (&["detect", input, "--silence", "adaptive", "--silence-floor-min", "-81"], "--silence-floor-min"),
        (&["record", input, "--silence", "adaptive", "--silence-floor-max", "-60"], "--silence-floor-max"),
        (
            &["detect", input, "--silence", "adaptive", "--silence-start-above-floor", "4"],
            "more than silence_stop",
        ),
        (&["record", input, "--silence", "adaptive", "--silence-stop-above-floor", "0dB"], "1 to 30 dB"),
        (&["detect", input, "--dtmf", "accept_tone_ms"], "accept_tone_ms=50"),
        (&["detect", input, "--dtmf", "tone=50"], "accept_tone_ms"),
        (&["record", input, "--dtmf", "accept_tone_ms=34"], "--dtmf accept_tone_ms takes 35 to 200"),
        (&["record", input, "--dtmf", "accept_tone_ms=40.5"], "no value for accept_tone_ms"),
        (&["record", input, "--dtmf", "dial_tone_filter=1"], "no field `dial_tone_filter`"),
        (&["detect", input, "--continuous-tone", "2s"], "--tone-plan"),
    ];
    for (arguments, words) in cases {
        let output = afterbeep(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(error(&output).contains(words), "{arguments:?}: {}", error(&output));
    }
}

#[test]
fn detect_tells_digits_and_spans_in_the_order_of_their_ends() {
    let mut random = Random::new(7);
    let mut line = Line::new().silence(500);
    let mut expected = Vec::new();
    for digit in "0123456789*#ABCD".chars() {
        let start = line.len() as i64;
        line = line.key(Key::new(digit).level(-12.0).twist(-3.0), &mut random);
        expected.push((digit.to_string(), start, line.len() as i64));
        line = line.silence(100);
    }
    let line = line.tone(300.0, -20.0, 500).pcm();
    let events = events(&with_input(&["detect", "-", "--json"], &bytes(&line)));
    let digits: Vec<&Value> = events.iter().filter(|event| event["event"] == "digit").collect();
    assert_eq!(digits.len(), 16);
    for (found, (digit, start, end)) in digits.iter().zip(&expected) {
        assert_eq!(found["digit"], *digit);
        let near =
            |field: &str, sample: i64| (found[field].as_i64().unwrap() - sample).abs() <= samples(5) as i64;
        assert!(near("start_sample", *start) && near("end_sample", *end), "{found} at {start}");
        assert!((found["level_dbm0"].as_f64().unwrap() + 12.0).abs() <= 0.3, "{found}");
        assert!((found["twist_db"].as_f64().unwrap() + 3.0).abs() <= 0.3, "{found}");
    }
    let ends: Vec<u64> = events.iter().map(|event| event["end_sample"].as_u64().unwrap()).collect();
    assert!(ends.is_sorted(), "{ends:?}");
    // Spans cover the line without a gap, and alternate.
    let spans: Vec<&Value> = events.iter().filter(|event| event["event"] != "digit").collect();
    assert_eq!((&spans[0]["event"], &spans[0]["start_sample"]), (&"silence".into(), &0.into()));
    assert_eq!(spans.last().unwrap()["end_sample"], line.len());
    for pair in spans.windows(2) {
        assert_eq!(pair[0]["end_sample"], pair[1]["start_sample"]);
        assert_ne!(pair[0]["event"], pair[1]["event"]);
    }
}

#[test]
fn detect_follows_the_noise_where_asked_to() {
    let mut random = Random::new(9);
    let line =
        Line::new().silence(2_000).tone(300.0, -20.0, 500).key(Key::new('5'), &mut random).silence(2_000);
    let line = bytes(&line.noise(-36.0, &mut random).pcm());
    let kinds = |how| -> Vec<String> {
        let events = events(&with_input(&["detect", "-", "--json", "--silence", how], &line));
        let ends: Vec<u64> = events.iter().map(|event| event["end_sample"].as_u64().unwrap()).collect();
        assert!(ends.is_sorted(), "{ends:?}");
        events.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds("fixed").iter().filter(|kind| *kind == "silence").count(), 0);
    // The digit and the sound end within a block of each other.
    assert_eq!(
        kinds("adaptive").iter().filter(|kind| *kind != "digit").collect::<Vec<_>>(),
        ["silence", "sound", "silence"]
    );
}

#[test]
fn detect_hears_a_key_at_the_very_end_of_the_line() {
    let mut random = Random::new(8);
    for offset in (0..102).step_by(7) {
        let line =
            Line::new().silence(100).silence_samples(offset).key(Key::new('#').ms(45), &mut random).pcm();
        let events = events(&with_input(&["detect", "-", "--json"], &bytes(&line)));
        let digit = events.iter().find(|event| event["event"] == "digit").unwrap();
        assert_eq!(digit["end_sample"], line.len(), "{events:?}");
        assert_eq!(
            events.iter().map(|event| event["end_sample"].as_u64().unwrap()).max(),
            Some(line.len() as u64)
        );
    }
}

#[test]
fn detect_takes_hours_in_constant_memory() {
    // An hour of speech with keys, made as it is read.
    let message = bytes(&speech("message.wav"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_afterbeep"));
    command.args(["detect", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let feeder = std::thread::spawn(move || {
        let mut peaks = Vec::new();
        for round in 0..402 {
            stdin.write_all(&message).unwrap();
            if round % 200 == 100 {
                let status = fs::read_to_string(&status).unwrap();
                let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
                peaks.push(peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap());
            }
        }
        peaks
    });
    let output = child.wait_with_output().unwrap();
    let peaks = feeder.join().unwrap();
    let digits = events(&output).iter().filter(|event| event["event"] == "digit").count();
    assert_eq!(digits, 402);
    assert!(peaks[1] - peaks[0] <= 256, "memory grew from {} to {} kB", peaks[0], peaks[1]);
}

#[test]
fn the_dtmf_profile_says_what_counts_as_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("line.wav");
    let key = Key::new('#').twist(9.0);
    write_wav(&input, &Line::new().silence(1_000).key(key, &mut Random::new(7)).silence(500).pcm());
    for (profile, expected) in [("default", "hangup"), ("att", "hangup"), ("relaxed", "dtmf")] {
        let result = record(&input, directory.path(), &["--dtmf-profile", profile]);
        assert_eq!(result["end_reason"], expected, "{profile}");
    }
    let output = afterbeep(&["detect", input.to_str().unwrap(), "--dtmf-profile", "us"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("relaxed"), "{}", error(&output));
}

#[test]
fn a_busy_tone_is_learned_and_ends_a_message() {
    let directory = tempfile::tempdir().unwrap();
    let (line, learned) = (directory.path().join("line.wav"), directory.path().join("tone.json"));
    let mut audio = Line::new().audio(&speech("reading.wav")[..16_000]);
    for _ in 0..6 {
        audio = audio.tone(570.0, -14.0, 320).silence(430);
    }
    write_wav(&line, &audio.pcm());
    let output = afterbeep(&["tones", "learn", line.to_str().unwrap()]);
    assert!(output.status.success(), "{}", error(&output));
    fs::write(&learned, &output.stdout).unwrap();
    let none = record(&line, directory.path(), &["--tone-plan", "gb,us"]);
    assert_eq!((&none["end_reason"], &none["tone"]), (&Value::from("hangup"), &Value::Null));
    for flags in [["--learned", learned.to_str().unwrap()], ["--tone-plan", "generic"]] {
        let result = record(&line, directory.path(), &flags);
        assert_eq!(result["end_reason"], "disconnect_tone", "{flags:?}");
        assert_eq!((&result["tone"], &result["cut"]), (&Value::from("busy"), &Value::from("tone")));
        let samples = result["samples"].as_u64().unwrap();
        assert!(samples.abs_diff(16_000 - 3_200) <= 100, "{samples}");
    }
    for flags in [["--tone-plan", "xx"], ["--tone-plan", ""]] {
        let output = afterbeep(&[&["record", line.to_str().unwrap()], &flags[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", error(&output));
    }
}

#[test]
fn pauses_masks_and_minimum_durations_have_flags() {
    let directory = tempfile::tempdir().unwrap();
    let line = directory.path().join("line.wav");
    let audio = speech("reading.wav");
    write_wav(&line, &audio);
    let paused = |mode: &[&str]| {
        let flags = [&["--no-beep", "--pause", "500ms-1.5s", "--pause", "2s-2.1s"], mode].concat();
        read_wav(&path(&record(&line, directory.path(), &flags)))
    };
    let (masked, gaps) = (paused(&[]), paused(&["--pause-mode", "gap"]));
    assert_eq!((masked.len(), gaps.len()), (audio.len(), audio.len() - samples(1_100)));
    assert!(masked[samples(500)..samples(1_500)].iter().all(|&sample| sample == 0));
    assert!(masked[..samples(500)] == audio[..samples(500)] && gaps[..samples(500)] == audio[..samples(500)]);
    assert!(gaps[samples(500)..samples(1_000)] == audio[samples(1_500)..samples(2_000)]);
    let short = record(&line, directory.path(), &["--min-duration", "10s", "--delete-too-short"]);
    assert_eq!((&short["end_reason"], &short["path"]), (&Value::from("too_short"), &Value::Null));
    for pause in ["3s", "5s-3s", "x-y", "1s-1s"] {
        let output = afterbeep(&["record", line.to_str().unwrap(), "--pause", pause]);
        assert_eq!(output.status.code(), Some(2), "{pause}");
    }
}

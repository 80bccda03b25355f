//! Rates and levels on the command line.

mod common;
#[path = "common/program.rs"]
mod program;

use common::{data, read_wav, speech, write_wav_at};
use program::{afterbeep, bytes, error, events, path, record, report, with_input};
use std::path::Path;

/// A recording at 16 kHz: every sample twice. What that adds lies above the telephone band.
fn twice(name: &str) -> Vec<i16> {
    speech(name).iter().flat_map(|&sample| [sample; 2]).collect()
}

fn file_rate(file: &Path) -> u32 {
    hound::WavReader::open(file).unwrap().spec().sample_rate
}

#[test]
fn a_wideband_message_ends_as_a_narrowband_one_and_its_file_has_the_rate_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("wide.wav");
    let line = twice("message.wav");
    write_wav_at(&input, &line, 16_000, 1);
    let plain = record(&input, directory.path(), &[]);
    assert_eq!((&plain["end_reason"], &plain["end_digit"]), (&"dtmf".into(), &"#".into()));
    let samples = plain["samples"].as_u64().unwrap();
    // At 8 kHz 62 800.
    assert!(samples.abs_diff(2 * 62_800) <= 16, "{samples}");
    assert_eq!(file_rate(&path(&plain)), 16_000);
    assert!(read_wav(&path(&plain)) == line[6_400..6_400 + samples as usize]);

    for (rate, out) in [("8000", 8_000), ("48000", 48_000)] {
        let other = record(&input, directory.path(), &["--file-rate", rate]);
        assert_eq!(other["end_reason"], "dtmf");
        assert_eq!(file_rate(&path(&other)), out);
        let exact = (samples as f64 * f64::from(out) / 16_000.0).round() as u64;
        assert_eq!(other["samples"], exact);
        assert_eq!(read_wav(&path(&other)).len() as u64, exact);
    }

    let out = directory.path().to_str().unwrap();
    let output = with_input(&["record", "-", "--rate", "16000", "--out", out, "--json"], &bytes(&line));
    assert_eq!(report(&output)["samples"], samples);
}

#[test]
fn detect_tells_places_in_samples_of_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("wide.wav");
    let line = twice("message.wav");
    write_wav_at(&input, &line, 16_000, 1);
    let narrow = events(&afterbeep(&["detect", data("message.wav").to_str().unwrap(), "--json"]));
    let wide = events(&afterbeep(&["detect", input.to_str().unwrap(), "--json"]));
    let digits = |events: &[serde_json::Value]| -> Vec<(String, u64, u64)> {
        let digits = events.iter().filter(|event| event["event"] == "digit");
        let place = |event: &serde_json::Value, name| event[name].as_u64().unwrap();
        digits
            .map(|event| {
                (event["digit"].to_string(), place(event, "start_sample"), place(event, "end_sample"))
            })
            .collect()
    };
    let (narrow, found) = (digits(&narrow), digits(&wide));
    assert!(!narrow.is_empty() && narrow.len() == found.len());
    for ((digit, start, end), (same, from, to)) in narrow.into_iter().zip(found) {
        assert_eq!(digit, same);
        assert!(from.abs_diff(2 * start) <= 16 && to.abs_diff(2 * end) <= 16, "{start} {end}: {from} {to}");
    }
    assert_eq!(wide.last().unwrap()["end_sample"], line.len() as u64);
}

#[test]
fn gain_raises_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let input = data("reading.wav");
    let raised = record(&input, directory.path(), &["--no-beep", "--gain", "-6dB"]);
    let factor = 10f64.powf(-0.3);
    for (&before, &after) in speech("reading.wav").iter().zip(&read_wav(&path(&raised))) {
        assert!((f64::from(before) * factor - f64::from(after)).abs() < 1.0);
    }
    let levelled = record(&input, directory.path(), &["--no-beep", "--agc", "-36dBm0"]);
    assert_eq!(levelled["samples"], raised["samples"]);
    // By then the gain has come down.
    let energy = |samples: &[i16]| samples[8_000..].iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
    assert!(energy(&read_wav(&path(&levelled))) < energy(&speech("reading.wav")) / 4.0);
}

#[test]
fn what_is_no_rate_and_no_gain_is_refused() {
    let input = data("reading.wav");
    let input = input.to_str().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["record", "-", "--rate", "11025"], "11025 Hz is not supported"),
        (&["record", input, "--rate", "16000"], "--rate is for raw samples"),
        (&["record", input, "--file-rate", "fast"], "is no rate"),
        (&["record", input, "--gain", "60dB"], "--gain takes -40 to 40 dB"),
        (&["record", input, "--agc", "0dBm0"], "--agc takes -40 to -3 dBm0"),
    ];
    for (arguments, words) in cases {
        let output = afterbeep(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(error(&output).contains(words), "{arguments:?}: {}", error(&output));
    }
}

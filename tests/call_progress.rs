//! Call-progress tones: each tone of the table as itself, in two cycles, from its first sample; nothing else.

mod common;

use afterbeep::cpu;
use afterbeep::dsp::call_progress::{CallProgressReceiver, Tone, ToneEvent};
use afterbeep::dsp::tone_plan::{COUNTRIES, ToneKind, TonePattern, TonePlan, UNIVERSAL};
use afterbeep::line::g711::{alaw_decode, alaw_encode};
use afterbeep::line::level::sine_peak_from_dbm0;
use common::{Key, Line, Random, samples};
use std::f64::consts::TAU;

/// A tone, when it was reported, and its end.
#[derive(Clone, Copy, Debug)]
struct Heard {
    tone: Tone,
    reported_at: u64,
    end: u64,
}

fn hear_in(plan: &TonePlan, pcm: &[i16], frame_samples: usize) -> Vec<Heard> {
    let mut receiver = CallProgressReceiver::with_kernel(plan, cpu::kernel()).unwrap();
    let mut heard = Vec::new();
    let mut pushed = 0;
    let note = |event, at: u64, heard: &mut Vec<Heard>| match event {
        ToneEvent::Started(tone) => heard.push(Heard { tone, reported_at: at, end: 0 }),
        ToneEvent::Ended(tone, end) => {
            // What the end of the line decided.
            if heard.last().is_none_or(|last| last.end > 0) {
                heard.push(Heard { tone, reported_at: at, end: 0 });
            }
            let last = heard.last_mut().unwrap();
            assert_eq!((last.tone, last.end), (tone, 0));
            last.end = end;
        }
    };
    for frame in pcm.chunks(frame_samples) {
        pushed += frame.len() as u64;
        receiver.push(frame, |event| note(event, pushed, &mut heard));
    }
    receiver.finish().into_iter().for_each(|event| note(event, pushed, &mut heard));
    heard
}

fn hear(plan: &TonePlan, pcm: &[i16]) -> Vec<Heard> {
    hear_in(plan, pcm, 160)
}

/// What a line does to a tone.
#[derive(Clone, Copy)]
struct Sent {
    dbm0: f64,
    /// Noise below the tone, in decibels.
    noise_db: Option<f64>,
    /// Sound longer, pauses shorter, in samples.
    stretch: i64,
    /// 1200 and 2000 Hz at -13 and -17 dB, for 400 Hz: the third and the fifth harmonic.
    harmonics: bool,
    alaw: bool,
}

const CLEAN: Sent = Sent { dbm0: -10.0, noise_db: None, stretch: 0, harmonics: false, alaw: false };

/// So many cycles of a pattern, or of 4 s where it has none, from a random phase on.
fn send(pattern: &TonePattern, cycles: usize, sent: Sent, random: &mut Random) -> Vec<f64> {
    let frequencies = pattern.frequencies();
    let peak = f64::from(sine_peak_from_dbm0(sent.dbm0 as f32));
    let peak = if frequencies.len() > 2 { peak / 2.0 } else { peak };
    let mut tones: Vec<(f64, f64, f64)> =
        frequencies.iter().map(|&hz| (f64::from(hz), peak, random.between(0.0, TAU))).collect();
    if sent.harmonics {
        for (hz, peak, _) in tones.clone() {
            tones.push((3.0 * hz, peak * 10f64.powf(-13.0 / 20.0), 0.5));
            tones.push((5.0 * hz, peak * 10f64.powf(-17.0 / 20.0), 1.5));
        }
    }
    let mut audio = Vec::new();
    let mut sound = |count: usize, audio: &mut Vec<f64>| {
        let from = audio.len();
        audio.extend((from..from + count).map(|i| {
            let swell =
                if pattern.modulated { 0.5 + 0.5 * (TAU * 25.0 / 8_000.0 * i as f64).sin() } else { 1.0 };
            let at = |&(hz, peak, phase): &(f64, f64, f64)| peak * (TAU * hz / 8_000.0 * i as f64 + phase).sin();
            swell * tones.iter().map(at).sum::<f64>()
        }));
    };
    if pattern.cadence().is_empty() {
        sound(samples(4_000), &mut audio);
    }
    for _ in 0..cycles {
        for &[on, off] in pattern.cadence() {
            let count = |ms: u16, stretch: i64| (samples(ms.into()) as i64 + stretch) as usize;
            sound(count(on, sent.stretch), &mut audio);
            audio.resize(audio.len() + count(off, -sent.stretch), 0.0);
        }
    }
    audio
}

/// The line around it: silence before, and after, unless the tone goes on.
fn line(before: usize, audio: &[f64], sent: Sent, random: &mut Random) -> Vec<i16> {
    let mut line = Line::new().silence_samples(before);
    line.samples.extend(audio);
    line = line.silence(100);
    if let Some(db) = sent.noise_db {
        line = line.noise(sent.dbm0 - db, random);
    }
    let pcm = line.pcm();
    if sent.alaw { pcm.into_iter().map(|sample| alaw_decode(alaw_encode(sample))).collect() } else { pcm }
}

const LINES: [(&str, Sent); 6] = [
    ("-10 dBm0", CLEAN),
    ("-30 dBm0, A-law", Sent { dbm0: -30.0, alaw: true, ..CLEAN }),
    ("noise 20 dB below", Sent { noise_db: Some(20.0), alaw: true, ..CLEAN }),
    ("490/510 ms for 500/500", Sent { stretch: -80, ..CLEAN }),
    ("harmonics", Sent { harmonics: true, ..CLEAN }),
    ("-35 dBm0", Sent { dbm0: -34.5, ..CLEAN }),
];

#[test]
fn every_tone_of_every_country_is_heard_in_two_cycles() {
    let mut random = Random::new(1);
    let (mut count, mut latest, mut worst, mut wrong) = (0, 0i64, 0i64, 0);
    for country in COUNTRIES.iter().filter(|c| std::env::var("CC").is_err() || std::env::var("CC").unwrap() == c.code) {
        let plan = TonePlan::UNIVERSAL.with_country(country.code).unwrap();
        for pattern in country.patterns {
            for (name, sent) in LINES {
                // 3 × 400 Hz and above is no supervisory tone any more.
                let before = samples(200) + (random.next() % 102) as usize;
                let audio = send(pattern, 3, sent, &mut random);
                let cycle = pattern.cadence().iter().flatten().map(|&ms| samples(ms.into())).sum::<usize>();
                if std::env::var("DBG").is_ok() { eprintln!("-- {:?} {:?} {name} {before}", pattern.frequencies(), pattern.cadence()); }
                let heard = hear(&plan, &line(before, &audio, sent, &mut random));
                let what = format!("{} {:?} {:?} {:?}, {name}", country.code, pattern.kind, pattern.frequencies(), pattern.cadence());
                count += 1;
                let Some(first) = heard.first().filter(|first| {
                    heard.len() == 1
                        && first.tone.kind == pattern.kind
                        && first.tone.country == Some(country.code)
                }) else {
                    println!("WRONG {what}: {heard:?}");
                    wrong += 1;
                    continue;
                };
                let off = first.tone.start_sample as i64 - before as i64;
                if off.abs() > worst.abs() {
                    println!("start {off:+} {what}");
                    worst = off;
                }
                if cycle > 0 {
                    let late = first.reported_at as i64 - (before + 2 * cycle) as i64;
                    if late > latest {
                        println!("{} ms after two cycles: {what}", late / 8);
                        latest = late;
                    }
                }
            }
        }
    }
    println!("{count} tones, {wrong} wrong; start off by {worst} samples, reported {} ms after two cycles", latest / 8);
    assert_eq!(wrong, 0);
    assert!(worst.abs() <= samples(10) as i64);
}

//! Where silence begins and ends: the promises of the adaptive threshold, on synthetic lines and on recorded speech with
//! noise mixed in. `cargo test --test silence -- --nocapture` prints the margins.

mod common;

use afterbeep::dsp::BLOCK_SAMPLES;
use afterbeep::dsp::goertzel::mean_square;
use afterbeep::dsp::silence::{Activity, SilenceConfig, SilenceDetector, Span};
use afterbeep::line::level::{mean_square_from_dbm0, power_ratio_from_db};
use common::{Random, read_wav, samples, speech};
use std::f64::consts::TAU;

const SECOND: usize = 8_000;
/// Longest pause within a message of the corpus: natural ones are shortened to it.
const PAUSE_MAX_MS: usize = 1_500;

#[derive(Clone, Copy, Debug)]
enum Noise {
    White,
    Pink,
}

/// Noise with a mean square of 1.
fn noise(kind: Noise, count: usize, random: &mut Random) -> Vec<f64> {
    // Paul Kellet's three poles: 3 dB an octave.
    let mut poles = [0.0; 3];
    let mut one = || {
        let white = random.gaussian();
        let Noise::Pink = kind else { return white };
        for (pole, (keep, gain)) in
            poles.iter_mut().zip([(0.99765, 0.0990460), (0.963, 0.2965164), (0.57, 1.0526913)])
        {
            *pole = keep * *pole + gain * white;
        }
        poles.iter().sum::<f64>() + 0.1848 * white
    };
    let mut noise: Vec<f64> = (0..count).map(|_| one()).collect();
    let power = noise.iter().map(|sample| sample * sample).sum::<f64>() / count as f64;
    noise.iter_mut().for_each(|sample| *sample /= power.sqrt());
    noise
}

/// Noise whose level is a function of time.
fn shaped(kind: Noise, seconds: usize, random: &mut Random, dbm0_at: impl Fn(f64) -> f64) -> Vec<i16> {
    let line = noise(kind, seconds * SECOND, random);
    let shape = |(i, sample): (usize, f64)| {
        let dbm0 = dbm0_at(i as f64 / SECOND as f64);
        to_pcm(sample * f64::from(mean_square_from_dbm0(dbm0 as f32)).sqrt())
    };
    line.into_iter().enumerate().map(shape).collect()
}

fn to_pcm(sample: f64) -> i16 {
    sample.round().clamp(-32_768.0, 32_767.0) as i16
}

/// Mean square of each block.
fn powers(line: &[i16]) -> Vec<f32> {
    line.chunks_exact(BLOCK_SAMPLES).map(mean_square).collect()
}

/// What a detector says of a line, to its end.
fn spans(config: &SilenceConfig, line: &[i16]) -> Vec<Span> {
    let mut detector = SilenceDetector::new(config).unwrap();
    let mut spans: Vec<Span> =
        powers(line).into_iter().filter_map(|power| detector.block(BLOCK_SAMPLES, power)).collect();
    spans.extend(detector.span_until(line.len() as u64));
    spans
}

/// Share of sound in a line.
fn share_of_sound(config: &SilenceConfig, line: &[i16]) -> f64 {
    let sound = spans(config, line).into_iter().filter(|span| span.activity == Activity::Sound);
    sound.map(|span| span.end_sample - span.start_sample).sum::<u64>() as f64 / line.len() as f64
}

/// Active speech level as a mean square: of what is above 15.9 dB below itself (the margin of ITU-T P.56).
fn active_level(powers: &[f32]) -> f32 {
    let mut level = powers.iter().sum::<f32>() / powers.len() as f32;
    for _ in 0..20 {
        let active = powers.iter().filter(|&&power| power > level * power_ratio_from_db(-15.9));
        let (sum, count) = active.fold((0.0, 0), |(sum, count), power| (sum + power, count + 1));
        level = sum / count as f32;
    }
    level
}

/// A message at an active level of 0 dBm0: speech without a pause longer than 1.5 s, and where its last word ends.
struct Message {
    samples: Vec<f64>,
    word_end: usize,
}

/// Cuts a recording into messages of about `message_ms`, each ending at the end of a word.
fn messages(recording: &[i16], message_ms: usize) -> Vec<Message> {
    let powers = powers(recording);
    let level = active_level(&powers);
    let gain = f64::from(mean_square_from_dbm0(0.0) / level).sqrt();
    let is_speech: Vec<bool> =
        powers.iter().map(|&power| power > level * power_ratio_from_db(-20.0)).collect();
    let pause_max = samples(PAUSE_MAX_MS) / BLOCK_SAMPLES;
    // A word ends where a quarter of a second of pause follows, or the recording ends.
    let word_pause = 20;
    let (mut messages, mut kept, mut pause) = (Vec::new(), Vec::new(), 0);
    for (block, &speaks) in is_speech.iter().enumerate() {
        pause = if speaks { 0 } else { pause + 1 };
        let last = block + 1 == is_speech.len();
        if pause <= pause_max && (speaks || !kept.is_empty()) {
            let block = &recording[block * BLOCK_SAMPLES..][..BLOCK_SAMPLES];
            kept.extend(block.iter().map(|&sample| gain * f64::from(sample)));
        }
        if (pause == word_pause && kept.len() >= samples(message_ms)) || (last && kept.len() > 2 * SECOND) {
            let word_end = kept.len() - pause.min(pause_max) * BLOCK_SAMPLES;
            messages.push(Message { samples: std::mem::take(&mut kept), word_end });
        }
    }
    messages
}

/// What happened at the ends of messages.
#[derive(Default)]
struct Ends {
    messages: usize,
    within: usize,
    never: usize,
    /// Beyond the setting, in milliseconds.
    late_ms: Vec<f64>,
}

impl Ends {
    fn late(&self, part: f64) -> f64 {
        let mut late = self.late_ms.clone();
        late.sort_by(f64::total_cmp);
        late.get(((late.len() as f64 - 1.0) * part) as usize).copied().unwrap_or(f64::NAN)
    }
}

const LEAD: usize = SECOND;
const TAIL: usize = 8 * SECOND;

/// A message at a level over noise: a second of noise, the words, eight seconds of noise.
fn on_a_line(
    message: &Message,
    speech_dbm0: f64,
    noise_dbm0: f64,
    kind: Noise,
    random: &mut Random,
) -> Vec<i16> {
    let amplitude = |dbm0: f64| 10f64.powf(dbm0 / 20.0);
    let full = f64::from(mean_square_from_dbm0(0.0)).sqrt();
    let mut line: Vec<f64> = noise(kind, LEAD + message.samples.len() + TAIL, random);
    line.iter_mut().for_each(|sample| *sample *= full * amplitude(noise_dbm0));
    for (sample, speech) in line[LEAD..].iter_mut().zip(&message.samples) {
        *sample += speech * amplitude(speech_dbm0);
    }
    line.into_iter().map(to_pcm).collect()
}

/// Ends messages by a final silence that counts from the first sound.
fn end_all(
    config: &SilenceConfig,
    messages: &[Message],
    final_silence_ms: usize,
    line: impl Fn(&Message, &mut Random) -> Vec<i16>,
) -> Ends {
    let mut random = Random::new(7);
    let setting = samples(final_silence_ms) as u64;
    let mut ends = Ends { messages: messages.len(), ..Ends::default() };
    for message in messages {
        let line = line(message, &mut random);
        let end = spans(config, &line)
            .into_iter()
            .filter(|span| span.activity == Activity::Silence && span.start_sample > 0)
            .find(|span| span.end_sample - span.start_sample >= setting)
            .map(|span| span.start_sample as f64);
        let word_end = (LEAD + message.word_end) as f64;
        match end {
            None => ends.never += 1,
            // The sound stopped, for as long as the setting, before the last word did.
            Some(end) if end + setting as f64 <= word_end => ends.within += 1,
            Some(end) => ends.late_ms.push((end - word_end) / 8.0),
        }
    }
    ends
}

fn table(config: &SilenceConfig, messages: &[Message], final_silence_ms: usize) -> Vec<(f64, f64, Ends)> {
    let mut rows = Vec::new();
    println!("speech noise        messages within never  late: first median  95 % last (ms)");
    for speech_dbm0 in [-20.0, -30.0, -38.0] {
        for noise_dbm0 in [-65.0, -55.0, -50.0, -45.0] {
            for kind in [Noise::White, Noise::Pink] {
                let ends = end_all(config, messages, final_silence_ms, |message, random| {
                    on_a_line(message, speech_dbm0, noise_dbm0, kind, random)
                });
                let [first, median, most, last] = [0.0, 0.5, 0.95, 1.0].map(|part| ends.late(part));
                println!(
                    "{speech_dbm0:5} {noise_dbm0:5} {kind:6?} {:8} {:6} {:5} {first:12.0} {median:6.0} {most:5.0} {last:4.0}",
                    ends.messages, ends.within, ends.never
                );
                rows.push((speech_dbm0, noise_dbm0, ends));
            }
        }
    }
    rows
}

/// The corpus: every recording of `tests/data` but the one with a key in it, which is cut before the key.
fn corpus() -> Vec<Message> {
    let mut message = speech("message.wav");
    message.truncate(samples(8_200));
    [speech("reading.wav"), speech("numbers.wav"), speech("digits.wav"), message.split_off(samples(800))]
        .iter()
        .flat_map(|recording| messages(recording, 20_000))
        .collect()
}

/// More speech: `AFTERBEEP_SPEECH=a.wav:b.wav cargo test --test silence more -- --ignored --nocapture`, at 8 kHz.
#[test]
#[ignore = "needs recordings"]
fn more_speech() {
    let paths = std::env::var("AFTERBEEP_SPEECH").expect("AFTERBEEP_SPEECH names 8 kHz recordings");
    for path in paths.split(':') {
        let messages = messages(&read_wav(path.as_ref()), 10_000);
        for config in [SilenceConfig::adaptive(), SilenceConfig::default()] {
            for final_silence_ms in [2_000, 3_000] {
                println!("{path}, {config:?}, {final_silence_ms} ms");
                table(&config, &messages, final_silence_ms);
            }
        }
    }
}

/// Promise: noise that rises by 1 dB a second up to -35 dBm0 stays silence.
#[test]
fn slowly_rising_noise_is_silence() {
    for kind in [Noise::White, Noise::Pink] {
        for (from, db_a_second, seconds) in
            [(-70.0, 1.0, 60), (-60.0, 0.5, 60), (-35.0, 0.0, 300), (-50.0, 0.0, 300)]
        {
            let line = shaped(kind, seconds, &mut Random::new(1), |seconds| {
                (from + db_a_second * seconds).min(-35.0)
            });
            let margin = start_margin_db(&line);
            println!(
                "{kind:?} noise from {from} dBm0, {db_a_second} dB/s: {margin:.1} dB below the start level at least"
            );
            assert_eq!(share_of_sound(&SilenceConfig::adaptive(), &line), 0.0);
            assert!(margin > 0.3);
        }
    }
}

/// How far the loudest block stays below the level at which it would be sound, found by raising it.
fn start_margin_db(line: &[i16]) -> f64 {
    let mut detector = SilenceDetector::new(&SilenceConfig::adaptive()).unwrap();
    let mut margin = f64::INFINITY;
    for power in powers(line) {
        while margin > 0.0 && detector.is_sound(power * power_ratio_from_db(margin.min(30.0) as f32)) {
            margin = margin.min(30.0) - 0.1;
        }
        detector.block(BLOCK_SAMPLES, power);
    }
    margin
}

/// Promise: quiet speech, -38 dBm0, over noise at -55 dBm0 is not silence.
#[test]
fn quiet_speech_over_noise_is_sound() {
    let recordings = [
        ("reading", speech("reading.wav")),
        ("numbers", speech("numbers.wav")),
        ("digits", speech("digits.wav")),
    ];
    for (name, recording) in recordings {
        for kind in [Noise::White, Noise::Pink] {
            let message = &messages(&recording, 60_000)[0];
            let line = on_a_line(message, -38.0, -55.0, kind, &mut Random::new(2));
            let heard = spans(&SilenceConfig::adaptive(), &line);
            let sounds: Vec<&Span> = heard.iter().filter(|span| span.activity == Activity::Sound).collect();
            let (first, last) = (sounds[0], sounds[sounds.len() - 1]);
            let pauses = heard[1..heard.len() - 1].iter().filter(|span| span.activity == Activity::Silence);
            let pause = pauses.map(|span| span.end_sample - span.start_sample).max().unwrap_or(0);
            let (late, end) = (first.start_sample as i64 - LEAD as i64, LEAD + message.word_end);
            let end = last.end_sample as i64 - end as i64;
            println!(
                "{name} over {kind:?} noise: begins {} ms late, ends {} ms late, longest pause {} ms",
                late / 8,
                end / 8,
                pause / 8
            );
            assert!((-102..800).contains(&late));
            assert!((-3_200..2_400).contains(&end));
            assert!(pause < 1_000 * 8);
        }
    }
}

/// Noise that steps up is sound until the floor has come after it: 15 dB take less than 8 s. A step down is silence.
#[test]
fn a_step_of_noise_is_silence_again_within_seconds() {
    for kind in [Noise::White, Noise::Pink] {
        for (before, after) in [(-55.0, -45.0), (-55.0, -40.0), (-50.0, -35.0), (-40.0, -55.0)] {
            let line =
                shaped(kind, 40, &mut Random::new(3), |seconds| if seconds < 10.0 { before } else { after });
            let heard = spans(&SilenceConfig::adaptive(), &line);
            let last = heard[heard.len() - 1];
            let seconds = (last.start_sample as f64 / SECOND as f64 - 10.0).max(0.0);
            println!(
                "{kind:?} noise steps from {before} to {after} dBm0: silence again after {seconds:.1} s"
            );
            assert_eq!(last.activity, Activity::Silence);
            assert!(seconds < 8.0);
            assert!(heard.len() <= 3, "it flickers: {heard:?}");
        }
    }
}

/// Whatever comes first: noise is silence from the first block on, speech is sound within its first syllables.
#[test]
fn a_line_is_judged_from_its_first_block_on() {
    let adaptive = SilenceConfig::adaptive();
    for noise_dbm0 in [-70.0, -55.0, -45.0, -36.0] {
        let line = shaped(Noise::Pink, 5, &mut Random::new(4), |_| noise_dbm0);
        assert_eq!(share_of_sound(&adaptive, &line), 0.0);
    }
    for (name, from) in
        [("reading.wav", 8_000), ("reading.wav", 12_000), ("numbers.wav", 6_000), ("digits.wav", 6_000)]
    {
        let recording = speech(name);
        let level = active_level(&powers(&recording));
        for speech_dbm0 in [-10.0, -20.0, -38.0] {
            let gain = f64::from(mean_square_from_dbm0(speech_dbm0) / level).sqrt();
            let line: Vec<i16> =
                recording[from..].iter().map(|&sample| to_pcm(gain * f64::from(sample))).collect();
            for zeros in [0, SECOND] {
                let line = [vec![0; zeros], line.clone()].concat();
                let heard = spans(&adaptive, &line);
                let sound = heard.iter().find(|span| span.activity == Activity::Sound).unwrap();
                let ms = (sound.start_sample as i64 - zeros as i64) / 8;
                println!("{name} from {from} at {speech_dbm0} dBm0 after {zeros} zeros: sound after {ms} ms");
                assert!(ms < 700);
            }
        }
    }
}

/// Comfort noise comes and goes (DTX), or the line carries nothing between talk spurts: silence, all of it.
#[test]
fn gaps_in_the_transmission_are_silence() {
    let adaptive = SilenceConfig::adaptive();
    let mut random = Random::new(5);
    let gaps = |seconds: f64, off_dbm0: f64| {
        move |time: f64| if ((time / seconds) as u64).is_multiple_of(2) { -45.0 } else { off_dbm0 }
    };
    for seconds in [0.1, 0.5, 3.0, 10.0] {
        let line = shaped(Noise::White, 40, &mut random, gaps(seconds, -100.0));
        assert_eq!(share_of_sound(&adaptive, &line), 0.0, "nothing for {seconds} s");
        let line = shaped(Noise::White, 40, &mut random, gaps(seconds, -48.0));
        assert_eq!(share_of_sound(&adaptive, &line), 0.0, "comfort noise 3 dB down for {seconds} s");
    }
    assert_eq!(share_of_sound(&adaptive, &[0; 40_000]), 0.0);
    assert_eq!(share_of_sound(&adaptive, &[-900; 40_000]), 0.0);
}

/// Music on hold and steady tones are no silence, at the levels at which they come.
#[test]
fn music_and_tones_are_sound() {
    let adaptive = SilenceConfig::adaptive();
    let mut random = Random::new(6);
    // Chords of four decaying partials, two a second, never quite gone.
    let mut chord = [0.0; 4];
    let music: Vec<f64> = (0..60 * SECOND)
        .map(|i| {
            if i % 4_000 == 0 {
                chord = std::array::from_fn(|_| 220.0 * 2f64.powf((random.unit() * 24.0).floor() / 12.0));
            }
            let decay = (-2.0 * (i % 4_000) as f64 / 8_000.0).exp();
            chord.iter().map(|hz| decay * (TAU * hz * i as f64 / 8_000.0).sin()).sum()
        })
        .collect();
    let at = |line: &[f64], dbm0: f32| -> Vec<i16> {
        let power = line.iter().map(|sample| sample * sample).sum::<f64>() / line.len() as f64;
        let gain = (f64::from(mean_square_from_dbm0(dbm0)) / power).sqrt();
        line.iter().map(|sample| to_pcm(gain * sample)).collect()
    };
    let tone: Vec<f64> = (0..60 * SECOND).map(|i| (TAU * 425.0 * i as f64 / 8_000.0).sin()).collect();
    for dbm0 in [-12.0, -16.0, -20.0, -24.0, -30.0] {
        let [music, tone] = [&music, &tone].map(|line| share_of_sound(&adaptive, &at(line, dbm0)));
        println!("{dbm0} dBm0: music is sound for {:.1} %, a tone for {:.1} %", 100.0 * music, 100.0 * tone);
        assert!(dbm0 < -24.0 || (music == 1.0 && tone == 1.0));
    }
}

/// Messages of the corpus over noise: none ends within it, and all end within 300 ms of the setting.
#[test]
fn messages_end_after_their_last_word() {
    let corpus = corpus();
    for (speech_dbm0, noise_dbm0, ends) in table(&SilenceConfig::adaptive(), &corpus, 2_000) {
        assert_eq!((ends.within, ends.never), (0, 0), "{speech_dbm0} over {noise_dbm0}");
        assert!(ends.late(1.0) <= 300.0, "{speech_dbm0} over {noise_dbm0}");
    }
}

use crate::args::{Detect, flag_error};
use crate::{Failure, input, tones};
use afterbeep::cpu;
use afterbeep::dsp::call_progress::{CallProgressDetector, ToneEvent};
use afterbeep::dsp::dtmf::{DtmfDetector, DtmfEvent, DtmfProfile, Measured};
use afterbeep::dsp::silence::{Activity, SilenceDetector, Span};
use afterbeep::dsp::{BLOCK_SAMPLES, BlockBuffer};
use afterbeep::line::SampleRate;
use serde::Serialize;
use std::io::{self, Write};

/// Samples heard at once, at most; what they bring is printed at once, too.
const PIECE_SAMPLES: usize = 32_768;

/// What was heard, in the words of the contract.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Digit { digit: char, start_sample: u64, end_sample: u64, level_dbm0: f64, twist_db: f64 },
    Silence { start_sample: u64, end_sample: u64 },
    Sound { start_sample: u64, end_sample: u64 },
    Tone { kind: &'static str, country: Option<&'static str>, start_sample: u64, end_sample: u64 },
}

impl Event {
    const fn span(&self) -> (u64, u64) {
        match *self {
            Self::Digit { start_sample, end_sample, .. }
            | Self::Silence { start_sample, end_sample }
            | Self::Sound { start_sample, end_sample }
            | Self::Tone { start_sample, end_sample, .. } => (start_sample, end_sample),
        }
    }

    /// Says its place in samples of the line.
    fn place(&mut self, on_line: impl Fn(u64) -> u64) {
        match self {
            Self::Digit { start_sample, end_sample, .. }
            | Self::Silence { start_sample, end_sample }
            | Self::Sound { start_sample, end_sample }
            | Self::Tone { start_sample, end_sample, .. } => {
                (*start_sample, *end_sample) = (on_line(*start_sample), on_line(*end_sample));
            }
        }
    }
}

impl From<Span> for Event {
    fn from(Span { activity, start_sample, end_sample }: Span) -> Self {
        match activity {
            Activity::Silence => Self::Silence { start_sample, end_sample },
            Activity::Sound => Self::Sound { start_sample, end_sample },
        }
    }
}

pub(crate) fn run(arguments: &Detect) -> Result<(), Failure> {
    let silence = SilenceDetector::new(&arguments.threshold.silence()?);
    let silence = silence.map_err(|error| flag_error(&error.into()))?;
    let mut listener = Listener::new(silence, &arguments.keys.profile())?;
    let plan = tones::plan(&arguments.tones)?;
    let mut line = input::Narrowband::new(input::open(&arguments.input)?);
    if let Some(plan) = plan {
        listener.tones = Some(CallProgressDetector::with_kernel(&plan, cpu::kernel())?);
    }
    let mut piece = vec![0; PIECE_SAMPLES];
    let mut text = Vec::new();
    let mut out = io::stdout().lock();
    loop {
        let count = line.read(&mut piece)?;
        if count == 0 {
            input::warn_of_cut(&arguments.input.path, &line.line);
            listener.finish();
        } else {
            listener.hear(&piece[..count]);
        }
        listener.ready.iter_mut().for_each(|event| event.place(|sample| line.on_line(sample)));
        let rate = line.line.sample_rate();
        let printed = print(&mut listener.ready, rate, arguments.json, &mut text).and_then(|()| {
            // Standard output on its own would make a system call of every line.
            out.write_all(&text)?;
            text.clear();
            out.flush()
        });
        match printed {
            Ok(()) if count == 0 => return Ok(()),
            Ok(()) => {}
            // A reader that has seen enough is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(Failure::Failed(format!("standard output: {error}"))),
        }
    }
}

fn print(events: &mut Vec<Event>, rate: SampleRate, json: bool, out: &mut impl Write) -> io::Result<()> {
    for event in events.drain(..) {
        if json {
            serde_json::to_writer(&mut *out, &event)?;
            writeln!(out)?;
            continue;
        }
        let (start, end) = event.span();
        let seconds = |sample: u64| sample as f64 / f64::from(rate.hz());
        write!(out, "{:10.3} {:10.3}  ", seconds(start), seconds(end))?;
        match event {
            Event::Digit { digit, level_dbm0, twist_db, .. } => {
                writeln!(out, "digit {digit}  {level_dbm0:.1} dBm0, twist {twist_db:.1} dB")?;
            }
            Event::Silence { .. } => writeln!(out, "silence")?,
            Event::Sound { .. } => writeln!(out, "sound")?,
            Event::Tone { kind, country, .. } => {
                writeln!(out, "{kind}{}", country.map(|code| format!("  {code}")).unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

/// The detectors over one pass of the bank. Events become ready in the order of their ends.
struct Listener {
    blocks: BlockBuffer,
    dtmf: DtmfDetector,
    silence: SilenceDetector,
    tones: Option<CallProgressDetector>,
    /// Events that one still to come may have to precede.
    held: Vec<Event>,
    ready: Vec<Event>,
}

impl Listener {
    fn new(silence: SilenceDetector, profile: &DtmfProfile) -> Result<Self, Failure> {
        Ok(Self {
            blocks: BlockBuffer::new(),
            dtmf: DtmfDetector::with_kernel(profile, cpu::kernel())
                .map_err(|error| flag_error(&error.into()))?,
            silence,
            tones: None,
            held: Vec::new(),
            ready: Vec::new(),
        })
    }

    fn hear(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let (taken, rest) = self.blocks.take(samples);
            samples = rest;
            if let Some(block) = self.blocks.complete(taken) {
                let beside = self.tones.as_mut().map(CallProgressDetector::beside);
                let measured = self.dtmf.block_beside(block, &self.blocks, beside);
                let heard =
                    |tones: &mut CallProgressDetector| tones.block(block, &self.blocks, measured.total);
                let tone = self.tones.as_mut().and_then(heard);
                self.hold_tone(tone, u64::MAX);
                self.block(&measured, u64::MAX);
            }
        }
    }

    /// The newest block, in a line that ends at `line_end`.
    fn block(&mut self, measured: &Measured, line_end: u64) {
        let position = self.blocks.position();
        self.hold_digit(measured.event, line_end);
        if line_end == u64::MAX
            && let Some(span) = self.silence.block(BLOCK_SAMPLES, measured.total)
        {
            self.held.push(span.into());
        }
        // Nearly every block ends here.
        if self.held.is_empty() {
            return;
        }
        let tones = self.tones.as_ref().map_or(u64::MAX, |tones| tones.settled_sample(position));
        let settled = self.dtmf.settled_sample(position).min(self.silence.settled_sample()).min(tones);
        self.held.sort_by_key(|event| event.span().1);
        let settled = self.held.partition_point(|event| event.span().1 <= settled);
        self.ready.extend(self.held.drain(..settled));
    }

    fn hold_tone(&mut self, event: Option<ToneEvent>, line_end: u64) {
        if let Some(ToneEvent::Ended(tone, end)) = event {
            self.held.push(Event::Tone {
                kind: tone.kind.name(),
                country: tone.country,
                start_sample: tone.start_sample,
                end_sample: end.min(line_end),
            });
        }
    }

    fn hold_digit(&mut self, event: Option<DtmfEvent>, line_end: u64) {
        // The sum turns -0 into 0.
        let tenths = |value: f32| f64::from(value * 10.0).round() / 10.0 + 0.0;
        if let Some(DtmfEvent::Ended(tone, end)) = event {
            self.held.push(Event::Digit {
                digit: tone.digit.as_char(),
                start_sample: tone.start_sample,
                end_sample: end.min(line_end),
                level_dbm0: tenths(tone.level_dbm0),
                twist_db: tenths(tone.twist_db),
            });
        }
    }

    /// The line ended: what was going on ends with it.
    fn finish(&mut self) {
        let line_end = self.blocks.position();
        self.held.extend(self.silence.span_until(line_end).map(Event::from));
        // A tone that stopped just now is recognised by the silence that would have followed.
        for _ in 0..2 {
            let block = *self.blocks.complete_with_silence();
            let measured = self.dtmf.block(&block, &self.blocks);
            let heard = |tones: &mut CallProgressDetector| tones.block(&block, &self.blocks, measured.total);
            let tone = self.tones.as_mut().and_then(heard);
            self.hold_tone(tone, line_end);
            self.block(&measured, line_end);
        }
        let event = self.dtmf.finish(line_end);
        self.hold_digit(event, line_end);
        let event = self.tones.as_mut().and_then(|tones| tones.finish(line_end));
        self.hold_tone(event, line_end);
        self.held.sort_by_key(|event| event.span().1);
        self.ready.append(&mut self.held);
    }
}

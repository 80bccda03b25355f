use crate::args::{Record, flag_error};
use crate::{Failure, input, tones, waveform};
use afterbeep::dsp::tone_plan::ToneKind;
use afterbeep::engine::{Engine, EngineConfig, FileConfig, SessionError, SessionHandle, SessionResult};
use afterbeep::line::SampleRate;
use afterbeep::session::{EndReason, PauseMode, SessionConfig};
use afterbeep::wav::WavReader;
use serde::Serialize;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

/// A frame as a switch delivers it.
const FRAME_SAMPLES: usize = 160;
/// How long the feeder waits for the writer before it looks again.
const FEEDER_WAIT: Duration = Duration::from_micros(500);

/// The result as the contract has it.
#[derive(Serialize)]
struct Report {
    end_reason: &'static str,
    end_digit: Option<char>,
    tone: Option<&'static str>,
    path: Option<String>,
    samples: u64,
    duration_ms: u64,
    trimmed_samples: u64,
    cut: Option<&'static str>,
    lost_samples: u64,
    line_lost_samples: u64,
    echo_guard_samples: u64,
    late_samples: u64,
    timestamp_jumps: u64,
    dropped_samples: u64,
    complete: bool,
}

impl From<&SessionResult> for Report {
    fn from(result: &SessionResult) -> Self {
        Self {
            end_reason: result.end_reason.name(),
            end_digit: result.end_digit.map(|digit| digit.as_char()),
            tone: result.tone.map(ToneKind::name),
            path: result.path.as_ref().map(|path| path.display().to_string()),
            samples: result.samples,
            duration_ms: result.duration_ms,
            trimmed_samples: result.trimmed_samples,
            cut: result.cut.name(),
            lost_samples: result.lost_samples,
            line_lost_samples: result.line_lost_samples,
            echo_guard_samples: result.echo_guard_samples,
            late_samples: result.late_samples,
            timestamp_jumps: result.timestamp_jumps,
            dropped_samples: result.dropped_samples,
            complete: result.complete,
        }
    }
}

impl Report {
    /// Nothing could start.
    fn not_started() -> Self {
        Self {
            end_reason: EndReason::Error.name(),
            end_digit: None,
            tone: None,
            path: None,
            samples: 0,
            duration_ms: 0,
            trimmed_samples: 0,
            cut: None,
            lost_samples: 0,
            line_lost_samples: 0,
            echo_guard_samples: 0,
            late_samples: 0,
            timestamp_jumps: 0,
            dropped_samples: 0,
            complete: false,
        }
    }
}

pub(crate) fn run(arguments: &Record) -> Result<(), Failure> {
    let session = session(arguments)?;
    session.validate().map_err(|error| flag_error(&error))?;
    let (result, failure) = match record(arguments) {
        Ok(Recorded { result, failure }) => (Some(result), failure),
        Err(failure) => (None, Some(failure)),
    };
    let told = tell(result.as_ref(), arguments.json);
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Some(error) = result.and_then(|result| result.error) {
        return Err(Failure::Failed(error.to_string()));
    }
    match told {
        // Whoever closed standard output does not want to read it; the message is left all the same.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// A session that ran to an end, and what went wrong on the way.
struct Recorded {
    result: SessionResult,
    failure: Option<Failure>,
}

fn tell(result: Option<&SessionResult>, json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let report = result.map_or(Report::not_started(), Report::from);
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else if let Some(result) = result {
        summarise(result, &mut out)?;
    }
    out.flush()
}

fn record(arguments: &Record) -> Result<Recorded, Failure> {
    let mut line = input::open(&arguments.input.path)?;
    // A feeder faster than real time gains from a longer ring and a quicker look at it.
    let config = EngineConfig { poll_interval_ms: 1, ring_ms: 30_000, ..EngineConfig::default() };
    let engine = Engine::new(&config)?;
    let session = engine.open(&session(arguments)?, &file(arguments)?)?;
    let rate = line.sample_rate();
    let hangup_at = arguments.hangup_at.map_or(u64::MAX, |ms| rate.samples(ms.into()));
    let failure = feed(session, &mut line, arguments, hangup_at).err();
    // Neither does anything to a session that has ended.
    if failure.is_some() {
        session.fail()?;
    } else {
        session.hangup()?;
    }
    loop {
        match session.result(Duration::from_secs(1)) {
            Err(SessionError::NotFinished) => {}
            result => return Ok(Recorded { result: result?, failure }),
        }
    }
}

/// The session that the flags ask for.
fn session(arguments: &Record) -> Result<SessionConfig, Failure> {
    Ok(SessionConfig { tone_plan: tones::plan(&arguments.tones)?, ..arguments.session() })
}

/// `--out`: a directory, or the file to create.
fn file(arguments: &Record) -> Result<FileConfig, Failure> {
    let out = &arguments.out;
    if out.to_str().is_none() {
        return Err(Failure::Failed(format!("{} is not UTF-8; choose another --out", out.display())));
    }
    let format = arguments.format.into();
    if out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Ok(FileConfig { format, ..FileConfig::new(out) });
    }
    let directory = match out.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let name = out.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::Failed(format!("{} is no file name", out.display())))?;
    Ok(FileConfig { name: Some(name.to_owned()), format, ..FileConfig::new(directory) })
}

/// The caller speaks until the line ends, the session does, or the caller hangs up.
fn feed(
    session: SessionHandle,
    line: &mut WavReader<Box<dyn Read>>,
    arguments: &Record,
    hangup_at: u64,
) -> Result<(), Failure> {
    let mut frame = [0; FRAME_SAMPLES];
    let mut heard = [0; FRAME_SAMPLES];
    let mut position = 0;
    let mut pauses = Pauses::new(arguments, line.sample_rate());
    loop {
        let until = hangup_at.min(pauses.follow(session, position)?);
        let wanted = until.saturating_sub(position).min(FRAME_SAMPLES as u64) as usize;
        let count = line.read(&mut frame[..wanted])?;
        if count == 0 {
            return Ok(());
        }
        loop {
            match session.writable_samples() {
                Ok(room) if room < count => std::thread::sleep(FEEDER_WAIT),
                Ok(_) => break,
                Err(SessionError::Ended) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        match session.push(&frame[..count]).and_then(|()| session.pull(&mut heard[..count])) {
            Ok(()) => position += count as u64,
            Err(SessionError::Ended) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// `--pause`: where the session is told to pause and to go on.
struct Pauses {
    spans: Vec<(u64, u64)>,
    mode: PauseMode,
    paused: bool,
}

impl Pauses {
    fn new(arguments: &Record, rate: SampleRate) -> Self {
        let samples = |&(from, to): &(u32, u32)| (rate.samples(from.into()), rate.samples(to.into()));
        let spans = arguments.pause.iter().map(samples).collect();
        Self { spans, mode: arguments.pause_mode.into(), paused: false }
    }

    /// Does what is due at a position, and says where something is due next.
    fn follow(&mut self, session: SessionHandle, position: u64) -> Result<u64, SessionError> {
        let pause = self.spans.iter().any(|(from, to)| (*from..*to).contains(&position));
        if pause && !self.paused {
            session.pause(self.mode)?;
        } else if self.paused && !pause {
            session.resume()?;
        }
        self.paused = pause;
        let edges = self.spans.iter().flat_map(|&(from, to)| [from, to]);
        Ok(edges.filter(|&edge| edge > position).min().unwrap_or(u64::MAX))
    }
}

fn summarise(result: &SessionResult, out: &mut impl Write) -> std::io::Result<()> {
    let seconds = result.duration_ms as f64 / 1_000.0;
    let ended = match (result.end_digit, result.tone) {
        (Some(digit), _) => format!("{} {digit}", result.end_reason),
        (None, Some(tone)) => format!("{} {}", result.end_reason, tone.name()),
        (None, None) => result.end_reason.to_string(),
    };
    writeln!(out, "ended by {ended} after {seconds:.3} s")?;
    let Some(path) = &result.path else {
        return writeln!(out, "nothing was recorded");
    };
    if let Some(picture) = waveform::draw(path, result.samples) {
        writeln!(out, "\n{picture}▏{ended}\n")?;
    }
    writeln!(out, "recorded  {} ({} samples)", path.display(), result.samples)?;
    if result.trimmed_samples > 0 {
        writeln!(out, "trimmed   {} samples of the ending", result.trimmed_samples)?;
    }
    if result.lost_samples > 0 {
        writeln!(out, "LOST      {} samples", result.lost_samples)?;
    }
    Ok(())
}

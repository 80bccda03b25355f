use crate::args::{Record, flag_error};
use crate::element::Flow;
use crate::feed::{Feeder, Told};
use crate::{Failure, input, report};
use afterbeep::engine::{Engine, FileConfig, LargeFile, SessionError, SessionResult};
use afterbeep::line::SampleRate;
use afterbeep::session::SessionConfig;
use afterbeep::wav::Format;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long it takes at most until a signal is noticed.
const LOOK: Duration = Duration::from_millis(50);

/// A session that ran to an end, what it told, and what went wrong on the way.
struct Recorded {
    result: SessionResult,
    told: Arc<Told>,
    failure: Option<Failure>,
}

pub(crate) fn run(arguments: &Record) -> Result<(), Failure> {
    let session = arguments.session()?;
    session.validate().map_err(|error| flag_error(&error))?;
    arguments.level()?;
    arguments.engine().validate().map_err(|error| flag_error(&error))?;
    let mut flow = Flow::new(&arguments.flow);
    let (result, told, failure) = match record(arguments, &session, flow.as_mut()) {
        Ok(Recorded { result, told, failure }) => (Some(result), told, failure),
        Err(failure) => (None, Arc::default(), Some(failure)),
    };
    let element = flow.map(|flow| flow.report);
    let told = report::tell(result.as_ref(), arguments.events.then_some(&told), element, arguments.json);
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Some(SessionResult { error: Some(error), path, .. }) = &result {
        let path = path.as_deref().unwrap_or(&arguments.out);
        return Err(Failure::Failed(format!("{}: {error}", path.display())));
    }
    if let Some(SessionResult { sync_error: Some(error), path: Some(path), .. }) = result {
        let text = format!("{} may not survive: it could not be synced: {error}", path.display());
        return Err(Failure::Failed(text));
    }
    match told {
        // Whoever closed standard output does not want to read it; the message is left all the same.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

fn record(
    arguments: &Record,
    config: &SessionConfig,
    mut flow: Option<&mut Flow>,
) -> Result<Recorded, Failure> {
    let line = input::open(&arguments.input)?;
    // Recorded as it is, byte for byte.
    let line = if Format::from(arguments.format) == Format::Ulaw { line.exact() } else { line };
    let config = SessionConfig { sample_rate: line.sample_rate(), ..*config };
    let interrupted = interruption()?;
    let engine = Engine::new(&arguments.engine())?;
    let session = match &mut flow {
        Some(flow) => flow.open(&engine, line.sample_rate(), described(arguments, Path::new(""))?)?,
        None => engine.open(&config, &file(arguments)?)?,
    };
    let (failed, failure) = mpsc::channel();
    let told = Arc::new(Told::default());
    let mut feeder = Feeder {
        session,
        input: arguments.input.path.clone(),
        schedule: arguments.happenings.schedule(line.sample_rate()),
        rtp_timestamp: arguments.happenings.rtp_timestamp,
        line,
        told: arguments.events.then(|| Arc::clone(&told)),
    };
    // On a thread of its own: standard input may bring nothing, while the session ends all the same.
    thread::Builder::new().name("feeder".to_owned()).spawn(move || {
        // Neither does anything to a session that has ended.
        let _ = match feeder.run() {
            Ok(()) => session.hangup(),
            Err(failure) => {
                let _ = failed.send(failure);
                session.fail()
            }
        };
    })?;
    let result = loop {
        match session.result(LOOK) {
            Err(SessionError::NotFinished) if interrupted.load(Ordering::Relaxed) => session.hangup()?,
            Err(SessionError::NotFinished) => {}
            result => break result?,
        }
    };
    if let Some(flow) = flow {
        flow.finish(&result);
    }
    told.collect(session)?;
    Ok(Recorded { result, told, failure: failure.try_recv().ok() })
}

/// Becomes true when somebody interrupts or terminates this program: the caller then hangs up. Whoever asks twice does
/// not want to wait.
fn interruption() -> std::io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&interrupted))?;
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    Ok(interrupted)
}

/// `--out`: a directory, or the file to create. `--append`: the file to continue.
fn file(arguments: &Record) -> Result<FileConfig, Failure> {
    let append = arguments.append.is_some();
    let out = arguments.append.as_ref().unwrap_or(&arguments.out);
    if out.to_str().is_none() {
        return Err(Failure::Failed(format!("{} is not UTF-8; choose another one", out.display())));
    }
    let config = described(arguments, out)?;
    if !append && (out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/")) {
        return Ok(config);
    }
    let directory = match out.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let name = out.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::Failed(format!("{} is no file name", out.display())))?;
    let config = FileConfig { directory: directory.into(), name: Some(name.to_owned()), append, ..config };
    config.validate().map_err(|error| flag_error(&error))?;
    Ok(config)
}

/// What the file is, wherever it goes.
fn described(arguments: &Record, directory: &Path) -> Result<FileConfig, Failure> {
    let config = FileConfig {
        format: arguments.format.into(),
        header: arguments.header.into(),
        metadata: arguments.metadata(),
        file_rate_hz: arguments.file_rate.map_or(0, SampleRate::hz),
        gain: arguments.level()?,
        large_file: arguments.large.map(LargeFile::from),
        max_file_kib: arguments.max_file_kib.unwrap_or(0),
        ..FileConfig::new(directory)
    };
    config.validate().map_err(|error| flag_error(&error))?;
    Ok(config)
}

//! `afterbeep load`: records many channels at once through the public API, and measures what that costs.

mod feeder;
mod latency;
mod metrics;
mod pace;
mod report;
mod source;
mod tally;
mod usage;

use crate::args::{Load, flag_error};
use crate::{Failure, tones};
use afterbeep::engine::{Engine, FileConfig, SessionHandle};
use afterbeep::session::{SessionConfig, Terminators};
use feeder::{Fed, Feeder, Plan, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use metrics::Metrics;
use report::{Cpu, Disk, Measured, Walls};
use source::Source;
use std::sync::atomic::Ordering;
use std::thread::{self, Builder, ScopedJoinHandle};
use std::time::{Duration, Instant};
use tally::Tally;

/// A frame as a switch delivers it.
const FRAME_SAMPLES: usize = 160;
const FRAME_MS: u64 = 20;
/// How often the sessions are looked after that have heard everything.
const WATCH_INTERVAL: Duration = Duration::from_millis(20);

pub(crate) fn run(arguments: &Load) -> Result<(), Failure> {
    match load(arguments) {
        Ok(measured) => report::tell(arguments, measured),
        Err(failure) => {
            if arguments.json {
                report::tell_failure(&failure);
            }
            Err(failure)
        }
    }
}

fn load(arguments: &Load) -> Result<Measured, Failure> {
    let config = arguments.engine();
    config.validate().map_err(|error| flag_error(&error))?;
    let session = session(arguments)?;
    let source = Source::new(arguments.input.as_deref())?;
    usage::reserve_descriptors(arguments.channels)?;
    let threads = arguments.threads.min(arguments.channels) as usize;
    let plan = Plan::new(&source, arguments.pace, arguments.seconds, &config);
    let bar = progress_bar(arguments, &plan);
    let progress: Vec<_> = (0..threads).map(|_| Progress::default()).collect();
    let channels = arguments.channels as usize;
    let mut feeders: Vec<_> =
        progress.iter().map(|progress| Feeder::new(&plan, channels.div_ceil(threads), progress)).collect();
    let mut handles = Vec::with_capacity(channels);

    let (process_before, driver_before) = (usage::process_cpu(), usage::thread_cpu());
    let (written_before, memory_before) = (usage::Written::now(), usage::resident_bytes());
    let began = Instant::now();
    let engine = Engine::new(&config)?;
    let file = FileConfig { format: arguments.format.into(), ..FileConfig::new(&arguments.dir) };
    for channel in 0..channels {
        let handle = engine.open(&session, &file).map_err(|error| {
            Failure::Failed(format!("channel {} of {channels} could not be opened: {error}", channel + 1))
        })?;
        feeders[channel % threads].add(handle, source.start(channel, channels));
        handles.push(handle);
    }
    let open = began.elapsed();
    let mut metrics = Metrics::new(arguments.prometheus.as_deref());
    // What cannot be written is better known now than at the end.
    metrics.write(&engine)?;
    let (fed, memory) = feed(feeders, &handles, &progress, &bar, || metrics.tick(&engine))?;
    let finishing = Instant::now();
    let tally = Tally::collect(&handles);
    let finish = finishing.elapsed();
    metrics.write(&engine)?;
    let media = fed.iter().map(|fed| fed.cpu).sum();
    let process = usage::process_cpu() - process_before;
    let driver = usage::thread_cpu() - driver_before;
    bar.finish_and_clear();
    Ok(Measured {
        walls: Walls { open, feed: fed.iter().map(|fed| fed.wall).max().unwrap_or_default(), finish },
        cpu: Cpu { process, media, driver },
        disk: Disk::since(written_before, &tally),
        engine: engine.statistics(),
        memory: memory.saturating_sub(memory_before),
        pushed_samples: progress.iter().map(|p| p.frames.load(Ordering::Relaxed)).sum::<u64>()
            * FRAME_SAMPLES as u64,
        fed,
        tally,
    })
}

/// Detectors on, and nothing that ends a session but a hang-up.
fn session(arguments: &Load) -> Result<SessionConfig, Failure> {
    let session = SessionConfig {
        beep: None,
        terminators: Terminators::NONE,
        max_duration_ms: 0,
        tone_plan: tones::plan(&arguments.tones)?,
        ..SessionConfig::default()
    };
    session.validate().map_err(|error| flag_error(&error))?;
    Ok(session)
}

/// Hidden with `--json`, and where standard error is no terminal.
fn progress_bar(arguments: &Load, plan: &Plan) -> ProgressBar {
    let target = if arguments.json { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(u64::from(arguments.channels) * plan.frames), target);
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Runs the media threads, and hangs up where a channel has heard everything. Returns what became of them, and the most
/// memory that the process had meanwhile.
fn feed(
    feeders: Vec<Feeder>,
    handles: &[SessionHandle],
    progress: &[Progress],
    bar: &ProgressBar,
    mut tick: impl FnMut() -> Result<(), Failure>,
) -> Result<(Vec<Fed>, u64), Failure> {
    let mut memory = usage::resident_bytes();
    let mut hung_up = vec![0; feeders.len()];
    thread::scope(|scope| {
        let media: Vec<_> = feeders
            .into_iter()
            .map(|feeder| {
                Builder::new().name("afterbeep-media".to_owned()).spawn_scoped(scope, || feeder.run())
            })
            .collect::<Result<_, _>>()?;
        loop {
            let over = media.iter().all(ScopedJoinHandle::is_finished);
            let threads = progress.len();
            for (thread, (progress, hung_up)) in progress.iter().zip(&mut hung_up).enumerate() {
                let fed = progress.fed.load(Ordering::Acquire);
                for channel in *hung_up..fed {
                    handles[thread + channel * threads].hangup()?;
                }
                *hung_up = fed;
            }
            bar.set_position(progress.iter().map(|progress| progress.frames.load(Ordering::Relaxed)).sum());
            memory = memory.max(usage::resident_bytes());
            tick()?;
            if over {
                break;
            }
            thread::sleep(WATCH_INTERVAL);
        }
        let joined = media.into_iter().map(|thread| thread.join());
        let fed: Vec<_> = joined
            .collect::<Result<_, _>>()
            .map_err(|_| Failure::Failed("a media thread panicked; please report this".to_owned()))?;
        Ok((fed, memory))
    })
}

//! What became of a message, for people and for programs.

use crate::element::ElementReport;
use crate::feed::Told;
use crate::waveform;
use afterbeep::dsp::tone_plan::ToneKind;
use afterbeep::engine::{Gap, SessionResult};
use afterbeep::session::{DigitEvent, DigitSource, EndReason, SessionEvent};
use serde::Serialize;
use std::io::{self, Write};

/// The result as the contract has it.
#[derive(Serialize)]
struct Report {
    end_reason: &'static str,
    end_digit: Option<char>,
    tone: Option<&'static str>,
    path: Option<String>,
    /// All of its files, in the order of the audio; `path` is the first.
    paths: Vec<String>,
    samples: u64,
    duration_ms: u64,
    spoken_ms: Option<u64>,
    appended_to_samples: u64,
    trimmed_samples: u64,
    cut: Option<&'static str>,
    lost_samples: u64,
    /// The first ones; `gap_count` of them are there.
    gaps: Vec<GapReport>,
    gap_count: u64,
    line_lost_samples: u64,
    echo_guard_samples: u64,
    late_samples: u64,
    timestamp_jumps: u64,
    dropped_samples: u64,
    complete: bool,
    durability: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Event>>,
    #[serde(flatten)]
    element: Option<ElementReport>,
}

/// What the session told on the way.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Digit { digit: char, source: &'static str, start_sample: u64 },
    Tone { kind: &'static str, start_sample: u64 },
}

impl From<SessionEvent> for Event {
    fn from(event: SessionEvent) -> Self {
        match event {
            SessionEvent::Digit(DigitEvent { digit, source, start_sample }) => {
                let source = match source {
                    DigitSource::Heard => "heard",
                    DigitSource::Signalled => "signalled",
                };
                Self::Digit { digit: digit.as_char(), source, start_sample }
            }
            SessionEvent::Tone { kind, start_sample } => Self::Tone { kind: kind.name(), start_sample },
        }
    }
}

/// Where samples were lost, and why.
#[derive(Serialize)]
struct GapReport {
    start_sample: u64,
    samples: u64,
    cause: &'static str,
}

impl From<&Gap> for GapReport {
    fn from(gap: &Gap) -> Self {
        Self { start_sample: gap.start_sample, samples: gap.samples, cause: gap.cause.name() }
    }
}

impl From<&SessionResult> for Report {
    fn from(result: &SessionResult) -> Self {
        Self {
            end_reason: result.end_reason.name(),
            end_digit: result.end_digit.map(|digit| digit.as_char()),
            tone: result.tone.map(ToneKind::name),
            path: result.path.as_ref().map(|path| path.display().to_string()),
            paths: result
                .path
                .iter()
                .chain(&result.more_paths)
                .map(|path| path.display().to_string())
                .collect(),
            samples: result.samples,
            duration_ms: result.duration_ms,
            spoken_ms: Some(result.spoken_ms),
            appended_to_samples: result.appended_to_samples,
            trimmed_samples: result.trimmed_samples,
            cut: result.cut.name(),
            lost_samples: result.lost_samples,
            gaps: result.gaps.iter().map(GapReport::from).collect(),
            gap_count: result.gap_count,
            line_lost_samples: result.line_lost_samples,
            echo_guard_samples: result.echo_guard_samples,
            late_samples: result.late_samples,
            timestamp_jumps: result.timestamp_jumps,
            dropped_samples: result.dropped_samples,
            complete: result.complete,
            durability: result.path.is_some().then(|| result.durability.name()),
            events: None,
            element: None,
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
            paths: Vec::new(),
            samples: 0,
            duration_ms: 0,
            spoken_ms: None,
            appended_to_samples: 0,
            trimmed_samples: 0,
            cut: None,
            lost_samples: 0,
            gaps: Vec::new(),
            gap_count: 0,
            line_lost_samples: 0,
            echo_guard_samples: 0,
            late_samples: 0,
            timestamp_jumps: 0,
            dropped_samples: 0,
            complete: false,
            durability: None,
            events: None,
            element: None,
        }
    }
}

/// Prints the result, and what was told, where that is asked for.
pub(crate) fn tell(
    result: Option<&SessionResult>,
    told: Option<&Told>,
    element: Option<ElementReport>,
    json: bool,
) -> io::Result<()> {
    let events: Option<Vec<Event>> = told.map(|told| told.events().into_iter().map(Event::from).collect());
    let mut out = io::stdout().lock();
    if json {
        let report = result.map_or(Report::not_started(), Report::from);
        writeln!(out, "{}", serde_json::to_string(&Report { events, element, ..report })?)?;
    } else if let Some(result) = result {
        summarise(result, &mut out)?;
        if let Some(element) = element {
            summarise_element(&element, &mut out)?;
        }
        for event in events.unwrap_or_default() {
            match event {
                Event::Digit { digit, source, start_sample } => {
                    writeln!(out, "{source:<9} {digit} at sample {start_sample}")?;
                }
                Event::Tone { kind, start_sample } => {
                    writeln!(out, "{:<9} {kind} at sample {start_sample}", "heard")?;
                }
            }
        }
    }
    out.flush()
}

fn summarise_element(element: &ElementReport, out: &mut impl Write) -> io::Result<()> {
    if let (Some(id), Some(status)) = (&element.message_id, element.status) {
        writeln!(out, "message   {id} ({status})")?;
    }
    writeln!(out, "branch    {}", element.branch)
}

fn summarise(result: &SessionResult, out: &mut impl Write) -> io::Result<()> {
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
    let paths = || result.path.iter().chain(&result.more_paths);
    if let Some(picture) = waveform::draw(paths(), result.samples) {
        writeln!(out, "\n{picture}▏{ended}\n")?;
    }
    writeln!(out, "recorded  {} ({} samples)", path.display(), result.samples)?;
    for path in &result.more_paths {
        writeln!(out, "      and {}", path.display())?;
    }
    if result.appended_to_samples > 0 {
        writeln!(out, "continued after {} samples", result.appended_to_samples)?;
    }
    if result.trimmed_samples > 0 {
        writeln!(out, "trimmed   {} samples of the ending", result.trimmed_samples)?;
    }
    if result.line_lost_samples > 0 {
        writeln!(out, "line lost {} samples", result.line_lost_samples)?;
    }
    if result.lost_samples > 0 {
        writeln!(out, "LOST      {} samples", result.lost_samples)?;
    }
    Ok(())
}

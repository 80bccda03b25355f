use crate::args::{Learn, ToneArguments, flag_error};
use crate::{Failure, input};
use afterbeep::cpu;
use afterbeep::dsp::call_progress::ToneLearner;
use afterbeep::dsp::tone_plan::{FREQUENCIES_MAX, PAIRS_MAX, ToneKind, TonePattern, TonePlan};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::Path;

/// A learned tone as it stands in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Learned {
    kind: String,
    frequencies_hz: Vec<u16>,
    /// Sound and silence in turn; empty for a tone without pauses.
    cadence_ms: Vec<[u16; 2]>,
}

pub(crate) fn learn(arguments: &Learn) -> Result<(), Failure> {
    let mut line = input::Narrowband::new(input::open(&arguments.input)?);
    let mut learner = ToneLearner::new(cpu::kernel());
    let mut piece = [0; 8_000];
    loop {
        let count = line.read(&mut piece)?;
        if count == 0 {
            input::warn_of_cut(&arguments.input.path, &line.line);
            break;
        }
        learner.push(&piece[..count]);
    }
    let pattern = learner
        .finish()
        .map_err(|error| Failure::Failed(format!("{}: {error}", arguments.input.path.display())))?;
    let learned = Learned {
        kind: arguments.kind.name().to_owned(),
        frequencies_hz: pattern.frequencies().to_vec(),
        cadence_ms: pattern.cadence().to_vec(),
    };
    writeln!(io::stdout(), "{}", serde_json::to_string(&learned)?)?;
    Ok(())
}

/// The plan that the flags ask for, if they ask for any.
pub(crate) fn plan(arguments: &ToneArguments) -> Result<Option<TonePlan>, Failure> {
    if !arguments.is_on() {
        return match arguments.continuous_tone {
            Some(_) => Err(Failure::Usage("--continuous-tone needs --tone-plan or --learned".to_owned())),
            None => Ok(None),
        };
    }
    let mut plan = arguments.tone_plan.unwrap_or_default();
    plan.continuous_ms = arguments.continuous_tone.unwrap_or(plan.continuous_ms);
    plan.validate().map_err(|error| flag_error(&error.into()))?;
    let add = |plan: TonePlan, path| {
        let full = || Failure::Usage("--learned takes two files at the most".to_owned());
        plan.with_learned(read(path)?).ok_or_else(full)
    };
    arguments.learned.iter().map(|path| path.as_path()).try_fold(plan, add).map(Some)
}

fn read(path: &Path) -> Result<TonePattern, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Failed(format!("{}: {error}; give what `afterbeep tones learn` printed", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    let learned: Learned = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let kind = ToneKind::named(&learned.kind).ok_or_else(|| failed(&"unknown kind"))?;
    if learned.frequencies_hz.len() > FREQUENCIES_MAX || learned.cadence_ms.len() > PAIRS_MAX {
        return Err(failed(&"too many frequencies or pairs"));
    }
    let pattern = TonePattern::new(kind, &learned.frequencies_hz, &learned.cadence_ms);
    pattern.validate().map_err(|error| failed(&error))?;
    Ok(pattern)
}

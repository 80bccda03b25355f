//! A Leave Message element from the command line.

use crate::args;
use crate::{Failure, warn};
use afterbeep::element::{
    Branch, Call, ElementError, ElementRunner, LeaveMessage, Outcome, RunningElement, Variables,
};
use afterbeep::engine::{Engine, FileConfig, SessionHandle, SessionResult};
use afterbeep::line::SampleRate;
use afterbeep::store::{Recorder, RecorderOptions, SqliteStore, Status, StoreOptions};
use serde::Serialize;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long the record may take to reach the store when the message has ended.
const FLUSH: Duration = Duration::from_secs(2);
/// How long one transaction of another program holds it up.
const BUSY: Duration = Duration::from_secs(1);

/// What the element adds to the result.
#[derive(Clone, Serialize)]
pub(crate) struct ElementReport {
    pub(crate) branch: &'static str,
    variables: Variables,
    pub(crate) message_id: Option<String>,
    pub(crate) status: Option<&'static str>,
    /// Why nothing could start.
    refused: Option<&'static str>,
}

/// An element on its way.
pub(crate) struct Flow {
    element: PathBuf,
    store: PathBuf,
    runner: Option<ElementRunner>,
    running: Option<RunningElement>,
    pub(crate) report: ElementReport,
}

impl Flow {
    /// The one that the flags name.
    pub(crate) fn new(arguments: &args::Flow) -> Option<Self> {
        let mut variables = Variables::default();
        for (name, value) in &arguments.var {
            variables.set(name, value.as_str());
        }
        Some(Self {
            element: arguments.element.clone()?,
            store: arguments.store.clone()?,
            runner: None,
            running: None,
            // An element that cannot be read has chosen no branch.
            report: ElementReport {
                branch: Branch::Exception.name(),
                variables,
                message_id: None,
                status: None,
                refused: None,
            },
        })
    }

    /// Opens its session.
    pub(crate) fn open(
        &mut self,
        engine: &Engine,
        sample_rate: SampleRate,
        file: FileConfig,
    ) -> Result<SessionHandle, Failure> {
        let opened = self.try_open(engine, sample_rate, file);
        opened.map_err(|(place, error)| {
            self.report.refused = Some(error.name());
            Failure::Failed(
                place.map_or_else(|| error.to_string(), |place| format!("{}: {error}", place.display())),
            )
        })
    }

    fn try_open(
        &mut self,
        engine: &Engine,
        sample_rate: SampleRate,
        file: FileConfig,
    ) -> Result<SessionHandle, (Option<PathBuf>, ElementError)> {
        let in_element = |error| (Some(self.element.clone()), error);
        let text = fs::read_to_string(&self.element)
            .map_err(|error| in_element(ElementError::Json(serde_json::Error::io(error))))?;
        let element = LeaveMessage::from_json(&text).map_err(in_element)?;
        let variables = self.report.variables.clone();
        self.tell(element.refused(variables.clone()));
        let options = StoreOptions { busy_timeout: BUSY, ..StoreOptions::default() };
        let started = SqliteStore::open_when_available(&self.store, &options).and_then(|store| {
            let store = Arc::new(store);
            let recorder = Recorder::start(Arc::clone(&store) as _, RecorderOptions::default())?;
            Ok(ElementRunner::new(store, recorder))
        });
        let runner = started.map_err(|error| (Some(self.store.clone()), error.into()))?;
        let call = Call { sample_rate, file, ..Call::new(variables) };
        let running = runner.begin(engine, &element, &call).map_err(|error| (None, error))?;
        let session = running.session();
        (self.runner, self.running) = (Some(runner), Some(running));
        Ok(session)
    }

    /// Completes the record, and waits until it is there.
    pub(crate) fn finish(&mut self, result: &SessionResult) {
        let (Some(runner), Some(running)) = (&self.runner, self.running.take()) else { return };
        let outcome = runner.finish(running, result);
        let flushed = runner.recorder().flush(FLUSH);
        if !flushed && outcome.message_id.is_some() {
            warn(
                "the store cannot be written now; the record awaits it in the journal, and follows with the next command that records or sweeps",
            );
        }
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: Outcome) {
        let Outcome { branch, variables, message_id, status, .. } = outcome;
        self.report = ElementReport {
            branch: branch.name(),
            variables,
            message_id: message_id.map(String::from),
            status: status.map(Status::name),
            refused: None,
        };
    }
}

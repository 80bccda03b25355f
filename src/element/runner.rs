use super::{ElementError, LeaveMessage, Outcome, Source, Variables};
use crate::engine::{Engine, FileConfig, LargeFile, OpenError, SessionHandle, SessionResult};
use crate::line::SampleRate;
use crate::message::CreateError;
use crate::session::SessionConfig;
use crate::store::{
    AgentDirectory, Applied, Completion, Draft, LossSummary, MessageId, MessageStore, NameContext, Recorder,
    Status, StoreError, Tenant, Volume, allocation,
};
use crate::wav::{HeaderStyle, Metadata};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

/// Fresh names that are tried before giving up.
const ATTEMPTS: usize = 16;
/// What a file takes beside its audio, at the most.
const HEADER_BYTES: u64 = 512;
/// How long a beginning may take to reach the store before the recording goes on without it.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs elements on an engine and a store. One serves any number of calls, from any thread but media threads.
#[derive(Debug)]
pub struct ElementRunner {
    store: Arc<dyn MessageStore>,
    directory: Arc<dyn AgentDirectory>,
    recorder: Recorder,
}

/// What a host knows about a call when it comes to the element.
#[derive(Clone, Debug)]
pub struct Call {
    /// The flow's variables.
    pub variables: Variables,
    /// The call's channel.
    pub channel: Option<String>,
    /// What the record is to hold beside that.
    pub data: BTreeMap<String, String>,
    /// The line's rate.
    pub sample_rate: SampleRate,
    /// How the file is written. Directory and name are the tenant's affair; it is neither split nor appended to, and
    /// where it has metadata the element adds node and caller.
    pub file: FileConfig,
    /// When the call came here.
    pub started_at: Timestamp,
}

impl Call {
    /// A call that comes now, on a line of 8 kHz, to a file of 16-bit PCM.
    pub fn new(variables: Variables) -> Self {
        Self {
            variables,
            channel: None,
            data: BTreeMap::new(),
            sample_rate: SampleRate::NARROWBAND,
            file: FileConfig::new(""),
            started_at: Timestamp::now(),
        }
    }
}

/// An element whose message is being recorded.
///
/// It belongs to [`ElementRunner::finish`]. Where it is dropped instead, the record stays as it is until this process has
/// ended and [`recover`](crate::store::recover) completes it.
#[derive(Debug)]
#[must_use]
pub struct RunningElement {
    element: LeaveMessage,
    variables: Variables,
    session: SessionHandle,
    draft: Draft,
    volume: Volume,
}

impl RunningElement {
    /// The session to feed, as any other.
    pub const fn session(&self) -> SessionHandle {
        self.session
    }

    /// The message's record, where it is to have one.
    pub fn message_id(&self) -> Option<MessageId> {
        self.element.record_message.then_some(self.draft.id)
    }
}

impl ElementRunner {
    /// Runs elements with the agents of the store.
    pub fn new(store: Arc<dyn MessageStore>, recorder: Recorder) -> Self {
        let directory = Arc::clone(&store) as Arc<dyn AgentDirectory>;
        Self { store, directory, recorder }
    }

    /// Asks a directory of the host's who is known.
    #[must_use]
    pub fn with_directory(self, directory: Arc<dyn AgentDirectory>) -> Self {
        Self { directory, ..self }
    }

    /// Writes the records.
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Begins a message: its record, then its file. Blocks on both, for a second at most on the record. An error has left
    /// nothing behind.
    pub fn begin(
        &self,
        engine: &Engine,
        element: &LeaveMessage,
        call: &Call,
    ) -> Result<RunningElement, ElementError> {
        element.validate()?;
        check_file(&call.file)?;
        let receivers = [&element.file_name_variable, &element.location_variable];
        if let Some(name) = receivers.into_iter().flatten().find(|name| !call.variables.takes_text(name)) {
            return Err(ElementError::NotText(name.clone()));
        }
        let (tenant, volume) = self.tenant(&element.tenant)?;
        if tenant.being_deleted {
            return Err(ElementError::Closed(tenant.id));
        }
        let recording = element.recording_with(tenant.defaults.as_deref());
        let recording = recording.map_err(|error| ElementError::Defaults(tenant.id.clone(), error))?;
        let session = recording.session_config(call.sample_rate)?;
        let draft = self.draft(element, call, &volume, expected_bytes(&session, call))?;
        if !element.record_message && is_over_quota(&tenant, draft.expected_bytes) {
            return Err(ElementError::QuotaExceeded(tenant.id));
        }
        let texts = call.variables.texts();
        let context = NameContext {
            tenant: &tenant.id,
            location: draft.location.as_deref(),
            node: draft.node_id.as_deref().or(draft.node_name.as_deref()),
            caller: draft.caller.as_deref(),
            called: draft.called.as_deref(),
            agent: draft.agent.as_deref(),
            queue: draft.queue.as_deref(),
            channel: draft.channel.as_deref(),
            variables: Some(&texts),
        };
        let metadata = match &call.file.metadata {
            none if none.is_empty() => Metadata::default(),
            some => Metadata {
                node_name: some.node_name.clone().or_else(|| draft.node_name.clone()),
                caller: some.caller.clone().or_else(|| draft.caller.clone()),
                ..some.clone()
            },
        };
        let mut attempts = 1;
        loop {
            let path = tenant.fresh_path(call.started_at, &context)?;
            let draft = Draft { id: MessageId::fresh(call.started_at), path, ..draft.clone() };
            if element.record_message {
                match self.recorder.begin(&draft, BEGIN_TIMEOUT) {
                    Applied::Done | Applied::Deferred => {}
                    Applied::QuotaExceeded => return Err(ElementError::QuotaExceeded(tenant.id)),
                    Applied::Refused | Applied::Gone => return Err(ElementError::Closed(tenant.id)),
                }
            }
            let file = FileConfig {
                directory: volume.path.clone(),
                name: Some(draft.path.clone()),
                metadata: metadata.clone(),
                ..call.file.clone()
            };
            let error = match engine.open(&session, &file) {
                Ok(session) => {
                    let (element, variables) = (element.clone(), call.variables.clone());
                    return Ok(RunningElement { element, variables, session, draft, volume });
                }
                Err(error) => error,
            };
            if element.record_message {
                self.recorder.abandon(draft.id);
            }
            let taken = matches!(error, OpenError::File(CreateError::Exists(_)));
            if !taken || attempts == ATTEMPTS {
                return Err(error.into());
            }
            attempts += 1;
        }
    }

    /// Ends an element with the result of its session, and says what the flow does next. The record follows on the
    /// recorder's thread: this waits for nothing but the file's size.
    pub fn finish(&self, running: RunningElement, result: &SessionResult) -> Outcome {
        let RunningElement { element, variables, draft, volume, .. } = running;
        let Some(absolute) = &result.path else {
            if element.record_message {
                self.recorder.absent(&draft, result.end_reason);
            }
            return element.outcome(result.end_reason, variables, None);
        };
        // A file that could not be given its name still has another one.
        let relative = absolute.strip_prefix(&volume.path).ok().and_then(|path| path.to_str());
        let path = relative.unwrap_or(&draft.path);
        let outcome = element.outcome(result.end_reason, variables, Some((&draft.volume, path)));
        if !element.record_message {
            return outcome;
        }
        let completion = Completion {
            ended_at: Timestamp::now(),
            duration_ms: result.duration_ms,
            spoken_ms: Some(result.spoken_ms),
            end_reason: result.end_reason,
            end_digit: result.end_digit.map(|digit| digit.as_char()),
            tone: result.tone.map(|kind| kind.name().to_owned()),
            loss: LossSummary {
                lost_samples: result.lost_samples,
                line_lost_samples: result.line_lost_samples,
                gap_count: result.gap_count,
            },
            complete: result.complete,
            bytes: fs::metadata(absolute).map_or(0, |facts| facts.len()),
            path: (path != draft.path).then(|| path.to_owned()),
        };
        self.recorder.complete(&draft, completion);
        Outcome { message_id: Some(draft.id), status: Some(draft.status), ..outcome }
    }

    /// The tenant and its volume; as they were last known where the store cannot be read.
    fn tenant(&self, id: &str) -> Result<(Tenant, Volume), StoreError> {
        let read = self.store.tenant(id).and_then(|tenant| {
            let volume = self.store.volume(&tenant.volume)?;
            Ok((tenant, volume))
        });
        match read {
            Err(error) if error.is_unavailable() => match self.store.last_known(id) {
                // The store's own error says more.
                Err(unknown) if unknown.is_unavailable() => Err(error),
                known => known,
            },
            read => read,
        }
    }

    /// What is known of the message before it has a name.
    fn draft(
        &self,
        element: &LeaveMessage,
        call: &Call,
        volume: &Volume,
        expected_bytes: u64,
    ) -> Result<Draft, StoreError> {
        let resolve = |source: &Option<Source>| source.as_ref().and_then(|it| it.resolve(&call.variables));
        let (agent, queue) = (resolve(&element.agent), resolve(&element.queue));
        let allocated = allocation(&*self.directory, &element.tenant, agent.as_deref(), queue.as_deref());
        let status = match allocated {
            // Nobody can say that they are known now; the administrator sees who was named.
            Err(error) if error.is_unavailable() => Status::AllocationFailed,
            status => status?,
        };
        Ok(Draft {
            node_id: element.node_id.clone(),
            node_name: element.node_name.clone(),
            location: element.location_id.clone(),
            caller: resolve(&element.caller),
            called: resolve(&element.called),
            channel: call.channel.clone(),
            agent,
            queue,
            status,
            expected_bytes,
            data: call.data.clone(),
            ..Draft::new(&element.tenant, call.started_at, &volume.name, "")
        })
    }
}

/// A record has one file.
fn check_file(file: &FileConfig) -> Result<(), ElementError> {
    let splits = file.max_file_kib > 0
        || file.large_file == Some(LargeFile::Split)
        || file.header == HeaderStyle::Plain;
    if splits || file.append { Err(ElementError::File) } else { Ok(()) }
}

/// What the file takes at most; 0 where it has no limit.
fn expected_bytes(session: &SessionConfig, call: &Call) -> u64 {
    if session.max_duration_ms == 0 {
        return 0;
    }
    let rate = SampleRate::new(call.file.file_rate_hz).unwrap_or(call.sample_rate);
    call.file.format.data_bytes(rate.samples(session.max_duration_ms.into()), rate) + HEADER_BYTES
}

/// As the store has it for messages with a record.
fn is_over_quota(tenant: &Tenant, expected_bytes: u64) -> bool {
    let used = tenant.used_bytes;
    tenant.quota_bytes.is_some_and(|quota| used >= quota || used.saturating_add(expected_bytes) > quota)
}

use super::{Completion, MessageRecord};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io;

/// A record as the command line, exports and notices have it.
#[derive(Serialize)]
struct Flat<'a> {
    id: String,
    tenant: &'a str,
    status: &'a str,
    agent: Option<&'a str>,
    queue: Option<&'a str>,
    caller: Option<&'a str>,
    called: Option<&'a str>,
    channel: Option<&'a str>,
    node_id: Option<&'a str>,
    node_name: Option<&'a str>,
    location: Option<&'a str>,
    started_at: String,
    ended_at: Option<String>,
    duration_ms: Option<u64>,
    spoken_ms: Option<u64>,
    end_reason: Option<&'a str>,
    end_digit: Option<char>,
    tone: Option<&'a str>,
    complete: Option<bool>,
    lost_samples: Option<u64>,
    line_lost_samples: Option<u64>,
    gap_count: Option<u64>,
    volume: &'a str,
    path: &'a str,
    bytes: Option<u64>,
    sha256: Option<String>,
    expires_at: Option<String>,
    legal_hold: bool,
    adopted: bool,
    data: Data<'a>,
}

/// Key/value data: an object in JSON, the object as a text in CSV.
enum Data<'a> {
    Json(&'a BTreeMap<String, String>),
    Csv(&'a BTreeMap<String, String>),
}

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(data) => data.serialize(serializer),
            Self::Csv(data) if data.is_empty() => serializer.serialize_none(),
            Self::Csv(data) => {
                let text = serde_json::to_string(data).map_err(serde::ser::Error::custom)?;
                serializer.serialize_str(&text)
            }
        }
    }
}

impl MessageRecord {
    fn flat<'a>(&'a self, data: impl FnOnce(&'a BTreeMap<String, String>) -> Data<'a>) -> Flat<'a> {
        let draft = &self.draft;
        let completion = self.completion.as_ref();
        let loss = |part: fn(&Completion) -> u64| completion.map(part);
        Flat {
            id: draft.id.to_string(),
            tenant: &draft.tenant,
            status: draft.status.name(),
            agent: draft.agent.as_deref(),
            queue: draft.queue.as_deref(),
            caller: draft.caller.as_deref(),
            called: draft.called.as_deref(),
            channel: draft.channel.as_deref(),
            node_id: draft.node_id.as_deref(),
            node_name: draft.node_name.as_deref(),
            location: draft.location.as_deref(),
            started_at: draft.started_at.to_string(),
            ended_at: completion.map(|completion| completion.ended_at.to_string()),
            duration_ms: loss(|completion| completion.duration_ms),
            spoken_ms: completion.and_then(|completion| completion.spoken_ms),
            end_reason: completion.map(|completion| completion.end_reason.name()),
            end_digit: completion.and_then(|completion| completion.end_digit),
            tone: completion.and_then(|completion| completion.tone.as_deref()),
            complete: completion.map(|completion| completion.complete),
            lost_samples: loss(|completion| completion.loss.lost_samples),
            line_lost_samples: loss(|completion| completion.loss.line_lost_samples),
            gap_count: loss(|completion| completion.loss.gap_count),
            volume: &draft.volume,
            path: &draft.path,
            bytes: loss(|completion| completion.bytes),
            sha256: self.sha256.map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect()),
            expires_at: self.expires_at.map(|at| at.to_string()),
            legal_hold: self.legal_hold,
            adopted: self.adopted,
            data: data(&draft.data),
        }
    }
}

impl Serialize for MessageRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.flat(Data::Json).serialize(serializer)
    }
}

/// Writes records as CSV, with a head line if there are any.
#[derive(Debug)]
pub struct CsvExport<W: io::Write>(csv::Writer<W>);

impl<W: io::Write> CsvExport<W> {
    /// Begins.
    pub fn new(out: W) -> Self {
        Self(csv::Writer::from_writer(out))
    }

    /// Writes one record.
    pub fn write(&mut self, record: &MessageRecord) -> io::Result<()> {
        self.0.serialize(record.flat(Data::Csv)).map_err(io::Error::other)
    }

    /// Hands out what is still in the buffer.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

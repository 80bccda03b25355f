use super::{Branch, ElementError, Outcome, RecordingParameters, Value, Variables};
use crate::line::SampleRate;
use crate::session::EndReason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a Leave Message element of a flow says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaveMessage {
    /// The node's name for people.
    pub node_name: Option<String>,
    /// The node, as the flow's host knows it.
    pub node_id: Option<String>,
    /// Whose messages they are.
    pub tenant: String,
    /// Who handles the message; none for an administrator to allocate it.
    pub agent: Option<Source>,
    /// A skill queue that handles it, where no agent is named.
    pub queue: Option<Source>,
    /// The variable that receives the file's path, relative to the volume; a string variable.
    pub file_name_variable: Option<String>,
    /// The recording node that holds the file.
    pub location_id: Option<String>,
    /// The variable that receives the location; a string variable.
    pub location_variable: Option<String>,
    /// What is recorded, and what ends it.
    #[serde(default)]
    pub recording: RecordingParameters,
    /// Which of these the element itself says, by their names, as [`from_json`](Self::from_json) notes: for the others the
    /// tenant's defaults stand. `None`: all of them.
    #[serde(skip)]
    pub said: Option<BTreeSet<String>>,
    /// Keeps a record of the message (default); off, there is a file and nothing else.
    #[serde(default = "on")]
    pub record_message: bool,
    /// Who calls.
    pub caller: Option<Source>,
    /// The number that was called.
    pub called: Option<Source>,
    /// The flow has a branch for errors; off (default), its exception handling gets them.
    #[serde(default)]
    pub error_branch: bool,
}

/// Where a value comes from: `{"constant": "1001"}` or `{"variable": "agent"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It is this one.
    Constant(String),
    /// It is what a flow variable holds; nothing, where that is not set, or empty.
    Variable(String),
}

const fn on() -> bool {
    true
}

impl Source {
    /// The value, with the flow's variables as they are.
    pub fn resolve(&self, variables: &Variables) -> Option<String> {
        let value = match self {
            Self::Constant(text) => text.clone(),
            Self::Variable(name) => variables.get(name).map(Value::to_string)?,
        };
        (!value.is_empty()).then_some(value)
    }
}

impl LeaveMessage {
    /// An element of a tenant, with all defaults.
    pub fn new(tenant: &str) -> Self {
        Self {
            node_name: None,
            node_id: None,
            tenant: tenant.to_owned(),
            agent: None,
            queue: None,
            file_name_variable: None,
            location_id: None,
            location_variable: None,
            recording: RecordingParameters::default(),
            said: None,
            record_message: true,
            caller: None,
            called: None,
            error_branch: false,
        }
    }

    /// Reads an element and validates it. An unknown key is an error that names it.
    pub fn from_json(text: &str) -> Result<Self, ElementError> {
        #[derive(Deserialize)]
        struct Said {
            #[serde(default)]
            recording: serde_json::Map<String, serde_json::Value>,
        }
        let element: Self = serde_json::from_str(text)?;
        element.validate()?;
        let said: Said = serde_json::from_str(text)?;
        Ok(Self { said: Some(said.recording.into_iter().map(|(name, _)| name).collect()), ..element })
    }

    /// Says what is wrong with it, whatever the store holds.
    pub fn validate(&self) -> Result<(), ElementError> {
        self.recording.session_config(SampleRate::NARROWBAND)?;
        let source = |source: &Option<Source>| match source {
            Some(Source::Variable(name)) => Some(name.clone()),
            _ => None,
        };
        let names = [
            ("agent", source(&self.agent)),
            ("queue", source(&self.queue)),
            ("caller", source(&self.caller)),
            ("called", source(&self.called)),
            ("file_name_variable", self.file_name_variable.clone()),
            ("location_variable", self.location_variable.clone()),
        ];
        for (field, name) in names {
            if name.is_some_and(|name| name.is_empty()) {
                return Err(ElementError::VariableName(field));
            }
        }
        match (&self.file_name_variable, &self.location_variable) {
            (Some(name), Some(location)) if name == location => Err(ElementError::SameVariable(name.clone())),
            _ => Ok(()),
        }
    }

    /// What is recorded for a tenant with these defaults.
    pub(super) fn recording_with(&self, defaults: Option<&str>) -> serde_json::Result<RecordingParameters> {
        match (&self.said, defaults) {
            (Some(said), Some(defaults)) => self.recording.with_defaults(said, defaults),
            _ => Ok(self.recording.clone()),
        }
    }

    /// What the flow does where the element could not record: see [`ElementError`].
    pub fn refused(&self, variables: Variables) -> Outcome {
        self.outcome(EndReason::Error, variables, None)
    }

    /// What the flow gets: the file's place, or none.
    pub(super) fn outcome(
        &self,
        end_reason: EndReason,
        mut variables: Variables,
        file: Option<(&str, &str)>,
    ) -> Outcome {
        let location = file.and(self.location_id.as_deref());
        let path = file.map(|(_, path)| path);
        // Where nothing was left they are empty: what an earlier element has set must not stand there.
        for (name, value) in [(&self.file_name_variable, path), (&self.location_variable, location)] {
            if let Some(name) = name.as_deref().filter(|name| variables.takes_text(name)) {
                variables.set(name, value.unwrap_or_default());
            }
        }
        Outcome {
            branch: Branch::of(end_reason, self.error_branch),
            end_reason,
            variables,
            message_id: None,
            status: None,
            volume: file.map(|(volume, _)| volume.to_owned()),
            path: path.map(str::to_owned),
        }
    }
}

use super::{Branch, ElementError, Outcome, Value, Variables};
use crate::dsp::beep::BeepConfig;
use crate::dsp::dtmf::DtmfProfile;
use crate::dsp::silence::{AdaptiveSilence, FixedSilence, SilenceConfig};
use crate::dsp::tone_plan::TonePlan;
use crate::line::SampleRate;
use crate::session::{ConfigError, EndReason, SessionConfig, Terminators};
use serde::{Deserialize, Serialize};

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

/// What is recorded, and what ends it. As in [`SessionConfig`], where each is documented; `None` is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "SessionConfig documents them by the same names")]
pub struct RecordingParameters {
    pub max_duration_ms: u32,
    pub beep: bool,
    pub echo_guard_ms: u32,
    /// `any`, `none` or a set of digits.
    pub terminators: String,
    /// A profile by its name.
    pub dtmf_profile: Option<String>,
    pub mask_digits: bool,
    pub initial_silence_ms: Option<u32>,
    pub final_silence_ms: Option<u32>,
    pub final_silence_tail_ms: Option<u32>,
    pub silence: SilenceThreshold,
    /// For [`Fixed`](SilenceThreshold::Fixed) alone.
    pub silence_threshold_dbm0: Option<f32>,
    pub start_on_speech: bool,
    pub pre_roll_ms: u32,
    pub min_duration_ms: Option<u32>,
    pub delete_too_short: bool,
    pub delete_initial_silence: bool,
    pub comfort_noise_dbm0: Option<f32>,
    pub line_drop_debounce_ms: u32,
    /// Countries, and `generic`, with commas between them.
    pub tone_plan: Option<String>,
    /// Needs a tone plan.
    pub continuous_tone_ms: Option<u32>,
}

/// What separates silence from sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceThreshold {
    /// A level.
    #[default]
    Fixed,
    /// One that follows the line's noise.
    Adaptive,
}

const fn on() -> bool {
    true
}

impl Default for RecordingParameters {
    /// 20 s, a beep, `#`; nothing else ends the message but the caller.
    fn default() -> Self {
        let session = SessionConfig::default();
        Self {
            max_duration_ms: session.max_duration_ms,
            beep: true,
            echo_guard_ms: 0,
            terminators: "#".to_owned(),
            dtmf_profile: None,
            mask_digits: false,
            initial_silence_ms: None,
            final_silence_ms: None,
            final_silence_tail_ms: None,
            silence: SilenceThreshold::Fixed,
            silence_threshold_dbm0: None,
            start_on_speech: false,
            pre_roll_ms: session.pre_roll_ms,
            min_duration_ms: None,
            delete_too_short: false,
            delete_initial_silence: false,
            comfort_noise_dbm0: None,
            line_drop_debounce_ms: session.line_drop_debounce_ms,
            tone_plan: None,
            continuous_tone_ms: None,
        }
    }
}

impl RecordingParameters {
    /// The session that they ask for, on a line of this rate.
    pub fn session_config(&self, sample_rate: SampleRate) -> Result<SessionConfig, ConfigError> {
        let error = |field, takes| ConfigError { field, takes };
        let terminators = Terminators::parse(&self.terminators)
            .map_err(|_| error("terminators", "`any`, `none`, or one or more of 0-9 * # A-D"))?;
        let dtmf = self.dtmf_profile.as_deref().map_or(Some(DtmfProfile::default()), DtmfProfile::named);
        let dtmf =
            dtmf.ok_or_else(|| error("dtmf_profile", "att, ntt, dk, au, br, etsi, relaxed or default"))?;
        let config = SessionConfig {
            sample_rate,
            beep: self.beep.then(BeepConfig::default),
            echo_guard_ms: self.echo_guard_ms,
            terminators,
            dtmf,
            max_duration_ms: self.max_duration_ms,
            initial_silence_ms: self.initial_silence_ms.unwrap_or(0),
            final_silence_ms: self.final_silence_ms.unwrap_or(0),
            tone_plan: self.tone_plan()?,
            final_silence_tail_ms: self.final_silence_tail_ms,
            comfort_noise_dbm0: self.comfort_noise_dbm0,
            mask_digits: self.mask_digits,
            start_on_speech: self.start_on_speech,
            pre_roll_ms: self.pre_roll_ms,
            min_duration_ms: self.min_duration_ms.unwrap_or(0),
            delete_too_short: self.delete_too_short,
            delete_initial_silence: self.delete_initial_silence,
            line_drop_debounce_ms: self.line_drop_debounce_ms,
            silence: self.silence()?,
        };
        config.validate()?;
        Ok(config)
    }

    fn tone_plan(&self) -> Result<Option<TonePlan>, ConfigError> {
        let error = |field, takes| ConfigError { field, takes };
        let Some(list) = &self.tone_plan else {
            return match self.continuous_tone_ms {
                Some(_) => Err(error("continuous_tone_ms", "null without a tone_plan")),
                None => Ok(None),
            };
        };
        let plan = TonePlan::parse(list).map_err(|_| {
            error("tone_plan", "ISO 3166 codes in lower case such as gb, and generic, with commas between")
        })?;
        Ok(Some(TonePlan { continuous_ms: self.continuous_tone_ms.unwrap_or(plan.continuous_ms), ..plan }))
    }

    fn silence(&self) -> Result<SilenceConfig, ConfigError> {
        match (self.silence, self.silence_threshold_dbm0) {
            (SilenceThreshold::Fixed, None) => Ok(SilenceConfig::Fixed(FixedSilence::default())),
            (SilenceThreshold::Fixed, Some(threshold_dbm0)) => {
                Ok(SilenceConfig::Fixed(FixedSilence { threshold_dbm0, ..FixedSilence::default() }))
            }
            (SilenceThreshold::Adaptive, None) => Ok(SilenceConfig::Adaptive(AdaptiveSilence::default())),
            (SilenceThreshold::Adaptive, Some(_)) => {
                Err(ConfigError { field: "silence_threshold_dbm0", takes: "null where silence is adaptive" })
            }
        }
    }
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
            record_message: true,
            caller: None,
            called: None,
            error_branch: false,
        }
    }

    /// Reads an element and validates it. An unknown key is an error that names it.
    pub fn from_json(text: &str) -> Result<Self, ElementError> {
        let element: Self = serde_json::from_str(text)?;
        element.validate()?;
        Ok(element)
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

use super::ElementError;
use crate::dsp::beep::BeepConfig;
use crate::dsp::dtmf::DtmfProfile;
use crate::dsp::silence::{AdaptiveSilence, FixedSilence, SilenceConfig};
use crate::dsp::tone_plan::TonePlan;
use crate::line::SampleRate;
use crate::session::{ConfigError, SessionConfig, Terminators};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

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
    /// Reads a tenant's [defaults](crate::store::Tenant::defaults) and validates them: a JSON object with any of these
    /// parameters.
    pub fn from_defaults(text: &str) -> Result<Self, ElementError> {
        let parameters: Self = serde_json::from_str(text)?;
        parameters.session_config(SampleRate::NARROWBAND)?;
        Ok(parameters)
    }

    /// These, where they are among those said; else those of the defaults.
    pub(super) fn with_defaults(&self, said: &BTreeSet<String>, defaults: &str) -> serde_json::Result<Self> {
        let mut merged: Map<String, Value> = serde_json::from_str(defaults)?;
        let own: Map<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        merged.extend(own.into_iter().filter(|(name, _)| said.contains(name)));
        serde_json::from_value(Value::Object(merged))
    }

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

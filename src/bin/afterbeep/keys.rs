//! What counts as a key, as flags.

use afterbeep::dsp::dtmf::DtmfProfile;
use clap::Args;

#[derive(Args)]
pub(crate) struct Keys {
    /// What counts as a key: `att`, `ntt`, `dk`, `au`, `br` (the columns of ITU-T Q.24), `etsi`, `relaxed`
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = profile)]
    dtmf_profile: DtmfProfile,
    /// One field of that, such as accept_tone_ms=50; may be given again
    #[arg(long, value_name = "FIELD=VALUE", value_parser = Setting::parse)]
    dtmf: Vec<Setting>,
}

impl Keys {
    /// The profile that the flags ask for.
    pub(crate) fn profile(&self) -> DtmfProfile {
        let mut profile = self.dtmf_profile;
        self.dtmf.iter().for_each(|setting| (setting.set)(&mut profile, setting.value));
        profile
    }
}

/// A field of a profile, and how a number becomes its value.
type Field = (&'static str, fn(&mut DtmfProfile, f32));

/// All but the filter of dial tone: a line on which silence is measured, too, is heard without it.
const FIELDS: [Field; 12] = [
    ("accept_deviation_percent", |profile, value| profile.accept_deviation_percent = value),
    ("accept_deviation_hz", |profile, value| profile.accept_deviation_hz = value),
    ("reject_deviation_percent", |profile, value| profile.reject_deviation_percent = value),
    ("accept_level_dbm0", |profile, value| profile.accept_level_dbm0 = value),
    ("reject_level_dbm0", |profile, value| profile.reject_level_dbm0 = value),
    ("normal_twist_db", |profile, value| profile.normal_twist_db = value),
    ("reverse_twist_db", |profile, value| profile.reverse_twist_db = value),
    ("accept_tone_ms", |profile, value| profile.accept_tone_ms = value as u32),
    ("reject_tone_ms", |profile, value| profile.reject_tone_ms = value as u32),
    ("accept_pause_ms", |profile, value| profile.accept_pause_ms = value as u32),
    ("interruption_ms", |profile, value| profile.interruption_ms = value as u32),
    ("whole_corners", |profile, value| profile.whole_corners = value == 1.0),
];

pub(crate) fn is_profile_field(name: &str) -> bool {
    FIELDS.iter().any(|(field, _)| *field == name)
}

#[derive(Clone)]
struct Setting {
    set: fn(&mut DtmfProfile, f32),
    value: f32,
}

impl Setting {
    /// Reads `accept_tone_ms=50`.
    fn parse(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once('=').ok_or("write it as accept_tone_ms=50")?;
        let &(_, set) = FIELDS.iter().find(|(field, _)| *field == name).ok_or_else(|| {
            let names: Vec<&str> = FIELDS.iter().map(|(field, _)| *field).collect();
            format!("a profile has no field `{name}`; take one of {}", names.join(", "))
        })?;
        let value = number.parse::<f32>().ok().filter(|value| match name {
            "whole_corners" => [0.0, 1.0].contains(value),
            name if name.ends_with("_ms") => value.fract() == 0.0 && (0.0..1e6).contains(value),
            _ => value.is_finite(),
        });
        let value = value.ok_or_else(|| format!("`{number}` is no value for {name}"))?;
        Ok(Self { set, value })
    }
}

/// Reads a profile's name.
fn profile(name: &str) -> Result<DtmfProfile, String> {
    DtmfProfile::named(name).ok_or_else(|| "take att, ntt, dk, au, br, etsi, relaxed or default".to_owned())
}

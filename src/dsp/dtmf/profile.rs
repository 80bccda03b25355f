use core::fmt;

/// What a receiver has to accept and to reject, as the standards put it. It sets its limits of level and time in
/// between, and those of frequency and twist close to what has to be accepted: what lies beyond is mostly speech. The
/// fields are those of ITU-T Q.24, table A-1, and the columns of that table are the constants below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DtmfProfile {
    /// Frequency deviation that has to be accepted, in per cent, 0.5 to 2.25.
    pub accept_deviation_percent: f32,
    /// The same in hertz, added to the per cent, 0 to 8; both together at most 37 Hz at 1633 Hz, more than which two
    /// blocks on end do not tell apart.
    pub accept_deviation_hz: f32,
    /// Frequency deviation that has to be rejected, in per cent: at least half a per cent more than is accepted. It is, for
    /// the limit lies 0.2 per cent beyond what is accepted.
    pub reject_deviation_percent: f32,
    /// Lowest level of each tone that has to be accepted, in dBm0, -45 to -10.
    pub accept_level_dbm0: f32,
    /// Highest level of each tone that has to be rejected, in dBm0: at least 3 dB below the accepted one.
    pub reject_level_dbm0: f32,
    /// Level of the low tone above the high one that has to be accepted, in decibels, 0 to 10 (normal twist:
    /// lines attenuate high frequencies).
    pub normal_twist_db: f32,
    /// Level of the high tone above the low one that has to be accepted, in decibels, 0 to 10 (reverse twist).
    pub reverse_twist_db: f32,
    /// Shortest tone that has to be accepted, in milliseconds, 35 to 200.
    pub accept_tone_ms: u32,
    /// Longest tone that has to be rejected, in milliseconds: at least 10 less than is accepted.
    pub reject_tone_ms: u32,
    /// Shortest pause that has to separate digits, in milliseconds, 25 to 200.
    pub accept_pause_ms: u32,
    /// Longest interruption that has to be ridden over, in milliseconds: at least 10 less than a pause.
    pub interruption_ms: u32,
    /// Accepts tones that lie at the limits of both deviations and of twist all at once, as the standards strictly have
    /// it. Without it the outermost corners are cut off, where speech that passes for digits mostly lies: the parts of
    /// the limits that are used up, squared, may sum up to 2.7 and not to 3.
    pub whole_corners: bool,
    /// Removes dial tone (350 to 475 Hz) before anything is measured: for receivers that listen while dial tone is
    /// on. Without it, digits are received over dial tone 10 dB below them; with it, 12 dB above.
    pub dial_tone_filter: bool,
}

/// A profile that contradicts itself, or asks for what cannot be: the field, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DtmfProfileError {
    /// The field's name.
    pub field: &'static str,
    /// What it takes.
    pub takes: &'static str,
}

impl DtmfProfile {
    /// ITU-T Q.24, AT&T column.
    pub const ATT: Self = Self {
        accept_deviation_percent: 1.5,
        accept_deviation_hz: 0.0,
        reject_deviation_percent: 3.5,
        accept_level_dbm0: -25.0,
        reject_level_dbm0: -55.0,
        normal_twist_db: 8.0,
        reverse_twist_db: 4.0,
        accept_tone_ms: 40,
        reject_tone_ms: 23,
        accept_pause_ms: 40,
        interruption_ms: 10,
        whole_corners: true,
        dial_tone_filter: false,
    };

    /// ITU-T Q.24, NTT column.
    pub const NTT: Self = Self {
        accept_deviation_percent: 1.8,
        reject_deviation_percent: 3.0,
        accept_level_dbm0: -24.0,
        reject_level_dbm0: -29.0,
        normal_twist_db: 5.0,
        reverse_twist_db: 5.0,
        reject_tone_ms: 24,
        accept_pause_ms: 30,
        ..Self::ATT
    };

    /// ITU-T Q.24, Danish column. It names no deviation to reject; AT&T's stands in.
    pub const DK: Self = Self {
        accept_deviation_hz: 2.0,
        accept_level_dbm0: -27.0,
        reject_level_dbm0: -36.0,
        normal_twist_db: 6.0,
        reverse_twist_db: 6.0,
        reject_tone_ms: 20,
        interruption_ms: 20,
        ..Self::ATT
    };

    /// ITU-T Q.24, Australian column.
    pub const AU: Self = Self {
        accept_deviation_hz: 4.0,
        reject_deviation_percent: 7.0,
        accept_level_dbm0: -27.0,
        reject_level_dbm0: -30.0,
        normal_twist_db: 10.0,
        reverse_twist_db: 10.0,
        reject_tone_ms: 25,
        accept_pause_ms: 70,
        interruption_ms: 12,
        ..Self::ATT
    };

    /// ITU-T Q.24, Brazilian column.
    pub const BR: Self = Self {
        accept_deviation_percent: 1.8,
        reject_deviation_percent: 3.0,
        reject_level_dbm0: -50.0,
        normal_twist_db: 9.0,
        reverse_twist_db: 9.0,
        reject_tone_ms: 20,
        accept_pause_ms: 30,
        ..Self::ATT
    };

    /// ETSI ES 201 235-3. It names no deviation to reject; AT&T's stands in.
    pub const ETSI: Self = Self {
        accept_deviation_hz: 2.0,
        normal_twist_db: 6.0,
        reverse_twist_db: 6.0,
        reject_tone_ms: 20,
        interruption_ms: 20,
        ..Self::ATT
    };

    /// The default, but for lines with much twist: 10 dB either way. It takes more speech for digits.
    pub const RELAXED: Self = Self { normal_twist_db: 10.0, reverse_twist_db: 10.0, ..Self::UNION };

    /// What meets every column but for twist and the levels that NTT and Australia want rejected.
    const UNION: Self = Self {
        accept_deviation_percent: 1.8,
        reject_deviation_percent: 3.0,
        accept_level_dbm0: -27.0,
        reject_tone_ms: 22,
        accept_pause_ms: 30,
        interruption_ms: 20,
        whole_corners: false,
        ..Self::ATT
    };

    /// A column by its name: `att`, `ntt`, `dk`, `au`, `br`, `etsi`, `relaxed` or `default`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "att" => Self::ATT,
            "ntt" => Self::NTT,
            "dk" => Self::DK,
            "au" => Self::AU,
            "br" => Self::BR,
            "etsi" => Self::ETSI,
            "relaxed" => Self::RELAXED,
            "default" => Self::default(),
            _ => return None,
        })
    }

    /// Says which field contradicts another, or is out of range, if one is.
    pub fn validate(&self) -> Result<(), DtmfProfileError> {
        let within = |value: f32, low: f32, high: f32, field, takes| {
            // A NaN is in no range.
            if (low..=high).contains(&value) { Ok(()) } else { Err(DtmfProfileError { field, takes }) }
        };
        let ms = |value: u32, low: u32, high: u32, field, takes| {
            if (low..=high).contains(&value) { Ok(()) } else { Err(DtmfProfileError { field, takes }) }
        };
        within(self.accept_deviation_percent, 0.5, 2.25, "accept_deviation_percent", "0.5 to 2.25 %")?;
        within(self.accept_deviation_hz, 0.0, 8.0, "accept_deviation_hz", "0 to 8 Hz")?;
        let widest_hz = 16.33 * self.accept_deviation_percent + self.accept_deviation_hz;
        let takes = "what makes at most 37 Hz at 1633 Hz, the per cent included";
        within(widest_hz, 0.0, 37.0, "accept_deviation_hz", takes)?;
        let accepted = self.accept_deviation_percent + self.accept_deviation_hz / 6.97;
        within(
            self.reject_deviation_percent,
            accepted + 0.5,
            10.0,
            "reject_deviation_percent",
            "half a per cent more than is accepted, to 10 %",
        )?;
        within(self.accept_level_dbm0, -45.0, -10.0, "accept_level_dbm0", "-45 to -10 dBm0")?;
        within(
            self.reject_level_dbm0,
            -80.0,
            self.accept_level_dbm0 - 3.0,
            "reject_level_dbm0",
            "-80 dBm0 to 3 dB below accept_level_dbm0",
        )?;
        within(self.normal_twist_db, 0.0, 10.0, "normal_twist_db", "0 to 10 dB")?;
        within(self.reverse_twist_db, 0.0, 10.0, "reverse_twist_db", "0 to 10 dB")?;
        ms(self.accept_tone_ms, 35, 200, "accept_tone_ms", "35 to 200 ms")?;
        ms(
            self.reject_tone_ms,
            1,
            self.accept_tone_ms - 10,
            "reject_tone_ms",
            "1 ms to 10 ms less than accept_tone_ms",
        )?;
        ms(self.accept_pause_ms, 25, 200, "accept_pause_ms", "25 to 200 ms")?;
        ms(
            self.interruption_ms,
            1,
            self.accept_pause_ms - 10,
            "interruption_ms",
            "1 ms to 10 ms less than accept_pause_ms",
        )
    }
}

impl Default for DtmfProfile {
    /// AT&T whole, and more: ±1.8 % accepted with ±3 % rejected, -27 dBm0, 22 ms rejected, pauses of 30 ms, 20 ms
    /// ridden over.
    fn default() -> Self {
        Self::UNION
    }
}

impl fmt::Display for DtmfProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is out of range, or contradicts the rest of the profile; it takes {}",
            self.field, self.takes
        )
    }
}

impl core::error::Error for DtmfProfileError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_sound_and_has_its_name() {
        for name in ["att", "ntt", "dk", "au", "br", "etsi", "relaxed", "default"] {
            assert_eq!(DtmfProfile::named(name).unwrap().validate(), Ok(()), "{name}");
        }
        assert_eq!(DtmfProfile::named("us"), None);
    }

    #[test]
    fn contradictions_are_refused_with_the_field() {
        let att = DtmfProfile::ATT;
        let cases = [
            (DtmfProfile { accept_deviation_percent: 0.0, ..att }, "accept_deviation_percent"),
            (DtmfProfile { accept_deviation_percent: f32::NAN, ..att }, "accept_deviation_percent"),
            (DtmfProfile { accept_deviation_percent: 2.5, ..att }, "accept_deviation_percent"),
            (DtmfProfile { accept_deviation_hz: -1.0, ..att }, "accept_deviation_hz"),
            (
                DtmfProfile { accept_deviation_percent: 2.0, accept_deviation_hz: 8.0, ..att },
                "accept_deviation_hz",
            ),
            (DtmfProfile { reject_deviation_percent: 1.4, ..att }, "reject_deviation_percent"),
            (DtmfProfile { accept_level_dbm0: 1.0, ..att }, "accept_level_dbm0"),
            (DtmfProfile { reject_level_dbm0: -20.0, ..att }, "reject_level_dbm0"),
            (DtmfProfile { normal_twist_db: -1.0, ..att }, "normal_twist_db"),
            (DtmfProfile { reverse_twist_db: 16.0, ..att }, "reverse_twist_db"),
            (DtmfProfile { accept_tone_ms: 0, ..att }, "accept_tone_ms"),
            (DtmfProfile { reject_tone_ms: 40, ..att }, "reject_tone_ms"),
            (DtmfProfile { reject_tone_ms: 0, ..att }, "reject_tone_ms"),
            (DtmfProfile { accept_pause_ms: 5, ..att }, "accept_pause_ms"),
            (DtmfProfile { interruption_ms: 35, ..att }, "interruption_ms"),
        ];
        for (profile, field) in cases {
            assert_eq!(profile.validate().map_err(|error| error.field), Err(field));
        }
    }
}

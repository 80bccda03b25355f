use super::ToneKind;

/// Frequencies that sound at once, at the most.
pub const FREQUENCIES_MAX: usize = 4;
/// Pairs of sound and silence in a cycle, at the most.
pub const PAIRS_MAX: usize = 8;

/// One tone: what sounds together, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TonePattern {
    /// What it means.
    pub kind: ToneKind,
    /// Frequencies in hertz, 200 to 3600, the unused ones 0.
    pub frequencies_hz: [u16; FREQUENCIES_MAX],
    /// A slow modulation turns the tone on and off within tens of milliseconds (`400*25`): it is known by its carrier.
    pub modulated: bool,
    /// Sound and silence in turn, in milliseconds, 50 to 20 000, the unused ones 0; all 0 where it never pauses.
    pub cadence_ms: [[u16; 2]; PAIRS_MAX],
}

/// What is wrong with a pattern or a plan: the field, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TonePlanError {
    /// The field's name.
    pub field: &'static str,
    /// What it takes.
    pub takes: &'static str,
}

impl core::fmt::Display for TonePlanError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} is out of range; it takes {}", self.field, self.takes)
    }
}

impl core::error::Error for TonePlanError {}

impl TonePattern {
    /// A pattern from its parts; what is beyond the limits is left out.
    pub fn new(kind: ToneKind, frequencies_hz: &[u16], cadence_ms: &[[u16; 2]]) -> Self {
        let mut pattern = Self {
            kind,
            frequencies_hz: [0; FREQUENCIES_MAX],
            modulated: false,
            cadence_ms: [[0; 2]; PAIRS_MAX],
        };
        pattern.frequencies_hz.iter_mut().zip(frequencies_hz).for_each(|(to, from)| *to = *from);
        pattern.cadence_ms.iter_mut().zip(cadence_ms).for_each(|(to, from)| *to = *from);
        pattern
    }

    /// The frequencies in use, in hertz.
    pub fn frequencies(&self) -> &[u16] {
        let count = self.frequencies_hz.iter().position(|&hz| hz == 0).unwrap_or(FREQUENCIES_MAX);
        self.frequencies_hz.get(..count).unwrap_or_default()
    }

    /// Sound and silence of one cycle, in milliseconds; empty where the tone never pauses.
    pub fn cadence(&self) -> &[[u16; 2]] {
        let count = self.cadence_ms.iter().position(|pair| *pair == [0; 2]).unwrap_or(PAIRS_MAX);
        self.cadence_ms.get(..count).unwrap_or_default()
    }

    /// Says which field is out of range, if one is.
    pub fn validate(&self) -> Result<(), TonePlanError> {
        let frequencies = self.frequencies();
        let rest = self.frequencies_hz.get(frequencies.len()..).unwrap_or_default();
        if frequencies.is_empty()
            || !frequencies.iter().all(|hz| (200..=3_600).contains(hz))
            || rest.iter().any(|&hz| hz != 0)
        {
            return Err(TonePlanError {
                field: "frequencies_hz",
                takes: "1 to 4 of 200 to 3600 Hz, then zeros",
            });
        }
        let cadence = self.cadence();
        let rest = self.cadence_ms.get(cadence.len()..).unwrap_or_default();
        if !cadence.iter().flatten().all(|ms| (50..=20_000).contains(ms))
            || rest.iter().flatten().any(|&ms| ms != 0)
        {
            return Err(TonePlanError {
                field: "cadence_ms",
                takes: "up to 8 pairs of 50 to 20000 ms, then zeros",
            });
        }
        Ok(())
    }
}

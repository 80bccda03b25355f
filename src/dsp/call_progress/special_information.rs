use super::tracker::Sound;

/// Each of the three tones lasts 330 ms ±70 (ITU-T E.180).
const TONE_SAMPLES: core::ops::RangeInclusive<u64> = 8 * 255..=8 * 405;
/// Pauses between them are 30 ms at the most; edges are found to a few.
const PAUSE_MAX_SAMPLES: u64 = 8 * 50;
/// The third tone is believed after this long.
const LAST_TONE_SAMPLES: u64 = 8 * 200;

/// Three rising tones, one run of which is enough.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SpecialInformation {
    /// Tones that were right so far, the present one included.
    tones: usize,
    first_sample: u64,
    start_sample: u64,
    end_sample: u64,
}

impl SpecialInformation {
    pub(super) fn began(&mut self, sound: &Sound) {
        let tone = sound.voice.special_information();
        let follows = TONE_SAMPLES.contains(&self.end_sample.saturating_sub(self.start_sample))
            && sound.start_sample.saturating_sub(self.end_sample) <= PAUSE_MAX_SAMPLES;
        self.tones = match tone {
            Some(0) => 1,
            Some(place) if place == self.tones && follows => self.tones + 1,
            _ => 0,
        };
        if self.tones == 1 {
            self.first_sample = sound.start_sample;
        }
        self.start_sample = sound.start_sample;
    }

    pub(super) fn ended(&mut self, end_sample: u64) {
        self.end_sample = end_sample;
    }

    /// The third tone lies beside the bank.
    pub(super) const fn expects_last(&self) -> bool {
        self.tones == 2
    }

    /// Where it began, once the third tone has sounded long enough by `until`.
    pub(super) fn heard(&mut self, until: u64) -> Option<u64> {
        if self.tones == 3 && until.saturating_sub(self.start_sample) >= LAST_TONE_SAMPLES {
            self.tones = 0;
            return Some(self.first_sample);
        }
        None
    }
}

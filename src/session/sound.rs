//! How much of the recording was sound, also where its end is cut off later.

use crate::dsp::silence::Activity;

/// Runs of sound and silence that a cut may reach back over: a disconnect tone is known by its third burst.
const RUNS: usize = 6;

/// The recording's sound, in its samples. The present run is the silence detector's.
#[derive(Clone, Debug, Default)]
pub(super) struct SoundLog {
    /// Sound that has ended.
    sound_samples: u64,
    /// Lengths of the newest runs that have ended, sound and silence in turn, the newest first.
    runs: [u32; RUNS],
}

impl SoundLog {
    /// A run of the recording has ended.
    pub(super) fn ended(&mut self, activity: Activity, samples: u64) {
        if activity == Activity::Sound {
            self.sound_samples += samples;
        }
        self.runs.rotate_right(1);
        self.runs[0] = u32::try_from(samples).unwrap_or(u32::MAX);
    }

    /// Sound in all but the last `cut` samples, where the present run has this length.
    pub(super) fn sound_before(&self, activity: Activity, samples: u64, cut: u64) -> u64 {
        let mut sound = self.sound_samples + if activity == Activity::Sound { samples } else { 0 };
        let mut left = cut;
        let mut is_sound = activity == Activity::Sound;
        for run in core::iter::once(samples).chain(self.runs.map(u64::from)) {
            let cut = run.min(left);
            left -= cut;
            if is_sound {
                sound = sound.saturating_sub(cut);
            }
            is_sound = !is_sound;
        }
        sound
    }
}

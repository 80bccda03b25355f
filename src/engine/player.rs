use crate::dsp::beep::Beep;
use crate::line::{ComfortNoise, SampleRate};

/// How far `pull` may run ahead of `push`, or behind it beyond a frame, before it waits or skips, in milliseconds: more
/// than the jitter between a host's two threads.
const TOLERANCE_MS: u64 = 60;

/// Plays the beep to the caller, in step with the samples that the caller sends.
#[derive(Debug)]
pub(super) struct Player {
    beep: Option<Beep>,
    /// What is heard where no beep is.
    noise: Option<ComfortNoise>,
    /// Samples of it that were heard; it repeats where this wraps around.
    noise_position: u32,
    /// When the beep began that `position` counts from, in samples pushed.
    start: u64,
    /// Samples handed out, or skipped, since then.
    position: u64,
    tolerance_samples: u32,
}

impl Player {
    pub(super) const fn new(beep: Option<Beep>, noise: Option<ComfortNoise>, rate: SampleRate) -> Self {
        let tolerance_samples = rate.samples(TOLERANCE_MS) as u32;
        Self { beep, noise, noise_position: 0, start: 0, position: 0, tolerance_samples }
    }

    /// Fills a frame with the beep samples that are due when `pushed` samples have come in, and with silence where
    /// none are. A host that begins to pull late, or stops for a while, does not beep into the recording: what it missed
    /// is skipped. One that pulls and does not push waits.
    pub(super) fn pull(&mut self, pushed: u64, beep_start: u64, frame: &mut [i16]) {
        // The recording starts over.
        if beep_start != self.start {
            (self.start, self.position) = (beep_start, 0);
        }
        let pushed = pushed.saturating_sub(beep_start);
        // A line that has not begun yet would leave a hole in the beep.
        if pushed == 0 {
            return self.rest(frame);
        }
        let count = frame.len() as u64;
        let length = self.beep.as_ref().map_or(0, |beep| beep.len_samples().into());
        if pushed > self.position + count + u64::from(self.tolerance_samples) {
            self.position = pushed - count;
        }
        let over = self.position >= length || pushed > length + count;
        match &self.beep {
            Some(beep) if !over && self.position <= pushed + u64::from(self.tolerance_samples) => {
                // The beep's length bounds the index: 5 s.
                for (sample, index) in frame.iter_mut().zip(self.position as u32..) {
                    *sample = beep.sample(index);
                }
                self.position += count;
            }
            _ => self.rest(frame),
        }
    }

    /// Fills a frame in which nothing is due.
    fn rest(&mut self, frame: &mut [i16]) {
        match &self.noise {
            Some(noise) => noise.fill(self.noise_position.into(), frame),
            None => frame.fill(0),
        }
        self.noise_position = self.noise_position.wrapping_add(frame.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::beep::BeepConfig;

    fn beep() -> Beep {
        Beep::new(&BeepConfig::default(), SampleRate::NARROWBAND).unwrap()
    }

    fn expected(from: u32, count: u32) -> Vec<i16> {
        (from..from + count).map(|index| beep().sample(index)).collect()
    }

    #[test]
    fn push_first_or_pull_first_the_beep_comes_whole() {
        for pushed_before in [0, 160] {
            let mut player = Player::new(Some(beep()), None, SampleRate::NARROWBAND);
            let mut played = Vec::<i16>::new();
            for tick in 0..30 {
                let mut frame = [1; 160];
                player.pull(tick * 160 + pushed_before, 0, &mut frame);
                played.extend(frame);
            }
            // The first pull came before the first push.
            let played = played.split_off(if pushed_before == 0 { 160 } else { 0 });
            assert_eq!(played[..3_200], expected(0, 3_200));
            assert!(played[3_200..].iter().all(|&sample| sample == 0));
        }
    }

    #[test]
    fn a_host_that_pulls_late_skips_what_it_missed() {
        let mut player = Player::new(Some(beep()), None, SampleRate::NARROWBAND);
        let mut frame = [0; 160];
        player.pull(1_600, 0, &mut frame);
        assert_eq!(frame[..], expected(1_440, 160));
        // Recording has begun for longer than a frame: not one sample more.
        player.pull(3_361, 0, &mut frame);
        assert_eq!(frame, [0; 160]);
    }

    #[test]
    fn the_beep_begins_with_the_first_push_and_waits_for_the_next_ones() {
        let mut player = Player::new(Some(beep()), None, SampleRate::NARROWBAND);
        let mut played = Vec::new();
        let mut pull = |pushed| {
            let mut frame = [1; 160];
            player.pull(pushed, 0, &mut frame);
            played.extend(frame);
        };
        (0..30).for_each(|_| pull(0));
        (0..30).for_each(|_| pull(160));
        pull(800);
        assert!(played[..4_800].iter().all(|&sample| sample == 0));
        assert_eq!(played[4_800..5_600], expected(0, 800));
        assert!(played[5_600..9_600].iter().all(|&sample| sample == 0));
        assert_eq!(played[9_600..], expected(800, 160));
    }
}

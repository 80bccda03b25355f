//! Keys, heard or signalled: each press once, told or the end of the message.

use super::state::Input;
use super::{DigitEvent, DigitSource, Session, SessionEvent, Signalled, State, TelephoneEvent, keys};
use crate::dsp::dtmf::{Digit, DtmfEvent, Tone};
use crate::dsp::{BLOCK_SAMPLES, Decimator};
use core::borrow::BorrowMut;

/// How far the receiver's estimate of a tone's first sample may be off: 5 ms of the detectors' time.
const ONSET_TOLERANCE_SAMPLES: u64 = 40;

/// How long before its first packet a signalled key may have begun: 400 ms of the detectors' time.
const SIGNALLED_AGE_MAX_SAMPLES: u64 = 3_200;

impl<P, D: BorrowMut<Decimator>> Session<P, D> {
    /// Takes a digit that the host received by other signalling than RTP (SIP INFO).
    pub fn digit(&mut self, digit: Digit) {
        self.signalled(digit, 0);
    }

    /// Takes a packet of a telephone event (RFC 4733) as it arrives. The digit counts once, however many of its packets
    /// arrive and whether or not its tones are heard, too; it began as long ago as the packet says.
    pub fn telephone_event(&mut self, packet: &TelephoneEvent) {
        match self.signalling.receive(packet) {
            Signalled::Began(digit) => self.signalled(digit, packet.duration.into()),
            Signalled::GoesOn(digit) => {
                let now = self.limits.rate.to_narrowband(self.position());
                self.keys.still_signalled(digit, now);
            }
            Signalled::Other => {}
        }
    }

    fn signalled(&mut self, digit: Digit, duration_samples: u64) {
        let now = self.position();
        // The tones that the gateway let through may have begun earlier. What a first packet says is believed to a
        // degree only, as the cut is where the key began.
        let age = duration_samples.min(self.on_line(SIGNALLED_AGE_MAX_SAMPLES));
        let start = now.saturating_sub(age);
        let heard = self.dtmf.candidate_since(digit).map(|sample| self.on_line(sample));
        let start = heard.map_or(start, |heard| heard.min(start));
        // Who pauses does not want to hear of what is keyed in, a card's number perhaps.
        let rate = self.limits.rate;
        if self.keys.signalled(digit, rate.to_narrowband(start), rate.to_narrowband(now))
            && self.pause.is_none()
        {
            self.pressed(DigitEvent { digit, source: DigitSource::Signalled, start_sample: start });
        }
    }

    /// First sample from which on a signalled terminator is sure to end the message: until then the key may be one
    /// that was heard before the recording started.
    pub const fn signalled_ends_from(&self) -> u64 {
        // Presses are compared in the detectors' samples, of which one of the line's may be the next.
        let rounding = self.limits.rate.of_narrowband(1) - 1;
        self.limits.guard_end + self.on_line(keys::RESIDUE_SAMPLES) + rounding
    }

    /// A digit was pressed. It is told, unless it ends the message.
    pub(super) fn pressed(&mut self, event: DigitEvent) {
        if self.end.is_some() {
            return;
        }
        if let Some(start) = self.start_in_recording(&event) {
            let terminator = self.terminators().contains(event.digit);
            let input = if terminator { Input::Terminator } else { Input::OtherDigit };
            self.input(input, start, Some(event.digit));
        }
        if self.end.is_none() {
            self.events.put(SessionEvent::Digit(event));
        }
    }

    /// Where in the recording a key was pressed. One pressed before the recording started is none.
    fn start_in_recording(&self, event: &DigitEvent) -> Option<u64> {
        let awaited = (self.state == State::AwaitingSpeech).then_some(self.limits.guard_end);
        let first = self.record_start.or(awaited)?;
        let tolerance = self.on_line(ONSET_TOLERANCE_SAMPLES);
        let since = (event.start_sample + tolerance).checked_sub(first)?;
        Some(since.saturating_sub(tolerance + self.left_out))
    }

    /// The terminator that was pressed long enough when the audio stopped, but too shortly before
    /// to be certain yet: the receiver is given the silence that would have followed.
    pub(super) fn key_before_the_end(&mut self) -> Option<(Digit, u64)> {
        // What the detectors are still to hear of the line.
        let mut heard = [0; BLOCK_SAMPLES];
        let made = match &mut self.decimator {
            Some(decimator) => decimator.borrow_mut().flush(&mut heard),
            None => 0,
        };
        let (_, rest) = self.blocks.take(heard.get(..made).unwrap_or_default());
        if let Some(&block) = self.blocks.complete(&[]).filter(|_| made > 0) {
            let event = self.dtmf.block(&block, &self.blocks).event;
            if let Some(key) = self.late_key(event) {
                return Some(key);
            }
            self.blocks.take(rest);
        }
        for _ in 0..2 {
            let silence = *self.blocks.complete_with_silence();
            let event = self.dtmf.block(&silence, &self.blocks).event;
            if let Some(key) = self.late_key(event) {
                return Some(key);
            }
        }
        None
    }

    /// The terminator that the last samples turned out to be, and where it began.
    fn late_key(&mut self, event: Option<DtmfEvent>) -> Option<(Digit, u64)> {
        let Some(DtmfEvent::Started(Tone { digit, start_sample, .. })) = event else { return None };
        if !self.keys.heard(digit, start_sample) {
            return None;
        }
        let start_sample = self.on_line(start_sample);
        let event = DigitEvent { digit, source: DigitSource::Heard, start_sample };
        match self.start_in_recording(&event) {
            Some(start) if self.terminators().contains(digit) => Some((digit, start)),
            _ => {
                self.events.put(SessionEvent::Digit(event));
                None
            }
        }
    }
}

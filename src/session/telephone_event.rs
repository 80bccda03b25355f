//! Digits that come beside the audio, as RTP telephone events (RFC 4733).

use crate::dsp::dtmf::Digit;

/// One packet of a telephone event. An event takes several, each with the event's timestamp and its duration so far;
/// the last one is sent three times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// RTP timestamp: where the event began. All packets of an event have the same one.
    pub rtp_timestamp: u32,
    /// Duration so far in timestamp units, which are samples of the line.
    pub duration: u16,
    /// The event's code: 0 to 9, `*` 10, `#` 11, A to D 12 to 15 are DTMF; others are no digits.
    pub event: u8,
    /// Power level of the tone in dBm0, its sign dropped: 0 to 63.
    pub volume: u8,
    /// The E bit: the event is over.
    pub end: bool,
}

/// An RTP payload that is no telephone event: its four bytes are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTelephoneEvent;

impl TelephoneEvent {
    /// Reads an RTP payload (RFC 4733, 2.3) of four bytes or more.
    pub fn parse(payload: &[u8], rtp_timestamp: u32) -> Result<Self, NoTelephoneEvent> {
        let Some(&[event, flags, high, low]) = payload.first_chunk() else { return Err(NoTelephoneEvent) };
        let duration = u16::from_be_bytes([high, low]);
        Ok(Self { rtp_timestamp, duration, event, volume: flags & 0x3F, end: flags & 0x80 != 0 })
    }
}

/// What a packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalled {
    /// A digit's first packet, or the first one that arrived.
    Began(Digit),
    /// Another packet of a digit.
    GoesOn(Digit),
    /// No digit.
    Other,
}

/// Events whose late packets are still known: a second of the fastest dialling.
const KNOWN: usize = 16;
/// An event that lasts longer goes on as another segment, which has a timestamp of its own (RFC 4733, 2.5.1.3).
const SEGMENT_MAX: u32 = 0xFFFF;

/// Tells new events from further packets of known ones, by timestamp: whichever packet arrives first counts, so that
/// no loss, repetition or change of order adds or drops a digit.
#[derive(Clone, Debug)]
pub struct TelephoneEvents {
    /// Timestamps and codes, overwritten in turn; apart, as a session has to be small.
    timestamps: [u32; KNOWN],
    codes: [u8; KNOWN],
    next: u8,
}

/// The code of a place that holds no event yet.
const NO_EVENT: u8 = u8::MAX;

impl Default for TelephoneEvents {
    fn default() -> Self {
        Self { timestamps: [0; KNOWN], codes: [NO_EVENT; KNOWN], next: 0 }
    }
}

impl TelephoneEvents {
    /// Takes a packet.
    pub fn receive(&mut self, packet: &TelephoneEvent) -> Signalled {
        let Some(digit) = Digit::from_event_code(packet.event) else { return Signalled::Other };
        let is_known = |timestamp| {
            self.timestamps.iter().zip(&self.codes).any(|known| known == (&timestamp, &packet.event))
        };
        if is_known(packet.rtp_timestamp) {
            return Signalled::GoesOn(digit);
        }
        let continues = is_known(packet.rtp_timestamp.wrapping_sub(SEGMENT_MAX));
        let place = usize::from(self.next);
        if let (Some(timestamp), Some(code)) = (self.timestamps.get_mut(place), self.codes.get_mut(place)) {
            (*timestamp, *code) = (packet.rtp_timestamp, packet.event);
        }
        self.next = (self.next + 1) % KNOWN as u8;
        if continues { Signalled::GoesOn(digit) } else { Signalled::Began(digit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(rtp_timestamp: u32, event: u8, duration: u16) -> TelephoneEvent {
        TelephoneEvent { rtp_timestamp, duration, event, volume: 10, end: false }
    }

    fn began(packets: &[TelephoneEvent]) -> String {
        let mut events = TelephoneEvents::default();
        let began = packets.iter().filter_map(|packet| match events.receive(packet) {
            Signalled::Began(digit) => Some(digit.as_char()),
            _ => None,
        });
        began.collect()
    }

    #[test]
    fn a_payload_is_read() {
        let event = TelephoneEvent::parse(&[11, 0x8A, 0x03, 0x20], 7).unwrap();
        assert_eq!(
            event,
            TelephoneEvent { rtp_timestamp: 7, duration: 800, event: 11, volume: 10, end: true }
        );
        assert_eq!(TelephoneEvent::parse(&[11, 0x8A, 0x03], 7), Err(NoTelephoneEvent));
    }

    #[test]
    fn an_event_is_one_digit_whichever_packets_arrive() {
        let event: Vec<_> = [160, 320, 480, 480, 480].map(|duration| packet(1_000, 5, duration)).into();
        for lost in 0..31u8 {
            let arrived: Vec<_> =
                (0..5).filter(|place| lost & 1 << place == 0).map(|place| event[place]).collect();
            assert_eq!(began(&arrived), "5", "lost {lost:05b}");
        }
    }

    #[test]
    fn events_are_told_apart_by_timestamp_and_may_change_order() {
        let presses =
            [packet(1_000, 5, 160), packet(2_000, 5, 160), packet(1_000, 5, 320), packet(3_000, 11, 160)];
        assert_eq!(began(&presses), "55#");
        let wrapped = [packet(u32::MAX - 100, 1, 160), packet(600, 1, 160)];
        assert_eq!(began(&wrapped), "11");
    }

    #[test]
    fn a_long_event_goes_on_in_segments_and_flash_is_no_digit() {
        let long = [packet(500, 0, 0xFFFF), packet(500 + 0xFFFF, 0, 160), packet(500 + 2 * 0xFFFF, 0, 160)];
        assert_eq!(began(&long), "0");
        assert_eq!(began(&[packet(500, 16, 160)]), "");
    }
}

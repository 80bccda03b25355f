//! `afterbeep_telephone_event`.

use super::guard;
use super::memory::object;
use super::status::afterbeep_status;
use crate::session::TelephoneEvent;

/// One packet of an RTP telephone event (RFC 4733). The size of this struct is part of the ABI.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct afterbeep_telephone_event {
    /// The packet's RTP timestamp: where the event began. All packets of an event have the same one.
    pub rtp_timestamp: u32,
    /// Duration so far in timestamp units of a sample of the line; convert it where the event's clock has another rate.
    pub duration: u16,
    /// The event's code: 0 to 9, '*' 10, '#' 11, 'A' to 'D' 12 to 15; others are no digits, and do nothing.
    pub event: u8,
    /// Power level of the tone in dBm0, its sign dropped, [0, 63].
    pub volume: u8,
    /// The E bit: 1 when the event is over.
    pub end: u8,
    /// Zero.
    pub reserved: [u8; 3],
}

/// Reads the payload of an RTP packet of type telephone-event.
///
/// @param payload        in; payload_size bytes, not NULL.
/// @param payload_size   4 or more; what follows is left alone.
/// @param rtp_timestamp  that of the packet.
/// @param out_event      out, not NULL; written on success only.
/// @retval AFTERBEEP_STATUS_INVALID_ARGUMENT  a pointer is NULL, or the payload is too short.
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
///
/// # Safety
/// `payload` is NULL or as long as told; `out_event` is NULL or valid.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn afterbeep_telephone_event_parse(
    payload: *const u8,
    payload_size: usize,
    rtp_timestamp: u32,
    out_event: *mut afterbeep_telephone_event,
) -> afterbeep_status {
    guard(|| {
        if payload.is_null() || payload_size < 4 {
            return Err(afterbeep_status::INVALID_ARGUMENT);
        }
        // SAFETY: the caller vouches for it.
        let (payload, out) = unsafe { (payload.cast::<[u8; 4]>().read_unaligned(), object(out_event)?) };
        let event =
            TelephoneEvent::parse(&payload, rtp_timestamp).map_err(|_| afterbeep_status::INVALID_ARGUMENT)?;
        let TelephoneEvent { rtp_timestamp, duration, event, volume, end } = event;
        *out = afterbeep_telephone_event {
            rtp_timestamp,
            duration,
            event,
            volume,
            end: end.into(),
            reserved: [0; 3],
        };
        Ok(())
    })
}

impl From<afterbeep_telephone_event> for TelephoneEvent {
    fn from(packet: afterbeep_telephone_event) -> Self {
        let afterbeep_telephone_event { rtp_timestamp, duration, event, volume, end, .. } = packet;
        Self { rtp_timestamp, duration, event, volume, end: end != 0 }
    }
}

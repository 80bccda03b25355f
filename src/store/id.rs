use jiff::Timestamp;
use rustix::rand::{GetRandomFlags, getrandom};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Whose record it is, on every node and for ever: a UUID of version 7 (RFC 9562), which begins with the time it was
/// made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId([u8; 16]);

/// A text that is no id of a message.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no message id; take one from `messages list`, as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct InvalidMessageId(String);

impl MessageId {
    /// A fresh one for a message that begins at this time.
    pub fn fresh(now: Timestamp) -> Self {
        let mut bytes = [0; 16];
        // A kernel that has no randomness yet leaves zeros; the store refuses an id that it has.
        let _ = getrandom(&mut bytes[..], GetRandomFlags::NONBLOCK);
        let ms = now.as_millisecond().max(0).to_be_bytes();
        bytes[..6].copy_from_slice(&ms[2..]);
        bytes[6] = bytes[6] & 0x0F | 0x70;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        Self(bytes)
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let dash = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MessageId {
    type Err = InvalidMessageId;

    fn from_str(text: &str) -> Result<Self, InvalidMessageId> {
        let dashes: Vec<usize> = text.match_indices('-').map(|(place, _)| place).collect();
        let digits = text.replace('-', "");
        let plain = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u128::from_str_radix(&digits, 16).ok();
        let number = number.filter(|_| plain && dashes == [8, 13, 18, 23]);
        number.map(|number| Self(number.to_be_bytes())).ok_or_else(|| InvalidMessageId(text.to_owned()))
    }
}

impl TryFrom<String> for MessageId {
    type Error = InvalidMessageId;

    fn try_from(text: String) -> Result<Self, InvalidMessageId> {
        text.parse()
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart_and_read_back() {
        let now = Timestamp::from_millisecond(1_645_557_742_000).unwrap();
        let (a, b) = (MessageId::fresh(now), MessageId::fresh(now));
        assert_ne!(a, b);
        // The example of RFC 9562, appendix A.6, begins at the same time.
        assert!(a.to_string().starts_with("017f22e2-79b0-7"), "{a}");
        assert_eq!(a.to_string().parse::<MessageId>().unwrap(), a);
        for text in ["", "1", "017f22e279b07cc398c4dc0c0c07398f", "+17f22e2-79b0-7cc3-98c4-dc0c0c07398f"] {
            assert!(text.parse::<MessageId>().is_err(), "{text}");
        }
    }
}

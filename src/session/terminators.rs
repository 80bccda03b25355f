use crate::dsp::dtmf::Digit;
use core::fmt;

/// The digits that end a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Terminators(u16);

/// A text that names no terminators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTerminators;

impl Terminators {
    /// No digit ends the message.
    pub const NONE: Self = Self(0);
    /// Every digit does.
    pub const ANY: Self = Self(u16::MAX);
    /// `#` alone: the default.
    pub const POUND: Self = Self(1 << 11);

    /// Reads `any`, `none` or a set of digits such as `#*`.
    pub fn parse(text: &str) -> Result<Self, InvalidTerminators> {
        match text {
            "any" => Ok(Self::ANY),
            "none" => Ok(Self::NONE),
            "" => Err(InvalidTerminators),
            digits => digits.chars().try_fold(Self::NONE, |set, character| {
                let digit = Digit::new(character).ok_or(InvalidTerminators)?;
                Ok(Self(set.0 | 1 << digit.event_code()))
            }),
        }
    }

    /// Whether a digit ends the message.
    pub const fn contains(self, digit: Digit) -> bool {
        self.0 & 1 << digit.event_code() != 0
    }
}

impl Default for Terminators {
    fn default() -> Self {
        Self::POUND
    }
}

impl fmt::Debug for Terminators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Terminators({:#06x})", self.0)
    }
}

impl fmt::Display for InvalidTerminators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("terminators are `any`, `none`, or one or more of 0-9 * # A-D")
    }
}

impl core::error::Error for InvalidTerminators {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_they_name() {
        let held = |text: &str| -> String {
            let set = Terminators::parse(text).unwrap();
            "0123456789*#ABCD".chars().filter(|c| set.contains(Digit::new(*c).unwrap())).collect()
        };
        assert_eq!(held("#*"), "*#");
        assert_eq!(held("any"), "0123456789*#ABCD");
        assert_eq!(held("none"), "");
        assert_eq!(held("0a"), "0A");
        assert_eq!(Terminators::parse("#").unwrap(), Terminators::default());
        for wrong in ["", "E", "#,*", "Any"] {
            assert_eq!(Terminators::parse(wrong), Err(InvalidTerminators));
        }
    }
}

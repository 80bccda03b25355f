use core::fmt;

/// The lower (row) DTMF frequencies in hertz (ITU-T Q.23).
pub const LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// The upper (column) DTMF frequencies in hertz (ITU-T Q.23).
pub const HIGH_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

const KEYPAD: [u8; 16] = *b"123A456B789C*0#D";

/// One of the sixteen DTMF digits, as its character.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digit(u8);

impl Digit {
    /// The digit of a character: `0` to `9`, `*`, `#`, `A` to `D` in either case.
    pub const fn new(character: char) -> Option<Self> {
        match character.to_ascii_uppercase() {
            c @ ('0'..='9' | '*' | '#' | 'A'..='D') => Some(Self(c as u8)),
            _ => None,
        }
    }

    /// The digit at a row (frequency index 0 to 3) and a column of the keypad.
    pub(crate) fn at(row: usize, column: usize) -> Option<Self> {
        KEYPAD.get(4 * row + column).copied().map(Self)
    }

    /// Its row and column on the keypad: indices into [`LOW_HZ`] and [`HIGH_HZ`].
    pub fn row_and_column(self) -> (usize, usize) {
        let key = KEYPAD.iter().position(|&key| key == self.0).unwrap_or(0);
        (key / 4, key % 4)
    }

    /// Its character, upper case.
    pub const fn as_char(self) -> char {
        self.0 as char
    }

    /// The digit of an event code of RFC 4733.
    pub const fn from_event_code(code: u8) -> Option<Self> {
        Some(Self(match code {
            0..=9 => b'0' + code,
            10 => b'*',
            11 => b'#',
            12..=15 => b'A' + (code - 12),
            _ => return None,
        }))
    }

    /// Its event code of RFC 4733: 0 to 9, `*` 10, `#` 11, A to D 12 to 15.
    pub const fn event_code(self) -> u8 {
        match self.0 {
            b'*' => 10,
            b'#' => 11,
            letter @ b'A'..=b'D' => 12 + letter - b'A',
            digit => digit - b'0',
        }
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digit({})", self.as_char())
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_its_place_and_its_event_code() {
        for (code, character) in "0123456789*#ABCD".chars().enumerate() {
            let digit = Digit::new(character).unwrap();
            assert_eq!(usize::from(digit.event_code()), code);
            assert_eq!(Digit::from_event_code(code as u8), Some(digit));
            let (row, column) = digit.row_and_column();
            assert_eq!(Digit::at(row, column), Some(digit));
            assert_eq!(digit.as_char(), character);
        }
        assert_eq!(Digit::from_event_code(16), None);
        assert_eq!(Digit::new('d'), Digit::new('D'));
        assert_eq!(Digit::new('#').unwrap().row_and_column(), (3, 2));
        for other in ['E', ' ', '\u{0661}', 'é'] {
            assert_eq!(Digit::new(other), None);
        }
    }
}

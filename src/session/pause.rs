/// What a pause leaves in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum PauseMode {
    /// Silence of the same length: limits of duration go on.
    Silence = 1,
    /// Nothing: limits stand still.
    Gap = 2,
}

impl PauseMode {
    /// The mode of a number.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Silence),
            2 => Some(Self::Gap),
            _ => None,
        }
    }
}

/// What a tone on the line means (ITU-T E.180). The numbers are part of the C ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u32)]
pub enum ToneKind {
    /// The other side is engaged, or has hung up.
    Busy = 1,
    /// No path through the network; reorder or fast busy in North America.
    Congestion = 2,
    /// The number is not in use.
    NumberUnobtainable = 3,
    /// The exchange waits for digits: the caller's side has hung up.
    Dial = 4,
    /// A receiver was left off the hook.
    Howler = 5,
    /// Three rising tones before an announcement.
    SpecialInformation = 6,
    /// The other side is rung.
    Ringback = 7,
    /// A second call waits.
    CallWaiting = 8,
    /// A fax machine calls (CNG, ITU-T T.30).
    FaxCalling = 9,
}

impl ToneKind {
    /// Every kind, in the order of the numbers.
    ///
    /// cbindgen:ignore
    pub const ALL: [Self; 9] = [
        Self::Busy,
        Self::Congestion,
        Self::NumberUnobtainable,
        Self::Dial,
        Self::Howler,
        Self::SpecialInformation,
        Self::Ringback,
        Self::CallWaiting,
        Self::FaxCalling,
    ];

    /// The name in results and in learned plans.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Congestion => "congestion",
            Self::NumberUnobtainable => "number_unobtainable",
            Self::Dial => "dial",
            Self::Howler => "howler",
            Self::SpecialInformation => "special_information",
            Self::Ringback => "ringback",
            Self::CallWaiting => "call_waiting",
            Self::FaxCalling => "fax_calling",
        }
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the caller has gone where this tone is heard.
    pub const fn is_disconnect(self) -> bool {
        !matches!(self, Self::Ringback | Self::CallWaiting | Self::FaxCalling)
    }
}

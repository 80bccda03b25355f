//! Which tones mean what: countries by ISO 3166 code, a plan without a country, learned tones.

mod countries;
mod kind;
mod notation;
mod pattern;

pub use countries::{COUNTRIES, Country, UNIVERSAL};
pub use kind::ToneKind;
pub use pattern::{FREQUENCIES_MAX, PAIRS_MAX, TonePattern, TonePlanError};

use core::fmt;

/// Learned patterns that a plan holds at the most.
pub const LEARNED_MAX: usize = 2;

/// What a line's call-progress tones are: the union of countries, `generic`, and learned patterns. The special
/// information tone, the howler and the fax calling tone are part of every plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TonePlan {
    /// The countries whose tones are known, as [`parse`](Self::parse) and [`with_country`](Self::with_country) set them.
    pub countries: CountrySet,
    /// Any steady tone or pair of 300 to 660 Hz in a regular cadence whose halves are 100 to 1100 ms, or continuous
    /// for `continuous_ms`.
    pub generic: bool,
    /// How long a tone without pauses (dial tone, number unobtainable, or any with `generic`) has to sound, in
    /// milliseconds, 1000 to 30 000.
    pub continuous_ms: u32,
    /// Tones learned from a line.
    pub learned: [Option<TonePattern>; LEARNED_MAX],
}

/// Some of the [`COUNTRIES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountrySet(
    /// A bit for each place in the table.
    u128,
);

/// A code in a list that is neither a country of the table nor `generic`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTonePlan<'a>(pub &'a str);

impl fmt::Display for UnknownTonePlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no tone plan; take ISO 3166 codes in lower case, such as gb, or generic", self.0)
    }
}

impl TonePlan {
    /// No country; what is part of every plan.
    pub const UNIVERSAL: Self =
        Self { countries: CountrySet(0), generic: false, continuous_ms: 3_000, learned: [None; LEARNED_MAX] };
    /// No country needed.
    pub const GENERIC: Self = Self { generic: true, ..Self::UNIVERSAL };

    /// Reads `gb,us,generic`; `uk` is taken for `gb`.
    pub fn parse(list: &str) -> Result<Self, UnknownTonePlan<'_>> {
        list.split(',').map(str::trim).try_fold(Self::UNIVERSAL, |plan, code| {
            if code == "generic" {
                return Ok(Self { generic: true, ..plan });
            }
            plan.with_country(code).ok_or(UnknownTonePlan(code))
        })
    }

    /// The plan and one more country, if the table has it.
    pub fn with_country(self, code: &str) -> Option<Self> {
        let code = if code == "uk" { "gb" } else { code };
        let place = COUNTRIES.iter().position(|country| country.code == code)?;
        Some(Self { countries: CountrySet(self.countries.0 | 1 << (place % 128)), ..self })
    }

    /// The plan and one more learned pattern, if there is room.
    pub fn with_learned(mut self, pattern: TonePattern) -> Option<Self> {
        *self.learned.iter_mut().find(|place| place.is_none())? = Some(pattern);
        Some(self)
    }

    /// Every country of the table, and `generic`.
    pub fn all() -> Self {
        Self { countries: CountrySet(u128::MAX >> (128 - COUNTRIES.len())), ..Self::GENERIC }
    }

    /// The countries of the plan, in the table's order.
    pub fn countries(&self) -> impl Iterator<Item = &'static Country> + use<> {
        let CountrySet(bits) = self.countries;
        COUNTRIES.iter().enumerate().filter(move |(place, _)| bits >> (place % 128) & 1 == 1).map(|(_, c)| c)
    }

    /// Each pattern with its country: learned ones, those of the countries, those of every plan.
    pub fn patterns(&self) -> impl Iterator<Item = (&TonePattern, Option<&'static str>)> {
        let learned = self.learned.iter().flatten().map(|pattern| (pattern, None));
        let countries = self
            .countries()
            .flat_map(|country| country.patterns.iter().map(|pattern| (pattern, Some(country.code))));
        learned.chain(countries).chain(UNIVERSAL.iter().map(|pattern| (pattern, None)))
    }

    /// Says which field is out of range, if one is.
    pub fn validate(&self) -> Result<(), TonePlanError> {
        if !(1_000..=30_000).contains(&self.continuous_ms) {
            return Err(TonePlanError { field: "continuous_ms", takes: "1000 to 30000 ms" });
        }
        self.learned.iter().flatten().try_for_each(TonePattern::validate)
    }
}

impl Default for TonePlan {
    fn default() -> Self {
        Self::UNIVERSAL
    }
}

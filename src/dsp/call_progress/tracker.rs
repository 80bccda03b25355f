use super::bank::{
    BANK, BANK_HZ, BIN_HZ, Band, LEAST_POWER, LOW, band, bank_hz, frequency_hz, may_be_tones, turns_alike,
};
use super::fit::{Fit, Fitting, SINES_MAX, Sine, longest};
use super::steadiness::Steadiness;
use super::voice::{Voice, normalised};
use crate::dsp::goertzel::{BlockSpectrum, Kernel};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};

/// Blocks alike after which a tone is looked at: 51 ms. The history and the two blocks kept then follow each other.
const LOOK_AT: u8 = 3;
/// Looks at one run, a block further each time: the first ones may meet the end of a word.
const LOOKS_MAX: u8 = 5;
/// Blocks after which a tone that is not steady is taken for one that swells: 153 ms.
const MODULATED_AT: u8 = 12;
/// Least part of the power that the sinusoids make up. Real lines add harmonics at -13 and -17 dB, noise at -20.
const MIN_PURITY: f32 = 0.84;
/// What is less pure than this at first sight is no tone, and its beginning neither.
const MIN_ROUGH_PURITY: f32 = 0.4;
/// What explains less than this after two rounds is no pair.
const MIN_PAIR_PURITY: f32 = 0.7;
/// The most that a tone's frequency may move in 38 ms.
const MAX_BEND_HZ: f32 = 4.0;
/// The most that a third of a tone may be stronger than another: 2 dB.
const MAX_SWING: f32 = 1.6;
/// The weaker tone of a pair is at most 10 dB below the stronger one.
const MIN_TWIST: f32 = 0.1;
/// Tones of a pair that the fit can tell apart.
const MIN_APART_HZ: f32 = 70.0;
/// Least part of the power in the low frequencies of a tone that swells, over all blocks.
const MIN_MODULATED_LOW: f32 = 0.8;
const HOWLER_HZ: [f32; SINES_MAX] = [1_400.0, 2_060.0, 2_450.0, 2_600.0];

/// A tone that began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sound {
    pub(super) voice: Voice,
    /// Mean square.
    pub(super) power: f32,
    pub(super) start_sample: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Edge {
    /// A tone has sounded for 51 ms or more.
    Began(Sound),
    /// It stopped; its last part was as steady as its first.
    Ended { end_sample: u64, steady: bool },
}

/// Follows one tone after the other through the blocks.
#[derive(Clone, Debug)]
pub(super) struct Tracker {
    kernel: Kernel,
    /// Takes tones that lie beside the bank, too.
    pub(super) any: bool,
    /// Measures every block: a tone is expected.
    pub(super) alert: bool,
    state: State,
    /// The block before was not measured.
    passed_over: bool,
    /// The block before, where it was, and the one before that.
    previous: BlockSpectrum<8>,
    before: BlockSpectrum<8>,
    /// The block before a tone's first one, and that one.
    onset: [i16; 2 * BLOCK_SAMPLES],
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Pending(Pending),
    Sounding(Sounding),
}

/// Blocks that may be a tone's.
#[derive(Clone, Copy, Debug)]
struct Pending {
    band: Band,
    blocks: u8,
    /// Blocks like the one before, of late.
    alike: u8,
    /// Looks at them, of late.
    looks: u8,
    /// Of `onset`, what lies before this belongs before a loss.
    onset_from: u8,
    /// Sum of the powers in the low frequencies, and of the totals.
    low: [f32; LOW],
    total: f32,
    /// Where the run began, to a block.
    start_sample: u64,
    /// It had begun when the line lost samples.
    begun_before_loss: bool,
    /// The block before was too weak, as those of a tone that swells may be.
    faded: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sounding {
    voice: Voice,
    power: f32,
    /// Powers at the bank's frequencies while it sounds.
    reference: [f32; 8],
    steadiness: Steadiness,
    is_pair: bool,
    /// Blocks that did not hold it, of late.
    missed: u8,
}

impl Tracker {
    pub(super) fn new(kernel: Kernel, any: bool) -> Self {
        let none = BlockSpectrum { even: [0.0; 8], odd: [0.0; 8], total: 0.0 };
        Self {
            kernel,
            any,
            alert: false,
            state: State::Idle,
            passed_over: true,
            previous: none,
            before: none,
            onset: [0; 2 * BLOCK_SAMPLES],
        }
    }

    /// Whether a tone may be about to begin.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending(_))
    }

    /// Whether what sounds has been steady so far.
    pub(super) fn is_steady(&self) -> bool {
        matches!(&self.state, State::Sounding(sounding) if sounding.steadiness.holds())
    }

    /// Takes the newest block, with its mean square.
    #[inline]
    pub(super) fn block(
        &mut self,
        block: &[i16; BLOCK_SAMPLES],
        blocks: &BlockBuffer,
        total: f32,
    ) -> Option<Edge> {
        if matches!(self.state, State::Idle) {
            // Every second block is enough until something is heard.
            if total < LEAST_POWER || !(self.passed_over || self.alert) {
                self.passed_over = true;
                return None;
            }
            let spectrum = BANK.measure(self.kernel, block);
            return match band(&spectrum, self.any) {
                None => {
                    self.passed_over = false;
                    None
                }
                Some(band) => {
                    self.begin(band, &spectrum, blocks);
                    None
                }
            };
        }
        self.follow(block, blocks, total)
    }

    /// Nothing was heard up to here.
    fn begin(&mut self, now: Band, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) {
        let history = blocks.history();
        let ([_, before, _], []) = history.as_chunks::<BLOCK_SAMPLES>() else { return };
        let follows_loss = follows_loss(blocks);
        if self.passed_over && !follows_loss {
            let earlier = BANK.measure(self.kernel, before);
            if earlier.total >= LEAST_POWER && band(&earlier, self.any) == Some(now) {
                self.start(now, &earlier, blocks, 1);
                if let State::Pending(pending) = &mut self.state {
                    Self::count(pending, &earlier, spectrum, &mut self.onset, blocks);
                }
                self.before = earlier;
                self.previous = *spectrum;
                return;
            }
        }
        self.start(now, spectrum, blocks, 0);
        self.previous = *spectrum;
    }

    /// A run begins with the block that is so many before the newest one.
    fn start(&mut self, band: Band, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer, back: usize) {
        let onset_from = keep_onset(&mut self.onset, blocks, back);
        self.previous = *spectrum;
        self.passed_over = false;
        let mut pending = Pending {
            band,
            blocks: 1,
            alike: 0,
            looks: 0,
            onset_from,
            low: [0.0; LOW],
            total: 0.0,
            start_sample: blocks.position().saturating_sub(((back + 1) * BLOCK_SAMPLES) as u64),
            begun_before_loss: false,
            faded: false,
        };
        pending.sum(spectrum);
        self.state = State::Pending(pending);
    }

    /// One more block of a run.
    fn count(
        pending: &mut Pending,
        earlier: &BlockSpectrum<8>,
        spectrum: &BlockSpectrum<8>,
        onset: &mut [i16; 2 * BLOCK_SAMPLES],
        blocks: &BlockBuffer,
    ) {
        pending.blocks = pending.blocks.saturating_add(1);
        pending.sum(spectrum);
        pending.faded = false;
        if !follows_loss(blocks) && alike(pending.band, earlier, spectrum) {
            pending.alike = pending.alike.saturating_add(1);
        } else {
            pending.begun_before_loss |= follows_loss(blocks);
            (pending.alike, pending.looks) = (0, 0);
            pending.onset_from = keep_onset(onset, blocks, 0);
        }
    }

    fn follow(&mut self, block: &[i16; BLOCK_SAMPLES], blocks: &BlockBuffer, total: f32) -> Option<Edge> {
        let spectrum = BANK.measure(self.kernel, block);
        let now = if total < LEAST_POWER { None } else { band(&spectrum, self.any) };
        let mut edge = None;
        match &mut self.state {
            State::Idle => {}
            State::Pending(pending) if now == Some(pending.band) => {
                let earlier = self.previous;
                Self::count(pending, &earlier, &spectrum, &mut self.onset, blocks);
                if pending.blocks == 3 && pending.alike < 2 {
                    pending.find_start(blocks);
                }
                let pending = *pending;
                edge = self.look(&pending, &earlier, &spectrum, blocks);
            }
            State::Pending(pending) if pending.may_fade(total) => {
                pending.faded = true;
                pending.blocks = pending.blocks.saturating_add(1);
                (pending.alike, pending.looks) = (0, 0);
                pending.onset_from = keep_onset(&mut self.onset, blocks, 0);
            }
            State::Pending(_) => self.restart(now, &spectrum, blocks),
            State::Sounding(sounding) => {
                if sounding.goes_on(&self.before, &self.previous, &spectrum, follows_loss(blocks)) {
                    self.before = core::mem::replace(&mut self.previous, spectrum);
                    return None;
                }
                let steady = sounding.steadiness.holds();
                let end_sample = sounding.end(blocks);
                edge = Some(Edge::Ended { end_sample, steady });
                self.restart(now, &spectrum, blocks);
            }
        }
        self.before = core::mem::replace(&mut self.previous, spectrum);
        edge
    }

    /// What was followed is over; something else may have begun.
    fn restart(&mut self, now: Option<Band>, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) {
        self.state = State::Idle;
        self.passed_over = false;
        if let Some(band) = now {
            self.start(band, spectrum, blocks, 0);
        }
    }

    /// Looks at a run that is long enough.
    fn look(
        &mut self,
        pending: &Pending,
        earlier: &BlockSpectrum<8>,
        spectrum: &BlockSpectrum<8>,
        blocks: &BlockBuffer,
    ) -> Option<Edge> {
        let (voice, power, start_sample) = if pending.alike == LOOK_AT && pending.looks < LOOKS_MAX {
            if pending.band == Band::Low && !may_be_tones(&self.before, earlier, spectrum) {
                self.look_further(&blocks.history(), MIN_ROUGH_PURITY);
                return None;
            }
            let history = blocks.history();
            let fit = match find(self.kernel, pending.band, &history, earlier, spectrum) {
                Ok(fit) => fit,
                Err(purity) => {
                    self.look_further(&history, purity);
                    return None;
                }
            };
            let start = start(&fit, &history, &self.onset, pending, blocks.position());
            (Voice::Steady(fit.sines), spectrum.total, start)
        } else if pending.blocks >= MODULATED_AT
            && pending.band == Band::Low
            // Not while a steady tone may yet be found.
            && (pending.alike < LOOK_AT || pending.looks == LOOKS_MAX)
            && pending.low.iter().sum::<f32>() >= MIN_MODULATED_LOW * pending.total
        {
            let voice = Voice::Modulated(normalised(pending.low));
            (voice, pending.total / f32::from(pending.blocks), pending.start_sample)
        } else {
            return None;
        };
        let mut reference = spectrum.powers();
        reference.iter_mut().zip(earlier.powers()).for_each(|(power, other)| *power = 0.5 * (*power + other));
        self.state = State::Sounding(Sounding {
            voice,
            power,
            reference,
            steadiness: Steadiness::new(&voice, &reference),
            is_pair: matches!(voice, Voice::Steady([_, second, ..]) if second.hz > 0.0),
            missed: 0,
        });
        Some(Edge::Began(Sound { voice, power, start_sample }))
    }
}

impl Tracker {
    /// The run is taken to begin a block later.
    fn look_further(&mut self, history: &[i16; HISTORY_SAMPLES], purity: f32) {
        if let State::Pending(pending) = &mut self.state {
            // Voices are not worth another look.
            pending.looks = if purity < MIN_ROUGH_PURITY { LOOKS_MAX } else { pending.looks + 1 };
            pending.alike -= u8::from(pending.looks < LOOKS_MAX);
            pending.onset_from = 0;
            self.onset.copy_within(BLOCK_SAMPLES.., 0);
            let newer = self.onset.iter_mut().skip(BLOCK_SAMPLES);
            newer.zip(history).for_each(|(to, from)| *to = *from);
        }
    }
}

impl Pending {
    /// Whether a block as weak as this may be one of a tone that swells.
    fn may_fade(&self, total: f32) -> bool {
        let weak = self.band == Band::Low && total < 0.2 * self.total / f32::from(self.blocks);
        weak && !self.faded && self.blocks < MODULATED_AT
    }

    /// Where the power begins in a run of three blocks that swells.
    fn find_start(&mut self, blocks: &BlockBuffer) {
        let least = 0.25 * self.total / 3.0;
        let scores =
            blocks.history().into_iter().rev().map(|sample| f32::from(sample) * f32::from(sample) - least);
        self.start_sample = blocks.position().saturating_sub(longest(scores) as u64);
    }

    fn sum(&mut self, spectrum: &BlockSpectrum<8>) {
        self.low.iter_mut().zip(spectrum.powers()).for_each(|(sum, power)| *sum += power);
        self.total += spectrum.total;
    }
}

impl Sounding {
    fn goes_on(
        &mut self,
        before: &BlockSpectrum<8>,
        earlier: &BlockSpectrum<8>,
        spectrum: &BlockSpectrum<8>,
        follows_loss: bool,
    ) -> bool {
        let powers = spectrum.powers();
        match self.voice {
            Voice::Steady(_) => {
                let common: f32 = powers.iter().zip(self.reference).map(|(a, b)| a.min(b)).sum();
                let sum: f32 = self.reference.iter().sum();
                // A tone beside the bank shows in the total alone.
                let known = || sum < 0.2 * self.power || common >= 0.5 * sum;
                // Between two tones the bank's powers depend on how their phases meet.
                let still_pair = || self.is_pair && may_be_tones(before, earlier, spectrum);
                let level = (0.5 * self.power..=1.8 * self.power).contains(&spectrum.total);
                let holds = level && (known() || still_pair());
                if holds && !follows_loss {
                    self.steadiness.block(earlier, spectrum);
                }
                holds
            }
            Voice::Modulated(_) => {
                let low: f32 = powers.iter().take(LOW).sum();
                let level = 0.03 * self.power..=4.0 * self.power;
                let holds = low >= 0.6 * spectrum.total && level.contains(&spectrum.total);
                if holds && !follows_loss {
                    self.steadiness.block(earlier, spectrum);
                }
                self.missed = if holds { 0 } else { self.missed.saturating_add(1) };
                self.missed < 2
            }
        }
    }

    /// The sample after the tone's last one, where the newest block does not hold it any more.
    fn end(&self, blocks: &BlockBuffer) -> u64 {
        let newest = HISTORY_SAMPLES - BLOCK_SAMPLES;
        let history = blocks.history();
        let seam = blocks.seam();
        let from = seam.map_or(0, |seam| seam.index);
        if from >= newest {
            // It held until the loss, for all that is known.
            let lost = seam.map_or(0, |seam| seam.lost_samples);
            return blocks.position().saturating_sub((BLOCK_SAMPLES + lost) as u64);
        }
        let samples = history.get(from..).unwrap_or_default();
        let run = match &self.voice {
            Voice::Steady(sines) => {
                // Not up to the newest block: the tone may have ended shortly before it.
                let until = (from + 3 * BLOCK_SAMPLES / 2).min(newest);
                let fitted = history.get(from..until).unwrap_or_default();
                let at = -0.5 * (fitted.len() as f32 - 1.0);
                Fit::known(fitted, sines).run(samples.iter().copied(), at, 1.0)
            }
            Voice::Modulated(_) => {
                let least = 0.25 * self.power;
                longest(samples.iter().map(|&sample| f32::from(sample) * f32::from(sample) - least))
            }
        };
        blocks.position().saturating_sub((samples.len() - run) as u64)
    }
}

/// Whether the newest block is the first one after a loss.
fn follows_loss(blocks: &BlockBuffer) -> bool {
    blocks.seam().is_some_and(|seam| seam.index == HISTORY_SAMPLES - BLOCK_SAMPLES)
}

/// Keeps the block that is so many before the newest one, and the one before it. Returns how much of that is of no
/// use.
fn keep_onset(onset: &mut [i16; 2 * BLOCK_SAMPLES], blocks: &BlockBuffer, back: usize) -> u8 {
    let end = HISTORY_SAMPLES - back.min(1) * BLOCK_SAMPLES;
    let start = end - onset.len();
    if let Some(kept) = blocks.history().get(start..end) {
        onset.iter_mut().zip(kept).for_each(|(to, from)| *to = *from);
    }
    let seam = blocks.seam().map_or(0, |seam| seam.index);
    seam.saturating_sub(start).min(BLOCK_SAMPLES) as u8
}

/// Whether two blocks on end may hold the same steady tone.
fn alike(band: Band, earlier: &BlockSpectrum<8>, later: &BlockSpectrum<8>) -> bool {
    if band == Band::Any {
        return (0.6..=1.6).contains(&(later.total / earlier.total));
    }
    let (a, b) = (earlier.powers(), later.powers());
    let common: f32 = a.iter().zip(b).map(|(a, b)| a.min(b)).sum();
    common >= 0.5 * a.iter().sum::<f32>().max(b.iter().sum())
}

/// The sinusoids that the history consists of, or the part of its power that they make up.
fn find(
    kernel: Kernel,
    band: Band,
    history: &[i16; HISTORY_SAMPLES],
    earlier: &BlockSpectrum<8>,
    later: &BlockSpectrum<8>,
) -> Result<Fit, f32> {
    let sound = |fit: &Fit| fit.purity >= MIN_PURITY && fit.bend_hz <= MAX_BEND_HZ && fit.swing <= MAX_SWING;
    match band {
        Band::High(place) => {
            let one = Fit::new(history, [by_crossings(history), 0.0, 0.0, 0.0], 2);
            if sound(&one) {
                return Ok(one);
            }
            if place + 1 != BANK_HZ.len() {
                return Err(one.purity);
            }
            let four = Fit::new(history, HOWLER_HZ, 2);
            let least = 0.05 * four.sines.iter().map(Sine::power).sum::<f32>();
            (sound(&four) && four.sines.iter().all(|sine| sine.power() >= least))
                .then_some(four)
                .ok_or(four.purity)
        }
        Band::Any => {
            let one = Fit::new(history, [by_crossings(history), 0.0, 0.0, 0.0], 2);
            if sound(&one) { Ok(one) } else { Err(one.purity) }
        }
        Band::Low => {
            let (first, other) = low_hz(earlier, later);
            let mut fitting = Fitting::new(history, [first, 0.0, 0.0, 0.0]);
            let one = fitting.refined(1);
            if sound(&one) {
                return Ok(one);
            }
            if let Some(other) = other.filter(|_| turns_alike(earlier, later)) {
                let one = Fit::new(history, [other, 0.0, 0.0, 0.0], 1);
                if sound(&one) {
                    return Ok(one);
                }
            }
            let rest = fitting.rest();
            let ([_, earlier, later], []) = rest.as_chunks::<BLOCK_SAMPLES>() else { return Err(0.0) };
            let (earlier, later) = (BANK.measure(kernel, earlier), BANK.measure(kernel, later));
            let (second, other) = low_hz(&earlier, &later);
            // Most of what is no pair shows early.
            let mut pair = fitting.and(second);
            let mut rough = pair.refined(2).purity;
            if let Some(mut other) = other.filter(|_| rough < MIN_PURITY).map(|other| fitting.and(other)) {
                let purity = other.refined(2).purity;
                if purity > rough {
                    (pair, rough) = (other, purity);
                }
            }
            if rough < MIN_PAIR_PURITY {
                return Err(rough);
            }
            let two = pair.settled(3);
            let [a, b, ..] = two.sines;
            let even = a.power() >= MIN_TWIST * b.power() && b.power() >= MIN_TWIST * a.power();
            let sound = two.purity >= MIN_PURITY && two.bend_hz <= 2.0 * MAX_BEND_HZ && two.swing <= 2.0;
            (sound && even && (a.hz - b.hz).abs() >= MIN_APART_HZ).then_some(two).ok_or(two.purity)
        }
    }
}

/// The place of the strongest low frequency.
fn strongest_low(spectrum: &BlockSpectrum<8>) -> usize {
    let mut strongest = (0, 0.0);
    for (place, power) in spectrum.powers().into_iter().take(LOW).enumerate() {
        if power > strongest.1 {
            strongest = (place, power);
        }
    }
    strongest.0
}

/// The frequency of the strongest low tone, and the other one that it may be: halfway between two of the bank's the
/// phase does not tell on which side it lies.
fn low_hz(earlier: &BlockSpectrum<8>, later: &BlockSpectrum<8>) -> (f32, Option<f32>) {
    let place = strongest_low(later);
    let hz = frequency_hz(place, bank_hz(place), earlier, later);
    let away = hz - bank_hz(place);
    (hz, (away.abs() > 20.0).then(|| hz - BIN_HZ as f32 * away.signum()))
}

/// A frequency by the zero crossings, for a tone that lies anywhere.
fn by_crossings(history: &[i16; HISTORY_SAMPLES]) -> f32 {
    let crossings = history.windows(2).filter(|pair| matches!(pair, [a, b] if (*a < 0) != (*b < 0))).count();
    crossings as f32 * 4_000.0 / (HISTORY_SAMPLES - 1) as f32
}

/// The tone's first sample, by the model that fits the history carried back through the blocks before it.
fn start(
    fit: &Fit,
    history: &[i16; HISTORY_SAMPLES],
    onset: &[i16; 2 * BLOCK_SAMPLES],
    pending: &Pending,
    position: u64,
) -> u64 {
    let usable = onset.get(usize::from(pending.onset_from)..).unwrap_or_default();
    let backward = history.iter().rev().chain(usable.iter().rev()).copied();
    // It fits the history: the newer two thirds are not asked again.
    const KNOWN: usize = 2 * BLOCK_SAMPLES;
    let at = 0.5 * (HISTORY_SAMPLES as f32 - 1.0) - KNOWN as f32;
    let run = KNOWN + fit.run(backward.skip(KNOWN), at, -1.0);
    if pending.begun_before_loss && run == HISTORY_SAMPLES + usable.len() {
        return pending.start_sample;
    }
    position.saturating_sub(run as u64)
}

use super::bank::{BANK, Band, LEAST_POWER, band, may_be_tones};
use super::find::find;
use super::onset::Onset;
use super::pending::{MODULATED_AT, Pending};
use super::sounding::Sounding;
use super::voice::{Voice, normalised};
use crate::dsp::goertzel::{BlockSpectrum, Kernel};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};

/// Blocks alike after which a tone is looked at: 51 ms. The history and the two blocks kept then follow each other.
const LOOK_AT: u8 = 3;
/// Looks at one run, a block further each time: the first ones may meet the end of a word.
const LOOKS_MAX: u8 = 5;
/// What is less pure than this at first sight is no tone, and its beginning neither.
const MIN_ROUGH_PURITY: f32 = 0.4;
/// Least part of the power in the low frequencies of a tone that swells, over all blocks.
const MIN_MODULATED_LOW: f32 = 0.8;

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
    onset: Onset,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Pending(Pending),
    Sounding(Sounding),
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
            onset: Onset::new(),
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
                    pending.count(&earlier, spectrum, &mut self.onset, blocks);
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
        self.onset.keep(blocks, back);
        self.previous = *spectrum;
        self.passed_over = false;
        let start_sample = blocks.position().saturating_sub(((back + 1) * BLOCK_SAMPLES) as u64);
        self.state = State::Pending(Pending::new(band, spectrum, start_sample));
    }

    fn follow(&mut self, block: &[i16; BLOCK_SAMPLES], blocks: &BlockBuffer, total: f32) -> Option<Edge> {
        let spectrum = BANK.measure(self.kernel, block);
        let now = if total < LEAST_POWER { None } else { band(&spectrum, self.any) };
        let mut edge = None;
        match &mut self.state {
            State::Idle => {}
            State::Pending(pending) if now == Some(pending.band) => {
                let earlier = self.previous;
                pending.count(&earlier, &spectrum, &mut self.onset, blocks);
                if pending.blocks == 3 && pending.alike < 2 {
                    pending.find_start(blocks);
                }
                let pending = *pending;
                edge = self.look(&pending, &earlier, &spectrum, blocks);
            }
            State::Pending(pending) if pending.may_fade(total) => pending.fade(&mut self.onset, blocks),
            State::Pending(_) => self.restart(now, &spectrum, blocks),
            State::Sounding(sounding) => {
                if sounding.goes_on(&self.before, &self.previous, &spectrum, follows_loss(blocks)) {
                    self.before = core::mem::replace(&mut self.previous, spectrum);
                    return None;
                }
                let steady = sounding.steadiness.holds();
                let end_sample = sounding.end(self.kernel, blocks);
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
            let (run, whole) = self.onset.run(self.kernel, &fit, &history);
            let start_sample = if whole && pending.begun_before_loss {
                pending.start_sample
            } else {
                blocks.position().saturating_sub(run as u64)
            };
            (Voice::Steady(fit.sines), spectrum.total, start_sample)
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
        self.state = State::Sounding(Sounding::new(voice, power, earlier, spectrum));
        Some(Edge::Began(Sound { voice, power, start_sample }))
    }

    /// The run is taken to begin a block later.
    fn look_further(&mut self, history: &[i16; HISTORY_SAMPLES], purity: f32) {
        if let State::Pending(pending) = &mut self.state {
            // Voices are not worth another look.
            pending.looks = if purity < MIN_ROUGH_PURITY { LOOKS_MAX } else { pending.looks + 1 };
            pending.alike -= u8::from(pending.looks < LOOKS_MAX);
            self.onset.move_on(history);
        }
    }
}

/// Whether the newest block is the first one after a loss.
pub(super) fn follows_loss(blocks: &BlockBuffer) -> bool {
    blocks.seam().is_some_and(|seam| seam.index == HISTORY_SAMPLES - BLOCK_SAMPLES)
}

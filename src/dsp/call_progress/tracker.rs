use super::bank::{BANK, Band, LEAST_POWER, band, may_be_tones};
use super::find::find;
use super::onset::Onset;
use super::pending::{MODULATED_AT, Pending};
use super::sounding::Sounding;
use super::steadiness::Steadiness;
use super::voice::{Voice, normalised};
use crate::dsp::goertzel::{Beside, BlockSpectrum, Kernel};
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
    /// It stopped.
    Ended { end_sample: u64, steadiness: Steadiness },
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
    /// What sounds was found by the block before.
    found: bool,
    beside: Beside,
    /// The block before, where it was measured, and the one before that.
    previous: BlockSpectrum<8>,
    before: Option<BlockSpectrum<8>>,
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
            found: false,
            beside: Beside::new(&BANK),
            previous: none,
            before: None,
            onset: Onset::new(),
        }
    }

    /// Whether a tone may be about to begin.
    pub(super) const fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending(_))
    }

    /// How steady what sounds has been so far.
    pub(super) const fn steadiness(&self) -> Option<&Steadiness> {
        match &self.state {
            State::Sounding(sounding) => Some(sounding.steadiness()),
            State::Idle | State::Pending(_) => None,
        }
    }

    /// What sounds goes on after an interruption.
    pub(super) fn resume(&mut self, earlier: &Steadiness) {
        if let State::Sounding(sounding) = &mut self.state {
            sounding.resume(earlier);
        }
    }

    /// What is wanted of the next block. A tone's first block says which ones are measured for DTMF, too.
    #[inline]
    pub(super) fn beside(&mut self) -> &mut Beside {
        let wanted = self.passed_over || self.found || !matches!(self.state, State::Sounding(_));
        self.beside.want(if wanted { LEAST_POWER } else { f32::INFINITY });
        &mut self.beside
    }

    /// Takes the newest block, with its mean square. Every second block is enough until something is heard, and again
    /// while a steady tone sounds.
    #[inline]
    pub(super) fn block(
        &mut self,
        block: &[i16; BLOCK_SAMPLES],
        blocks: &BlockBuffer,
        total: f32,
    ) -> Option<Edge> {
        let measured = self.beside.take();
        self.found = false;
        match &mut self.state {
            State::Idle => {
                let wanted = self.passed_over || self.alert || measured;
                if total < LEAST_POWER || !wanted {
                    self.passed_over = true;
                } else {
                    let spectrum = self.measured(measured, block);
                    match band(&spectrum, self.any) {
                        None => self.passed_over = false,
                        Some(band) => self.begin(band, &spectrum, blocks),
                    }
                }
                None
            }
            State::Pending(_) => {
                let spectrum = self.measured(measured, block);
                self.pends(spectrum, blocks, total)
            }
            State::Sounding(sounding) => {
                sounding.follow();
                let pass_over = !measured && !self.passed_over && sounding.may_pass_over(total);
                if pass_over && !follows_loss(blocks) {
                    self.passed_over = true;
                    return None;
                }
                let spectrum = self.measured(measured, block);
                if self.sounds_on(&spectrum, blocks) { None } else { self.ends(&spectrum, blocks) }
            }
        }
    }

    /// The spectrum of the newest block, which may be measured already.
    #[inline]
    fn measured(&self, measured: bool, block: &[i16; BLOCK_SAMPLES]) -> BlockSpectrum<8> {
        if measured { *self.beside.spectrum() } else { BANK.measure(self.kernel, block) }
    }

    fn keep(&mut self, spectrum: BlockSpectrum<8>) {
        self.before = Some(core::mem::replace(&mut self.previous, spectrum));
    }

    /// Nothing was heard up to here.
    fn begin(&mut self, now: Band, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) {
        if self.passed_over && !follows_loss(blocks) {
            let earlier = measure_earlier(self.kernel, blocks, 1);
            if earlier.total >= LEAST_POWER && band(&earlier, self.any) == Some(now) {
                self.start(now, &earlier, blocks, 1);
                if let State::Pending(pending) = &mut self.state {
                    pending.count(&earlier, spectrum, &mut self.onset, blocks);
                }
                self.keep(*spectrum);
                return;
            }
        }
        self.start(now, spectrum, blocks, 0);
    }

    /// A run begins with the block that is so many before the newest one.
    fn start(&mut self, band: Band, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer, back: usize) {
        self.onset.keep(blocks, back);
        self.previous = *spectrum;
        self.passed_over = false;
        let start_sample = blocks.position().saturating_sub(((back + 1) * BLOCK_SAMPLES) as u64);
        self.state = State::Pending(Pending::new(band, spectrum, start_sample));
    }

    /// A run goes on, or ends.
    fn pends(&mut self, spectrum: BlockSpectrum<8>, blocks: &BlockBuffer, total: f32) -> Option<Edge> {
        let now = if total < LEAST_POWER { None } else { band(&spectrum, self.any) };
        let mut edge = None;
        if let State::Pending(pending) = &mut self.state {
            if now == Some(pending.band) {
                let earlier = self.previous;
                pending.count(&earlier, &spectrum, &mut self.onset, blocks);
                if pending.blocks == 3 && pending.alike < 2 {
                    pending.find_start(blocks);
                }
                let pending = *pending;
                edge = self.look(&pending, &earlier, &spectrum, blocks);
            } else if pending.may_fade(total) {
                pending.fade(&mut self.onset, blocks);
            } else {
                self.restart(now, &spectrum, blocks);
            }
        }
        self.keep(spectrum);
        edge
    }

    /// Whether what sounds goes on in the newest block.
    fn sounds_on(&mut self, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) -> bool {
        let State::Sounding(sounding) = &mut self.state else { return false };
        if !sounding.is_in(spectrum) {
            return self.may_sound_on(spectrum, blocks);
        }
        let passed_over = core::mem::take(&mut self.passed_over);
        if !follows_loss(blocks) {
            sounding.held(&self.previous, spectrum, 1 + u8::from(passed_over));
        }
        self.before = if passed_over { None } else { Some(self.previous) };
        self.previous = *spectrum;
        true
    }

    /// The same where the newest block does not show it.
    fn may_sound_on(&mut self, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) -> bool {
        let State::Sounding(sounding) = &mut self.state else { return false };
        let after_loss = follows_loss(blocks);
        if self.passed_over && !after_loss {
            // The block between has to be looked at after all.
            let between = measure_earlier(self.kernel, blocks, 1);
            let is_pair =
                || sounding.may_be_pair_in(spectrum) && may_be_tones(&self.previous, &between, spectrum);
            if !sounding.is_in(&between) && !is_pair() {
                return false;
            }
            sounding.held(&self.previous, &between, 1);
            self.before = Some(core::mem::replace(&mut self.previous, between));
        }
        self.passed_over = false;
        let holds = sounding.may_be_pair_in(spectrum) && {
            let before = self.before.unwrap_or_else(|| measure_earlier(self.kernel, blocks, 2));
            may_be_tones(&before, &self.previous, spectrum)
        };
        if holds && !after_loss {
            sounding.held(&self.previous, spectrum, 1);
        }
        self.before = Some(core::mem::replace(&mut self.previous, *spectrum));
        holds || sounding.misses()
    }

    /// What sounded is over; something else may have begun.
    fn ends(&mut self, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) -> Option<Edge> {
        let State::Sounding(sounding) = &self.state else { return None };
        let end_sample = sounding.end(self.kernel, blocks);
        let edge = Edge::Ended { end_sample, steadiness: *sounding.steadiness() };
        let now = if spectrum.total < LEAST_POWER { None } else { band(spectrum, self.any) };
        self.restart(now, spectrum, blocks);
        Some(edge)
    }

    /// What was followed is over; something else may have begun.
    fn restart(&mut self, now: Option<Band>, spectrum: &BlockSpectrum<8>, blocks: &BlockBuffer) {
        self.state = State::Idle;
        if let Some(band) = now {
            self.begin(band, spectrum, blocks);
        }
        self.passed_over = false;
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
            let may_be = |before| may_be_tones(before, earlier, spectrum);
            if pending.band == Band::Low && !self.before.as_ref().is_some_and(may_be) {
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
        self.found = true;
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

/// Measures a block that is so many before the newest one.
fn measure_earlier(kernel: Kernel, blocks: &BlockBuffer, back: usize) -> BlockSpectrum<8> {
    let history = blocks.history();
    let block = history.as_chunks().0.iter().rev().nth(back);
    BANK.measure(kernel, block.unwrap_or(&[0; BLOCK_SAMPLES]))
}

/// Whether the newest block is the first one after a loss.
pub(super) fn follows_loss(blocks: &BlockBuffer) -> bool {
    blocks.seam().is_some_and(|seam| seam.index == HISTORY_SAMPLES - BLOCK_SAMPLES)
}

use super::cadence::{Chain, INTERRUPTION_SAMPLES, Match, tolerance};
use super::special_information::SpecialInformation;
use super::steadiness::Steadiness;
use super::tracker::{Edge, Sound, Tracker};
use crate::dsp::goertzel::{Beside, Kernel};
use crate::dsp::tone_plan::{ToneKind, TonePattern, TonePlan, TonePlanError};
use crate::dsp::{BLOCK_SAMPLES, BlockBuffer, HISTORY_SAMPLES};

/// Longest pause of any pattern: call waiting in North America comes every 10 s.
const PATIENCE_SAMPLES: u64 = 8 * 11_500;
/// A pause this loud, as a part of the tone's power, is none: 8 dB below.
const MAX_PAUSE_POWER: f32 = 0.15;
/// For as many blocks: what the sound before leaves, and what a tone that swells needs to be recognised.
const MAX_LOUD_BLOCKS: u8 = 17;
/// A tone is recognised within 300 ms. One that begins before that began as something else, as music does.
const RECOGNITION_SAMPLES: u64 = 8 * 300;
/// Longest pause without a country.
const GENERIC_PAUSE_SAMPLES: u64 = 8 * 1_100;
/// A tone without a country that comes faster than this is congestion (ITU-T E.180 has it faster than busy).
const GENERIC_CONGESTION_SAMPLES: u64 = 8 * 600;

/// A call-progress tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tone {
    /// What it means.
    pub kind: ToneKind,
    /// The country whose plan has it, by its code; none where it is learned, generic, or part of every plan.
    pub country: Option<&'static str>,
    /// First sample of its first cycle, 0-based.
    pub start_sample: u64,
}

/// What the detector reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToneEvent {
    /// A tone was recognised; it may go on.
    Started(Tone),
    /// It is over; the sample after its last one comes with it.
    Ended(Tone, u64),
}

/// Recognises call-progress tones in a stream of blocks.
#[derive(Clone, Debug)]
pub struct CallProgressDetector {
    plan: TonePlan,
    tracker: Tracker,
    /// The plan has tones that lie beside the bank.
    any: bool,
    chain: Option<Chain>,
    special: SpecialInformation,
    /// What is decided unless another sound begins before the sample.
    due: Option<(Decision, u64)>,
    reported: Option<Decision>,
    /// Loud blocks of the present pause.
    loud_blocks: u8,
    /// How steady the last sound was, which the present one may go on with.
    earlier: Option<Steadiness>,
    /// The present sound is too long, or not steady enough, for any cadence.
    spent: bool,
}

/// A tone to report.
#[derive(Clone, Copy, Debug)]
struct Decision {
    tone: Tone,
    /// The longest pause within it.
    pause_samples: u64,
}

impl CallProgressDetector {
    /// A detector for a plan, with the kernel that the target has for certain.
    pub fn new(plan: &TonePlan) -> Result<Self, TonePlanError> {
        Self::with_kernel(plan, Kernel::COMPILED)
    }

    /// A detector for a plan.
    pub fn with_kernel(plan: &TonePlan, kernel: Kernel) -> Result<Self, TonePlanError> {
        plan.validate()?;
        let beside = |hz: &u16| !(316..=706).contains(hz);
        let any = plan.learned.iter().flatten().any(|pattern| pattern.frequencies().iter().any(beside));
        Ok(Self {
            plan: *plan,
            tracker: Tracker::new(kernel, any),
            any,
            chain: None,
            special: SpecialInformation::default(),
            due: None,
            reported: None,
            loud_blocks: 0,
            earlier: None,
            spent: false,
        })
    }

    /// What this detector wants of the next block, for a [DTMF detector](crate::dsp::dtmf::DtmfDetector::block_beside)
    /// to measure in the same pass. It measures itself what nobody has by then.
    #[inline]
    pub fn beside(&mut self) -> &mut Beside {
        self.tracker.beside()
    }

    /// Takes the newest block, which is also the last one of `blocks`, and its mean square, direct current left out.
    /// Reports at most one event a block.
    #[inline]
    pub fn block(
        &mut self,
        block: &[i16; BLOCK_SAMPLES],
        blocks: &BlockBuffer,
        total: f32,
    ) -> Option<ToneEvent> {
        let edge = self.tracker.block(block, blocks, total);
        if edge.is_none() && self.chain.is_none() {
            return None;
        }
        self.follow(edge, blocks.position(), total)
    }

    fn follow(&mut self, edge: Option<Edge>, now: u64, total: f32) -> Option<ToneEvent> {
        let event = match edge {
            Some(Edge::Began(sound)) => self.began(&sound, now),
            Some(Edge::Ended { end_sample, steadiness }) => self.ended(end_sample, &steadiness),
            None if self.chain.as_ref().is_some_and(|chain| chain.sounds) => self.sounds_on(now),
            None => self.pauses_on(now, total),
        };
        self.tracker.alert = self.chain.is_some();
        self.tracker.any = self.any || self.special.expects_last();
        event
    }

    fn began(&mut self, sound: &Sound, now: u64) -> Option<ToneEvent> {
        self.special.began(sound);
        let quiet = self.reported.is_some() || self.was_quiet(sound, now);
        self.loud_blocks = 0;
        self.due = None;
        self.spent = false;
        if quiet && self.chain.as_mut().is_some_and(|chain| chain.continue_with(sound)) {
            let resumed = self.chain.as_ref().is_some_and(|chain| chain.start_sample() < sound.start_sample);
            if let Some(earlier) = self.earlier.filter(|_| resumed) {
                self.tracker.resume(&earlier);
            }
            let decision = self.decide(now).filter(|(_, at)| at.is_none())?;
            return Some(self.report(decision.0));
        }
        let ended = self.close();
        self.chain = Some(Chain::new(sound));
        ended
    }

    /// Whether at least half of the pause before a sound was one: notes swell and follow each other without. What the
    /// line lost of it is none of theirs.
    fn was_quiet(&self, sound: &Sound, now: u64) -> bool {
        let Some(chain) = &self.chain else { return true };
        let pause = sound.start_sample.saturating_sub(chain.end_sample());
        let blocks = |samples: u64| samples / BLOCK_SAMPLES as u64;
        let loud = u64::from(self.loud_blocks).saturating_sub(blocks(now.saturating_sub(sound.start_sample)));
        // The blocks at its ends hold something of the sounds.
        pause <= INTERRUPTION_SAMPLES || 2 * loud <= blocks(pause).saturating_sub(1)
    }

    fn ended(&mut self, end_sample: u64, steadiness: &Steadiness) -> Option<ToneEvent> {
        self.earlier = Some(*steadiness);
        self.special.ended(end_sample);
        let chain = self.chain.as_mut()?;
        chain.end(end_sample);
        if let Some(event) = self.special_information(end_sample) {
            return Some(event);
        }
        // A reported tone has been heard for long enough: what ends it may be anything.
        if !steadiness.holds() && self.reported.is_none() {
            return self.close();
        }
        if let Some((decision, Some(at))) = self.decide(end_sample) {
            self.due = Some((decision, at));
        }
        None
    }

    fn sounds_on(&mut self, now: u64) -> Option<ToneEvent> {
        if let Some(event) = self.special_information(now) {
            return Some(event);
        }
        let chain = self.chain.as_ref()?;
        let continuous = 8 * u64::from(self.plan.continuous_ms);
        let steadiness = self.tracker.steadiness()?;
        let long_enough = now.saturating_sub(chain.start_sample()) >= continuous
            && steadiness.followed_samples() + RECOGNITION_SAMPLES >= continuous;
        if !long_enough || self.spent || self.reported.is_some() {
            return None;
        }
        let decision = if steadiness.holds() { self.continuous(chain) } else { None };
        self.spent = true;
        let decision = decision?;
        Some(self.report(decision))
    }

    fn pauses_on(&mut self, now: u64, total: f32) -> Option<ToneEvent> {
        let chain = self.chain.as_ref()?;
        let pause = now.saturating_sub(chain.end_sample());
        if total > MAX_PAUSE_POWER * chain.power {
            self.loud_blocks = self.loud_blocks.saturating_add(1);
            if self.loud_blocks >= MAX_LOUD_BLOCKS {
                return self.close();
            }
        }
        // A sound that has just begun is known a little later.
        if let Some((decision, _)) = self.due.filter(|&(_, at)| now >= at && !self.tracker.is_pending()) {
            self.due = None;
            return Some(self.report(decision));
        }
        let patience = self.reported.map_or(PATIENCE_SAMPLES, |decision| {
            decision.pause_samples + tolerance(decision.pause_samples) + 2 * HISTORY_SAMPLES as u64
        });
        if pause >= patience && self.due.is_none() { self.close() } else { None }
    }

    /// What went on is over.
    fn close(&mut self) -> Option<ToneEvent> {
        self.due = None;
        self.loud_blocks = 0;
        let end_sample = self.chain.take()?.end_sample();
        let decision = self.reported.take()?;
        Some(ToneEvent::Ended(decision.tone, end_sample))
    }

    fn report(&mut self, decision: Decision) -> ToneEvent {
        self.reported = Some(decision);
        ToneEvent::Started(decision.tone)
    }

    fn special_information(&mut self, until: u64) -> Option<ToneEvent> {
        let start_sample = self.special.heard(until)?;
        let tone = Tone { kind: ToneKind::SpecialInformation, country: None, start_sample };
        Some(self.report(Decision { tone, pause_samples: 0 }))
    }

    /// What a tone without pauses is.
    fn continuous(&self, chain: &Chain) -> Option<Decision> {
        let found = |kind, country| Decision {
            tone: Tone { kind, country, start_sample: chain.start_sample() },
            pause_samples: 0,
        };
        let mut best: Option<(f32, Decision)> = None;
        for (pattern, country) in self.plan.patterns().filter(|(pattern, _)| pattern.cadence().is_empty()) {
            let Some(deviation) = chain.voice.deviation(pattern) else { continue };
            if best.is_none_or(|(least, _)| deviation < least) {
                best = Some((deviation, found(pattern.kind, country)));
            }
        }
        let generic = self.plan.generic && chain.voice.is_generic();
        best.map(|(_, decision)| decision).or(generic.then(|| found(ToneKind::Dial, None)))
    }

    /// What the sounds so far are: now, or from a sample on unless another one begins.
    fn decide(&self, now: u64) -> Option<(Decision, Option<u64>)> {
        let chain = self.chain.as_ref()?;
        if self.reported.is_some() || chain.spans().len() < 2 {
            return None;
        }
        let explained = |pattern: &TonePattern| {
            let frequency = chain.voice.deviation(pattern)?;
            Some((chain.explain(pattern, now)?, frequency))
        };
        let mut best: Option<(&TonePattern, Option<&'static str>, Match, f32)> = None;
        // Whether a pattern matters at all is asked first: that spares nearly all comparisons.
        let may_have_come_twice = 1..=chain.spans().len() / 2;
        for (pattern, country) in self.plan.patterns() {
            if !may_have_come_twice.contains(&pattern.cadence().len()) {
                continue;
            }
            let Some((found, frequency)) = explained(pattern) else { continue };
            if found.ended < 2 * pattern.cadence().len() {
                continue;
            }
            let strain = found.deviation + frequency;
            let better = best.is_none_or(|(other, _, _, least)| {
                let (longer, shorter) = (pattern.cadence().len(), other.cadence().len());
                longer > shorter || (longer == shorter && strain < least)
            });
            if better {
                best = Some((pattern, country, found, strain));
            }
        }
        let (decision, pairs, mut at) = match best {
            Some((pattern, country, found, _)) => {
                let pause = pattern.cadence().iter().map(|pair| 8 * u64::from(pair[1])).max().unwrap_or(0);
                let tone = Tone { kind: pattern.kind, country, start_sample: found.start_sample };
                let at =
                    chain.end_sample() + found.pause_samples.saturating_sub(tolerance(found.pause_samples));
                (Decision { tone, pause_samples: pause }, pattern.cadence().len(), at)
            }
            None => (self.generic(chain)?, 0, 0),
        };
        // What may yet turn out to be a longer pattern, or one that ends no message, is waited for.
        for (pattern, _) in self.plan.patterns() {
            let cadence = pattern.cadence().len();
            let harmless = decision.tone.kind.is_disconnect() && !pattern.kind.is_disconnect();
            if cadence <= pairs && !harmless {
                continue;
            }
            if let Some((found, _)) =
                explained(pattern).filter(|(found, _)| found.all && found.ended < 2 * cadence)
            {
                if chain.sounds || harmless {
                    return None;
                }
                at = at.max(chain.end_sample() + found.pause_samples + tolerance(found.pause_samples));
            }
        }
        Some((decision, (!chain.sounds).then_some(at)))
    }

    /// What a regular cadence is in no country's plan: known when its third cycle begins, as a call waiting tone may
    /// be two short sounds.
    fn generic(&self, chain: &Chain) -> Option<Decision> {
        if !(self.plan.generic && chain.sounds && chain.voice.is_generic()) {
            return None;
        }
        let (cycle, start_sample) = chain.generic()?;
        let kind = if cycle < GENERIC_CONGESTION_SAMPLES { ToneKind::Congestion } else { ToneKind::Busy };
        // A longer cycle may begin with a shorter one, and a longer pause.
        Some(Decision {
            tone: Tone { kind, country: None, start_sample },
            pause_samples: GENERIC_PAUSE_SAMPLES,
        })
    }

    /// No tone to come ends before this sample, when `end_sample` is the first one after the newest block.
    pub fn settled_sample(&self, end_sample: u64) -> u64 {
        let recent = end_sample.saturating_sub(2 * HISTORY_SAMPLES as u64);
        match &self.chain {
            Some(chain) if !chain.sounds && (self.due.is_some() || self.reported.is_some()) => {
                chain.end_sample().min(recent)
            }
            _ => recent,
        }
    }

    /// Reports the end of a tone that goes on when the stream ends, also of one that only what comes next would have
    /// decided.
    pub fn finish(&mut self, end_sample: u64) -> Option<ToneEvent> {
        let chain = self.chain.take()?;
        let due = self.due.take().map(|(decision, _)| decision);
        let decision = self.reported.take().or(due)?;
        let end_sample = if chain.sounds { end_sample } else { chain.end_sample() };
        Some(ToneEvent::Ended(decision.tone, end_sample))
    }
}

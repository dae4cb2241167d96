//! Replay: which stored samples answer the requests of a task today, and which evidence counts.
//!
//! A sample answers only if the key is equal at every step. Base's tree is asked first for both sides: where the requests
//! are equal, base's bytes are the evidence, and an edit of head's is listed but not used (SEC-14).

use std::collections::BTreeMap;

use super::{Address, Flaw, Judgement, Recording, Sample, Shelf};
use crate::agent::{Agent, Answered, Next, Setup};
use crate::config::Provider;
use crate::outcome::Reason;
use crate::trajectory::Trajectory;
use crate::wire::{self, Key, Parts};

/// Which of the two snapshots compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tree {
    Base,
    Head,
}

/// What evidence is wanted for.
#[derive(Debug)]
pub struct Ask {
    pub side: Tree,
    pub address: Address,
    pub setup: Setup,
    pub prompt_id: String,
    /// As the policy names it.
    pub provider: Provider,
    /// Other names under which the model may answer, as the policy has them.
    pub served: Vec<String>,
    pub require_prompt_id: bool,
    /// Whether answers that only head brings count without acceptance.
    pub trust_head: bool,
}

/// The source of what a model answered just now.
pub const LIVE: &str = "live";

/// One answered sample.
#[derive(Debug, Clone)]
pub struct Answer {
    pub sample: u32,
    pub run: Trajectory,
    /// As reports name it: `own`, `own:<version>`, `base`, `head`, or [`LIVE`].
    pub source: String,
    pub stand_in: bool,
    pub provider: Provider,
    /// In seconds since 1970; `None` where the recording does not say it readably.
    pub recorded_at: Option<i64>,
    /// Only head's tree holds it, or what a judge says of it.
    pub claimed: bool,
    /// What judges said of it.
    pub judgements: Vec<Judgement>,
}

/// All that the trees hold for one side of one cell.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// By sample.
    pub answers: Vec<Answer>,
    /// Why there is no answer, where there is none.
    pub reason: Option<Reason>,
    /// Why samples that were asked for have no answer, beside those that have one.
    pub lost: Vec<Reason>,
    /// Why judges said nothing about answers, where they were asked just now.
    pub unheard: Vec<Reason>,
    pub notes: Vec<Note>,
}

/// Something about a file that a report mentions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// Head changed the recording of an unchanged request.
    ReRecorded { path: String },
    /// A digest does not fit; `new` where base does not hold the same bytes.
    Tampered { path: String, new: bool },
    /// A person changed the file and said so.
    Edited { path: String },
    /// A file of head's that cannot be read, where base's answers the request all the same.
    Unreadable { path: String, why: String },
}

/// Collects the answers for `ask` from both trees.
pub fn gather(ask: &Ask, base: &Shelf<'_>, head: &Shelf<'_>) -> Evidence {
    let mut collector = Collector { ask, answers: BTreeMap::new(), misses: Vec::new(), notes: Vec::new() };
    for (tree, shelf, other) in [(Tree::Base, base, head), (Tree::Head, head, base)] {
        for address in shelf.candidates(&ask.address) {
            let twin = shelf.object(&address) == other.object(&address);
            if tree == Tree::Head && twin {
                continue; // The same bytes were seen in base's tree.
            }
            collector.file(tree, shelf, &address, twin);
        }
    }
    let Collector { answers, mut misses, mut notes, .. } = collector;
    if answers.is_empty() {
        // Then it is the reason itself.
        notes.retain(|note| !matches!(note, Note::Unreadable { .. }));
    }
    notes.sort();
    notes.dedup();
    // The file at the address itself says best why nothing fits, and there the sample that came nearest.
    misses.sort_by_key(|(rank, reason)| (*rank, distance(reason)));
    let reason = if answers.is_empty() {
        Some(misses.into_iter().next().map_or(Reason::Missing, |(_, reason)| reason))
    } else {
        None
    };
    Evidence { answers: answers.into_values().collect(), reason, lost: Vec::new(), unheard: Vec::new(), notes }
}

/// How far a sample or a file was from being evidence.
fn distance(reason: &Reason) -> u8 {
    match reason {
        Reason::Unverified => 0,
        Reason::Tampered { .. } | Reason::Conflicted { .. } | Reason::Unsupported { .. } | Reason::StandIn { .. } => 1,
        Reason::Diverged { .. } | Reason::NoStub { .. } | Reason::Provider { .. } | Reason::OtherModel { .. } => 2,
        Reason::Stale { .. } => 3,
        Reason::Missing
        | Reason::Unconfirmed { .. }
        | Reason::NotComparable { .. }
        | Reason::StoppedEarly { .. }
        | Reason::SpendCap { .. }
        | Reason::NotJudged { .. }
        | Reason::Unclear { .. }
        | Reason::NotRendered { .. }
        | Reason::NoEvidence { .. } => 4,
    }
}

struct Collector<'a> {
    ask: &'a Ask,
    answers: BTreeMap<u32, Answer>,
    /// How far from the address asked for, and what is wrong there.
    misses: Vec<(u8, Reason)>,
    notes: Vec<Note>,
}

impl Collector<'_> {
    fn file(&mut self, tree: Tree, shelf: &Shelf<'_>, address: &Address, twin: bool) {
        let own = tree == self.ask.side || twin;
        let rank = u8::from(!own) * 2 + u8::from(*address != self.ask.address);
        let path = shelf.path(address);
        let recording = match shelf.read(address) {
            None => return,
            Some(Ok(recording)) => recording,
            Some(Err(flaw)) => {
                let reason = match flaw {
                    Flaw::Conflicted => Reason::Conflicted { path },
                    Flaw::Tampered => {
                        self.notes.push(Note::Tampered { path: path.clone(), new: tree == Tree::Head });
                        Reason::Tampered { path }
                    }
                    Flaw::Unsupported(why) => Reason::Unsupported { path, why },
                };
                if (tree, self.ask.side) == (Tree::Head, Tree::Head) && !matches!(reason, Reason::Tampered { .. }) {
                    self.notes.push(Note::Unreadable { path: shelf.path(address), why: reason.to_string() });
                }
                self.misses.push((rank, reason));
                return;
            }
        };
        if recording.target.provider == Provider::Mock && self.ask.provider != Provider::Mock {
            let provider = self.ask.provider.as_str().to_owned();
            self.misses.push((rank, Reason::StandIn { provider }));
            return;
        }
        if recording.provenance.edited {
            self.notes.push(Note::Edited { path: path.clone() });
        }
        let source = match (own, *address == self.ask.address, tree) {
            (true, true, _) => "own".to_owned(),
            (true, false, _) => format!("own:{}", address.version),
            (false, _, Tree::Base) => "base".to_owned(),
            (false, _, Tree::Head) => "head".to_owned(),
        };
        let place = Place { tree, path, rank, source, twin };
        for sample in &recording.samples {
            self.sample(&place, &recording, sample);
        }
    }

    fn sample(&mut self, place: &Place, recording: &Recording, sample: &Sample) {
        if self.ask.require_prompt_id && sample.prompt_id != self.ask.prompt_id {
            self.misses.push((place.rank, Reason::Stale { changed: vec!["prompt_id".to_owned()] }));
            return;
        }
        let run = match replay(&self.ask.setup, sample) {
            Ok(run) => run,
            Err(reason) => return self.misses.push((place.rank, reason)),
        };
        let asked = &self.ask.setup.opening.model;
        let other = |served: &&String| !wire::is_served_as(served, asked, &self.ask.served);
        let mut served = run.exchanges.iter().filter_map(|exchange| exchange.reply.served_model.as_ref());
        if let Some(served) = served.find(other) {
            let (asked, served) = (asked.clone(), served.clone());
            return self.misses.push((place.rank, Reason::OtherModel { asked, served }));
        }
        let claimed = place.tree == Tree::Head && !place.twin;
        if let Some(known) = self.answers.get_mut(&sample.sample) {
            // A judge may have been asked about an answer that was there before.
            if known.run == run && (!claimed || self.ask.trust_head) {
                let new = sample.judgements.iter().filter(|new| !known.judgements.iter().any(|old| old.key == new.key));
                let new: Vec<Judgement> = new.cloned().collect();
                known.claimed |= claimed && !new.is_empty();
                known.judgements.extend(new);
            }
            if place.tree == Tree::Head && self.ask.side == Tree::Head && known.run != run {
                self.notes.push(Note::ReRecorded { path: place.path.clone() });
            }
            return;
        }
        if claimed && !self.ask.trust_head {
            self.misses.push((0, Reason::Unverified));
            return;
        }
        let stand_in = recording.provenance.stand_in || recording.target.provider == Provider::Mock;
        let (source, judgements) = (place.source.clone(), sample.judgements.clone());
        let answer = Answer {
            sample: sample.sample,
            run,
            source,
            stand_in,
            provider: recording.target.provider,
            recorded_at: recording.provenance.seconds(),
            claimed,
            judgements,
        };
        self.answers.insert(sample.sample, answer);
    }
}

/// Where a sample was found.
struct Place {
    tree: Tree,
    path: String,
    rank: u8,
    source: String,
    /// Both trees hold the same bytes there.
    twin: bool,
}

/// Replays one stored sample against today's requests.
pub fn replay(setup: &Setup, sample: &Sample) -> Result<Trajectory, Reason> {
    let mut agent = Agent::new(setup);
    for (index, step) in sample.steps.iter().enumerate() {
        let key = if index == 0 { setup.key.clone() } else { Key::of(agent.request()) };
        if key != step.key {
            let changed = Parts::of(agent.request()).changed(&step.parts);
            let changed: Vec<String> = changed.into_iter().map(str::to_owned).collect();
            let changed = if changed.is_empty() { vec!["request".to_owned()] } else { changed };
            return Err(if index == 0 { Reason::Stale { changed } } else { Reason::Diverged { step: index, changed } });
        }
        // Equal keys are equal APIs, and equal words on how to read a reply.
        let reply = wire::decode(agent.request(), &step.reply);
        let reply = reply.map_err(|error| Reason::Provider { message: error.to_string() })?;
        let answered =
            Answered { key, parts: step.parts.clone(), body: step.reply.clone(), reply, latency_ms: step.latency_ms };
        match agent.next(answered) {
            Next::Ask => {}
            Next::Done(run) => return Ok(run),
            Next::Unjudged(reason) => return Err(reason),
        }
    }
    // The run goes on where the recording ends.
    if sample.outcome.stop.is_budget() {
        return Err(Reason::Stale { changed: vec!["budgets".to_owned()] });
    }
    Err(Reason::Diverged { step: sample.steps.len(), changed: vec!["length".to_owned()] })
}

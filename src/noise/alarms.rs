//! False alarms: the gate asked about changes that change nothing, whose runs are drawn as the recorded ones came out.

use serde::Serialize;

use super::{Question, Recorded, wished};
use crate::policy::Policy;
use crate::simulate::{Change, Rates, TaskModel, Trial, rates};
use crate::stats::clopper_pearson;

/// The same recordings get the same answer.
const SEED: u64 = 0x006e_6f69_7365;
/// Numbers of samples worth proposing.
const MORE: [u32; 4] = [3, 5, 7, 10];
/// The share of checks with a false alarm from which on more samples are worth their price.
const WORTH_MORE: f64 = 0.005;

/// How often the gate cries wolf.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alarms {
    /// How many changes that change nothing were drawn, for each mode.
    pub replications: usize,
    /// With the samples that were asked for, or else those that the settings ask for.
    pub now: Drawn,
    /// With more of them, where that may help.
    pub with_more: Option<Drawn>,
}

/// What the gate came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drawn {
    /// The fewest and the most samples of a task on a side.
    pub samples: [u32; 2],
    /// From recordings.
    pub replay: Shares,
    /// Where models are asked, and flips confirmed with further samples before they count.
    pub live: Shares,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shares {
    /// Exit code 1.
    pub failed: Share,
    /// Exit code 3.
    pub held_up: Share,
    /// Exit code 0 with a warning about growth or the pass rate.
    pub warned: Share,
}

/// A share of all that were drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    pub count: usize,
    pub share: f64,
    /// 95 % Clopper–Pearson interval of the true share.
    pub ci95: [f64; 2],
}

impl Shares {
    fn of(found: &Rates) -> Self {
        let share = |count: usize| Share {
            count,
            share: found.share(count),
            ci95: clopper_pearson(count as u64, found.replications as u64).map_or([0.0, 1.0], |ci| [ci.low, ci.high]),
        };
        Self { failed: share(found.failed), held_up: share(found.held_up), warned: share(found.warned) }
    }

    /// The share of checks that do not pass.
    pub fn stopped(&self) -> f64 {
        self.failed.share + self.held_up.share
    }
}

pub fn alarms(recorded: &Recorded, models: &[TaskModel], policy: &Policy, question: &Question) -> Alarms {
    let now = drawn(recorded, models, policy, question);
    let more = MORE.into_iter().find(|more| *more > now.samples[1]).filter(|_| now.replay.stopped() >= WORTH_MORE);
    let with_more = more.map(|more| {
        let question = Question { samples: Some(more), ..*question };
        drawn(recorded, models, policy, &question)
    });
    Alarms { replications: question.replications, now, with_more }
}

fn drawn(recorded: &Recorded, models: &[TaskModel], policy: &Policy, question: &Question) -> Drawn {
    let effects = vec![Change::NONE; recorded.cells.len()];
    let ask = |live| {
        let Recorded { changes, cells, runs: _ } = recorded;
        let trial = Trial { policy, changes, cells, models, effects: &effects, samples: question.samples, live };
        Shares::of(&rates(&trial, question.replications, SEED))
    };
    let wishes = || recorded.cells.iter().map(|cell| wished(cell, question.samples));
    let samples = [wishes().min().unwrap_or(0), wishes().max().unwrap_or(0)];
    Drawn { samples, replay: ask(false), live: ask(true) }
}

//! How often recorded runs pass, and which tasks do so now and then only.

use serde::Serialize;

use super::wished;
use crate::evaluate::Runs;
use crate::outcome::Outcome;
use crate::plan::Cell;
use crate::stats;

/// How often runs pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Passing {
    pub passed: u64,
    /// Samples that were judged.
    pub samples: u64,
    /// 95 % Wilson interval of the share that passes; `None` without samples.
    pub ci95: Option<[f64; 2]>,
    /// Samples that could not be judged.
    pub unjudged: u64,
    pub all_of_k: Option<AllOfK>,
    /// Tasks of which some samples pass and some fail.
    pub unsteady: Vec<Unsteady>,
}

/// The chance that all of k samples of a task pass (pass^k), averaged over tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AllOfK {
    /// The fewest and the most samples that a task is to have.
    pub k: [u32; 2],
    pub share: f64,
    /// How many tasks have as many samples, and are counted.
    pub tasks: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsteady {
    pub task: String,
    pub passed: u64,
    pub samples: u64,
}

/// How many of the samples that were judged pass, of how many.
pub fn tally(runs: &Runs) -> (u64, u64) {
    runs.samples.iter().fold((0, 0), |(passed, judged), sample| match sample.outcome() {
        Outcome::Pass => (passed + 1, judged + 1),
        Outcome::Fail => (passed, judged + 1),
        Outcome::Unjudged(_) => (passed, judged),
    })
}

pub fn is_unsteady((passed, judged): (u64, u64)) -> bool {
    passed > 0 && passed < judged
}

pub fn passing(cells: &[(&Cell, &Runs)], samples: Option<u32>) -> Passing {
    let tallies: Vec<(&Cell, (u64, u64))> = cells.iter().map(|(cell, runs)| (*cell, tally(runs))).collect();
    let passed: u64 = tallies.iter().map(|(_, (passed, _))| passed).sum();
    let judged: u64 = tallies.iter().map(|(_, (_, judged))| judged).sum();
    let all: u64 = cells.iter().map(|(_, runs)| runs.samples.len() as u64).sum();
    let unsteady = tallies.iter().filter(|(_, tally)| is_unsteady(*tally)).map(|(cell, (passed, samples))| Unsteady {
        task: cell.task.to_string(),
        passed: *passed,
        samples: *samples,
    });
    Passing {
        passed,
        samples: judged,
        ci95: stats::wilson(passed, judged).map(|ci| [ci.low, ci.high]),
        unjudged: all - judged,
        all_of_k: all_of_k(&tallies, samples),
        unsteady: unsteady.collect(),
    }
}

fn all_of_k(tallies: &[(&Cell, (u64, u64))], samples: Option<u32>) -> Option<AllOfK> {
    let counted = tallies.iter().filter_map(|(cell, (passed, judged))| {
        let k = wished(cell, samples);
        Some((k, stats::pass_hat_k(*judged, *passed, k.into())?))
    });
    let counted: Vec<(u32, f64)> = counted.collect();
    let chances: Vec<f64> = counted.iter().map(|(_, chance)| *chance).collect();
    let k = [counted.iter().map(|(k, _)| *k).min()?, counted.iter().map(|(k, _)| *k).max()?];
    Some(AllOfK { k, share: super::spread::mean(&chances)?, tasks: counted.len() })
}

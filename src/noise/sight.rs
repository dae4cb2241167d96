//! What the gate can see in spite of the noise: from which growth of tokens on, and what it would take to see less.
//!
//! Formulas of `stats`, with the gate's own confidence, floor and limit. What the other metrics that are tested beside tokens
//! take of that confidence (Holm) is counted in.

use std::collections::BTreeSet;

use serde::Serialize;

use super::passing::{is_unsteady, tally};
use super::spread::{Spread, spreads};
use super::{Question, Recorded, wished};
use crate::compare::Metric;
use crate::compare::questions;
use crate::evaluate::Runs;
use crate::plan::Cell;
use crate::policy::Policy;
use crate::simulate::TaskModel;
use crate::stats::{detectable_fixed_ratio, detectable_ratio, detectable_task_ratio, tasks_for_ratio};
use crate::verdict::{self, Bar};

/// How unequally a change is taken to hit tasks, as the standard deviation of its log-ratios. No recording of one side tells it.
pub const TAU: f64 = 0.1;
/// The chance with which something is to be found.
const POWER: f64 = 0.8;
/// z of that chance.
const POWER_Z: f64 = 0.841_621_233_572_914;
/// The growth for which tasks and samples are counted.
pub const TARGET: f64 = 1.25;
/// More samples than anybody pays for.
const MOST_SAMPLES: u32 = 50;
/// Samples that a single task needs before its own growth is looked at.
const OF_ONE_TASK: u32 = 3;

/// What growth of tokens is found in four of five cases. Ratios of head to base.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sight {
    /// Tasks that are independent evidence: those of one family, and one task on several aliases, count once.
    pub tasks: usize,
    pub samples: [u32; 2],
    /// Whether the gate fails such growth; it warns of it otherwise.
    pub fails: bool,
    /// Growth in all tasks that is told from chance.
    pub told_from_chance: Option<f64>,
    /// Growth in all tasks that the gate finds: told from chance, and beyond its limit.
    pub found: Option<f64>,
    /// Growth of a single task that is warned of; `None` where single tasks are not looked at, or have fewer than 3 samples.
    pub found_in_one_task: Option<f64>,
    /// The fewest tasks, with these samples, with which growth by a quarter is told from chance.
    pub tasks_for_a_quarter: Option<usize>,
    /// The fewest samples of a task, up to 50, with which it is, with these tasks.
    pub samples_for_a_quarter: Option<u32>,
}

/// The noise of a mean over tasks.
#[derive(Debug, Clone, Copy)]
struct Suite {
    clusters: usize,
    cells: f64,
    /// Of the tokens' logarithm between runs of one task.
    sigma: f64,
    /// Share of a false alarm that is allowed.
    alpha: f64,
    min_tasks: usize,
}

pub fn sight(recorded: &Recorded, models: &[TaskModel], policy: &Policy, question: &Question) -> Option<Sight> {
    let bar = verdict::bar(Metric::TotalTokens, policy)?;
    let all = recorded.cells.iter().zip(&recorded.runs).zip(models);
    let counted: Vec<((&Cell, &Runs), &TaskModel)> = all.filter(|((cell, _), _)| !cell.quarantined).collect();
    let runs: Vec<&Runs> = counted.iter().map(|((_, runs), _)| *runs).collect();
    let clusters: BTreeSet<&crate::id::Id> = counted.iter().map(|((cell, _), _)| &cell.cluster).collect();
    let samples: Vec<u32> = counted.iter().map(|((cell, _), _)| wished(cell, question.samples)).collect();
    let (least, most) = (*samples.iter().min()?, *samples.iter().max()?);
    let variances: Vec<f64> = counted.iter().map(|(_, model)| model.sigma.powi(2)).collect();
    let suite = Suite {
        clusters: clusters.len(),
        cells: count(counted.len()),
        sigma: super::spread::mean(&variances)?.sqrt(),
        alpha: alpha(&bar, &runs, policy) / questions(clusters.len()),
        min_tasks: policy.gate.evidence.min_tasks.max(2),
    };
    let floor = bar.floor;
    let rarity = super::spread::mean(&samples.iter().map(|k| 1.0 / f64::from(*k)).collect::<Vec<_>>())?;
    let told = suite.told(rarity, &samples).map(|ratio| ratio * floor);
    let enough = |k: u32| suite.told(1.0 / f64::from(k), &vec![k; samples.len()]).is_some_and(|r| r * floor <= TARGET);
    let of_tasks = tasks_for_ratio(TARGET / floor, 1, suite.unit(rarity), TAU, suite.alpha, POWER);
    Some(Sight {
        tasks: suite.clusters,
        samples: [least, most],
        fails: bar.fails,
        told_from_chance: told,
        found: told.map(|told| told.max(bar.limit * (POWER_Z * suite.se(rarity)).exp())),
        found_in_one_task: in_one_task(&suite, counted.len(), least, policy),
        tasks_for_a_quarter: of_tasks.map(|tasks| tasks.max(suite.min_tasks)),
        samples_for_a_quarter: (1..=MOST_SAMPLES).find(|k| enough(*k)),
    })
}

impl Suite {
    /// Whether there are tasks enough for a test over tasks; with fewer, the samples must tell.
    fn is_tested_over_tasks(&self) -> bool {
        self.clusters >= self.min_tasks
    }

    /// The noise within runs of a cluster's log-ratio, as if it had one sample a side. `rarity` is the mean of 1/k over cells.
    fn unit(&self, rarity: f64) -> f64 {
        (self.sigma.powi(2) * rarity * self.count() / self.cells).sqrt()
    }

    /// Standard error of the mean log-ratio over all.
    fn se(&self, rarity: f64) -> f64 {
        let tau = if self.is_tested_over_tasks() { TAU } else { 0.0 };
        ((tau * tau + 2.0 * self.unit(rarity).powi(2)) / self.count()).sqrt()
    }

    /// The smallest ratio to the floor that is told from chance.
    fn told(&self, rarity: f64, samples: &[u32]) -> Option<f64> {
        if self.is_tested_over_tasks() {
            return detectable_ratio(self.clusters, 1, self.unit(rarity), TAU, self.alpha, POWER);
        }
        let df: f64 = samples.iter().map(|k| 2.0 * (f64::from(*k) - 1.0)).sum();
        detectable_fixed_ratio(self.se(rarity), df, self.alpha, POWER)
    }

    fn count(&self) -> f64 {
        count(self.clusters)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(items: usize) -> f64 {
    items as f64
}

/// The share of false alarms that a test of tokens may have, beside everything else that is tested and varies.
fn alpha(bar: &Bar, runs: &[&Runs], policy: &Policy) -> f64 {
    let alpha = 1.0 - bar.confidence;
    if !bar.fails {
        return alpha;
    }
    let varies = |spread: &Spread| spread.within.is_some_and(|within| within > 0.0);
    let is_tested = |spread: &&Spread| {
        spread.metric != Metric::TotalTokens && varies(spread) && verdict::bar(spread.metric, policy).is_some()
    };
    let others = spreads(runs).iter().filter(is_tested).count();
    let passes = policy.gate.pass_rate.is_some() && runs.iter().any(|runs| is_unsteady(tally(runs)));
    let tests: u32 = (1 + others + usize::from(passes)).try_into().unwrap_or(u32::MAX);
    alpha / f64::from(tests)
}

fn in_one_task(suite: &Suite, cells: usize, samples: u32, policy: &Policy) -> Option<f64> {
    let limit = policy.gate.task_growth.filter(|_| samples >= OF_ONE_TASK)?;
    let alpha = 1.0 - policy.gate.evidence.warn_confidence;
    let found = detectable_task_ratio(cells, samples as usize, suite.sigma, alpha, POWER)?;
    let se = suite.sigma * (2.0 / f64::from(samples)).sqrt();
    Some(found.max(limit * (POWER_Z * se).exp()))
}

//! The whole gate on drawn runs, many times over: what share of changes it fails, holds up or warns of.

use rayon::prelude::*;

use super::draw::{Change, Dice, TaskModel};
use crate::changes;
use crate::compare::{Cell, Flip, Flipped, Steadiness};
use crate::config::Budgets;
use crate::cost::By;
use crate::evaluate::Runs;
use crate::finding::Finding;
use crate::judging::conclude;
use crate::pipeline;
use crate::plan;
use crate::policy::Policy;
use crate::report::{self, Severity, Status};
use crate::verdict::{self, Acceptances, CONFIRMING_SAMPLES};

/// One question to the gate.
#[derive(Debug)]
pub struct Trial<'a> {
    pub policy: &'a Policy,
    /// What is compared, with the cells of its plan and, for each of them, how its runs come out.
    pub changes: &'a [changes::Change],
    pub cells: &'a [plan::Cell],
    pub models: &'a [TaskModel],
    /// What the change does to each of them.
    pub effects: &'a [Change],
    /// Samples of a side; as many as the plan wishes for, where `None`.
    pub samples: Option<u32>,
    /// Whether flips are confirmed with further samples, as in a live check.
    pub live: bool,
}

/// How often the gate came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    pub replications: usize,
    /// Exit 1.
    pub failed: usize,
    /// Exit 3.
    pub held_up: usize,
    /// Exit 0 with a warning about growth or the pass rate.
    pub warned: usize,
}

impl Rates {
    fn and(self, other: Self) -> Self {
        Self {
            replications: self.replications + other.replications,
            failed: self.failed + other.failed,
            held_up: self.held_up + other.held_up,
            warned: self.warned + other.warned,
        }
    }

    /// A count as a share of all replications.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    pub fn share(&self, count: usize) -> f64 {
        count as f64 / self.replications.max(1) as f64
    }
}

/// Asks the gate `replications` times. Each replication has dice of its own, so that any number of threads says the same.
pub fn rates(trial: &Trial<'_>, replications: usize, seed: u64) -> Rates {
    let one = |at: usize| {
        let mut dice = Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(at as u64));
        let (status, warned) = trial.verdict(&mut dice);
        Rates {
            replications: 1,
            failed: usize::from(status == Status::Fail),
            held_up: usize::from(status == Status::Inconclusive),
            warned: usize::from(status == Status::Pass && warned),
        }
    };
    (0..replications).into_par_iter().map(one).reduce(Rates::default, Rates::and)
}

impl<'a> Trial<'a> {
    /// One verdict, and whether it warns of growth or of the pass rate.
    fn verdict(&self, dice: &mut Dice) -> (Status, bool) {
        let budgets = &self.policy.budgets;
        let sides = |(model, effect): (&TaskModel, &Change)| (*model, model.changed(effect));
        let models: Vec<(TaskModel, TaskModel)> = self.models.iter().zip(self.effects).map(sides).collect();
        let wished =
            |side: &Option<plan::CellSide>| self.samples.or(side.as_ref().map(|side| side.samples)).unwrap_or(1);
        let drawn = self.cells.iter().zip(&models).map(|(planned, (before, after))| Cell {
            planned,
            base: Some(before.runs(wished(&planned.base), budgets, dice)),
            head: Some(after.runs(wished(&planned.head), budgets, dice)),
            expectations: Vec::new(),
        });
        let mut cells: Vec<Cell<'a>> = drawn.collect();
        if self.live {
            let flips = concluded(&cells, self.policy);
            for ((cell, (flipped, _)), (before, after)) in cells.iter_mut().zip(flips).zip(&models) {
                if verdict::is_to_confirm(&flipped.flip, self.policy) {
                    confirm(&mut cell.base, before, budgets, dice);
                    confirm(&mut cell.head, after, budgets, dice);
                }
            }
        }
        let verdict = judge(self.changes, &cells, self.policy);
        let warns = |reason: &report::Reason| {
            reason.severity == Severity::Warn
                && matches!(
                    reason.code.as_str(),
                    "tokens" | "tool-calls" | "pass-rate" | "task-tokens" | "task-tool-calls"
                )
        };
        (verdict.status, verdict.reasons.iter().any(warns))
    }
}

/// Draws the samples that confirm a flip.
fn confirm(runs: &mut Option<Runs>, model: &TaskModel, budgets: &Budgets, dice: &mut Dice) {
    let further = model.runs(CONFIRMING_SAMPLES, budgets, dice).samples;
    runs.iter_mut().for_each(|runs| {
        runs.samples.extend(further.clone());
        runs.wished += CONFIRMING_SAMPLES;
    });
}

/// What became of each cell, beside the others of its candidate.
fn concluded(cells: &[Cell<'_>], policy: &Policy) -> Vec<(Flipped, Vec<Finding>)> {
    let mut all: Vec<(Flipped, Vec<Finding>)> = cells.iter().map(|cell| conclude(cell, policy)).collect();
    for (cell, (flipped, findings)) in cells.iter().zip(&mut all) {
        let own = cells.iter().filter(|other| other.planned.candidate == cell.planned.candidate);
        if matches!(flipped.flip, Flip::Failing(_)) {
            Steadiness::of(own, policy.gate.min_pass).weigh(flipped, findings);
        }
    }
    all
}

/// The gate's verdict on cells whose runs were judged.
pub fn judge(changes: &[changes::Change], cells: &[Cell<'_>], policy: &Policy) -> report::Verdict {
    let mut findings: Vec<Finding> = concluded(cells, policy).into_iter().flat_map(|(_, findings)| findings).collect();
    let by = By { policy, edited: None, is_interval_wanted: false };
    for (at, change) in changes.iter().enumerate() {
        for (index, candidate) in change.candidates.iter().enumerate() {
            let own = cells.iter().filter(|cell| cell.planned.candidate == (at, index));
            let own: Vec<&Cell<'_>> = own.collect();
            findings.extend(pipeline::compared(change, candidate, &own, by).findings);
        }
    }
    verdict::decide(findings, policy, &Acceptances::default())
}

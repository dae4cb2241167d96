//! The whole gate on drawn runs, many times over: what share of changes it fails, holds up or warns of.

use rayon::prelude::*;

use super::draw::{Change, Dice, TaskModel};
use crate::changes;
use crate::compare::Cell;
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
        let drawn = self.cells.iter().zip(self.models).zip(self.effects);
        let cells: Vec<Cell<'a>> =
            drawn.map(|((planned, model), effect)| self.cell(planned, model, effect, dice)).collect();
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

    /// One cell, confirmed where it flips and the check is live.
    fn cell(&self, planned: &'a plan::Cell, model: &TaskModel, effect: &Change, dice: &mut Dice) -> Cell<'a> {
        let after = model.changed(effect);
        let budgets = &self.policy.budgets;
        let wished =
            |side: &Option<plan::CellSide>| self.samples.or(side.as_ref().map(|side| side.samples)).unwrap_or(1);
        let base = model.runs(wished(&planned.base), budgets, dice);
        let head = after.runs(wished(&planned.head), budgets, dice);
        let mut cell = Cell { planned, base: Some(base), head: Some(head), expectations: Vec::new() };
        if self.live && verdict::is_to_confirm(&conclude(&cell, self.policy).0.flip, self.policy) {
            let more = |runs: &mut Option<Runs>, model: &TaskModel, dice: &mut Dice| {
                let further = model.runs(CONFIRMING_SAMPLES, budgets, dice);
                runs.iter_mut().for_each(|runs| {
                    runs.samples.extend(further.samples.clone());
                    runs.wished += CONFIRMING_SAMPLES;
                });
            };
            more(&mut cell.base, model, dice);
            more(&mut cell.head, &after, dice);
        }
        cell
    }
}

/// The gate's verdict on cells whose runs were judged.
pub fn judge(changes: &[changes::Change], cells: &[Cell<'_>], policy: &Policy) -> report::Verdict {
    let mut findings: Vec<Finding> = cells.iter().flat_map(|cell| conclude(cell, policy).1).collect();
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

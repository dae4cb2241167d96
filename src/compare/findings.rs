//! The findings of cells: one sentence each, with the effect the verdict weighs.

use super::{Cell, Flip, Flipped};
use crate::evaluate::Runs;
use crate::finding::{Finding, Kind};
use crate::outcome::{Outcome, Reason};
use crate::plan;
use crate::recording::{LIVE, Note, Tree};
use crate::verdict::confirming;

/// Everything noticed about one cell.
pub fn findings(cell: &Cell<'_>, flipped: &Flipped) -> Vec<Finding> {
    let mut found = Vec::new();
    let at = |kind, message: String| Finding::new(kind, message).at(cell.planned);
    found.extend(of_flip(cell, &flipped.flip));
    if let Some(changed) = &flipped.changed {
        found.push(at(Kind::ExpectationChanged, changed.clone()));
    }
    if flipped.base_unmeasured {
        let why =
            cell.base.as_ref().and_then(|runs| runs.reason.as_ref()).map_or_else(String::new, |why| format!(": {why}"));
        found.push(at(Kind::BaseUnmeasured, format!("not measured on base{why}")));
    }
    if let Some((broken, samples)) = cell.budget_broken_on_head() {
        let message = format!("{broken} of {samples} runs {}; none on base", broken_budgets(cell));
        found.push(at(Kind::BudgetBroken, message));
    }
    for (side, tree) in [("base", Tree::Base), ("head", Tree::Head)] {
        if let Some(runs) = cell.side(tree)
            && !runs.samples.is_empty()
            && runs.samples.len() < runs.wished as usize
        {
            let lost = runs.lost.first().map_or_else(String::new, |why| format!(": {why}"));
            let message = format!("{} of {} samples on {side}{lost}", runs.samples.len(), runs.wished);
            found.push(at(Kind::FewerSamples, message).help(record(cell.planned, tree)));
        }
    }
    for note in cell.notes() {
        found.push(match note {
            Note::ReRecorded { path } => {
                at(Kind::ReRecorded, format!("{path} was recorded again for unchanged requests; base's answers count"))
            }
            Note::Tampered { path, new } => {
                let help = "restore it, record it again, or say that you edited it: regild recordings rehash";
                at(Kind::Tampered { new: *new }, format!("{path} was changed after it was recorded")).help(help)
            }
            Note::Unreadable { why, .. } => {
                at(Kind::Unreadable, format!("{why}; base's answers count")).help(record(cell.planned, Tree::Head))
            }
            Note::Edited { path } => at(Kind::Edited, format!("{path} was edited by hand")),
        });
    }
    found
}

fn of_flip(cell: &Cell<'_>, flip: &Flip) -> Option<Finding> {
    let at = |kind, message: String| Some(Finding::new(kind, message).at(cell.planned));
    match flip {
        Flip::Passing | Flip::Fixed | Flip::NewPass => None,
        Flip::StillFailing => at(Kind::StillFailing, format!("fails on base too{}", failing(cell))),
        Flip::NewFailure => {
            at(Kind::NewFailure, format!("fails{}", failing(cell))).map(|finding| finding.help(diff(cell)))
        }
        Flip::ExpectationChanged(how) => at(Kind::ExpectationChanged, how.clone()),
        Flip::Removed => at(Kind::TaskRemoved, format!("head no longer runs this task on {}", cell.planned.alias)),
        Flip::Failing(fallen) => {
            let message = format!("{}{}", counts(cell), failing(cell));
            at(Kind::Failing(*fallen), message).map(|finding| finding.help(diff(cell)))
        }
        Flip::Unjudged(reason @ Reason::NotRendered { .. }) => {
            // A version that never took this task's input is nobody's doing now.
            let before = cell.base.as_ref().and_then(|runs| runs.reason.as_ref());
            let is_old = matches!(before, Some(Reason::NotRendered { .. }));
            at(if is_old { Kind::StillFailing } else { Kind::NotRendered }, reason.to_string())
        }
        Flip::Unjudged(reason) => {
            let finding = Finding::new(Kind::Unjudged(reason.clone()), reason.to_string()).at(cell.planned);
            Some(finding.help(mend(cell.planned, Tree::Head, reason)))
        }
    }
}

/// "3/3 passed on base, 0/3 on head"
fn counts(cell: &Cell<'_>) -> String {
    let count = |runs: &Option<Runs>, base_side: bool| {
        runs.as_ref().map_or_else(String::new, |runs| {
            let passed = |sample: &&crate::evaluate::Sample| {
                let outcome = if base_side { &sample.own } else { sample.by_base.as_ref().unwrap_or(&sample.own) };
                *outcome == Outcome::Pass
            };
            format!("{}/{}", runs.samples.iter().filter(passed).count(), runs.samples.len())
        })
    };
    format!("{} passed on base, {} on head", count(&cell.base, true), count(&cell.head, false))
}

/// The first broken expectation of head: ": expected at most 6 tool calls, found 11 tool calls".
fn failing(cell: &Cell<'_>) -> String {
    let Some(head) = &cell.head else { return String::new() };
    let broken = |index: usize| {
        head.samples.iter().find(|sample| sample.checks.get(index).is_some_and(|check| check.outcome == Outcome::Fail))
    };
    // The budget stands first in the list and has its own finding; what the task declares says more.
    let order = (1..cell.expectations.len()).chain(std::iter::once(0));
    for index in order {
        if let (Some(sample), Some(expectation)) = (broken(index), cell.expectations.get(index))
            && let Some(check) = sample.checks.get(index)
        {
            return format!("; expected {}, found {}", expectation.expected, check.actual);
        }
    }
    String::new()
}

/// "stopped by max_tool_calls": what broke the budgets of head's runs.
fn broken_budgets(cell: &Cell<'_>) -> String {
    let Some(head) = &cell.head else { return String::new() };
    let broken = head.samples.iter().filter(|s| s.checks.first().is_some_and(|c| c.outcome == Outcome::Fail));
    let mut stops: Vec<&str> =
        broken.map(|sample| sample.answer.stop.as_str()).filter(|stop| *stop != "finish").collect();
    stops.sort_unstable();
    stops.dedup();
    if stops.is_empty() { "overran a budget".to_owned() } else { format!("stopped by {}", stops.join(", ")) }
}

fn diff(cell: &Cell<'_>) -> String {
    let diff = format!("regild diff {}/{}", cell.planned.prompt, cell.planned.task);
    // What was answered just now is to be seen once it is recorded, which costs nothing more.
    match &cell.head {
        Some(head) if head.source == LIVE => format!("{} && {diff}", record(cell.planned, Tree::Head)),
        _ => diff,
    }
}

fn record(planned: &plan::Cell, tree: Tree) -> String {
    let side = match tree {
        Tree::Base => " --side base",
        Tree::Head => "",
    };
    format!("regild record --prompt {} --task {} --model {}{side}", planned.prompt, planned.task, planned.alias)
}

/// The next step where a side has no answer for a reason; a command where one mends it.
pub fn mend(planned: &plan::Cell, tree: Tree, reason: &Reason) -> String {
    match reason {
        Reason::Missing
        | Reason::Stale { .. }
        | Reason::Diverged { .. }
        | Reason::Conflicted { .. }
        | Reason::Unsupported { .. }
        | Reason::NotJudged { .. }
        | Reason::StandIn { .. } => record(planned, tree),
        Reason::Unconfirmed { .. } => confirming(&planned.prompt, &planned.task),
        Reason::NotComparable { .. } => {
            format!("{} --side both --rewrite", record(planned, Tree::Head))
        }
        Reason::Tampered { .. }
        | Reason::Unverified
        | Reason::NoStub { .. }
        | Reason::StoppedEarly { .. }
        | Reason::NotRendered { .. }
        | Reason::NoEvidence { .. }
        | Reason::Provider { .. }
        | Reason::OtherModel { .. }
        | Reason::Unclear { .. }
        | Reason::SpendCap { .. } => reason.row().help.to_owned(),
    }
}

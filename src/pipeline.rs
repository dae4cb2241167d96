//! One check, from two sides to a report: read this first.
//!
//! ```text
//! sides ─▶ changes ─▶ plan ─▶ run ─▶ evaluate ─▶ compare + cost ─▶ verdict ─▶ report
//!                      └── rounds ──┘
//! ```
//! Everything here is a function of its input. Runs are answered from recordings, in parallel, and judged at once, so that
//! no trajectory outlives its judgement.

use rayon::prelude::*;

use crate::changes::{self, Candidate, Change, Scope};
use crate::compare::{self, Cell, Flipped, Metric, findings, flip};
use crate::cost::{self, Estimate, Sides};
use crate::diagnostic::Diagnostic;
use crate::discipline;
use crate::evaluate::{Judge, Runs};
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::notice;
use crate::plan::{self, Run};
use crate::policy::{Policy, PolicyOrigin};
use crate::recording::Tree;
use crate::report::build::{self, KeepAnswers, Totals};
use crate::report::{self, Mode, Report, RunTotals};
use crate::shelves::{Shelves, Trust};
use crate::side::Side;
use crate::trajectory::Trajectory;
use crate::verdict::{self, Acceptances};

/// Everything a check depends on.
#[derive(Debug)]
pub struct Input<'a> {
    pub base: &'a Side,
    pub head: &'a Side,
    pub policy: &'a Policy,
    pub scope: Scope<'a>,
    /// Tasks wanted; all where it is empty.
    pub tasks: &'a [Id],
    pub acceptances: Acceptances,
    /// Whether head's answers count as they stand: it comes from this repository.
    pub trust_head: bool,
    pub answers: KeepAnswers,
}

/// Checks head against base.
pub fn check(input: &Input<'_>) -> Report {
    let Input { base, head, policy, .. } = *input;
    let changes = changes::between(base, head, policy, input.scope);
    let (planned, gaps) = plan::cells(&changes, base, head, policy, input.tasks);
    let shelves = Shelves::new(base, head, policy);
    let judged = run_all(input, &shelves, &planned);
    let cells = pair(&shelves, &planned, judged);
    let flipped: Vec<Flipped> = cells.iter().map(|cell| flip(cell, policy.gate.min_pass)).collect();

    let breaches = discipline::check(base, head, policy, changes.iter().map(|change| &change.id));
    let mut found = notice::about_documents(base, head, &breaches);
    found.extend(notice::about_policy(base, head, policy));
    found.extend(notice::about_gaps(&gaps));
    // A prompt that is gone is one finding; its tasks need none of their own.
    for (cell, flipped) in cells.iter().zip(&flipped).filter(|(cell, _)| candidate(&changes, cell).head.is_some()) {
        if !is_lost_with_its_file(cell, head, policy) {
            found.extend(findings(cell, flipped));
        }
        if !input.trust_head && cell.head.as_ref().is_some_and(|runs| runs.claimed) {
            let message = "answers that only this head brings are taken as evidence";
            found.push(Finding::new(Kind::Claimed, message).at(cell.planned));
        }
    }
    let mut prompts = Vec::new();
    let mut estimates: Vec<(Id, Estimate)> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        found.extend(notice::about_change(change));
        if change.candidates.is_empty() {
            prompts.push(build::entry(change, None, base));
            // It serves something, or would: what that costs is unknown, not nothing.
            estimates.push((change.id.clone(), Estimate::unmeasured()));
        }
        for (index, candidate) in change.candidates.iter().enumerate() {
            let of_candidate = |cell: &Cell<'_>| cell.planned.candidate == (at, index);
            let own: Vec<&Cell<'_>> = cells.iter().filter(|cell| of_candidate(cell)).collect();
            let (estimate, noticed) = measure(change, candidate, &own, policy);
            found.extend(noticed);
            let mut prompt = build::entry(change, Some(candidate), base);
            let mine = cells.iter().zip(&flipped).filter(|(cell, _)| of_candidate(cell));
            prompt.tasks = mine.map(|(cell, flipped)| build::task(cell, flipped)).collect();
            prompt.tasks.sort_by(|a, b| (a.outcome, &a.id, &a.model).cmp(&(b.outcome, &b.id, &b.model)));
            prompt.metrics = build::metrics(&own, policy);
            prompt.cost = estimate.as_ref().map(build::cost);
            prompts.push(prompt);
            if candidate.served {
                estimates.push((change.id.clone(), estimate.unwrap_or_else(Estimate::unmeasured)));
            }
        }
    }
    let totals = Totals::of(estimates.iter().map(|(id, estimate)| (id, estimate)));
    found.extend(verdict::money::total(totals.base, totals.head, &totals.unknown, policy));
    build::trim(&mut prompts, input.answers);
    let replayed = cells.iter().flat_map(|cell| [&cell.base, &cell.head]).flatten();
    Report {
        schema_version: report::SCHEMA_VERSION,
        tool: report::Tool { name: "regild".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        mode: Mode::Replay,
        base: build::side(base),
        head: build::side(head),
        policy: report::PolicySource {
            commit: match &policy.origin {
                PolicyOrigin::Commit(commit) => Some(commit.clone()),
                PolicyOrigin::FirstAdoption => None,
            },
        },
        verdict: verdict::decide(found, policy, &input.acceptances),
        cost: totals.report(policy),
        diagnostics: notice::shown_diagnostics(head, base, &breaches, policy),
        run: RunTotals {
            replayed: replayed.map(|runs| runs.samples.len() as u64).sum(),
            model_calls: 0,
            spend_usd: "0".to_owned(),
        },
        prompts,
    }
}

/// Whether head lacks a task only because the file that declares it does not load, which fails already.
fn is_lost_with_its_file(cell: &Cell<'_>, head: &Side, policy: &Policy) -> bool {
    let Some(base) = &cell.planned.base else { return false };
    let file = &base.task.origin.file;
    let fails = |code| verdict::documents::fails(code, &policy.gate.severity);
    let is_why = |found: &Diagnostic| found.is_error() && found.file == *file && fails(found.code);
    cell.planned.head.is_none() && head.diagnostics.iter().any(is_why)
}

fn candidate<'a>(changes: &'a [Change], cell: &Cell<'_>) -> &'a Candidate {
    let (change, candidate) = cell.planned.candidate;
    &changes[change].candidates[candidate]
}

/// Runs round after round until nothing is left to run.
fn run_all(input: &Input<'_>, shelves: &Shelves<'_>, planned: &[plan::Cell]) -> Vec<(Run, Runs)> {
    let mut judged = Vec::new();
    for round in 0..plan::MAX_ROUNDS {
        let runs = plan::next(round, planned);
        if runs.is_empty() {
            break;
        }
        judged.par_extend(runs.into_par_iter().filter_map(|run| {
            let cell = planned.get(run.cell)?;
            Some((run, replayed(input, shelves, cell, run.side)?))
        }));
    }
    judged
}

/// Answers one side of a cell from the recordings, and judges it.
fn replayed(input: &Input<'_>, shelves: &Shelves<'_>, cell: &plan::Cell, tree: Tree) -> Option<Runs> {
    let side = cell.side(tree)?;
    let policy = input.policy;
    let accepted = || input.acceptances.list.iter().any(|one| one.trusts(&cell.prompt, &cell.task));
    let trust = if input.trust_head || accepted() { Trust::Head } else { Trust::BaseOnly };
    let evidence = shelves.evidence(cell, tree, trust)?;
    let key = side.alias.price_key(&cell.alias);
    let price = |run: &Trajectory| {
        run.exchanges.iter().map(|exchange| policy.prices.price(&key, &exchange.reply.usage, policy.now)).sum()
    };
    Some(judge(shelves, cell, tree)?.judge(evidence, side.samples, price))
}

fn judge<'a>(shelves: &Shelves<'_>, cell: &'a plan::Cell, tree: Tree) -> Option<Judge<'a>> {
    let own = &cell.side(tree)?.task;
    let in_force =
        (tree == Tree::Head && cell.is_comparable()).then(|| cell.base.as_ref().map(|base| &*base.task)).flatten();
    let budgets = shelves.budgets(tree);
    Some(Judge::new(own, in_force, budgets, shelves.tightened(tree)))
}

/// Puts the judged runs back to their cells.
fn pair<'a>(shelves: &Shelves<'_>, planned: &'a [plan::Cell], judged: Vec<(Run, Runs)>) -> Vec<Cell<'a>> {
    let mut cells: Vec<Cell<'a>> = planned
        .iter()
        .map(|planned| {
            let tree = if planned.head.is_some() { Tree::Head } else { Tree::Base };
            let expectations = judge(shelves, planned, tree).map(|judge| judge.expectations).unwrap_or_default();
            Cell { planned, base: None, head: None, expectations }
        })
        .collect();
    for (run, runs) in judged {
        let Some(cell) = cells.get_mut(run.cell) else { continue };
        match run.side {
            Tree::Base => cell.base = Some(runs),
            Tree::Head => cell.head = Some(runs),
        }
    }
    cells
}

/// What a candidate takes and costs, and what is to be said of it.
fn measure(
    change: &Change,
    candidate: &Candidate,
    cells: &[&Cell<'_>],
    policy: &Policy,
) -> (Option<Estimate>, Vec<Finding>) {
    let mut found = Vec::new();
    let id = &change.id;
    for metric in Metric::ALL {
        let measured = compare::measure(metric, cells);
        let (Some(base), Some(head)) = (measured.base_mean, measured.head_mean) else { continue };
        let ratio = measured.ratio.unwrap_or(if head > base { f64::INFINITY } else { 1.0 });
        let change = match measured.ratio {
            Some(ratio) if ratio >= 1.0 => format!("up {:.0} %", (ratio - 1.0) * 100.0),
            Some(ratio) => format!("down {:.0} %", (1.0 - ratio) * 100.0),
            None => "up from nothing".to_owned(),
        };
        let message = format!(
            "{} {change} ({} → {}, {} task{}){}",
            metric.words(),
            rounded(base),
            rounded(head),
            measured.tasks,
            if measured.tasks == 1 { "" } else { "s" },
            verdict::limit_words(metric, policy),
        );
        found.push(Finding::new(Kind::Growth { metric, ratio, delta: head - base }, message).of(id));
    }
    let version = candidate.head.as_ref().or(candidate.base.as_ref()).map(|prompt| prompt.version.clone());
    let about = |found: Vec<Finding>| match &version {
        Some(version) => found.into_iter().map(|finding| finding.version(version)).collect(),
        None => found,
    };
    if cells.is_empty() {
        return (None, about(found));
    }
    let sides = match (&candidate.base, &candidate.head) {
        (Some(_), Some(_)) => Sides::Both,
        (None, _) => Sides::OnlyHead,
        (Some(_), None) => Sides::OnlyBase,
    };
    let estimate = cost::estimate(cells, sides, policy.traffic.get(id));
    found.extend(verdict::money::request(id, estimate.head_alone, policy));
    if candidate.served && !estimate.is_measured() && cells.iter().any(|cell| cell.pair().is_some()) {
        let message = format!("cost unknown: {}", estimate.unknown.join("; "));
        found.push(Finding::new(Kind::CostUnknown, message).of(id));
    }
    (Some(estimate), about(found))
}

/// A mean as a sentence shows it.
fn rounded(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

//! One planned cell, from the recordings to its judgement: answered, evaluated, compared, reported.
//!
//! What only this cell needs is let go of at once, so that a check holds what its cells came to and not what they said.

use rust_decimal::Decimal;

use crate::compare::{Cell, Flipped, Steadiness, findings, flip};
use crate::evaluate::{Examiner, Runs};
use crate::finding::Finding;
use crate::id::Id;
use crate::log::{self, Log, Subject};
use crate::outcome::{Outcome, Reason};
use crate::plan::{self, CellSide};
use crate::policy::Policy;
use crate::recording::{Tree, lacking};
use crate::report::build::{self, KeepAnswers};
use crate::report::{Answers, Task};
use crate::shelves::{Shelves, Trust};
use crate::trajectory::Trajectory;
use crate::verdict::{self, Acceptances};

/// What cells are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub policy: &'a Policy,
    pub acceptances: &'a Acceptances,
    /// Whether head's answers count as they stand.
    pub trust_head: bool,
    pub answers: KeepAnswers,
    /// How runs are logged, where somebody wants that.
    pub log: Option<&'a Log>,
}

/// A cell that was judged.
#[derive(Debug)]
pub struct Judged<'a> {
    /// Without texts and single results: what is left is measured and counted.
    pub cell: Cell<'a>,
    pub findings: Vec<Finding>,
    pub task: Task,
    pub flipped: Flipped,
}

/// Answers both sides of a cell, and judges it.
pub fn judge<'a>(terms: &Terms<'_>, shelves: &Shelves<'_>, planned: &'a plan::Cell) -> Judged<'a> {
    let tree = if planned.head.is_some() { Tree::Head } else { Tree::Base };
    let examiner = examiner(terms.policy, shelves, planned, tree);
    let expectations = examiner.map(|examiner| examiner.expectations).unwrap_or_default();
    let mut cell = Cell { planned, base: None, head: None, expectations };
    cell.head = replayed(terms, shelves, planned, Tree::Head);
    // What is the same twice is run once.
    cell.base = match shelves.is_alike(planned) {
        true => cell.head.as_ref().map(Runs::as_base),
        false => replayed(terms, shelves, planned, Tree::Base),
    };
    let (flipped, findings) = conclude(&cell, terms.policy);
    let mut task = build::task(&cell, &flipped, terms.policy);
    if terms.answers == KeepAnswers::Notable && task.outcome.is_plain_pass() {
        task.answers = Answers::default();
    }
    cell.expectations = Vec::new();
    for (runs, side) in [(&mut cell.base, &planned.base), (&mut cell.head, &planned.head)] {
        let serves = side.as_ref().is_some_and(|side| side.serves);
        runs.iter_mut().for_each(|runs| runs.let_go(serves));
    }
    Judged { cell, findings, task, flipped }
}

/// Weighs the flips of one candidate's cells against how steady its tasks are, once all are judged.
pub fn settle(judged: &mut [Judged<'_>], policy: &Policy) {
    let steadiness = Steadiness::of(judged.iter().map(|one| &one.cell), policy.gate.min_pass);
    for Judged { cell, findings, task, flipped } in judged {
        if steadiness.weigh(flipped, findings) {
            (task.outcome, task.unjudged) = verdict::task_outcome(&flipped.flip, cell.planned.critical, policy);
        }
    }
}

/// What became of a cell whose sides were judged, and what is to be said of it.
pub fn conclude(cell: &Cell<'_>, policy: &Policy) -> (Flipped, Vec<Finding>) {
    let min_pass = policy.gate.min_pass;
    let flipped = flip(cell, min_pass, verdict::tolerance(policy));
    let findings = findings(cell, &flipped);
    (flipped, findings)
}

/// Answers one side of a cell from the recordings, and judges it.
fn replayed(terms: &Terms<'_>, shelves: &Shelves<'_>, cell: &plan::Cell, tree: Tree) -> Option<Runs> {
    let side = cell.side(tree)?;
    let policy = terms.policy;
    let accepted = || terms.acceptances.trusts(&cell.prompt, &cell.task, &cell.alias);
    let trust = if terms.trust_head || accepted() { Trust::Head } else { Trust::BaseOnly };
    let evidence = shelves.evidence(cell, tree, trust)?;
    let price = |run: &Trajectory| cost(policy, side, &cell.alias, run);
    let subject = terms.log.zip(cell.address(tree)).map(|(log, address)| log.subject(tree, address, side));
    let lines = subject.iter().flat_map(|subject| {
        evidence.answers.iter().map(|one| subject.ran(one.sample, &one.run, &one.source, one.stand_in, price(&one.run)))
    });
    let lines: Vec<log::Run> = lines.collect();
    let mut runs = examiner(policy, shelves, cell, tree)?.judge(evidence, side.samples, price);
    runs.log = subject.map(|subject| logged(&subject, lines, &runs)).unwrap_or_default();
    Some(runs)
}

/// What a run of a side cost; `None` where that is not known.
pub fn cost(policy: &Policy, side: &CellSide, alias: &Id, run: &Trajectory) -> Option<Decimal> {
    let key = side.alias.price_key(alias);
    run.exchanges.iter().map(|exchange| policy.prices.price(&key, &exchange.reply.usage, policy.now)).sum()
}

/// The lines of a side: what became of each run, and why those that were wished for and are not there are not.
fn logged(subject: &Subject<'_>, lines: Vec<log::Run>, runs: &Runs) -> Vec<log::Run> {
    let judged = lines.into_iter().zip(&runs.samples).map(|(line, sample)| line.judged(&sample.outcome()));
    let mut lines: Vec<log::Run> = judged.collect();
    let mut lost = runs.lost.iter();
    for sample in lacking(runs.wished, |sample| lines.iter().any(|line| line.sample == sample)) {
        let reason = lost.next().or(runs.reason.as_ref()).unwrap_or(&Reason::Missing);
        lines.push(subject.lacks(sample, reason).judged(&Outcome::Unjudged(reason.clone())));
    }
    lines.sort_by_key(|line| line.sample);
    lines
}

/// Who judges a side of a cell, and by what.
pub fn examiner<'a>(policy: &Policy, shelves: &Shelves<'_>, cell: &'a plan::Cell, tree: Tree) -> Option<Examiner<'a>> {
    let in_force = (tree == Tree::Head && cell.is_comparable()).then_some(cell.base.as_ref()).flatten();
    Some(Examiner::new(cell.side(tree)?, in_force, policy, shelves.budgets(tree), shelves.tightened(tree)))
}

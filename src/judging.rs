//! One planned cell, from the recordings to its judgement: answered, evaluated, compared, reported.
//!
//! What only this cell needs is let go of at once, so that a check holds what its cells came to and not what they said.

use crate::compare::{Cell, findings, flip};
use crate::evaluate::{Examiner, Runs};
use crate::finding::Finding;
use crate::plan;
use crate::policy::Policy;
use crate::recording::Tree;
use crate::report::build::{self, KeepAnswers};
use crate::report::{Answers, Task};
use crate::shelves::{Shelves, Trust};
use crate::trajectory::Trajectory;
use crate::verdict::Acceptances;

/// What cells are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub policy: &'a Policy,
    pub acceptances: &'a Acceptances,
    /// Whether head's answers count as they stand.
    pub trust_head: bool,
    pub answers: KeepAnswers,
}

/// A cell that was judged.
#[derive(Debug)]
pub struct Judged<'a> {
    /// Without texts and single results: what is left is measured and counted.
    pub cell: Cell<'a>,
    pub findings: Vec<Finding>,
    pub task: Task,
}

/// Runs a cell round after round until nothing is left to run, and judges it.
pub fn judge<'a>(terms: &Terms<'_>, shelves: &Shelves<'_>, planned: &'a plan::Cell) -> Judged<'a> {
    let tree = if planned.head.is_some() { Tree::Head } else { Tree::Base };
    let examiner = examiner(terms.policy, shelves, planned, tree);
    let expectations = examiner.map(|examiner| examiner.expectations).unwrap_or_default();
    let mut cell = Cell { planned, base: None, head: None, expectations };
    for round in 0..plan::MAX_ROUNDS {
        let sides = plan::next(round, planned);
        match sides.as_slice() {
            [] => break,
            // What is the same twice is run once.
            [Tree::Base, Tree::Head] if shelves.is_alike(planned) => {
                cell.head = replayed(terms, shelves, planned, Tree::Head);
                cell.base = cell.head.as_ref().map(Runs::as_base);
            }
            sides => sides.iter().for_each(|side| match side {
                Tree::Base => cell.base = replayed(terms, shelves, planned, Tree::Base),
                Tree::Head => cell.head = replayed(terms, shelves, planned, Tree::Head),
            }),
        }
    }
    let flipped = flip(&cell, terms.policy.gate.min_pass);
    let findings = findings(&cell, &flipped);
    let mut task = build::task(&cell, &flipped);
    if terms.answers == KeepAnswers::Notable && task.outcome.is_plain_pass() {
        task.answers = Answers::default();
    }
    cell.expectations = Vec::new();
    [&mut cell.base, &mut cell.head].into_iter().flatten().for_each(Runs::let_go);
    Judged { cell, findings, task }
}

/// Answers one side of a cell from the recordings, and judges it.
fn replayed(terms: &Terms<'_>, shelves: &Shelves<'_>, cell: &plan::Cell, tree: Tree) -> Option<Runs> {
    let side = cell.side(tree)?;
    let policy = terms.policy;
    let accepted = || terms.acceptances.list.iter().any(|one| one.trusts(&cell.prompt, &cell.task));
    let trust = if terms.trust_head || accepted() { Trust::Head } else { Trust::BaseOnly };
    let evidence = shelves.evidence(cell, tree, trust)?;
    let key = side.alias.price_key(&cell.alias);
    let price = |run: &Trajectory| {
        run.exchanges.iter().map(|exchange| policy.prices.price(&key, &exchange.reply.usage, policy.now)).sum()
    };
    Some(examiner(policy, shelves, cell, tree)?.judge(evidence, side.samples, price))
}

/// Who judges a side of a cell, and by what.
pub fn examiner<'a>(policy: &Policy, shelves: &Shelves<'_>, cell: &'a plan::Cell, tree: Tree) -> Option<Examiner<'a>> {
    let in_force = (tree == Tree::Head && cell.is_comparable()).then_some(cell.base.as_ref()).flatten();
    Some(Examiner::new(cell.side(tree)?, in_force, policy, shelves.budgets(tree), shelves.tightened(tree)))
}

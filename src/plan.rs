//! What to run: every task of every candidate, on every alias, as cells with a base and a head side.
//!
//! A live check goes in rounds: answers, what judges say of them, and more samples of what flipped, for which [`confirming`]
//! raises the number that is wished for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::changes::{Candidate, Change};
use crate::config::Alias;
use crate::golden::Task;
use crate::id::Id;
use crate::policy::Policy;
use crate::prompt::Prompt;
use crate::recording::{Address, Tree};
use crate::side::Side;

/// One task of one candidate on one alias.
#[derive(Debug)]
pub struct Cell {
    /// Index of the change, and of the candidate in it.
    pub candidate: (usize, usize),
    pub prompt: Id,
    pub task: Id,
    pub alias: Id,
    pub base: Option<CellSide>,
    pub head: Option<CellSide>,
    /// Whether this alias serves and is priced.
    pub serving: bool,
    /// How its cost weighs; 0 for tests of versions once there are golden tasks.
    pub weight: rust_decimal::Decimal,
    pub critical: bool,
    pub quarantined: bool,
    /// Cells of one cluster are no independent evidence: those of one task, or of one family of tasks.
    pub cluster: Id,
}

/// What one side of a cell runs.
#[derive(Debug)]
pub struct CellSide {
    pub prompt: Arc<Prompt>,
    pub task: Arc<Task>,
    /// With the provider and endpoint of the policy.
    pub alias: Alias,
    /// Whether this side's requests go to it, so that it is what they cost.
    pub serves: bool,
    /// How many samples are wished for.
    pub samples: u32,
    /// The models of the judges that the task declares, as far as somebody declares them.
    pub judges: BTreeMap<Id, Alias>,
}

impl Cell {
    /// The declaration that reports point at.
    pub fn shown(&self) -> Option<&CellSide> {
        self.head.as_ref().or(self.base.as_ref())
    }

    pub fn side(&self, tree: Tree) -> Option<&CellSide> {
        match tree {
            Tree::Base => self.base.as_ref(),
            Tree::Head => self.head.as_ref(),
        }
    }

    /// Where a side's recording stands.
    pub fn address(&self, tree: Tree) -> Option<Address> {
        let version = self.side(tree)?.prompt.version.clone();
        let (prompt, task, alias) = (self.prompt.clone(), self.task.clone(), self.alias.clone());
        Some(Address { prompt, version, task, alias })
    }

    /// Whether both sides are confronted with the same input and stubs.
    pub fn is_comparable(&self) -> bool {
        matches!((&self.base, &self.head), (Some(base), Some(head)) if base.task.stimulus == head.task.stimulus)
    }
}

/// What a plan leaves out, and why that matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// A candidate without any task.
    Untested { prompt: Id, version: String },
    /// Another alias would serve than on base, and no task runs on it.
    Unserved { prompt: Id, alias: Id },
    /// No alias to run on.
    NoModel { prompt: Id, task: Id },
    /// An alias that the settings do not declare.
    UnknownAlias { prompt: Id, task: Id, alias: Id, known: Vec<String>, place: String },
}

impl Gap {
    pub fn prompt(&self) -> &Id {
        match self {
            Self::Untested { prompt, .. }
            | Self::Unserved { prompt, .. }
            | Self::NoModel { prompt, .. }
            | Self::UnknownAlias { prompt, .. } => prompt,
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untested { version, .. } => write!(f, "version {version} has no golden task"),
            Self::Unserved { alias, .. } => write!(f, "no golden task runs on `{alias}`, which would serve"),
            Self::NoModel { task, .. } => write!(f, "task {task} has no model to run on"),
            Self::UnknownAlias { task, alias, .. } => {
                write!(f, "task {task} runs on `{alias}`, which regild.yaml does not declare")
            }
        }
    }
}

/// Which tasks are wanted; all where it is empty.
pub type TaskFilter<'a> = &'a [Id];

/// The cells of all candidates, in order of prompt, version, task and alias.
pub fn cells(
    changes: &[Change],
    base: &Side,
    head: &Side,
    policy: &Policy,
    only: TaskFilter<'_>,
) -> (Vec<Cell>, Vec<Gap>) {
    let mut cells = Vec::new();
    let mut gaps = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        for (index, candidate) in change.candidates.iter().enumerate() {
            if candidate.rollback {
                continue;
            }
            let before = cells.len();
            let planner = Planner { base, head, policy, candidate, at: (at, index) };
            planner.plan(only, &mut cells, &mut gaps);
            if cells.len() == before
                && only.is_empty()
                && let Some(prompt) = &candidate.head
                && !gaps.iter().any(|gap| matches!(gap, Gap::NoModel { prompt: id, .. } if *id == prompt.id))
            {
                let (prompt, version) = (prompt.id.clone(), prompt.version.to_string());
                gaps.push(Gap::Untested { prompt, version });
            } else if only.is_empty() {
                gaps.extend(planner.unserved(&cells[before..]));
            }
        }
    }
    (cells, gaps)
}

/// Wishes for `more` samples on both sides of the cells whose flips are to be confirmed, named by head's address.
pub fn confirming(cells: &mut [Cell], flipped: &BTreeSet<Address>, more: u32) {
    for cell in cells.iter_mut().filter(|cell| cell.address(Tree::Head).is_some_and(|at| flipped.contains(&at))) {
        [&mut cell.base, &mut cell.head].into_iter().flatten().for_each(|side| side.samples += more);
    }
}

struct Planner<'a> {
    base: &'a Side,
    head: &'a Side,
    policy: &'a Policy,
    candidate: &'a Candidate,
    at: (usize, usize),
}

impl Planner<'_> {
    fn plan(&self, only: TaskFilter<'_>, cells: &mut Vec<Cell>, gaps: &mut Vec<Gap>) {
        let mut sides: BTreeMap<(Id, Id), (Option<CellSide>, Option<CellSide>)> = BTreeMap::new();
        for (tree, side, prompt) in
            [(Tree::Base, self.base, &self.candidate.base), (Tree::Head, self.head, &self.candidate.head)]
        {
            let Some(prompt) = prompt else { continue };
            for task in side.suite.tasks(prompt) {
                if !only.is_empty() && !only.contains(&task.id) {
                    continue;
                }
                for (alias, planned) in self.of_task(tree, side, prompt, &task, gaps) {
                    let slot = sides.entry((task.id.clone(), alias)).or_default();
                    match tree {
                        Tree::Base => slot.0 = Some(planned),
                        Tree::Head => slot.1 = Some(planned),
                    }
                }
            }
        }
        for ((task, alias), (mut base, mut head)) in sides {
            // Neither side may ask for fewer samples than base does.
            if let (Some(base), Some(head)) = (&mut base, &mut head) {
                head.samples = head.samples.max(base.samples);
            }
            let Some(shown) = head.as_ref().or(base.as_ref()) else { continue };
            let owner = if head.is_some() { self.head } else { self.base };
            let judge = base.as_ref().map_or(&shown.task, |base| &base.task);
            let word = self.policy.task(judge);
            // Weights are not head's: a golden task that head adds takes no weight from what base has.
            let weighing = if base.is_some() { self.base } else { owner };
            let of_version = shown.task.origin.of_version && weighing.suite.has_golden(&shown.prompt.id);
            cells.push(Cell {
                candidate: self.at,
                prompt: shown.prompt.id.clone(),
                serving: owner.serving(&shown.prompt).first() == Some(&alias),
                weight: if of_version { rust_decimal::Decimal::ZERO } else { word.weight },
                critical: word.critical,
                cluster: word.family.unwrap_or_else(|| task.clone()),
                quarantined: self.policy.is_quarantined(judge),
                task,
                alias,
                base,
                head,
            });
        }
    }

    /// The alias that would serve, where it is another than on base's side and nothing shows what it does.
    fn unserved(&self, cells: &[Cell]) -> Option<Gap> {
        let (before, now) = (self.candidate.base.as_ref()?, self.candidate.head.as_ref()?);
        let alias = self.head.serving(now).first()?;
        let runs = |cell: &Cell| cell.head.as_ref().is_some_and(|side| side.serves);
        let is_new = self.base.serving(before).first() != Some(alias);
        (is_new && self.candidate.served && !cells.iter().any(runs))
            .then(|| Gap::Unserved { prompt: now.id.clone(), alias: alias.clone() })
    }

    /// Who judges by a task's own declaration: the policy's word on a model counts, a model that is new is the side's own.
    fn judges(&self, side: &Side, task: &Task) -> BTreeMap<Id, Alias> {
        let judges = task.assertions.iter().filter_map(|assertion| assertion.as_judge());
        let alias = |id: &Id| self.policy.alias(id).or_else(|| side.alias(id)).cloned();
        judges.filter_map(|judge| Some((judge.model.clone(), alias(&judge.model)?))).collect()
    }

    fn of_task(
        &self,
        tree: Tree,
        side: &Side,
        prompt: &Arc<Prompt>,
        task: &Arc<Task>,
        gaps: &mut Vec<Gap>,
    ) -> Vec<(Id, CellSide)> {
        let models = side.models(prompt, task);
        if models.is_empty() && tree == Tree::Head {
            gaps.push(Gap::NoModel { prompt: prompt.id.clone(), task: task.id.clone() });
        }
        let mut planned = Vec::new();
        for id in models {
            let Some(alias) = side.alias(id) else {
                if tree == Tree::Head {
                    let known = side.config.models.keys().map(Id::to_string).collect();
                    let place = format!("{}:{}", task.origin.file, task.origin.line);
                    let (prompt, name) = (prompt.id.clone(), task.id.clone());
                    gaps.push(Gap::UnknownAlias { prompt, task: name, alias: id.clone(), known, place });
                }
                continue;
            };
            let serves = side.serving(prompt).first() == Some(id);
            let side = CellSide {
                serves,
                prompt: Arc::clone(prompt),
                task: Arc::clone(task),
                alias: self.policy.effective(id, alias),
                samples: task.samples.unwrap_or(side.config.testing.samples).max(1),
                judges: self.judges(side, task),
            };
            planned.push((id.clone(), side));
        }
        planned
    }
}

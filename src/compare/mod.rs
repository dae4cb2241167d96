//! Head against base: what flipped, what grew, what it costs more. Emits findings, which carry effects and no severity.

use crate::evaluate::{Expectation, Runs};
use crate::plan;
use crate::recording::{Note, Tree};

mod comparable;
mod findings;
mod flip;
mod growth;
mod metric;
mod outliers;
mod pass_rate;
mod steadiness;
mod suite;
mod units;

pub use comparable::{Tolerance, incomparable};
pub use findings::{findings, mend};
pub use flip::{Fallen, Flip, Flipped, flip};
pub use growth::{Grown, Measured, Test, measure, questions};
pub use metric::Metric;
pub use outliers::TaskGrown;
pub use pass_rate::PassRate;
pub use steadiness::Steadiness;
pub use suite::{Suite, suite};

/// A cell with what its sides came to.
#[derive(Debug)]
pub struct Cell<'a> {
    pub planned: &'a plan::Cell,
    pub base: Option<Runs>,
    pub head: Option<Runs>,
    /// What head's samples (or, where there is no head, base's) were judged by.
    pub expectations: Vec<Expectation>,
}

impl Cell<'_> {
    pub fn side(&self, tree: Tree) -> Option<&Runs> {
        match tree {
            Tree::Base => self.base.as_ref(),
            Tree::Head => self.head.as_ref(),
        }
    }

    /// Both sides, where both have samples of the same task.
    pub fn pair(&self) -> Option<(&Runs, &Runs)> {
        let (base, head) = (self.base.as_ref()?, self.head.as_ref()?);
        let measured = !base.samples.is_empty() && !head.samples.is_empty();
        (measured && self.planned.is_comparable()).then_some((base, head))
    }

    /// Head samples that broke a budget, where base has samples and none of them did.
    pub fn budget_broken_on_head(&self) -> Option<(usize, usize)> {
        let (base, head) = self.pair()?;
        let broken = |runs: &Runs| {
            let broke = |sample: &&crate::evaluate::Sample| {
                sample.checks.first().is_some_and(|budget| budget.outcome == crate::outcome::Outcome::Fail)
            };
            runs.samples.iter().filter(broke).count()
        };
        (broken(head) > 0 && broken(base) == 0).then(|| (broken(head), head.samples.len()))
    }

    /// What was noticed about the recording files of both sides.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        [&self.base, &self.head].into_iter().flatten().flat_map(|runs| &runs.notes)
    }
}

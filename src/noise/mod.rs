//! How noisy the recorded runs of a prompt are, what that does to the gate, and what the gate can see in spite of it.
//!
//! A command brings the recorded runs of one tree; nothing is compared, and nothing judged but what [`crate::simulate`] draws. Numbers
//! only: how they are told is the command's work.

use serde::Serialize;

use crate::changes::Change;
use crate::evaluate::Runs;
use crate::plan::Cell;
use crate::policy::Policy;

mod alarms;
mod model;
mod passing;
mod sight;
mod spread;

pub use alarms::{Alarms, Drawn, Share, Shares};
pub use passing::{AllOfK, Passing, Unsteady};
pub use sight::{Sight, TARGET};
pub use spread::{Scale, Spread, spreads};

/// The recorded runs of one prompt: its only change, which changes nothing, with the planned cells that have runs, and those runs.
#[derive(Debug)]
pub struct Recorded {
    pub changes: Vec<Change>,
    pub cells: Vec<Cell>,
    /// In the order of `cells`.
    pub runs: Vec<Runs>,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Samples of a task, instead of as many as the plan wishes for.
    pub samples: Option<u32>,
    /// How many changes that change nothing are drawn.
    pub replications: usize,
}

/// What the recorded runs of a prompt say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Noise {
    pub prompt: String,
    pub version: String,
    /// By alias.
    pub models: Vec<OnModel>,
    /// `None` where no task has two samples, or a run does not tell its tokens.
    pub false_alarms: Option<Alarms>,
    /// `None` for the same reasons, and where growth of tokens is not gated.
    pub sees: Option<Sight>,
}

/// The same on one alias.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OnModel {
    pub model: String,
    pub tasks: usize,
    pub samples: usize,
    /// Whether some answer is the mock provider's, so that the noise is the script's and no model's.
    pub stand_in: bool,
    /// Tasks with one sample, which say nothing about noise.
    pub with_one_sample: Vec<String>,
    /// In the order of [`crate::compare::Metric::ALL`]; those that every run tells.
    pub metrics: Vec<Spread>,
    pub passing: Passing,
}

impl Recorded {
    /// The cells on each alias with their runs, in order of the alias.
    fn by_alias(&self) -> std::collections::BTreeMap<&crate::id::Id, Vec<(&Cell, &Runs)>> {
        let mut found = std::collections::BTreeMap::<_, Vec<_>>::new();
        for (cell, runs) in self.cells.iter().zip(&self.runs) {
            found.entry(&cell.alias).or_default().push((cell, runs));
        }
        found
    }

    /// Whether some task has two samples, without which nothing tells noise.
    pub fn tells_noise(&self) -> bool {
        self.runs.iter().any(|runs| runs.samples.len() > 1)
    }
}

/// Measures the noise of a prompt; `None` where it has no recorded runs.
pub fn measure(recorded: &Recorded, policy: &Policy, question: &Question) -> Option<Noise> {
    let shown = recorded.cells.first()?.shown()?;
    let models = recorded.by_alias().into_iter().map(|(alias, cells)| on_model(alias.as_str(), &cells, question));
    let drawn = model::task_models(recorded);
    Some(Noise {
        prompt: shown.prompt.id.to_string(),
        version: shown.prompt.version.to_string(),
        models: models.collect(),
        false_alarms: drawn.as_ref().map(|models| alarms::alarms(recorded, models, policy, question)),
        sees: drawn.as_ref().and_then(|models| sight::sight(recorded, models, policy, question)),
    })
}

fn on_model(alias: &str, cells: &[(&Cell, &Runs)], question: &Question) -> OnModel {
    let single = cells.iter().filter(|(_, runs)| runs.samples.len() == 1);
    OnModel {
        model: alias.to_owned(),
        tasks: cells.len(),
        samples: cells.iter().map(|(_, runs)| runs.samples.len()).sum(),
        stand_in: cells.iter().any(|(_, runs)| runs.stand_in),
        with_one_sample: single.map(|(cell, _)| cell.task.to_string()).collect(),
        metrics: spreads(&cells.iter().map(|(_, runs)| *runs).collect::<Vec<_>>()),
        passing: passing::passing(cells, question.samples),
    }
}

/// How many samples of a task a check compares.
fn wished(cell: &Cell, samples: Option<u32>) -> u32 {
    samples.or(cell.shown().map(|side| side.samples)).unwrap_or(1)
}

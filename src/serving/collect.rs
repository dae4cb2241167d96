//! From planned cells to answers: every step of every stored sample that still answers its task.
//!
//! A recording keeps the keys of its requests and not the requests. They come back here as replay makes them: the agent asks,
//! is told what is stored, and asks on.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::form::{Compare, Form};
use super::index::{Answer, Index};
use crate::agent::{Agent, Answered, Next};
use crate::outcome::Reason;
use crate::plan::Cell;
use crate::recording::{self, Address, Ask, Tree, gather};
use crate::shelves::{Shelves, Trust};
use crate::wire::serve::Format;

/// What there is to serve.
#[derive(Debug)]
pub struct Collected {
    pub index: Index,
    /// How many tasks have answers.
    pub tasks: usize,
    /// The recordings that answer nothing today, by what is wrong with them (`stale`, `missing`, …).
    pub left_out: BTreeMap<String, usize>,
}

/// Collects the answers that the working tree, which is the shelves' head, holds for `cells`.
pub fn collect(shelves: &Shelves<'_>, cells: &[Cell], compare: Compare) -> Collected {
    let found: Vec<Result<Vec<Answer>, Reason>> =
        cells.par_iter().filter_map(|cell| of_cell(shelves, cell, compare)).collect();
    let (mut answers, mut left_out) = (Vec::new(), BTreeMap::new());
    for found in found {
        match found {
            Ok(found) => answers.extend(found),
            Err(reason) => {
                let state = reason.code().trim_start_matches("recording-").to_owned();
                *left_out.entry(state).or_default() += 1;
            }
        }
    }
    // Equal requests of two versions find the same recording.
    let mut seen = BTreeSet::new();
    answers.retain(|answer: &Answer| seen.insert((answer.address.clone(), answer.sample, answer.step)));
    let task = |answer: &Answer| (answer.address.prompt.clone(), answer.address.task.clone());
    let tasks = answers.iter().map(task).collect::<BTreeSet<_>>().len();
    Collected { index: Index::new(answers), tasks, left_out }
}

fn of_cell(shelves: &Shelves<'_>, cell: &Cell, compare: Compare) -> Option<Result<Vec<Answer>, Reason>> {
    let side = cell.head.as_ref()?;
    let ask = match shelves.ask(cell, Tree::Head, Trust::Head)? {
        Ok(ask) => ask,
        Err(reason) => return Some(Err(reason)),
    };
    // Nothing is compared, so that the working tree stands for both: what it holds is what is served.
    let evidence = gather(&ask, &shelves.head, &shelves.head);
    if let Some(reason) = evidence.reason {
        return Some(Err(reason));
    }
    let model = side.alias.model(&cell.alias);
    Some(Ok(evidence.answers.iter().flat_map(|found| of_sample(&ask, found, model, compare)).collect()))
}

/// The steps of one sample.
fn of_sample(ask: &Ask, found: &recording::Answer, model: &str, compare: Compare) -> Vec<Answer> {
    let version = found.source.strip_prefix("own:").and_then(|version| version.parse().ok());
    let address = Address { version: version.unwrap_or_else(|| ask.address.version.clone()), ..ask.address.clone() };
    let mut agent = Agent::new(&ask.setup);
    let mut answers = Vec::new();
    for (step, exchange) in found.run.exchanges.iter().enumerate() {
        let form = |format: Format| Some(Form::of(format.carried(agent.request()).ok()?, compare));
        answers.push(Answer {
            address: address.clone(),
            model: model.to_owned(),
            sample: found.sample,
            step,
            key: exchange.key.clone(),
            reply: exchange.reply.clone(),
            stand_in: found.stand_in,
            forms: Format::ALL.map(form),
        });
        match agent.next(Answered {
            key: exchange.key.clone(),
            parts: exchange.parts.clone(),
            body: exchange.body.clone(),
            reply: exchange.reply.clone(),
            latency_ms: exchange.latency_ms,
        }) {
            Next::Ask => {}
            Next::Done(_) | Next::Unjudged(_) => break,
        }
    }
    answers
}

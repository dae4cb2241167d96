//! The line of one run: what was asked, what it took, what became of it, and the beginning of what was answered.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::id::Id;
use crate::outcome::{Outcome, Reason};
use crate::plan::CellSide;
use crate::policy::Policy;
use crate::recording::{Address, Tree};
use crate::redact::{Kind, Secrets, redact};
use crate::report::escape;
use crate::stop::Stop;
use crate::trajectory::Trajectory;

/// Bytes of an answer that a line shows at most.
const MAX_TEXT: usize = 2 << 10;
/// What says that there was more.
const MORE: &str = "…";

/// How runs are logged.
#[derive(Debug)]
pub struct Log {
    /// Whether lines carry the prompt_id: the policy's word.
    prompt_id: bool,
    secrets: Secrets,
}

/// What the lines of one side of a cell have in common.
#[derive(Debug)]
pub struct Subject<'a> {
    log: &'a Log,
    address: Address,
    prompt_id: Option<String>,
    tree: Tree,
}

/// One line. What nobody knows is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    prompt: Id,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_id: Option<String>,
    task: Id,
    /// The alias.
    model: Id,
    pub sample: u32,
    side: &'static str,
    source: Option<String>,
    /// Whether the mock provider answered, which is no model.
    stand_in: bool,
    stop: Option<Stop>,
    latency_ms: Option<u64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    tool_calls: Option<usize>,
    cost_usd: Option<String>,
    /// By everything in force; null where nothing was judged.
    outcome: Option<&'static str>,
    /// Why there is no run, or why it could not be judged.
    reason: Option<&'static str>,
    text: Option<String>,
    redacted: BTreeMap<Kind, usize>,
}

impl Log {
    pub fn new(policy: &Policy, secrets: Secrets) -> Self {
        Self { prompt_id: policy.log_prompt_id, secrets }
    }

    /// For the runs of one side of the cell at `address`.
    pub fn subject(&self, tree: Tree, address: Address, side: &CellSide) -> Subject<'_> {
        let prompt_id = self.prompt_id.then(|| side.prompt.prompt_id());
        Subject { log: self, address, prompt_id, tree }
    }
}

impl Subject<'_> {
    /// A run that came to an end, not yet judged.
    pub fn ran(&self, sample: u32, run: &Trajectory, source: &str, stand_in: bool, cost: Option<Decimal>) -> Run {
        // Before it is cut: what is cut through is not known any more.
        let said = redact(run.text(), &self.log.secrets);
        Run {
            source: Some(source.to_owned()),
            stand_in,
            stop: Some(run.stop),
            latency_ms: Some(run.elapsed_ms()),
            input_tokens: run.input_tokens().ok(),
            output_tokens: run.output_tokens().ok(),
            tool_calls: Some(run.tool_calls().count()),
            cost_usd: cost.map(|cost| cost.normalize().to_string()),
            text: Some(beginning(said.text)),
            redacted: said.found,
            ..self.nothing(sample)
        }
    }

    /// A run that there is none of.
    pub fn lacks(&self, sample: u32, reason: &Reason) -> Run {
        Run { reason: Some(reason.code()), ..self.nothing(sample) }
    }

    fn nothing(&self, sample: u32) -> Run {
        let Address { prompt, version, task, alias } = self.address.clone();
        Run {
            prompt,
            version: version.to_string(),
            prompt_id: self.prompt_id.clone(),
            task,
            model: alias,
            sample,
            side: side(self.tree),
            source: None,
            stand_in: false,
            stop: None,
            latency_ms: None,
            input_tokens: None,
            output_tokens: None,
            tool_calls: None,
            cost_usd: None,
            outcome: None,
            reason: None,
            text: None,
            redacted: BTreeMap::new(),
        }
    }
}

impl Run {
    /// The same run with what became of it.
    #[must_use]
    pub fn judged(self, outcome: &Outcome) -> Self {
        let (outcome, reason) = match outcome {
            Outcome::Pass => ("pass", None),
            Outcome::Fail => ("fail", None),
            Outcome::Unjudged(reason) => ("unjudged", Some(reason.code())),
        };
        Self { outcome: Some(outcome), reason, ..self }
    }

    /// The same run as base's, where both sides are alike and one was run for both.
    #[must_use]
    pub fn as_base(&self) -> Self {
        Self { side: side(Tree::Base), ..self.clone() }
    }
}

fn side(tree: Tree) -> &'static str {
    match tree {
        Tree::Base => "base",
        Tree::Head => "head",
    }
}

fn beginning(text: String) -> String {
    if text.len() <= MAX_TEXT { text } else { format!("{}{MORE}", escape::cut(&text, MAX_TEXT - MORE.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_is_cut_and_says_so() {
        assert_eq!(beginning("é".repeat(1_024)), "é".repeat(1_024));
        let cut = beginning("é".repeat(1_025));
        assert!(cut.len() <= MAX_TEXT && cut.ends_with("é…"), "{}", cut.len());
    }
}

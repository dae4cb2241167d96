//! Tests of the monthly cost on small projects, whose runs are given as the usage of their calls.

mod gate;
mod month;
mod properties;
mod spread;
mod terms;
mod unknown;

use rust_decimal::Decimal;

use super::{By, Estimate, Sides, Totals, estimate};
use crate::changes::{self, Scope};
use crate::compare::Cell;
use crate::evaluate::{Measures, Runs, Sample};
use crate::excerpt::Answer;
use crate::id::Id;
use crate::outcome::Outcome;
use crate::plan;
use crate::policy::{Policy, PolicyCommit};
use crate::recording::Tree;
use crate::side::{OnBadSettings, Side};
use crate::snapshot::tests::snapshot;
use crate::wire::Usage;

pub const PROMPT: &str =
    "id: p\nversion: 1.0.0\ntemplate: 'Say {{ word }}.'\nvariables: [{name: word, type: string}]\n";
pub const SETTINGS: &str = "testing: {models: [m]}\nmodels: {m: {provider: mock}, n: {provider: mock}}\n";
/// Three dollars a million, whatever the tokens are for.
pub const BLENDED: &str = "as_of: 2026-11-01\nsource: test\nmodels: {mock/m: {input: 3, output: 3}}\n";

/// Base, head and the policy, which is base's.
pub struct Project {
    base: Side,
    head: Side,
    policy: Policy,
}

/// The usage of each call of each sample.
pub type Answers = Vec<Vec<Usage>>;

pub fn usd(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn input(tokens: u64) -> Usage {
    Usage { input_uncached: Some(tokens), output: Some(0), ..Usage::default() }
}

/// A golden file with tasks of these names, and what else each declares.
pub fn tasks(declared: &[(&str, &str)]) -> String {
    let task = |(id, more): &(&str, &str)| format!("  - {{id: {id}, input: {{word: {id}}}, max_steps: 9{more}}}\n");
    format!("prompt: p\ntasks:\n{}", declared.iter().map(task).collect::<String>())
}

impl Project {
    /// `base` and `head` each beside the usual prompt; a file named twice is the latter.
    pub fn new(base: &[(&str, &str)], head: &[(&str, &str)]) -> Self {
        let side = |files: &[(&str, &str)], commit: Option<&str>| {
            let mut all = vec![("regild.yaml", SETTINGS), ("prices.yaml", BLENDED), ("prompts/p/v1.0.0.yaml", PROMPT)];
            for (path, text) in files {
                all.retain(|(known, _)| known != path);
                all.push((path, text));
            }
            let mut snapshot = snapshot(&all);
            snapshot.origin.commit = commit.map(str::to_owned);
            // 2026-11-21.
            snapshot.origin.time = 1_795_219_200;
            Side::read(snapshot, "regild.yaml", OnBadSettings::Stop).unwrap()
        };
        let (base, head) = (side(base, Some("c")), side(head, None));
        for side in [&base, &head] {
            assert!(side.diagnostics.iter().all(|found| !found.is_error()), "{:?}", side.diagnostics);
        }
        let policy = Policy::read(PolicyCommit::of(&base, "regild.yaml").unwrap());
        Self { base, head, policy }
    }

    /// The same files on both sides.
    pub fn same(files: &[(&str, &str)]) -> Self {
        Self::new(files, files)
    }

    /// Estimates the prompt's cost; `answers` says what a task's samples used on a side and alias.
    pub fn estimate(&self, answers: impl Fn(Tree, &str, &str) -> Answers) -> Estimate {
        let changes = changes::between(&self.base, &self.head, &self.policy, Scope::All);
        let (planned, _) = plan::cells(&changes, &self.base, &self.head, &self.policy, &[]);
        let cells: Vec<Cell<'_>> = planned
            .iter()
            .map(|planned| {
                let side = |tree| {
                    planned.side(tree).map(|_| runs(answers(tree, planned.task.as_str(), planned.alias.as_str())))
                };
                Cell { planned, base: side(Tree::Base), head: side(Tree::Head), expectations: Vec::new() }
            })
            .collect();
        let candidate = &changes[0].candidates[0];
        let sides = match (&candidate.base, &candidate.head) {
            (Some(_), Some(_)) => Sides::Both,
            (None, _) => Sides::OnlyHead,
            (Some(_), None) => Sides::OnlyBase,
        };
        let is_edited = self.base.snapshot.id("prices.yaml") != self.head.snapshot.id("prices.yaml");
        let by = By { policy: &self.policy, edited: is_edited.then_some(&self.head.prices), is_interval_wanted: true };
        estimate(&prompt(), &cells.iter().collect::<Vec<_>>(), sides, by)
    }

    /// Every sample one call of so many input tokens.
    pub fn by_input(&self, tokens: impl Fn(Tree, &str) -> Vec<u64>) -> Estimate {
        self.estimate(|tree, task, _| tokens(tree, task).into_iter().map(|tokens| vec![input(tokens)]).collect())
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }
}

pub fn prompt() -> Id {
    Id::new("p").unwrap()
}

pub fn totals(estimates: &[&Estimate]) -> Totals {
    let named = estimates.iter().enumerate();
    let named: Vec<(Id, Estimate)> =
        named.map(|(n, one)| (Id::new(&format!("p{n}")).unwrap(), (*one).clone())).collect();
    Totals::of(&named)
}

fn runs(answers: Answers) -> Runs {
    let sample = |calls: Vec<Usage>| Sample {
        own: Outcome::Pass,
        by_base: None,
        checks: Vec::new(),
        measures: Measures {
            total_tokens: None,
            output_tokens: None,
            tool_calls: 0,
            steps: 1,
            latency_ms: 0,
            cost_usd: None,
            calls,
        },
        answer: Answer::default(),
    };
    Runs {
        samples: answers.into_iter().map(sample).collect(),
        reason: None,
        lost: Vec::new(),
        unheard: Vec::new(),
        replayed: 0,
        source: "own".into(),
        stand_in: false,
        origins: crate::origins::Origins::default(),
        claimed: false,
        notes: Vec::new(),
        wished: 3,
        log: Vec::new(),
    }
}

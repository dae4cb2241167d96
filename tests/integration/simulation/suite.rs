//! A project in memory with as many golden tasks as wanted, planned by regild itself, and a model of each task's runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use regild::changes::{self, Scope};
use regild::compare::Cell;
use regild::noise::Recorded;
use regild::plan;
use regild::policy::Policy;
use regild::report::Verdict;
use regild::side::{OnBadSettings, Side};
use regild::simulate::{self, CallNoise, Change, Dice, TaskModel, Trial};
use regild::snapshot::{Entry, EntryKind, Origin, Snapshot};

/// Budgets that stop runaway runs only: what a well-set budget catches needs no statistics.
const SETTINGS: &str = "models: {mini: {provider: mock}}\ntesting: {models: [mini]}\n\
    budgets: {max_steps: 1000, max_tool_calls: 1000, max_tokens: 100000000}\n";

/// Mean tokens and tool calls of a run, near those of the founding incident.
const TOKENS: f64 = 4_500.0;
/// By how much tasks differ in it, as the standard deviation of the logarithm.
const BETWEEN_TASKS: f64 = 0.4;

pub struct Suite {
    policy: Policy,
    changes: Vec<changes::Change>,
    cells: Vec<plan::Cell>,
    models: Vec<TaskModel>,
}

impl Suite {
    /// `settings` are added to the project's.
    pub fn new(tasks: usize, sigma: f64, pass_rate: f64, settings: &str) -> Self {
        let settings = format!("{SETTINGS}{settings}");
        let (base, head) = (side(tasks, &settings, "Be brief."), side(tasks, &settings, "Be exhaustive."));
        let policy = Policy::first_adoption(&head);
        let changes = changes::between(&base, &head, &policy, Scope::Affected);
        let (cells, gaps) = plan::cells(&changes, &base, &head, &policy, &[]);
        assert_eq!((cells.len(), gaps.len()), (tasks, 0));
        let model = |(at, spread): (usize, f64)| TaskModel {
            tokens: TOKENS * spread,
            sigma,
            output: None,
            latency: None,
            tool_calls: 2.0 + (at % 5) as f64,
            call_noise: CallNoise::Poisson,
            pass_rate,
            usd_per_token: None,
        };
        let models = spread(tasks, BETWEEN_TASKS).into_iter().enumerate().map(model).collect();
        Self { policy, changes, cells, models }
    }

    /// As if `samples` runs of each task were recorded, drawn from its model.
    pub fn recorded(self, samples: u32) -> (Recorded, Policy) {
        let Self { policy, changes, cells, models } = self;
        let mut dice = Dice::new(5);
        let runs = models.iter().map(|model| model.runs(samples, &policy.budgets, &mut dice)).collect();
        (Recorded { changes, cells, runs }, policy)
    }

    /// The gate's verdict on cells of this suite.
    pub fn judge(&self, cells: &[Cell<'_>]) -> Verdict {
        simulate::judge(&self.changes, cells, &self.policy)
    }

    /// Cells with drawn runs on both sides, by the plan's order.
    pub fn draw(&self, effect: &Change, samples: u32, dice: &mut Dice) -> Vec<Cell<'_>> {
        let budgets = &self.policy.budgets;
        let drawn = self.cells.iter().zip(&self.models).map(|(planned, model)| Cell {
            planned,
            base: Some(model.runs(samples, budgets, dice)),
            head: Some(model.changed(effect).runs(samples, budgets, dice)),
            expectations: Vec::new(),
        });
        drawn.collect()
    }

    pub fn trial<'a>(&'a self, effects: &'a [Change], samples: u32, live: bool) -> Trial<'a> {
        let Self { policy, changes, cells, models } = self;
        Trial { policy, changes, cells, models, effects, samples: Some(samples), live }
    }
}

/// Factors that vary around 1 by this standard deviation of the logarithm; the same ones each time.
pub fn spread(count: usize, sigma: f64) -> Vec<f64> {
    let mut dice = Dice::new(42);
    (0..count).map(|_| (sigma * dice.normal()).exp()).collect()
}

fn side(tasks: usize, settings: &str, words: &str) -> Side {
    let prompt = format!("id: support\nversion: 1.0.0\nvariables: []\ntemplate: {words}\n");
    let task = |at: usize| {
        format!("  - {{id: t{at}, input: {{}}, assertions: [{{type: contains_keywords, keywords: [ok]}}]}}\n")
    };
    let golden = format!("prompt: support\ntasks:\n{}", (0..tasks).map(task).collect::<String>());
    let files = [("regild.yaml", settings), ("prompts/support/v1.0.0.yaml", &prompt), ("golden/support.yaml", &golden)];
    let (mut entries, mut blobs) = (BTreeMap::new(), BTreeMap::new());
    for (path, text) in files {
        let id = regild::wire::digest(&text);
        entries.insert(path.to_owned(), Entry { id: id.clone(), kind: EntryKind::File });
        blobs.insert(id, text.as_bytes().to_vec());
    }
    let origin = Origin { reference: "test".into(), commit: None, tree: "test".into(), time: 0 };
    Side::read(Snapshot::new(origin, entries, Arc::new(blobs)), "regild.yaml", OnBadSettings::Stop).unwrap()
}

//! `regild noise`: how much recorded runs differ by chance, how often the gate is wrong for it, and what it can see all the same.

mod show;

use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::changed::ChangedFormat;
use super::context::{Context, Project, selection};
use crate::changes::{self, Scope};
use crate::cli::{Global, SelectArgs};
use crate::error::{Error, Result};
use crate::evaluate::Runs;
use crate::id::Id;
use crate::io::console;
use crate::judging;
use crate::noise::{self, Noise, Question, Recorded};
use crate::plan::{self, Cell};
use crate::policy::Policy;
use crate::recording::Tree;
use crate::report::escape;
use crate::shelves::{Shelves, Trust};

#[derive(Debug, Args)]
pub struct NoiseArgs {
    /// Look at the recordings of REF instead of the working tree's.
    #[arg(long = "ref", value_name = "REF")]
    pub reference: Option<String>,
    /// Take the policy from REF instead of the tip of the default branch.
    #[arg(long, value_name = "REF")]
    pub policy: Option<String>,
    /// Only this prompt; may be given several times.
    #[arg(long = "prompt", value_name = "ID")]
    pub prompts: Vec<String>,
    /// Only this task; may be given several times.
    #[arg(long = "task", value_name = "ID")]
    pub tasks: Vec<String>,
    /// Reckon with K samples of each task, instead of as many as tasks and settings ask for.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub samples: Option<u32>,
    /// How many changes that change nothing are drawn.
    #[arg(long, value_name = "N", default_value = "2000", value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub replications: u32,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ChangedFormat,
}

/// What the recordings of one tree say, and what lacks recordings.
struct Found {
    prompts: Vec<Noise>,
    /// Tasks without any recorded run: prompt, task and alias.
    lacking: Vec<[String; 3]>,
}

pub fn run(global: &Global, args: &NoiseArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let context = project.alone(args.reference.as_deref(), args.policy.as_deref())?;
    let found = Found::of(&context, args)?;
    console::print(&match args.format {
        ChangedFormat::Terminal => show::terminal(&found.prompts, console::look(global.color)),
        ChangedFormat::Json => escape::json(&format!("{:#}\n", found.json())),
    })?;
    for [prompt, task, alias] in &found.lacking {
        let command = format!("regild record --prompt {prompt} --task {task} --model {alias} --samples 3");
        console::note(&format!("not recorded: {prompt} {task} on {alias}; {command}\n"));
    }
    if context.head.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error) {
        console::note("what does not load is left out; regild validate shows it\n");
    }
    Ok(0)
}

impl Found {
    fn of(context: &Context, args: &NoiseArgs) -> Result<Self> {
        let select = SelectArgs { prompts: args.prompts.clone(), tasks: args.tasks.clone(), all: true };
        let (wanted, tasks) = selection(&select, context)?;
        let ids: Vec<&Id> = context.head.prompts.iter().map(|(id, _)| id).collect();
        let ids = ids.into_iter().filter(|id| wanted.is_empty() || wanted.contains(id));
        let (mut all, mut lacking) = (Vec::new(), Vec::new());
        for id in ids {
            let (recorded, without) = recorded(context, id, &tasks);
            lacking.extend(without);
            all.push(recorded);
        }
        if !all.iter().any(Recorded::tells_noise) {
            return Err(nothing(&all, &args.prompts, &args.tasks));
        }
        let question = Question { samples: args.samples, replications: args.replications as usize };
        let prompts = all.iter().filter_map(|one| noise::measure(one, &context.policy, &question)).collect();
        Ok(Self { prompts, lacking })
    }

    fn json(&self) -> Value {
        let lacking =
            self.lacking.iter().map(|[prompt, task, model]| json!({"prompt": prompt, "task": task, "model": model}));
        let mut found = json!({"prompts": self.prompts, "not_recorded": lacking.collect::<Vec<_>>()});
        round(&mut found);
        found
    }
}

/// What a tree has recorded of a prompt's served version, on both sides of a change that is none, and what lacks recordings.
fn recorded(context: &Context, id: &Id, tasks: &[Id]) -> (Recorded, Vec<[String; 3]>) {
    let Context { base, head, policy, .. } = context;
    let changes = changes::between(base, head, policy, Scope::Only(std::slice::from_ref(id)));
    let (cells, _) = plan::cells(&changes, base, head, policy, tasks);
    let shelves = Shelves::new(base, head, policy);
    let judged: Vec<(Option<Runs>, Cell)> =
        cells.into_par_iter().map(|cell| (runs(policy, &shelves, &cell), cell)).collect();
    let (mut recorded, mut lacking) = (Recorded { changes, cells: Vec::new(), runs: Vec::new() }, Vec::new());
    for (runs, cell) in judged {
        match runs.filter(|runs| !runs.samples.is_empty()) {
            Some(runs) => {
                recorded.cells.push(cell);
                recorded.runs.push(runs);
            }
            None => lacking.push([&cell.prompt, &cell.task, &cell.alias].map(Id::to_string)),
        }
    }
    (recorded, lacking)
}

/// The recorded runs of a cell, judged by its own expectations.
fn runs(policy: &Policy, shelves: &Shelves<'_>, cell: &Cell) -> Option<Runs> {
    let side = cell.side(Tree::Head)?;
    let evidence = shelves.evidence(cell, Tree::Head, Trust::Head)?;
    let price = |run: &crate::trajectory::Trajectory| judging::cost(policy, side, &cell.alias, run);
    let mut runs = judging::examiner(policy, shelves, cell, Tree::Head)?.judge(evidence, side.samples, price);
    runs.let_go(false);
    Some(runs)
}

/// The error where no task has two samples.
fn nothing(all: &[Recorded], prompts: &[String], tasks: &[String]) -> Error {
    let is_recorded = all.iter().any(|recorded| !recorded.runs.is_empty());
    let error = Error::usage(match is_recorded {
        true => "no task has two recorded samples or more, and one sample says nothing about noise",
        false => "nothing is recorded that could tell noise",
    });
    let option = |name: &str, ids: &[String]| ids.iter().map(|id| format!(" --{name} {id}")).collect::<String>();
    error.hint(format!("regild record{}{} --samples 3", option("prompt", prompts), option("task", tasks)))
}

/// Rounds to six significant digits: the last bits of logarithms differ from machine to machine, and mean nothing.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().and_then(|number| format!("{number:.5e}").parse::<f64>().ok());
            *value = rounded.map_or(Value::Null, Value::from);
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

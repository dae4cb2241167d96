//! `regild suggest`: settings that the recordings speak for, ready to paste.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use rayon::prelude::*;
use serde_json::{Value, json};

use super::context::{Context, Project, selection};
use crate::changes::{self, Scope};
use crate::cli::{Global, SelectArgs};
use crate::compare::mend;
use crate::error::{Error, Result};
use crate::io::console;
use crate::outcome::Reason;
use crate::plan::{self, Cell, CellSide};
use crate::recording::{Evidence, Tree};
use crate::report::escape;
use crate::shelves::{Shelves, Trust};
use crate::side::Side;
use crate::suggest::{self, FEW, Headroom, Limits, Seen, Spot, Suggestion};

#[derive(Debug, Args)]
pub struct SuggestArgs {
    #[command(subcommand)]
    pub command: SuggestCommand,
}

#[derive(Debug, Subcommand)]
pub enum SuggestCommand {
    /// Limits for golden tasks, with head-room above what their recorded runs took.
    Budgets(BudgetsArgs),
}

#[derive(Debug, Args)]
pub struct BudgetsArgs {
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
    /// How far above the most that was seen a limit lies, as a factor.
    #[arg(long, value_name = "FACTOR", default_value = "1.25")]
    pub headroom: Headroom,
    /// Suggest `budgets:` too, which stop every run.
    #[arg(long, conflicts_with_all = ["prompts", "tasks"])]
    pub global: bool,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: SuggestFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SuggestFormat {
    /// Lines for regild.yaml.
    Yaml,
    Json,
}

/// What the recordings of one tree say.
struct Survey {
    suggestions: Vec<Suggestion>,
    /// Sentences about what has no suggestion, each with what to do.
    lacking: Vec<(String, String)>,
}

pub fn run(global: &Global, args: SuggestArgs) -> Result<u8> {
    match args.command {
        SuggestCommand::Budgets(args) => budgets(global, &args),
    }
}

fn budgets(global: &Global, args: &BudgetsArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let context = project.alone(args.reference.as_deref(), args.policy.as_deref())?;
    let survey = Survey::of(&context, args)?;
    if survey.suggestions.is_empty() {
        let mut error = Error::usage("nothing is recorded that limits could be taken from");
        error.hints = survey.lacking.iter().map(|(_, help)| help.clone()).take(1).collect();
        return Err(error);
    }
    console::print(&match args.format {
        SuggestFormat::Yaml => escape::block(&survey.yaml(&context.head, args, &project.settings)),
        SuggestFormat::Json => escape::json(&format!("{:#}\n", survey.json(&context.head, args))),
    })?;
    let few = survey.suggestions.iter().filter(|one| one.seen.samples < FEW).count();
    if few > 0 {
        let tasks = crate::text::counted(few, "task");
        console::note(&format!("{tasks} with fewer than {FEW} samples: such limits may be too tight\n"));
    }
    for (what, help) in &survey.lacking {
        console::note(&format!("no limit for {}; {}\n", escape::line(what), escape::line(help)));
    }
    Ok(0)
}

impl Survey {
    fn of(context: &Context, args: &BudgetsArgs) -> Result<Self> {
        let Context { base, head, policy, .. } = context;
        let select = SelectArgs { prompts: args.prompts.clone(), tasks: args.tasks.clone(), all: true };
        let (prompts, tasks) = selection(&select, context)?;
        let scope = if prompts.is_empty() { Scope::All } else { Scope::Only(&prompts) };
        let (cells, gaps) = plan::cells(&changes::between(base, head, policy, scope), base, head, policy, &tasks);
        let shelves = Shelves::new(base, head, policy);
        let with_evidence = |cell| Some((shelves.evidence(&cell, Tree::Head, Trust::Head)?, cell));
        let found: Vec<(Evidence, Cell)> = cells.into_par_iter().filter_map(with_evidence).collect();
        let mut lacking: Vec<(String, String)> = gaps
            .iter()
            .map(|gap| (format!("{}: {gap}", gap.prompt()), "there is nothing to record it on".to_owned()))
            .collect();
        if head.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error) {
            lacking.push(("what does not load".to_owned(), "regild validate shows it".to_owned()));
        }
        // Limits are a task's, whatever it runs on.
        let mut of_task: BTreeMap<_, Vec<&(Evidence, Cell)>> = BTreeMap::new();
        for one in &found {
            of_task.entry((&one.1.prompt, &one.1.task)).or_default().push(one);
        }
        let mut suggestions = Vec::new();
        for runs in of_task.into_values() {
            match suggestion(head, &runs, args.headroom) {
                Some(suggestion) => suggestions.push(suggestion),
                None => lacking.extend(runs.iter().map(|(evidence, cell)| lack(evidence, cell))),
            }
        }
        Ok(Self { suggestions, lacking })
    }

    fn yaml(&self, head: &Side, args: &BudgetsArgs, file: &str) -> String {
        let settings = head.settings.as_ref();
        let line = |path: &[&str]| {
            let path: Vec<_> = path.iter().map(|step| crate::yaml::Step::from(*step)).collect();
            settings.and_then(|settings| settings.key(&path)).map(|place| place.line)
        };
        let spot = match (line(&["testing", "golden_tasks"]), line(&["testing"])) {
            (Some(line), _) => Spot::GoldenTasks(line),
            (None, Some(line)) => Spot::Testing(line),
            (None, None) => Spot::Nowhere,
        };
        let mut text = suggest::tasks_block(&self.suggestions, args.headroom, spot, file);
        for (what, help) in &self.lacking {
            text.push_str(&format!("    # no limit for {}; {}\n", escape::line(what), escape::line(help)));
        }
        if args.global {
            let present = head.config.budgets;
            let all = suggest::budgets(&self.suggestions, args.headroom, present);
            text.push('\n');
            text.push_str(&suggest::budgets_block(all, present, args.headroom, line(&["budgets"]), file));
        }
        text
    }

    fn json(&self, head: &Side, args: &BudgetsArgs) -> Value {
        let tasks = self.suggestions.iter().map(|one| {
            let Suggestion { prompt, version, task, overlay, models, unseen, seen, declared, limits } = one;
            let Seen { samples, stopped, tool_calls, steps, tokens } = seen;
            json!({
                "prompt": prompt, "version": version, "task": task, "overlay": overlay, "models": models,
                "not_recorded_on": unseen, "samples": samples, "stopped_by_a_budget": stopped,
                "seen": {"max_tool_calls": tool_calls, "max_tokens": tokens, "max_steps": steps},
                "suggested": limits.json(), "declared": declared.json(), "added": one.added().json(),
            })
        });
        let lacking = self.lacking.iter().map(|(what, help)| json!({"what": what, "help": help}));
        let budgets = args.global.then(|| suggest::budgets(&self.suggestions, args.headroom, head.config.budgets));
        json!({
            "headroom": args.headroom.to_string(), "tasks": tasks.collect::<Vec<_>>(),
            "lacking": lacking.collect::<Vec<_>>(), "budgets": budgets,
        })
    }
}

/// What the recorded runs of a task speak for, on all aliases it runs on; `None` where there are none.
fn suggestion(side: &Side, runs: &[&(Evidence, Cell)], headroom: Headroom) -> Option<Suggestion> {
    let (_, cell) = runs.first()?;
    let CellSide { prompt, task, .. } = cell.head.as_ref()?;
    let answers = runs.iter().flat_map(|(evidence, _)| &evidence.answers);
    let seen = answers.fold(Seen::NOTHING, |seen, answer| seen.and(&answer.run));
    let (with, without): (Vec<_>, Vec<_>) = runs.iter().partition(|(evidence, _)| !evidence.answers.is_empty());
    let names = |cells: &[&&(Evidence, Cell)]| cells.iter().map(|(_, cell)| cell.alias.to_string()).collect();
    (seen.samples > 0).then(|| Suggestion {
        prompt: prompt.id.to_string(),
        version: prompt.version.to_string(),
        task: task.id.to_string(),
        overlay: suggest::overlay_id(side, prompt.id.as_str(), task.id.as_str()),
        models: names(&with),
        unseen: names(&without),
        seen,
        declared: Limits::declared(task),
        limits: Limits::above(&seen, headroom),
    })
}

/// Why a task has no run on an alias that could be measured, and what to do about it.
fn lack(evidence: &Evidence, cell: &Cell) -> (String, String) {
    let what = format!("{} {} on {}", cell.prompt, cell.task, cell.alias);
    if !evidence.answers.is_empty() {
        return (format!("{what}: a budget stopped every run"), "look at what makes them so long".to_owned());
    }
    let reason = evidence.reason.as_ref().unwrap_or(&Reason::Missing);
    (format!("{what}: {reason}"), mend(cell, Tree::Head, reason))
}

//! `regild record`: ask for the answers that are missing or stale, and store them in the working tree.

mod recorder;

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::context::{Context, Project, selection};
use super::live::LiveArgs;
use crate::changes::{self, Scope};
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::{clock, console};
use crate::plan;
use crate::recording::Address;
use crate::report::escape;
use crate::text::counted;
pub use recorder::Done;
use recorder::Recorder;

#[derive(Debug, Default, Args)]
pub struct RecordArgs {
    /// Only this prompt; may be given several times.
    #[arg(long = "prompt", value_name = "ID")]
    pub prompts: Vec<String>,
    /// Only this task; may be given several times.
    #[arg(long = "task", value_name = "ID")]
    pub tasks: Vec<String>,
    /// Only this alias; may be given several times.
    #[arg(long = "model", value_name = "ALIAS")]
    pub models: Vec<String>,
    /// Samples of each task, instead of what is declared.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub samples: Option<u32>,
    /// Whose prompts and tasks are asked.
    #[arg(long, value_name = "SIDE", default_value = "head")]
    pub side: SideArg,
    /// Ask again for what is there and fits.
    #[arg(long)]
    pub rewrite: bool,
    #[command(flatten)]
    pub live: LiveArgs,
    #[command(flatten)]
    pub refs: RecordRefs,
}

/// Base and policy; head is always the working tree.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Refs")]
pub struct RecordRefs {
    /// Compare with the merge base of REF and the working tree's commit; the default branch, where left out.
    #[arg(long, value_name = "REF")]
    pub base: Option<String>,
    /// Take the policy from REF instead of the tip of the base branch.
    #[arg(long, value_name = "REF")]
    pub policy: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    #[default]
    Head,
    Base,
    Both,
}

/// The samples that could not be recorded, and why, make the run inconclusive.
const INCOMPLETE: u8 = 3;
/// Tasks whose failures are shown one by one.
const SHOWN: usize = 5;

pub fn run(global: &Global, args: &RecordArgs) -> Result<u8> {
    if console::is_ci() && !args.live.yes {
        return Err(Error::usage("record does not write on a build server unless it is told to").hint("add --yes"));
    }
    let project = Project::open(global)?;
    let context = worktree(&project, &args.refs)?;
    let done = record(&project, &context, args, &clock::now()?)?;
    console::print(&summary(&done))?;
    Ok(if done.failures.is_empty() { 0 } else { INCOMPLETE })
}

fn summary(done: &Done) -> String {
    let Done { samples, files, kept, judgements, failures, .. } = done;
    let mut text = String::new();
    if *samples == 0 && *judgements == 0 && failures.is_empty() {
        text.push_str(&format!("nothing to record: {} there and fit\n", are(*kept)));
    } else {
        let heard = format!(" and {} of judges", counted(*judgements, "opinion"));
        let (samples, files) = (counted(*samples, "sample"), counted(*files, "file"));
        let heard = if *judgements > 0 { heard } else { String::new() };
        text.push_str(&format!("recorded {samples}{heard} in {files}{}; {kept} were there and fit\n", done.by()));
    }
    if done.account.is_live {
        text.push_str(&format!("{}\n", done.account));
    }
    for alias in &done.unverified {
        let why = "its gateway only repeats the name that it was asked by, so nobody can tell which model answered";
        text.push_str(&format!("served-unverified: `{alias}`: {why}\n"));
    }
    // The samples of a task mostly fail alike; the first says why.
    let mut tasks: BTreeMap<&Address, (usize, &str)> = BTreeMap::new();
    for (address, why) in failures {
        tasks.entry(address).or_insert((0, why)).0 += 1;
    }
    for (address, (count, why)) in tasks.iter().take(SHOWN) {
        let samples = if *count == 1 { "1 sample".to_owned() } else { format!("{count} samples") };
        text.push_str(&format!("not recorded: {}\n", escape::line(&format!("{address}, {samples}: {why}"))));
    }
    if tasks.len() > SHOWN {
        text.push_str(&format!("not recorded: {} more tasks\n", tasks.len() - SHOWN));
    }
    if !failures.is_empty() && *samples > 0 {
        text.push_str("What was answered is kept: run the same command again to go on.\n");
    }
    text
}

/// "1 sample is", "3 samples are".
fn are(samples: usize) -> String {
    format!("{} {}", counted(samples, "sample"), if samples == 1 { "is" } else { "are" })
}

/// The working tree against base. Without a branch to compare with, base is empty.
pub fn worktree(project: &Project, refs: &RecordRefs) -> Result<Context> {
    let has_branch = refs.base.is_some() || project.repo.default_branch().is_ok();
    let base = if has_branch { refs.base.clone() } else { Some("none".to_owned()) };
    // Whatever a CI runner says happened: answers are recorded for the files at hand.
    let head = Some("worktree".to_owned());
    project.context(&RefArgs { base, head, policy: refs.policy.clone(), ..RefArgs::default() })
}

/// Records what is missing or stale of served and candidate versions.
pub fn record(project: &Project, context: &Context, args: &RecordArgs, now: &str) -> Result<Done> {
    let Context { base, head, policy, .. } = context;
    if let Some(diagnostic) = head.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        let message = "the working tree has errors; nothing was recorded";
        return Err(Error::config(message, vec![diagnostic.clone()]).hint("regild validate shows them all"));
    }
    let select = SelectArgs { prompts: args.prompts.clone(), tasks: args.tasks.clone(), all: true };
    let (prompts, tasks) = selection(&select, context)?;
    let scope = if prompts.is_empty() { Scope::All } else { Scope::Only(&prompts) };
    let changes = changes::between(base, head, policy, scope);
    let (cells, gaps) = plan::cells(&changes, base, head, policy, &tasks);
    for gap in &gaps {
        if let plan::Gap::UnknownAlias { alias, .. } = gap {
            return Err(Error::usage(format!("regild.yaml does not declare the alias `{alias}`")));
        }
    }
    let models = args.models.iter().map(|model| Id::new(model).map_err(Error::usage)).collect::<Result<Vec<_>>>()?;
    if let Some(unknown) = models.iter().find(|model| !cells.iter().any(|cell| cell.alias == **model)) {
        return Err(super::context::unknown("alias in use", unknown, head.config.models.keys()));
    }
    let cells = cells.iter().filter(|cell| models.is_empty() || models.contains(&cell.alias));
    let mut recorder = Recorder::new(project, context, args)?;
    for cell in cells {
        recorder.cell(cell)?;
    }
    recorder.ask()?;
    recorder.write(now)
}

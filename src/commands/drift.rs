//! `regild drift`: ask models again for what is recorded, and say where they answer otherwise.
//!
//! A check whose base is the recordings and whose head is the same project, asked now. Also a spot check of recordings that
//! somebody may have made up: which tasks are asked is left to chance.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::check::JudgingArgs;
use super::context::{Context, Project, scope, selection};
use super::live::LiveArgs;
use super::report::{deliver, root_of};
use crate::changes;
use crate::cli::{Global, OutputArgs, SelectArgs};
use crate::drift::{alike, flips};
use crate::error::{Error, Result};
use crate::io::console;
use crate::live::OfBase;
use crate::plan::{self, Cell};
use crate::recording::{Address, Tree};
use crate::report::{Format, escape};
use crate::shelves::{Shelves, Trust};

#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Look at REF instead of the working tree.
    #[arg(long, value_name = "REF")]
    pub head: Option<String>,
    /// Take the policy from REF instead of the tip of the default branch.
    #[arg(long, value_name = "REF")]
    pub policy: Option<String>,
    /// Only this prompt; may be given several times.
    #[arg(long = "prompt", value_name = "ID")]
    pub prompts: Vec<String>,
    /// Only this task; may be given several times.
    #[arg(long = "task", value_name = "ID")]
    pub tasks: Vec<String>,
    /// Ask for N recorded tasks only, by chance.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub sample: Option<u32>,
    /// Draw the same tasks as the run that printed this seed.
    #[arg(long, value_name = "SEED", requires = "sample")]
    pub seed: Option<u64>,
    /// Answers less alike to the recorded ones than X, from 0 to 1, make the verdict inconclusive.
    #[arg(long, value_name = "X", value_parser = a_share)]
    pub min_alike: Option<f64>,
    #[command(flatten)]
    pub live: LiveArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Exit with 0 whatever the verdict; errors still exit with 2.
    #[arg(long)]
    pub exit_zero: bool,
}

fn a_share(text: &str) -> std::result::Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "write a number from 0 to 1".to_owned())
}

pub fn run(global: &Global, args: DriftArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let context = context(&project, &args)?;
    let select = SelectArgs { prompts: args.prompts.clone(), tasks: args.tasks.clone(), all: true };
    let (prompts, tasks) = selection(&select, &context)?;
    let Context { base, head, policy, .. } = &context;
    let changes = changes::between(base, head, policy, scope(&select, &prompts));
    let (cells, _) = plan::cells(&changes, base, head, policy, &tasks);
    let shelves = Shelves::new(base, head, policy);
    let is_recorded = |cell: &Cell| {
        let evidence = shelves.evidence(cell, Tree::Base, Trust::Head);
        evidence.is_some_and(|evidence| !evidence.answers.is_empty())
    };
    let mut picked: Vec<Cell> = cells.into_iter().filter(is_recorded).collect();
    if picked.is_empty() {
        return Err(Error::usage("nothing is recorded that could have drifted").hint("regild record"));
    }
    let recorded = picked.len();
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    if let Some(wanted) = args.sample {
        fastrand::Rng::with_seed(seed).shuffle(&mut picked);
        picked.truncate(wanted as usize);
    }
    let mut live = super::live::call(&project, &context, &args.live, &picked, OfBase::Recorded)?.live;
    let mut likeness: BTreeMap<Address, f64> = BTreeMap::new();
    for address in picked.iter().filter_map(|cell| cell.address(Tree::Head)) {
        let of = |tree| live.fresh.get(&(tree, address.clone()));
        let alike = of(Tree::Base).zip(of(Tree::Head)).and_then(|(recorded, now)| alike(recorded, now));
        likeness.extend(alike.map(|alike| (address, alike)));
    }
    let wanted = |least| likeness.iter().map(move |(address, alike)| (address.clone(), (*alike, least)));
    live.likeness = args.min_alike.into_iter().flat_map(wanted).collect();
    live.only = Some(picked.iter().filter_map(|cell| cell.address(Tree::Head)).collect::<BTreeSet<Address>>());
    let report =
        super::check::judge_aloud(&context, &select, &JudgingArgs::default(), Some(&live), &args.live.trusted)?;
    let code = report.verdict.exit_code;
    let evidence: Vec<String> = flips(&report).into_iter().map(|(model, flips)| flips.told(model)).collect();
    deliver(&report, &args.output, global, &root_of(global))?;
    if args.output.format == Format::Terminal {
        let drawn = args.sample.map(|_| seed);
        let mut text = told(&likeness, picked.len(), recorded, drawn);
        evidence.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        console::print(&escape::block(&text))?;
    }
    if console::is_logging() {
        evidence.iter().for_each(|line| console::note(line));
    }
    Ok(if args.exit_zero { 0 } else { code })
}

/// The recordings on one side, and what is asked now on the other: the same files, under two names.
fn context(project: &Project, args: &DriftArgs) -> Result<Context> {
    let mut context = project.alone(args.head.as_deref(), args.policy.as_deref())?;
    context.base.snapshot.origin.reference = "recordings".to_owned();
    context.head.snapshot.origin.reference = "live".to_owned();
    Ok(context)
}

/// How alike the answers are, the least first.
fn told(likeness: &BTreeMap<Address, f64>, asked: usize, recorded: usize, seed: Option<u64>) -> String {
    let mut text = format!("\nasked again: {asked} of {recorded} recorded tasks");
    text.push_str(&seed.map_or_else(|| "\n".to_owned(), |seed| format!(", drawn with --seed {seed}\n")));
    let mut sorted: Vec<(&Address, &f64)> = likeness.iter().collect();
    sorted.sort_by(|a, b| a.1.total_cmp(b.1));
    if !sorted.is_empty() {
        text.push_str("alike to what is recorded, from 0 to 1:\n");
    }
    for (Address { prompt, version, task, alias }, alike) in sorted {
        text.push_str(&format!("  {alike:.2}  {prompt} {version} {task} [{alias}]\n"));
    }
    text
}

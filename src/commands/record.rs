//! `regild record`: ask for the answers that are missing or stale, and store them in the working tree.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::context::{Context, Project, selection};
use crate::agent::{Agent, Answered, Next, Setup};
use crate::changes::{self, Scope};
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::config::Provider;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::journal::Journal;
use crate::io::model::Model;
use crate::io::{clock, console, files};
use crate::plan::{self, Cell, CellSide};
use crate::recording::{Address, Ask, Keep, Provenance, Recording, Sample, Tree, lacking, merge, target};
use crate::report::escape;
use crate::shelves::{Shelves, Trust};
use crate::trajectory::Trajectory;
use crate::wire::{self, Key, Parts};

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
    /// Spend at most N US dollars; the mock provider is free.
    #[arg(long, value_name = "N")]
    pub max_usd: Option<crate::cli::Usd>,
    /// Record on a build server too.
    #[arg(long)]
    pub yes: bool,
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

/// What a recording run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub samples: usize,
    pub files: usize,
    pub kept: usize,
    pub recalled: usize,
}

pub fn run(global: &Global, args: &RecordArgs) -> Result<u8> {
    if console::is_ci() && !args.yes {
        return Err(Error::usage("record does not write on a build server unless it is told to").hint("add --yes"));
    }
    let project = Project::open(global)?;
    let context = worktree(&project, &args.refs)?;
    let done = record(&project, &context, args, &clock::now()?)?;
    let Done { samples, files, kept, recalled } = done;
    let recalled =
        if recalled > 0 { format!(", {recalled} replies taken from an interrupted run") } else { String::new() };
    let text = if samples == 0 {
        format!("nothing to record: {kept} samples are there and fit\n")
    } else {
        format!(
            "recorded {samples} samples in {files} files by `mock`, a stand-in; {kept} were there and fit{recalled}\n"
        )
    };
    console::print(&text)?;
    Ok(0)
}

/// The working tree against base. Without a branch to compare with, base is empty.
pub fn worktree(project: &Project, refs: &RecordRefs) -> Result<Context> {
    let has_branch = refs.base.is_some() || project.repo.default_branch().is_ok();
    let base = if has_branch { refs.base.clone() } else { Some("none".to_owned()) };
    project.context(&RefArgs { base, policy: refs.policy.clone(), ..RefArgs::default() })
}

/// Records what is missing or stale of served and candidate versions.
pub fn record(project: &Project, context: &Context, args: &RecordArgs, now: &str) -> Result<Done> {
    let Context { base, head, policy } = context;
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
    recorder.write(now)
}

struct Recorder<'a> {
    project: &'a Project,
    shelves: Shelves<'a>,
    args: &'a RecordArgs,
    journal: Journal,
    done: Done,
    /// New samples, what keeps stored ones, and the provider, by file.
    files: BTreeMap<Address, Pending>,
}

#[derive(Default)]
struct Pending {
    new: Vec<Sample>,
    keep: Vec<Keep>,
    target: Option<crate::recording::Target>,
}

impl<'a> Recorder<'a> {
    fn new(project: &'a Project, context: &'a Context, args: &'a RecordArgs) -> Result<Self> {
        let journal = Journal::open(&project.repo.private_dir())?;
        let shelves = Shelves::new(&context.base, &context.head, &context.policy);
        Ok(Self { project, shelves, args, journal, done: Done::default(), files: BTreeMap::new() })
    }

    fn cell(&mut self, cell: &Cell) -> Result<()> {
        for tree in [Tree::Base, Tree::Head] {
            let Some(side) = cell.side(tree) else { continue };
            let wanted = match (self.args.side, tree) {
                (SideArg::Both, _) | (SideArg::Head, Tree::Head) | (SideArg::Base, Tree::Base) => true,
                (SideArg::Head, Tree::Base) | (SideArg::Base, Tree::Head) => false,
            };
            self.side(cell, tree, side, wanted)?;
        }
        Ok(())
    }

    fn side(&mut self, cell: &Cell, tree: Tree, side: &CellSide, wanted: bool) -> Result<()> {
        let (Some(address), Some(asked)) = (cell.address(tree), self.shelves.ask(cell, tree, Trust::Head)) else {
            return Ok(());
        };
        let ask = match asked {
            Ok(ask) => ask,
            // Base's prompts are nobody's to mend any more.
            Err(_) if !wanted => return Ok(()),
            Err(reason) => return Err(Error::usage(format!("{address}: {reason}"))),
        };
        let evidence = self.shelves.gather(&ask);
        let elsewhere = match tree {
            Tree::Head => Vec::new(),
            Tree::Base => evidence.answers.iter().filter(|one| !one.claimed).map(|one| one.sample).collect(),
        };
        if wanted {
            let have =
                |sample: u32| !self.args.rewrite && evidence.answers.iter().any(|answer| answer.sample == sample);
            let lacking = lacking(self.args.samples.unwrap_or(side.samples), have);
            self.done.kept +=
                evidence.answers.len().min(self.args.samples.unwrap_or(side.samples) as usize - lacking.len());
            if !lacking.is_empty() {
                self.ask(&ask, side, &lacking)?;
            }
        }
        self.files.entry(address).or_default().keep.push(Keep { setup: ask.setup, elsewhere });
        Ok(())
    }

    fn ask(&mut self, ask: &Ask, side: &CellSide, samples: &[u32]) -> Result<()> {
        let Ask { address, setup, prompt_id, .. } = ask;
        let model = Model::connect(side.alias.provider, &side.task.script)?;
        for sample in samples {
            let run = self.drive(address, setup, &model, *sample)?;
            let pending = self.files.entry(address.clone()).or_default();
            pending.new.push(Sample::of(*sample, prompt_id, &run));
            pending.target = Some(target(&side.alias, &address.alias));
            self.done.samples += 1;
        }
        Ok(())
    }

    /// One run against the model, each reply journalled before it is used.
    fn drive(&mut self, address: &Address, setup: &Setup, model: &Model<'_>, sample: u32) -> Result<Trajectory> {
        let mut agent = Agent::new(setup);
        loop {
            let request = agent.request();
            let (key, parts) = (Key::of(request), Parts::of(request));
            let raw = match self.journal.recall(&key, sample) {
                Some(raw) => {
                    self.done.recalled += 1;
                    raw
                }
                None => {
                    let raw = model.ask(request, &key, agent.steps(), sample);
                    self.journal.keep(&key, sample, &raw)?;
                    raw
                }
            };
            let reply = wire::decode(&request.api, &raw.body)
                .map_err(|error| Error::new(crate::error::ErrorKind::Io, format!("{address}: {error}")))?;
            let answered = Answered { key, parts, body: raw.body, reply, latency_ms: raw.latency_ms };
            match agent.next(answered) {
                Next::Ask => {}
                Next::Done(run) => return Ok(run),
                Next::Unjudged(reason) => {
                    return Err(Error::usage(format!("{address}: {reason}")).hint(reason.row().help));
                }
            }
        }
    }

    /// Writes every file that changed, each whole or not at all, and ends the journal.
    fn write(mut self, now: &str) -> Result<Done> {
        let root =
            self.project.repo.root_path().ok_or_else(|| Error::git("a bare repository has nowhere to record to"))?;
        let shelf = &self.shelves.head;
        for (address, Pending { new, keep, target }) in std::mem::take(&mut self.files) {
            let Some(target) = target else { continue };
            let existing = shelf.read(&address).and_then(Result::ok);
            let stand_in = target.provider == Provider::Mock;
            let samples = merge(existing.as_ref(), &keep, new);
            let provenance = Provenance {
                recorded_at: now.to_owned(),
                by: format!("regild {}", env!("CARGO_PKG_VERSION")),
                stand_in,
                edited: false,
            };
            let recording = Recording::new(&address, target, samples, provenance);
            let unchanged = existing.is_some_and(|existing| existing.content_sha256 == recording.content_sha256);
            if !unchanged {
                let path = shelf.path(&address);
                files::write_staged(&root.join(&path), &recording.to_bytes(), self.journal.dir())?;
                self.done.files += 1;
                if self.done.files.is_multiple_of(100) {
                    console::say(&format!("recorded {} files, now {}\n", self.done.files, escape::line(&path)));
                }
            }
        }
        self.journal.finish()?;
        Ok(self.done)
    }
}

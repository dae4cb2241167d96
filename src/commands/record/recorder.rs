//! From cells to files: which samples are wanted, what came of asking for them, and every file written whole or not at all.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::{RecordArgs, SideArg};
use crate::commands::context::{Context, Project};
use crate::config::Provider;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::journal::{Journal, Recall};
use crate::io::model::Secret;
use crate::io::{console, files};
use crate::judging::{cost, examiner};
use crate::live::{self, Account, Came, Wanted};
use crate::log::{self, Log};
use crate::outcome::Reason;
use crate::plan::{Cell, CellSide};
use crate::recording::{Address, Keep, LIVE, Provenance, Recording, Sample, Shelf, Tree, lacking, merge, target};
use crate::shelves::{Shelves, Trust};
use crate::trajectory::Trajectory;
use crate::wire::{self, Key};

/// What a recording run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub samples: usize,
    pub files: usize,
    pub kept: usize,
    /// Opinions of judges.
    pub judgements: usize,
    /// Aliases whose gateway only repeats the name that it was asked by.
    pub unverified: BTreeSet<Id>,
    /// The providers that answered.
    pub providers: Vec<&'static str>,
    /// What was not recorded, and why.
    pub failures: Vec<(Address, String)>,
    pub account: Account,
}

impl Done {
    /// Who answered: a stand-in is always called one.
    pub fn by(&self) -> String {
        match self.providers.as_slice() {
            [] => String::new(),
            ["mock"] => " by `mock`, a stand-in".to_owned(),
            all => {
                let named =
                    |name: &&str| if *name == "mock" { "`mock`, a stand-in".to_owned() } else { format!("`{name}`") };
                format!(" by {}", all.iter().map(named).collect::<Vec<_>>().join(" and "))
            }
        }
    }
}

pub struct Recorder<'a> {
    project: &'a Project,
    context: &'a Context,
    shelves: Shelves<'a>,
    args: &'a RecordArgs,
    journal: Journal,
    done: Done,
    /// New samples, what keeps stored ones, and the provider, by file.
    files: BTreeMap<Address, Pending>,
    wanted: Vec<Wanted<'a>>,
    /// The keys that were read, none of which may be written.
    secrets: Vec<Secret>,
}

#[derive(Default)]
struct Pending {
    new: Vec<Sample>,
    keep: Vec<Keep>,
    target: Option<crate::recording::Target>,
}

impl<'a> Recorder<'a> {
    pub fn new(project: &'a Project, context: &'a Context, args: &'a RecordArgs) -> Result<Self> {
        // Who wants new answers does not want those that a live check once got.
        let recall = if args.rewrite { Recall::Unfinished } else { Recall::Paid };
        let journal = Journal::open(&project.repo.private_dir(), recall)?;
        let shelves = Shelves::new(&context.base, &context.head, &context.policy);
        let (done, files, wanted, secrets) = (Done::default(), BTreeMap::new(), Vec::new(), Vec::new());
        Ok(Self { project, context, shelves, args, journal, done, files, wanted, secrets })
    }

    /// Finds what a cell wants.
    pub fn cell(&mut self, cell: &'a Cell) -> Result<()> {
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

    fn side(&mut self, cell: &'a Cell, tree: Tree, side: &'a CellSide, wanted: bool) -> Result<()> {
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
        let setup = Arc::new(ask.setup);
        if let Some(examiner) = examiner(&self.context.policy, &self.shelves, cell, tree).filter(|_| wanted) {
            if let Some(judge) = examiner.judges().find(|judge| !examiner.panel.aliases.contains_key(&judge.model)) {
                let message = format!("{address}: regild.yaml does not declare the alias `{}`", judge.model);
                return Err(Error::usage(message).hint(format!("the judge `{}` needs it", judge.name)));
            }
            let wished = self.args.samples.unwrap_or(side.samples);
            let have = if self.args.rewrite { Vec::new() } else { evidence.answers };
            let lacking = lacking(wished, |sample| have.iter().any(|answer| answer.sample == sample));
            self.done.kept += have.len().min(wished as usize - lacking.len());
            let (address, setup, prompt_id) = (address.clone(), Arc::clone(&setup), ask.prompt_id);
            self.wanted.push(Wanted { tree, address, side, examiner, setup, prompt_id, have, lacking });
        }
        self.files.entry(address).or_default().keep.push(Keep { setup, elsewhere });
        Ok(())
    }

    /// Asks for all that is wanted.
    pub fn ask(&mut self) -> Result<()> {
        let wanted = std::mem::take(&mut self.wanted);
        let policy = &self.context.policy;
        let asking = self.args.live.asking(self.project, policy, "recording")?;
        let (all, account, secrets) = live::ask(&wanted, &asking, &mut self.journal)?;
        (self.done.account, self.secrets) = (account, secrets);
        let mut refusal = None;
        if let Some(log) = self.context.log(&self.args.live.trusted) {
            wanted.iter().zip(&all).for_each(|(wanted, came)| console::log(&self.lines(&log, wanted, came)));
        }
        for (wanted, came) in wanted.iter().zip(all) {
            refusal = refusal.or(self.take(wanted, came));
        }
        match refusal {
            // The task is wrong, which no provider can mend.
            Some((address, reason)) => Err(refused(&address, &reason)),
            None => Ok(()),
        }
    }

    /// The lines of what came of one side; what it is worth, `check` says.
    fn lines(&self, log: &Log, wanted: &Wanted<'_>, came: &Came) -> Vec<log::Run> {
        let Wanted { address, side, tree, .. } = wanted;
        let subject = log.subject(*tree, address.clone(), side);
        let stand_in = side.alias.provider == Provider::Mock;
        let line = |(sample, run): &(u32, Result<Trajectory, Reason>)| match run {
            Ok(run) => {
                let cost = cost(&self.context.policy, side, &address.alias, run);
                subject.ran(*sample, run, LIVE, stand_in, cost)
            }
            Err(reason) => subject.lacks(*sample, reason),
        };
        came.runs.iter().map(line).collect()
    }

    /// Takes what came of one side; the reason for which its task is wrong, where it is.
    fn take(&mut self, wanted: &Wanted<'_>, came: Came) -> Option<(Address, Reason)> {
        let Wanted { address, prompt_id, side, .. } = wanted;
        let Came { runs, judgements, unheard } = came;
        let mut refusal = None;
        let mut new: Vec<Sample> = Vec::new();
        for (sample, run) in runs {
            match run {
                Ok(run) => {
                    let served = run.exchanges.iter().map(|exchange| exchange.reply.served_model.as_deref());
                    let mut unverified =
                        served.filter(|served| wire::is_unverified(*served, &wanted.setup.opening.model));
                    if side.alias.provider == Provider::OpenaiCompatible && unverified.next().is_some() {
                        self.done.unverified.insert(address.alias.clone());
                    }
                    new.push(Sample::of(sample, prompt_id, &run));
                }
                Err(reason) if is_passing(&reason) => self.done.failures.push((address.clone(), reason.to_string())),
                Err(reason) => refusal = refusal.or(Some((address.clone(), reason))),
            }
        }
        self.done.samples += new.len();
        self.done.judgements += judgements.len();
        for (sample, judgement) in judgements {
            if !new.iter().any(|one| one.sample == sample) {
                // An answer that was there is written again with what is said of it now, and with what was said before.
                let known = wanted.have.iter().find(|answer| answer.sample == sample);
                new.extend(known.map(|known| {
                    let judgements = known.judgements.clone();
                    Sample { judgements, ..Sample::of(sample, prompt_id, &known.run) }
                }));
            }
            new.iter_mut().filter(|one| one.sample == sample).for_each(|one| one.judgements.push(judgement.clone()));
        }
        self.done.failures.extend(unheard.into_iter().map(|reason| (address.clone(), reason.to_string())));
        if !new.is_empty() {
            let pending = self.files.entry(address.clone()).or_default();
            pending.new.append(&mut new);
            pending.target = Some(target(&side.alias, &address.alias));
            let provider = side.alias.provider.as_str();
            if !self.done.providers.contains(&provider) {
                self.done.providers.push(provider);
            }
        }
        refusal
    }

    /// Writes every file that changed, each whole or not at all.
    pub fn write(mut self, now: &str) -> Result<Done> {
        let root =
            self.project.repo.root_path().ok_or_else(|| Error::git("a bare repository has nowhere to record to"))?;
        let pending: Vec<(Address, Pending)> = std::mem::take(&mut self.files).into_iter().collect();
        let stored: HashSet<(Key, u32)> =
            pending.iter().flat_map(|(_, pending)| pending.new.iter().flat_map(keys)).collect();
        let (shelf, secrets, staging) = (&self.shelves.head, &self.secrets, self.journal.dir());
        let written = pending.into_par_iter().filter_map(|(address, pending)| {
            let bytes = recording(shelf, &address, pending, now)?.to_bytes();
            Some(match secrets.iter().find(|secret| secret.is_in(&bytes)) {
                Some(secret) => Err(live::holds(&address, secret)),
                None => Ok((shelf.path(&address), bytes)),
            })
        });
        let written = written.collect::<Result<Vec<(String, Vec<u8>)>>>()?;
        // Each waits for the disk, which serves many at once as fast as one.
        let write = |(path, bytes): &(String, Vec<u8>)| files::write_staged(&root.join(path), bytes, staging);
        written.par_iter().try_for_each(write)?;
        self.done.files = written.len();
        self.journal.end(&stored)?;
        Ok(self.done)
    }
}

/// All that was asked for a sample.
fn keys(sample: &Sample) -> impl Iterator<Item = (Key, u32)> {
    let steps = sample.steps.iter().map(|step| &step.key);
    steps.chain(sample.judgements.iter().map(|one| &one.key)).map(|key| (key.clone(), sample.sample))
}

/// The file at an address with what is new; `None` where that changes nothing.
fn recording(shelf: &Shelf<'_>, address: &Address, pending: Pending, now: &str) -> Option<Recording> {
    let Pending { new, keep, target } = pending;
    let target = target?;
    let existing = shelf.read(address).and_then(Result::ok);
    let samples = merge(existing.as_ref(), &keep, new);
    let provenance = Provenance {
        recorded_at: now.to_owned(),
        by: format!("regild {}", env!("CARGO_PKG_VERSION")),
        stand_in: target.provider == Provider::Mock,
        edited: false,
    };
    let recording = Recording::new(address, target, samples, provenance);
    let is_new = existing.is_none_or(|existing| existing.content_sha256 != recording.content_sha256);
    is_new.then_some(recording)
}

/// Whether asking again, or somebody else, may help; otherwise the task is wrong.
fn is_passing(reason: &Reason) -> bool {
    matches!(reason, Reason::Provider { .. } | Reason::OtherModel { .. } | Reason::SpendCap { .. })
}

fn refused(address: &Address, reason: &Reason) -> Error {
    Error::usage(format!("{address}: {reason}")).hint(reason.row().help)
}

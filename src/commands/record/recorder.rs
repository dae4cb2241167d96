//! From cells to files: which samples are wanted, what came of asking for them, and every file written whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{RecordArgs, SideArg};
use crate::commands::context::{Context, Project};
use crate::config::Provider;
use crate::error::{Error, Result};
use crate::io::journal::{Journal, Recall};
use crate::io::model::Secret;
use crate::io::{console, files};
use crate::live::{self, Account, Job, Session};
use crate::outcome::Reason;
use crate::plan::{Cell, CellSide};
use crate::recording::{Address, Keep, Provenance, Recording, Sample, Tree, lacking, merge, target};
use crate::report::escape;
use crate::shelves::{Shelves, Trust};

/// What a recording run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub samples: usize,
    pub files: usize,
    pub kept: usize,
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
    jobs: Vec<Job<'a>>,
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
        let journal = Journal::open(&project.repo.private_dir(), Recall::Paid)?;
        let shelves = Shelves::new(&context.base, &context.head, &context.policy);
        let (done, files, jobs, secrets) = (Done::default(), BTreeMap::new(), Vec::new(), Vec::new());
        Ok(Self { project, context, shelves, args, journal, done, files, jobs, secrets })
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
        if wanted {
            let wished = self.args.samples.unwrap_or(side.samples);
            let have =
                |sample: u32| !self.args.rewrite && evidence.answers.iter().any(|answer| answer.sample == sample);
            let lacking = lacking(wished, have);
            self.done.kept += evidence.answers.len().min(wished as usize - lacking.len());
            for sample in lacking {
                let (address, setup, prompt_id) = (address.clone(), Arc::clone(&setup), ask.prompt_id.clone());
                self.jobs.push(Job { tree, address, setup, prompt_id, side, sample });
            }
        }
        self.files.entry(address).or_default().keep.push(Keep { setup, elsewhere });
        Ok(())
    }

    /// Asks for all that is wanted.
    pub fn ask(&mut self) -> Result<()> {
        let mut jobs = std::mem::take(&mut self.jobs);
        // Both sides in turn: a provider that changes its mind meanwhile does so to both.
        jobs.sort_by_key(|job| job.sample);
        let policy = &self.context.policy;
        let mut caps = policy.spend.clone();
        caps.max_usd = self.args.max_usd.map(crate::config::Amount).or(caps.max_usd);
        caps.max_calls = self.args.max_calls.or(caps.max_calls);
        let root = self.project.repo.root_path();
        let session = Session::new(policy, caps.clone(), &mut self.journal, &self.args.trusted, root, &jobs)?;
        if let Some(plan) = live::plan(&jobs, policy) {
            console::say(&escape::block(&plan.words("recording", &session.endpoints())));
            plan.consent(&caps, self.args.yes)?;
        }
        let came = session.run(&jobs)?;
        let mut unjudged = None;
        for (job, came) in jobs.iter().zip(came) {
            match came {
                Ok(run) => {
                    let pending = self.files.entry(job.address.clone()).or_default();
                    pending.new.push(Sample::of(job.sample, &job.prompt_id, &run));
                    pending.target = Some(target(&job.side.alias, &job.address.alias));
                    self.done.samples += 1;
                    let provider = job.side.alias.provider.as_str();
                    if !self.done.providers.contains(&provider) {
                        self.done.providers.push(provider);
                    }
                }
                Err(reason) if is_passing(&reason) => {
                    self.done.failures.push((job.address.clone(), reason.to_string()));
                }
                Err(reason) => unjudged = unjudged.or(Some((job.address.clone(), reason))),
            }
        }
        (self.done.account, self.secrets) = session.finish();
        match unjudged {
            // The task is wrong, which no provider can mend.
            Some((address, reason)) => Err(refused(&address, &reason)),
            None => Ok(()),
        }
    }

    /// Writes every file that changed, each whole or not at all. The journal ends where nothing is left to ask for.
    pub fn write(mut self, now: &str) -> Result<Done> {
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
                let (path, bytes) = (shelf.path(&address), recording.to_bytes());
                if let Some(secret) = self.secrets.iter().find(|secret| secret.is_in(&bytes)) {
                    return Err(live::holds(&address, secret));
                }
                files::write_staged(&root.join(&path), &bytes, self.journal.dir())?;
                self.done.files += 1;
                if self.done.files.is_multiple_of(100) {
                    console::say(&format!("recorded {} files, now {}\n", self.done.files, escape::line(&path)));
                }
            }
        }
        if self.done.failures.is_empty() {
            self.journal.finish()?;
        }
        Ok(self.done)
    }
}

/// Whether asking again, or somebody else, may help; otherwise the task is wrong.
fn is_passing(reason: &Reason) -> bool {
    matches!(reason, Reason::Provider { .. } | Reason::OtherModel { .. } | Reason::SpendCap { .. })
}

fn refused(address: &Address, reason: &Reason) -> Error {
    Error::usage(format!("{address}: {reason}")).hint(reason.row().help)
}

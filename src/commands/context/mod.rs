//! From typed refs to two sides and a policy: which commits, which trees, who judges.

mod compared;
mod guard;

use compared::{Base, Compared, compared};
use guard::{guard, without_keys};

use crate::changes::Scope;
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::config;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::id::Id;
use crate::io::git::{Commit, Ownership, Repo};
use crate::io::model::{self, CaFiles};
use crate::io::{console, event};
use crate::log::Log;
use crate::policy::{Policy, PolicyCommit, PolicyOrigin, Severities};
use crate::side::{OnBadSettings, Reading, Side};
use crate::snapshot::Snapshot;
use crate::survey::{self, Selection};

/// An opened project.
pub struct Project {
    pub repo: Repo,
    pub settings: String,
    /// Whether this repository has nothing to do with what a CI runner says happened, as that of the demo.
    pub is_apart: bool,
}

/// Both sides and what judges them.
pub struct Context {
    pub base: Side,
    pub head: Side,
    pub policy: Policy,
    /// What a CI runner says happened.
    pub event: Option<Event>,
}

impl Context {
    /// How runs are logged, where somebody wants that. The operator vouches for `trusted` hosts.
    pub fn log(&self, trusted: &[String]) -> Option<Log> {
        let Self { head, policy, .. } = self;
        // Which other variables are read is not for head alone to say: what is redacted tells what is in them.
        let is_vouched = matches!(policy.origin, PolicyOrigin::Commit(_));
        let of_policy = policy.aliases().filter(|alias| is_vouched || alias.api_key_env.is_none());
        let own = head.config.models.values();
        let own = own.filter(|alias| alias.api_key_env.is_none() || !trusted.is_empty());
        console::is_logging().then(|| Log::new(policy, model::secrets(of_policy.chain(own))))
    }
}

/// The files of both sides and of the policy.
struct Trees {
    base: Snapshot,
    head: Snapshot,
    policy: PolicyTree,
    event: Option<Event>,
}

/// Where the policy stands.
enum PolicyTree {
    /// No commit judges.
    None,
    /// In the commit that base is.
    Base,
    Other(Snapshot),
}

impl Project {
    pub fn open(global: &Global) -> Result<Self> {
        let settings = config::clean(&global.config);
        if settings.starts_with('/') || settings.split('/').any(|part| part == "..") {
            return Err(Error::usage(format!("--config {settings} must be a path below the project root")));
        }
        let ownership = if global.trust_repository { Ownership::Trusted } else { Ownership::Checked };
        Ok(Self { repo: Repo::discover(&global.dir, &settings, ownership)?, settings, is_apart: false })
    }

    /// The files of a commit that regild reads.
    pub fn snapshot(&self, commit: &Commit) -> Result<Snapshot> {
        let settings = self.repo.read_file(commit, &self.settings)?;
        self.repo.snapshot(commit, &config::roots(&self.settings, settings.as_deref()))
    }

    /// The files of the working tree that regild reads.
    pub fn worktree(&self) -> Result<Snapshot> {
        let settings = self.repo.worktree_file(&self.settings)?;
        self.repo.worktree(&config::roots(&self.settings, settings.as_deref()))
    }

    pub fn side(&self, snapshot: Snapshot, on_bad: OnBadSettings) -> Result<Side> {
        Side::read(snapshot, &self.settings, on_bad)
    }

    /// The working tree, or the commit that `--head` names.
    pub fn head(&self, head: Option<&str>) -> Result<Side> {
        let snapshot = match head {
            None | Some("worktree") => self.worktree()?,
            Some(reference) => self.snapshot(&self.repo.resolve(reference)?)?,
        };
        self.side(snapshot, OnBadSettings::Stop)
    }

    /// What diagnostics of `head` weigh where nothing is compared: the word of the policy commit, which is `reference` or the
    /// tip of the default branch; head's own where there is no such commit, or where it has no settings yet.
    pub fn severities(&self, reference: Option<&str>, head: &Side) -> Result<Severities> {
        let commit = match reference {
            Some(reference) => Some(self.repo.resolve(reference)?),
            None => self.repo.default_branch().and_then(|branch| self.repo.resolve(&branch)).ok(),
        };
        let Some(commit) = commit else { return Ok(Severities::own(head)) };
        Ok(match self.repo.read_file(&commit, &self.settings)? {
            Some(text) => Severities::read(&commit.id, &self.settings, &text),
            None => Severities::own(head),
        })
    }

    /// Both sides and the policy (DESIGN 3.4 and 7), read in full.
    pub fn context(&self, refs: &RefArgs) -> Result<Context> {
        self.read(self.trees(refs)?, None)
    }

    /// One tree on both sides, and the policy: for whoever looks at what is recorded and at no change.
    pub fn alone(&self, head: Option<&str>, policy: Option<&str>) -> Result<Context> {
        let owned = |text: &str| text.to_owned();
        let (base, base_exact) = (Some(owned("none")), None);
        let refs = RefArgs { base, base_exact, head: head.map(owned), policy: policy.map(owned) };
        let context = self.context(&refs)?;
        let base = self.side(context.head.snapshot.clone(), OnBadSettings::Stop)?;
        Ok(Context { base, ..context })
    }

    /// Both sides and the policy as far as a selection needs them: prompts that nothing changed for are passed over.
    pub fn context_for(&self, refs: &RefArgs, select: &SelectArgs) -> Result<Context> {
        let trees = self.trees(refs)?;
        let wanted =
            select.prompts.iter().map(|text| Id::new(text).map_err(Error::usage)).collect::<Result<Vec<_>>>()?;
        let selections = if select.all || !select.tasks.is_empty() { None } else { self.concerned(&trees, &wanted) };
        let is_partial = selections.is_some();
        let context = self.read(trees, selections)?;
        let known = |side: &Side, id: &Id| side.prompts.get(id).is_some() || side.prompts.is_broken(id);
        if is_partial && !wanted.iter().all(|id| known(&context.base, id) || known(&context.head, id)) {
            // What is asked for may stand where only a full reading finds it.
            return self.context(refs);
        }
        Ok(context)
    }

    /// What the certificate files hold that the policy's aliases name: as the policy's commit has them, not as head would like
    /// them. Where head is the policy, there is no other.
    pub fn ca_files(&self, policy: &Policy) -> Result<CaFiles> {
        let commit = match &policy.origin {
            PolicyOrigin::Commit(id) => Some(self.repo.resolve(id)?),
            PolicyOrigin::FirstAdoption => None,
        };
        let mut files = CaFiles::new();
        for path in policy.ca_files() {
            let bytes = match &commit {
                Some(commit) => self.repo.read_file(commit, path)?,
                None => self.repo.worktree_file(path)?,
            };
            files.extend(bytes.map(|bytes| (path.to_owned(), bytes)));
        }
        Ok(files)
    }

    fn trees(&self, refs: &RefArgs) -> Result<Trees> {
        let event = if self.is_apart { None } else { event::current()? };
        let Compared { base, head, policy, event } = compared(&self.repo, refs, event)?;
        let base = match &base {
            Base::Nothing => Snapshot::empty(),
            Base::Commit(commit) => self.snapshot(commit)?,
        };
        let head = match &head {
            Some(commit) => self.snapshot(commit)?,
            None => self.worktree()?,
        };
        if let Some(event) = event.as_ref().filter(|event| event.is_guarded()) {
            guard(&self.repo, event, &base, &head, || self.worktree())?;
        }
        let policy = match policy {
            Some(commit) if base.origin.commit.as_ref() == Some(&commit.id) => PolicyTree::Base,
            Some(commit) => PolicyTree::Other(self.snapshot(&commit)?),
            None => PolicyTree::None,
        };
        Ok(Trees { base, head, policy, event })
    }

    /// What a check of the affected prompts has to read, of base, of head, and of the policy where that is another tree.
    fn concerned(&self, trees: &Trees, wanted: &[Id]) -> Option<Vec<Selection>> {
        let config = |snapshot: &Snapshot| match config::load(snapshot, &self.settings) {
            Ok(loaded) => loaded.map(|loaded| loaded.config).unwrap_or_default(),
            Err(_) => config::Config::default(),
        };
        let (base, head) = (config(&trees.base), config(&trees.head));
        let policy = match &trees.policy {
            PolicyTree::Other(snapshot) => Some((snapshot, config(snapshot))),
            PolicyTree::Base | PolicyTree::None => None,
        };
        let policy = policy.as_ref().map(|(snapshot, config)| survey::Place { snapshot, config });
        let base = survey::Place { snapshot: &trees.base, config: &base };
        let head = survey::Place { snapshot: &trees.head, config: &head };
        survey::concerned(base, head, policy, &self.settings, wanted)
    }

    fn read(&self, trees: Trees, selections: Option<Vec<Selection>>) -> Result<Context> {
        let mut selections = selections.into_iter().flatten();
        let (of_base, of_head, of_policy) = (selections.next(), selections.next(), selections.next());
        let side = |snapshot, on_bad, known, only: &Option<Selection>| {
            let reading = Reading { known, only: only.as_ref() };
            Side::read_some(snapshot, &self.settings, on_bad, reading)
        };
        let head = side(trees.head, OnBadSettings::Stop, None, &of_head)?;
        let base = side(trees.base, OnBadSettings::Default, Some(&head), &of_base)?;
        let judged = |side: &Side| PolicyCommit::of(side, &self.settings).map(Policy::read);
        let policy = match trees.policy {
            PolicyTree::None => None,
            PolicyTree::Base => judged(&base),
            PolicyTree::Other(snapshot) => judged(&side(snapshot, OnBadSettings::Default, Some(&base), &of_policy)?),
        };
        let policy = policy.unwrap_or_else(|| Policy::first_adoption(&head));
        if let Some(event) = trees.event.as_ref().filter(|event| event.is_guarded()) {
            without_keys(event, policy.aliases())?;
        }
        Ok(Context { base, head, policy, event: trees.event })
    }
}

/// The ids a selection names; prompts must exist on one side, tasks anywhere.
pub fn selection(select: &SelectArgs, context: &Context) -> Result<(Vec<Id>, Vec<Id>)> {
    let Context { base, head, .. } = context;
    let parse = |text: &String| Id::new(text).map_err(Error::usage);
    let prompts = select.prompts.iter().map(parse).collect::<Result<Vec<_>>>()?;
    for id in &prompts {
        let known = |side: &Side| side.prompts.get(id).is_some() || side.prompts.is_broken(id);
        if !known(base) && !known(head) {
            return Err(unknown("prompt", id, head.prompts.ids()));
        }
    }
    let tasks = select.tasks.iter().map(parse).collect::<Result<Vec<_>>>()?;
    for id in &tasks {
        let all = || [base, head].into_iter().flat_map(task_ids);
        if !all().any(|known| known == id) {
            return Err(unknown("task", id, all()));
        }
    }
    Ok((prompts, tasks))
}

/// Which prompts a selection looks at.
pub fn scope<'a>(select: &SelectArgs, prompts: &'a [Id]) -> Scope<'a> {
    match (select.all, prompts) {
        (_, only @ [_, ..]) => Scope::Only(only),
        (true, []) => Scope::All,
        (false, []) => Scope::Affected,
    }
}

/// Every task id of a side.
pub fn task_ids(side: &Side) -> impl Iterator<Item = &Id> {
    let own = side.prompts.iter().flat_map(|(_, entry)| entry.versions.values()).flat_map(|prompt| &prompt.tests);
    side.suite.golden().chain(own).map(|task| &task.id)
}

/// An error for a name that does not exist, with the nearest one that does.
pub fn unknown<'a>(what: &str, id: &Id, known: impl Iterator<Item = &'a Id>) -> Error {
    let error = Error::usage(format!("there is no {what} `{id}`"));
    let known: std::collections::BTreeSet<&str> = known.map(Id::as_str).collect();
    let known: Vec<&str> = known.into_iter().collect();
    match crate::diagnostic::did_you_mean(id.as_str(), known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() => error,
        None => error.hint(format!("there are: {}", known.join(", "))),
    }
}

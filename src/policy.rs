//! The policy: everything that judges, from the policy commit and the operator's flags, and from nowhere else (DESIGN 3.4).
//!
//! A [`PolicyCommit`] can only be made of a side that was read from a commit, and [`Policy::read`] takes nothing else. The
//! one exception, the first adoption, has a name of its own and always warns.

use std::collections::BTreeMap;

use crate::config::{Alias, Budgets, Gate, Pointer, Spend, Traffic};
use crate::cost::Prices;
use crate::golden::{Quarantine, Task};
use crate::id::Id;
use crate::side::Side;

/// A side that may judge: it stands in a commit and has settings.
#[derive(Debug, Clone, Copy)]
pub struct PolicyCommit<'a>(&'a Side);

impl<'a> PolicyCommit<'a> {
    /// `None` where the side is no commit, or where nobody ever adopted regild there.
    pub fn of(side: &'a Side, settings_path: &str) -> Option<Self> {
        let adopted = side.snapshot.entry(settings_path).is_some();
        (adopted && side.snapshot.origin.commit.is_some()).then_some(Self(side))
    }
}

/// Where a policy comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyOrigin {
    Commit(String),
    /// No commit has settings yet: head's own count, and that is said.
    FirstAdoption,
}

/// What judges.
#[derive(Debug)]
pub struct Policy {
    pub origin: PolicyOrigin,
    /// Committer time of the policy commit, in seconds since 1970: the only "now" of a run.
    pub now: i64,
    pub gate: Gate,
    pub budgets: Budgets,
    pub spend: Spend,
    pub traffic: BTreeMap<Id, Traffic>,
    pub prices: Prices,
    pub require_prompt_id: bool,
    pub alert_on_token_spike: bool,
    pub rollback: Vec<Pointer>,
    models: BTreeMap<Id, Alias>,
    tasks: BTreeMap<(Id, Id), TaskPolicy>,
    /// Sentences about how the policy came to be, such as an unreadable file.
    pub remarks: Vec<String>,
}

/// What the policy says of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskPolicy {
    pub critical: bool,
    pub weight: rust_decimal::Decimal,
    pub quarantine: Option<Quarantine>,
}

impl TaskPolicy {
    fn of(task: &Task) -> Self {
        Self { critical: task.critical, weight: task.weight, quarantine: task.quarantine.clone() }
    }
}

impl Policy {
    /// The policy of a commit.
    pub fn read(commit: PolicyCommit<'_>) -> Self {
        let side = commit.0;
        let origin = &side.snapshot.origin;
        Self::from_side(side, PolicyOrigin::Commit(origin.commit.clone().unwrap_or_default()))
    }

    /// Head's own settings, where no policy commit exists yet. Replay only; all tasks are new; the verdict says so.
    pub fn first_adoption(head: &Side) -> Self {
        Self::from_side(head, PolicyOrigin::FirstAdoption)
    }

    fn from_side(side: &Side, origin: PolicyOrigin) -> Self {
        let config = &side.config;
        let mut remarks = Vec::new();
        if side.settings.is_none() && origin != PolicyOrigin::FirstAdoption {
            remarks.push("the policy's settings cannot be read: built-in defaults judge".to_owned());
        }
        let unreadable = side.diagnostics.iter().find(|found| found.is_error() && found.file == crate::config::PRICES);
        if let Some(diagnostic) = unreadable {
            remarks.push(format!("the policy's {} cannot be read: {}", diagnostic.file, diagnostic.message));
        }
        let mut tasks = BTreeMap::new();
        for (_, entry) in side.prompts.iter() {
            for prompt in entry.versions.values() {
                for task in &prompt.tests {
                    tasks.insert((task.prompt.clone(), task.id.clone()), TaskPolicy::of(task));
                }
            }
        }
        for task in side.suite.golden() {
            tasks.insert((task.prompt.clone(), task.id.clone()), TaskPolicy::of(task));
        }
        Self {
            origin,
            now: side.snapshot.origin.time,
            gate: config.gate.clone(),
            budgets: config.budgets,
            spend: config.spend.clone(),
            traffic: config.traffic.clone(),
            prices: side.prices.clone(),
            require_prompt_id: config.prompts.require_prompt_id,
            alert_on_token_spike: config.observability.alert_on_token_spike,
            rollback: config.prompts.rollback.0.clone(),
            models: config.models.clone(),
            tasks,
            remarks,
        }
    }

    /// The policy's word on a task; a task that the policy does not know speaks for itself.
    pub fn task(&self, task: &Task) -> TaskPolicy {
        let key = (task.prompt.clone(), task.id.clone());
        self.tasks.get(&key).cloned().unwrap_or_else(|| TaskPolicy::of(task))
    }

    /// Whether a task is quarantined today.
    pub fn is_quarantined(&self, task: &Task) -> bool {
        self.task(task).quarantine.is_some_and(|quarantine| quarantine.until.0 >= self.today())
    }

    /// The day of [`Policy::now`].
    pub fn today(&self) -> chrono::NaiveDate {
        chrono::DateTime::from_timestamp(self.now, 0).map_or(chrono::NaiveDate::MIN, |time| time.date_naive())
    }

    /// An alias as a side runs on it: model and parameters are the side's own, who is spoken to is the policy's.
    pub fn effective(&self, id: &Id, own: &Alias) -> Alias {
        match self.models.get(id) {
            Some(policy) => Alias {
                provider: policy.provider,
                base_url: policy.base_url.clone(),
                api_key_env: policy.api_key_env.clone(),
                price_as: policy.price_as.clone(),
                ..own.clone()
            },
            None => own.clone(),
        }
    }
}

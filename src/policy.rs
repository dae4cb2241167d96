//! The policy: everything that judges, from the policy commit and the operator's flags, and from nowhere else (DESIGN 3.4).
//!
//! A [`PolicyCommit`] can only be made of a side that was read from a commit, and [`Policy::read`] takes nothing else. The
//! one exception, the first adoption, has a name of its own and always warns.

use std::collections::BTreeMap;

use crate::assertion::Assertion;
use crate::config::{Alias, Budgets, Gate, Level, Pointer, Spend, Traffic};
use crate::cost::Prices;
use crate::diagnostic::{Code, Diagnostic};
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
    /// Whether log lines carry the prompt_id.
    pub log_prompt_id: bool,
    pub active: Vec<Pointer>,
    pub rollback: Vec<Pointer>,
    models: BTreeMap<Id, Alias>,
    tasks: BTreeMap<(Id, Id), TaskPolicy>,
    /// By prompt, task and name.
    judges: BTreeMap<(Id, Id, Id), Assertion>,
    /// Sentences about how the policy came to be, such as an unreadable file.
    pub remarks: Vec<String>,
}

/// What the policy says of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskPolicy {
    pub critical: bool,
    pub weight: rust_decimal::Decimal,
    pub quarantine: Option<Quarantine>,
    /// Tasks of one family count as one where chance is weighed.
    pub family: Option<Id>,
}

impl TaskPolicy {
    fn of(task: &Task) -> Self {
        Self {
            critical: task.critical,
            weight: task.weight,
            quarantine: task.quarantine.clone(),
            family: task.family.clone(),
        }
    }
}

/// What diagnostics weigh: the part of a policy that is enough where nothing is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Severities {
    pub origin: PolicyOrigin,
    pub levels: BTreeMap<Code, Level>,
    pub remarks: Vec<String>,
}

impl Severities {
    pub fn of(policy: &Policy) -> Self {
        Self { origin: policy.origin.clone(), levels: policy.gate.severity.clone(), remarks: policy.remarks.clone() }
    }

    /// From the text of a policy commit's settings; the usual severities where it cannot be read, as for [`Policy::read`].
    pub fn read(commit: &str, path: &str, text: &[u8]) -> Self {
        let origin = PolicyOrigin::Commit(commit.to_owned());
        match crate::config::parse(path, text) {
            Ok(loaded) => Self { origin, levels: loaded.config.gate.severity, remarks: Vec::new() },
            Err(unusable) => Self { origin, levels: BTreeMap::new(), remarks: vec![unreadable(&unusable.problems)] },
        }
    }

    /// Head's own, where no commit has a policy.
    pub fn own(head: &Side) -> Self {
        let levels = head.config.gate.severity.clone();
        Self { origin: PolicyOrigin::FirstAdoption, levels, remarks: Vec::new() }
    }

    /// The commit they were read from; `None` where they are head's own.
    pub fn commit(&self) -> Option<&str> {
        match &self.origin {
            PolicyOrigin::Commit(commit) => Some(commit),
            PolicyOrigin::FirstAdoption => None,
        }
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
            remarks.push(unreadable(&side.diagnostics));
        }
        let unreadable = side.diagnostics.iter().find(|found| found.is_error() && found.file == crate::config::PRICES);
        if let Some(diagnostic) = unreadable {
            remarks.push(format!("the policy's {} cannot be read: {}", diagnostic.file, diagnostic.message));
        }
        let (mut tasks, mut judges) = (BTreeMap::new(), BTreeMap::new());
        let versions = side.prompts.iter().flat_map(|(_, entry)| entry.versions.values());
        let tests = versions.flat_map(|prompt| prompt.tests.iter().map(|task| &**task));
        for task in tests.chain(side.suite.golden().map(|task| &**task)) {
            tasks.insert((task.prompt.clone(), task.id.clone()), TaskPolicy::of(task));
            for assertion in &task.assertions {
                let Some(judge) = assertion.as_judge() else { continue };
                judges.insert((task.prompt.clone(), task.id.clone(), judge.name.clone()), assertion.clone());
            }
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
            log_prompt_id: config.observability.log_prompt_id,
            active: config.prompts.active.0.clone(),
            rollback: config.prompts.rollback.0.clone(),
            models: config.models.clone(),
            tasks,
            judges,
            remarks,
        }
    }

    /// The policy's word on a task; a task that the policy does not know speaks for itself.
    pub fn task(&self, task: &Task) -> TaskPolicy {
        let key = (task.prompt.clone(), task.id.clone());
        self.tasks.get(&key).cloned().unwrap_or_else(|| TaskPolicy::of(task))
    }

    /// An assertion as it is in force: of a judge that the policy has in this task, the policy's declaration.
    pub fn in_force<'t>(&'t self, task: &Task, assertion: &'t Assertion) -> &'t Assertion {
        let Some(judge) = assertion.as_judge() else { return assertion };
        self.judges.get(&(task.prompt.clone(), task.id.clone(), judge.name.clone())).unwrap_or(assertion)
    }

    /// Where the certificates stand that aliases believe beside the system's.
    pub fn ca_files(&self) -> impl Iterator<Item = &str> {
        self.models.values().filter_map(|alias| alias.ca_file.as_deref())
    }

    /// An alias as the policy declares it.
    pub fn alias(&self, id: &Id) -> Option<&Alias> {
        self.models.get(id)
    }

    /// The aliases that the policy declares.
    pub fn aliases(&self) -> impl Iterator<Item = &Alias> {
        self.models.values()
    }

    /// Whether a task is quarantined today.
    pub fn is_quarantined(&self, task: &Task) -> bool {
        self.task(task).quarantine.is_some_and(|quarantine| quarantine.until.0 >= self.today())
    }

    /// The day of [`Policy::now`].
    pub fn today(&self) -> chrono::NaiveDate {
        chrono::DateTime::from_timestamp(self.now, 0).map_or(chrono::NaiveDate::MIN, |time| time.date_naive())
    }

    /// Whether it is the policy that says where an alias is reached and who gets which key. Head alone must not (SEC-03).
    pub fn vouches_for(&self, id: &Id) -> bool {
        matches!(self.origin, PolicyOrigin::Commit(_)) && self.models.contains_key(id)
    }

    /// An alias as a side runs on it: model and parameters are the side's own, who is spoken to is the policy's.
    pub fn effective(&self, id: &Id, own: &Alias) -> Alias {
        match self.models.get(id) {
            Some(policy) => Alias { model: own.model.clone(), parameters: own.parameters.clone(), ..policy.clone() },
            None => own.clone(),
        }
    }
}

/// A remark on settings that cannot be read.
fn unreadable(found: &[Diagnostic]) -> String {
    let is_of_settings = |found: &&Diagnostic| found.line > 0 && found.file != crate::config::PRICES;
    let place = found.iter().find(|found| is_of_settings(found) && found.file.ends_with(".yaml"));
    let place = place.map_or_else(String::new, |found| format!(" ({}:{})", found.file, found.line));
    format!("the policy's settings cannot be read{place}: built-in defaults judge")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::OnBadSettings;
    use crate::snapshot::tests::snapshot;

    #[test]
    fn only_a_commit_with_settings_can_judge() {
        let side = |files: &[(&str, &str)], commit: Option<&str>| {
            let mut files = snapshot(files);
            files.origin.commit = commit.map(str::to_owned);
            Side::read(files, "regild.yaml", OnBadSettings::Default).unwrap()
        };
        let settings = [("regild.yaml", "budgets: {max_steps: 3}")];
        assert!(PolicyCommit::of(&side(&settings, None), "regild.yaml").is_none(), "a working tree");
        assert!(PolicyCommit::of(&side(&[], Some("c")), "regild.yaml").is_none(), "nobody adopted it there");
        let side = side(&settings, Some("c"));
        let policy = Policy::read(PolicyCommit::of(&side, "regild.yaml").unwrap());
        assert_eq!((policy.budgets.max_steps, policy.origin), (3, PolicyOrigin::Commit("c".into())));
    }

    #[test]
    fn settings_that_cannot_be_read_are_defaults_and_said_so() {
        let mut files = snapshot(&[("regild.yaml", "gaet: {}"), ("prices.yaml", "as_of: 2026-11-01")]);
        files.origin.commit = Some("c".into());
        let side = Side::read(files, "regild.yaml", OnBadSettings::Default).unwrap();
        let policy = Policy::read(PolicyCommit::of(&side, "regild.yaml").unwrap());
        assert_eq!(policy.gate, Gate::default());
        assert_eq!(policy.remarks.len(), 2, "{:?}", policy.remarks);
    }

    #[test]
    fn endpoints_are_the_policys_and_models_the_sides_own() {
        let alias = |text: &str| {
            let settings = format!("models:\n  m: {text}\n");
            Side::read(snapshot(&[("regild.yaml", &settings)]), "regild.yaml", OnBadSettings::Stop).unwrap()
        };
        let id = Id::new("m").unwrap();
        let effective = |policy: &str, own: &str| {
            let own = alias(own).config.models[&id].clone();
            Policy::first_adoption(&alias(policy)).effective(&id, &own)
        };
        let policy = "{provider: openai, model: a, base_url: 'https://one.example', price_as: x/y}";
        let own = "{provider: openai-compatible, model: b, parameters: {seed: 1}, base_url: 'https://evil.example', \
            api_key_env: SECRET, served: ['*'], api: responses, key_header: x-key, headers: {x-a: b}, ca_file: ca.pem, \
            max_requests_per_minute: 9, max_tokens_per_minute: 9}";
        let found = effective(policy, own);
        assert_eq!((found.model.as_deref(), found.parameters["seed"].as_u64()), (Some("b"), Some(1)));
        // Nothing else is head's: who may answer instead, who gets what, whom to trust, how fast.
        let bare = Alias { model: Some("a".into()), parameters: serde_json::Map::new(), ..found };
        assert_eq!(bare, alias(policy).config.models[&id]);
        let http = "{provider: http, base_url: 'https://evil.example', http: {path: /a, output: /b}}";
        assert_eq!(effective(policy, http).http, None);
        let found = effective(http, "{provider: mock}");
        assert_eq!((found.api(), found.http.map(|http| http.path)), ("http", Some("/a".to_owned())));
    }
}

//! Saying yes: an operator's acceptance, a review on GitHub, or a waiver in the policy. Acceptance excuses what awaits it,
//! never a regression.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::approval::Approval;
use crate::finding::Finding;
use crate::id::Id;
use crate::outcome::Reason;
use crate::policy::Policy;
use crate::report::{self, Accepted, Severity};

/// An operator's yes: `CODE[:PROMPT[/TASK]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    pub code: String,
    pub prompt: Option<Id>,
    pub task: Option<Id>,
}

impl FromStr for Acceptance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (code, scope) = match text.split_once(':') {
            Some((code, scope)) => (code, Some(scope)),
            None => (text, None),
        };
        if code.is_empty()
            || !code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
        {
            return Err(format!("{code:?} is not a finding's code, such as expectation-changed"));
        }
        let (prompt, task) = match scope.map(|scope| scope.split_once('/').map_or((scope, None), |(p, t)| (p, Some(t))))
        {
            None => (None, None),
            Some((prompt, task)) => (Some(Id::new(prompt)?), task.map(Id::new).transpose()?),
        };
        Ok(Self { code: code.replace('_', "-"), prompt, task })
    }
}

impl fmt::Display for Acceptance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if let Some(prompt) = &self.prompt {
            write!(f, ":{prompt}")?;
        }
        self.task.as_ref().map_or(Ok(()), |task| write!(f, "/{task}"))
    }
}

impl Acceptance {
    pub(super) fn covers(&self, finding: &Finding) -> bool {
        self.code == finding.kind.code()
            && (self.prompt.is_none() || self.prompt == finding.prompt)
            && (self.task.is_none() || self.task == finding.task)
    }

    /// Whether it takes head's unverified answers to a task as evidence.
    fn trusts(&self, prompt: &Id, task: &Id) -> bool {
        self.code == Reason::Unverified.code()
            && self.prompt.as_ref().is_none_or(|own| own == prompt)
            && self.task.as_ref().is_none_or(|own| own == task)
    }
}

/// What was said yes to, and why.
#[derive(Debug, Clone, Default)]
pub struct Acceptances {
    /// By the operator.
    pub list: Vec<Acceptance>,
    pub reason: String,
    /// By a review on GitHub.
    pub approved: Option<Approved>,
    /// Why an approval does not count, where one does not.
    pub void: Option<String>,
}

/// An approving review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub by: Approval,
    /// What awaited a yes when it was given; `None` where this very head was approved, with all that it holds. A merge queue
    /// puts the approved change on something that the reviewer did not see: what came up only there was not approved.
    pub seen: Option<BTreeSet<Awaiting>>,
}

/// What tells one finding that awaits a yes from another, within one change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Awaiting {
    pub code: String,
    pub prompt: Option<String>,
    pub version: Option<String>,
    pub task: Option<String>,
    pub model: Option<String>,
}

impl Awaiting {
    /// Everything in a verdict that a yes would settle.
    pub fn of(verdict: &report::Verdict) -> BTreeSet<Self> {
        let awaits =
            |reason: &&report::Reason| reason.severity == Severity::Accept || reason.code == Reason::Unverified.code();
        let of = |reason: &report::Reason| {
            let report::Reason { code, prompt, version, task, model, .. } = reason.clone();
            Self { code, prompt, version, task, model }
        };
        verdict.reasons.iter().filter(awaits).map(of).collect()
    }
}

impl Acceptances {
    /// Whether head's unverified answers to a task on an alias are taken as evidence.
    pub fn trusts(&self, prompt: &Id, task: &Id, alias: &Id) -> bool {
        let was_seen = |awaiting: &Awaiting| {
            let is = |text: &Option<String>, id: &Id| text.as_deref() == Some(id.as_str());
            let Awaiting { code, prompt: of, task: at, model, .. } = awaiting;
            code == Reason::Unverified.code() && is(of, prompt) && is(at, task) && is(model, alias)
        };
        self.list.iter().any(|one| one.trusts(prompt, task))
            || self.approved.as_ref().is_some_and(|yes| yes.seen.as_ref().is_none_or(|seen| seen.iter().any(was_seen)))
    }
}

impl Approved {
    /// Whether the yes was given to this finding.
    fn covers(&self, finding: &Finding, code: &str) -> bool {
        let id = |id: &Option<Id>| id.as_ref().map(Id::to_string);
        let here = || Awaiting {
            code: code.to_owned(),
            prompt: id(&finding.prompt),
            version: finding.version.as_ref().map(semver::Version::to_string),
            task: id(&finding.task),
            model: id(&finding.alias),
        };
        self.seen.as_ref().is_none_or(|seen| seen.contains(&here()))
    }
}

/// The command by which an operator says yes.
pub(super) fn accepting(code: &str, prompt: Option<&Id>, task: Option<&Id>) -> String {
    let acceptance = Acceptance { code: code.to_owned(), prompt: prompt.cloned(), task: task.cloned() };
    format!("regild check --accept {acceptance} --reason TEXT")
}

/// An operator's acceptance, a reviewer's, or the policy's waiver, if one applies. Acceptance excuses what awaits it, never a regression.
pub(super) fn excuse(
    finding: &Finding,
    severity: Severity,
    code: &str,
    policy: &Policy,
    acceptances: &Acceptances,
) -> Option<Accepted> {
    let id = |id: &Option<Id>| id.as_ref().map(Id::to_string);
    let accepted = |by: &str, who: Option<String>, reason: String| Accepted {
        code: code.to_owned(),
        prompt: id(&finding.prompt),
        task: id(&finding.task),
        by: by.to_owned(),
        who,
        reason,
        message: finding.message.clone(),
    };
    if severity == Severity::Accept && acceptances.list.iter().any(|one| one.covers(finding)) {
        return Some(accepted("operator", None, acceptances.reason.clone()));
    }
    if severity == Severity::Accept
        && let Some(approved) = acceptances.approved.as_ref().filter(|approved| approved.covers(finding, code))
    {
        let Approval { who, head, pull_request } = &approved.by;
        let reason = format!("approved at {} in pull request {pull_request}", report::words::short(head));
        return Some(accepted("review", Some(who.join(", ")), reason));
    }
    if severity == Severity::Warn {
        return None;
    }
    let waiver = policy.gate.waivers.iter().find(|waiver| {
        waiver.finding.replace('_', "-") == code
            && waiver.until.0 >= policy.today()
            && (waiver.prompt.is_none() || waiver.prompt == finding.prompt)
            && (waiver.task.is_none() || waiver.task == finding.task)
    })?;
    Some(accepted("waiver", Some(waiver.who.clone()), format!("{} (until {})", waiver.why, waiver.until)))
}

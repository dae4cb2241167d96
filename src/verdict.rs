//! The verdict: findings × policy × acceptance → severity, status, exit code. The only place that knows thresholds.

use std::fmt;
use std::str::FromStr;

use crate::compare::{Flip, Measured, Metric};
use crate::config::{Growth, Level};
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::outcome::Reason;
use crate::policy::Policy;
use crate::report::{self, Accepted, MetricStatus, Severity, Status, TaskOutcome};

/// The chance of calling noise a regression that one task may have.
const ALPHA: f64 = 0.05;
/// Rounding of a p-value that is exactly the limit.
const EPSILON: f64 = 1e-9;
/// Samples a side with which an unconfirmed flip is tried again.
const CONFIRMING_SAMPLES: u32 = 7;

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
        if code.is_empty() || !code.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_') {
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
    fn covers(&self, finding: &Finding) -> bool {
        self.code == finding.kind.code()
            && (self.prompt.is_none() || self.prompt == finding.prompt)
            && (self.task.is_none() || self.task == finding.task)
    }

    /// Whether it takes head's unverified answers of a prompt as evidence.
    pub fn trusts(&self, prompt: &Id) -> bool {
        self.code == Reason::Unverified.code() && self.prompt.as_ref().is_none_or(|own| own == prompt)
    }
}

/// What the operator said yes to, and why.
#[derive(Debug, Clone, Default)]
pub struct Acceptances {
    pub list: Vec<Acceptance>,
    pub reason: String,
}

/// Decides.
pub fn decide(mut findings: Vec<Finding>, policy: &Policy, acceptances: &Acceptances) -> report::Verdict {
    let unused: Vec<Finding> = acceptances
        .list
        .iter()
        .filter(|one| one.code != Reason::Unverified.code() && !findings.iter().any(|finding| one.covers(finding)))
        .map(|one| Finding::new(Kind::UnusedAcceptance, format!("`--accept {one}` accepts nothing that was found")))
        .collect();
    findings.extend(unused);
    let mut reasons: Vec<(Severity, u8, report::Reason)> = Vec::new();
    let mut accepted = Vec::new();
    for finding in findings {
        let Some((severity, code)) = weigh(&finding, policy) else { continue };
        if let Some(excuse) = excuse(&finding, severity, &code, policy, acceptances) {
            accepted.push(excuse);
            continue;
        }
        let rank = finding.kind.rank();
        let unconfirmed = matches!(finding.kind, Kind::Failing { .. }) && severity == Severity::Inconclusive;
        let Finding { prompt, version, task, alias, message, help, .. } = finding;
        let help = match (&prompt, &task) {
            (Some(prompt), Some(task)) if unconfirmed => Some(confirming(prompt, task)),
            _ if severity == Severity::Accept && help.is_none() => {
                Some(accepting(&code, prompt.as_ref(), task.as_ref()))
            }
            _ => help,
        };
        let id = |id: Option<Id>| id.map(|id| id.to_string());
        let reason = report::Reason {
            code,
            severity,
            prompt: id(prompt),
            version: version.map(|version| version.to_string()),
            task: id(task),
            model: id(alias),
            message,
            help,
        };
        reasons.push((severity, rank, reason));
    }
    reasons.sort_by(|a, b| {
        let key = |(severity, rank, reason): &(Severity, u8, report::Reason)| {
            (
                *severity,
                *rank,
                reason.prompt.clone(),
                reason.version.clone(),
                reason.task.clone(),
                reason.model.clone(),
                reason.message.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    reasons.dedup();
    let reasons: Vec<report::Reason> = reasons.into_iter().map(|(_, _, reason)| reason).collect();
    let status = match reasons.first().map(|reason| reason.severity) {
        Some(Severity::Fail) => Status::Fail,
        Some(Severity::Accept | Severity::Inconclusive) => Status::Inconclusive,
        Some(Severity::Warn) | None => Status::Pass,
    };
    report::Verdict { status, exit_code: exit_code(status), accepted, reasons }
}

/// The process's exit code for a status.
pub fn exit_code(status: Status) -> u8 {
    match status {
        Status::Pass => 0,
        Status::Fail => 1,
        Status::Inconclusive => 3,
    }
}

/// How a finding weighs under a policy, and under which code it is reported; `None` where the policy turns it off.
fn weigh(finding: &Finding, policy: &Policy) -> Option<(Severity, String)> {
    let gate = &policy.gate;
    let code = finding.kind.code().to_owned();
    let severity = match &finding.kind {
        Kind::InvalidFile { code, new } => match gate.severity.get(code) {
            Some(level) => of_level(*level)?,
            None if *new => Severity::Fail,
            None => Severity::Warn,
        },
        Kind::DocumentWarning { code } => of_level(gate.severity.get(code).copied().unwrap_or(Level::Warn))?,
        Kind::Tampered { new: true } | Kind::BudgetBroken | Kind::Cost => Severity::Fail,
        Kind::Tampered { new: false } => Severity::Inconclusive,
        Kind::Failing { p_value } => {
            if !is_regression(*p_value, finding.critical) {
                let unconfirmed = Reason::Unconfirmed { p_value: String::new() };
                return Some((quarantine(Severity::Inconclusive, finding), unconfirmed.code().to_owned()));
            }
            of_level(gate.regression)?
        }
        Kind::NewFailure => of_level(gate.new_failure)?,
        Kind::StillFailing => of_level(gate.still_failing)?,
        Kind::ExpectationChanged | Kind::TaskRemoved | Kind::PromptRemoved | Kind::IdChanged => {
            of_level(gate.expectation_changed)?
        }
        Kind::Untested => of_level(gate.untested)?,
        Kind::BaseUnmeasured => of_level(gate.base_unmeasured)?,
        Kind::CostUnknown => match gate.cost.unknown {
            Level::Accept => Severity::Inconclusive,
            level => of_level(level)?,
        },
        Kind::Unjudged(_) => Severity::Inconclusive,
        Kind::Growth { metric, ratio, delta } => match growth_status(*metric, Some(*ratio), Some(*delta), policy) {
            MetricStatus::Fail => Severity::Fail,
            MetricStatus::Warn => Severity::Warn,
            MetricStatus::Pass | MetricStatus::Info | MetricStatus::Unknown => return None,
        },
        Kind::FirstAdoption
        | Kind::PolicyRemark
        | Kind::PolicyProposed
        | Kind::Rollback
        | Kind::FewerSamples
        | Kind::ReRecorded
        | Kind::Edited
        | Kind::UnusedAcceptance => Severity::Warn,
    };
    Some((quarantine(severity, finding), code))
}

/// A quarantined task is judged and shown, and holds nobody up.
fn quarantine(severity: Severity, finding: &Finding) -> Severity {
    let excused = matches!(
        finding.kind,
        Kind::Failing { .. } | Kind::NewFailure | Kind::BudgetBroken | Kind::Unjudged(_) | Kind::StillFailing
    );
    if finding.quarantined && excused { Severity::Warn } else { severity }
}

fn of_level(level: Level) -> Option<Severity> {
    match level {
        Level::Fail => Some(Severity::Fail),
        Level::Accept => Some(Severity::Accept),
        Level::Warn => Some(Severity::Warn),
        Level::Off => None,
    }
}

fn is_regression(p_value: f64, critical: bool) -> bool {
    critical || p_value <= ALPHA + EPSILON
}

/// An operator's acceptance or the policy's waiver, if one applies. Acceptance excuses what awaits it, never a regression.
fn excuse(
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

/// The outcome a report shows for a flip, and why it could not be judged, where it could not.
pub fn task_outcome(flip: &Flip, critical: bool) -> (TaskOutcome, Option<report::Unjudged>) {
    let unjudged = |reason: &Reason| {
        let unjudged = report::Unjudged { code: reason.code().to_owned(), message: reason.to_string() };
        (TaskOutcome::Unjudged, Some(unjudged))
    };
    match flip {
        Flip::Passing => (TaskOutcome::Passing, None),
        Flip::Fixed => (TaskOutcome::Fixed, None),
        Flip::StillFailing => (TaskOutcome::StillFailing, None),
        Flip::NewPass => (TaskOutcome::NewPass, None),
        Flip::NewFailure => (TaskOutcome::NewFailure, None),
        Flip::ExpectationChanged(_) => (TaskOutcome::ExpectationChanged, None),
        Flip::Removed => (TaskOutcome::Removed, None),
        Flip::Unjudged(reason) => unjudged(reason),
        Flip::Failing { p_value } if is_regression(*p_value, critical) => (TaskOutcome::Regressed, None),
        Flip::Failing { p_value } => unjudged(&Reason::Unconfirmed { p_value: format!("{p_value:.3}") }),
    }
}

/// The command that tries an unconfirmed flip again with more samples.
pub fn confirming(prompt: &Id, task: &Id) -> String {
    format!("regild record --prompt {prompt} --task {task} --samples {CONFIRMING_SAMPLES} --side both")
}

/// The command by which an operator says yes.
fn accepting(code: &str, prompt: Option<&Id>, task: Option<&Id>) -> String {
    let acceptance = Acceptance { code: code.to_owned(), prompt: prompt.cloned(), task: task.cloned() };
    format!("regild check --accept {acceptance} --reason TEXT")
}

/// Whether a metric is gated, and how it stands.
pub fn metric_status(metric: Metric, measured: &Measured, policy: &Policy) -> (MetricStatus, Option<f64>) {
    let limit = limits(metric, policy).and_then(|(growth, _)| growth.fail.or(growth.warn));
    let delta = measured.head_mean.zip(measured.base_mean).map(|(head, base)| head - base);
    (growth_status(metric, measured.ratio, delta, policy), limit)
}

fn growth_status(metric: Metric, ratio: Option<f64>, delta: Option<f64>, policy: &Policy) -> MetricStatus {
    let Some((growth, min_delta)) = limits(metric, policy) else { return MetricStatus::Info };
    let Some(delta) = delta else { return MetricStatus::Unknown };
    // From nothing to something is growth beyond every ratio.
    let ratio = ratio.unwrap_or(if delta > 0.0 { f64::INFINITY } else { 1.0 });
    if delta < min_delta {
        return MetricStatus::Pass;
    }
    let beyond = |limit: Option<f64>| limit.is_some_and(|limit| ratio > limit + EPSILON);
    if beyond(growth.fail) {
        // The founding configuration's alert decides whether a token spike fails or warns.
        let warns_only = metric == Metric::TotalTokens && !policy.alert_on_token_spike;
        return if warns_only { MetricStatus::Warn } else { MetricStatus::Fail };
    }
    if beyond(growth.warn) { MetricStatus::Warn } else { MetricStatus::Pass }
}

/// The limits of a gated metric, and the smallest difference that counts.
fn limits(metric: Metric, policy: &Policy) -> Option<(Growth, f64)> {
    let gate = &policy.gate;
    match metric {
        Metric::TotalTokens => gate.tokens.map(|growth| (growth, 0.0)),
        Metric::ToolCalls => {
            gate.tool_calls.map(|allowed| (Growth { warn: allowed.warn, fail: allowed.fail }, allowed.min_delta))
        }
        Metric::LatencyMs => gate.latency.map(|growth| (growth, 0.0)),
        Metric::OutputTokens | Metric::Steps | Metric::CostUsd => None,
    }
}

/// The limit of a metric as a sentence's end: ", limit +25 %".
pub fn limit_words(metric: Metric, policy: &Policy) -> String {
    match limits(metric, policy).and_then(|(growth, _)| growth.fail.or(growth.warn)) {
        Some(limit) => format!(", limit {:+.0} %", (limit - 1.0) * 100.0),
        None => String::new(),
    }
}

/// Limits on money: findings where a known cost is over one, or where an unknown one would have to be compared.
pub mod money {
    use rust_decimal::Decimal;

    use super::Policy;
    use crate::finding::{Finding, Kind};
    use crate::id::Id;

    /// Judges the sum over all affected, served prompts.
    pub fn total(base: Option<Decimal>, head: Option<Decimal>, unknown: &[String], policy: &Policy) -> Vec<Finding> {
        let gate = &policy.gate.cost;
        let limited = gate.max_increase_usd_month.is_some() || gate.max_increase_percent.is_some();
        let (Some(base), Some(head)) = (base, head) else {
            if !limited || unknown.is_empty() {
                return Vec::new();
            }
            let message = format!("the monthly cost cannot be compared with the limit: {}", unknown.join("; "));
            return vec![Finding::new(Kind::CostUnknown, message)];
        };
        let delta = head - base;
        let mut findings = Vec::new();
        if let Some(limit) = gate.max_increase_usd_month
            && delta > limit.0
        {
            let message = format!("cost up ${} a month, limit +${}", delta.round_dp(2), limit.0);
            findings.push(Finding::new(Kind::Cost, message));
        }
        if let Some(limit) = gate.max_increase_percent
            && !base.is_zero()
            && let Some(limit) = Decimal::from_f64_retain(limit)
        {
            let percent = delta / base * Decimal::ONE_HUNDRED;
            if percent > limit {
                let message =
                    format!("cost up {} % a month, limit +{} %", percent.round_dp(1), limit.round_dp(2).normalize());
                findings.push(Finding::new(Kind::Cost, message));
            }
        }
        findings
    }

    /// Judges what one request of a prompt costs.
    pub fn request(prompt: &Id, head: Option<Decimal>, policy: &Policy) -> Option<Finding> {
        let limit = policy.gate.cost.max_usd_per_request?;
        let finding = match head {
            Some(head) if head > limit.0 => {
                Finding::new(Kind::Cost, format!("${} a request, limit ${}", head.round_dp(6).normalize(), limit.0))
            }
            Some(_) => return None,
            None => Finding::new(Kind::CostUnknown, "what a request costs is not known"),
        };
        Some(finding.of(prompt))
    }
}

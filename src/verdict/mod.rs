//! The verdict: findings × policy × acceptance → severity, status, exit code. The only place that knows thresholds.

mod accept;
mod growth;
pub mod money;

pub use accept::{Acceptance, Acceptances};
pub use growth::{limit_words, metric_status};

use accept::{accepting, excuse};
use growth::growth_status;

use crate::compare::Flip;
use crate::config::Level;
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::outcome::Reason;
use crate::policy::Policy;
use crate::report::{self, MetricStatus, Severity, Status, TaskOutcome};

/// The chance of calling noise a regression that one task may have.
const ALPHA: f64 = 0.05;
/// Rounding of a p-value that is exactly the limit.
const EPSILON: f64 = 1e-9;
/// Samples a side with which an unconfirmed flip is tried again.
const CONFIRMING_SAMPLES: u32 = 7;

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
        Kind::Tampered { new: true } | Kind::NotRendered | Kind::BudgetBroken | Kind::Cost => Severity::Fail,
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
        | Kind::Unreadable
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

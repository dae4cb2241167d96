//! The verdict: findings × policy × acceptance → severity, status, exit code. The only place that knows thresholds.

mod accept;
pub mod documents;
mod flips;
mod growth;
pub mod money;
mod suite;

pub use accept::{Acceptance, Acceptances, Approved, Awaiting};
pub use flips::{CONFIRMING_SAMPLES, UNSTEADY, is_to_confirm, task_outcome};
pub use growth::{Bar, bar, limit};
pub use suite::{Weighed, tolerance, weigh as weigh_suite};

use accept::{accepting, excuse};
use flips::{Standing, standing};

use crate::config::Level;
use crate::diagnostic::Severity as Usual;
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::outcome::Reason;
use crate::policy::Policy;
use crate::report::{self, MetricStatus, Severity, Status};

/// Rounding of a number that is exactly the limit.
const EPSILON: f64 = 1e-9;
/// Samples a side with which an unconfirmed flip is tried again.
const SAMPLES_TO_TELL: u32 = 7;

/// Decides.
pub fn decide(mut findings: Vec<Finding>, policy: &Policy, acceptances: &Acceptances) -> report::Verdict {
    let unused: Vec<Finding> = acceptances
        .list
        .iter()
        .filter(|one| one.code != Reason::Unverified.code() && !findings.iter().any(|finding| one.covers(finding)))
        .map(|one| Finding::new(Kind::UnusedAcceptance, format!("`--accept {one}` accepts nothing that was found")))
        .collect();
    findings.extend(unused);
    findings.extend(acceptances.void.iter().map(|why| Finding::new(Kind::VoidApproval, why)));
    let mut reasons: Vec<(Severity, u8, report::Reason)> = Vec::new();
    let mut accepted = Vec::new();
    for finding in findings {
        let Some((severity, code)) = weigh(&finding, policy) else { continue };
        if let Some(excuse) = excuse(&finding, severity, &code, policy, acceptances) {
            accepted.push(excuse);
            continue;
        }
        let rank = finding.kind.rank();
        let unconfirmed = matches!(finding.kind, Kind::Failing(_)) && severity == Severity::Inconclusive;
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
    let mut code = finding.kind.code().to_owned();
    let severity = match &finding.kind {
        Kind::InvalidFile { code, new } => documents::weigh(*code, Usual::Error, *new, &gate.severity)?,
        Kind::DocumentWarning { code, new } => documents::weigh(*code, Usual::Warning, *new, &gate.severity)?,
        // Where a reason why it does not load fails anyway, that says it all.
        Kind::NotLoaded { codes } if codes.iter().any(|code| documents::fails(*code, &gate.severity)) => return None,
        Kind::NotLoaded { .. } => Severity::Inconclusive,
        Kind::NotRun { code } if documents::fails(*code, &gate.severity) => Severity::Fail,
        Kind::NotRun { .. } => Severity::Inconclusive,
        Kind::Tampered { new: true } | Kind::NotRendered | Kind::BudgetBroken => Severity::Fail,
        Kind::Cost { certain: true } | Kind::TooLong { new: true } => Severity::Fail,
        Kind::Cost { certain: false } if gate.cost.strict => Severity::Inconclusive,
        Kind::Cost { certain: false } | Kind::TooLong { new: false } => Severity::Warn,
        Kind::Tampered { new: false } => Severity::Inconclusive,
        Kind::Failing(fallen) => match standing(fallen, finding.critical, &gate.evidence) {
            Standing::Regressed => of_level(gate.regression)?,
            Standing::Unconfirmed => {
                Reason::Unconfirmed { p_value: String::new() }.code().clone_into(&mut code);
                Severity::Inconclusive
            }
            Standing::Unsteady => {
                UNSTEADY.clone_into(&mut code);
                Severity::Warn
            }
        },
        Kind::NotComparable => of_level(gate.not_comparable)?,
        Kind::NewFailure => of_level(gate.new_failure)?,
        Kind::StillFailing => of_level(gate.still_failing)?,
        Kind::ExpectationChanged | Kind::TaskRemoved | Kind::PromptRemoved | Kind::IdChanged => {
            of_level(gate.expectation_changed)?
        }
        Kind::Untested => of_level(gate.untested)?,
        Kind::BaseUnmeasured => of_level(gate.base_unmeasured)?,
        Kind::CostUnknown => of_level(gate.cost.unknown)?,
        // Who may bring the settings that judge must not be who is judged.
        Kind::Claimed | Kind::FirstAdoption { foreign: true } => Severity::Accept,
        Kind::Unlike { alike, least } if alike < least => Severity::Inconclusive,
        Kind::Unlike { .. } => return None,
        Kind::Unjudged(reason) => match reason.row().exit_code {
            1 => Severity::Fail,
            _ => Severity::Inconclusive,
        },
        Kind::PassRate(status) | Kind::Growth(_, status) | Kind::TaskGrowth(_, status) => match status {
            MetricStatus::Fail => Severity::Fail,
            MetricStatus::Inconclusive => Severity::Inconclusive,
            MetricStatus::Warn => Severity::Warn,
            MetricStatus::Pass | MetricStatus::Info | MetricStatus::Unknown => return None,
        },
        Kind::FirstAdoption { foreign: false }
        | Kind::ModelDeprecated
        | Kind::TrafficOld
        | Kind::PolicyRemark
        | Kind::PolicyProposed
        | Kind::Rollback
        | Kind::FewerSamples
        | Kind::ReRecorded
        | Kind::Edited
        | Kind::Unreadable
        | Kind::UnusedAcceptance
        | Kind::VoidApproval => Severity::Warn,
    };
    Some((quarantine(severity, finding), code))
}

/// A quarantined task is judged and shown, and holds nobody up.
fn quarantine(severity: Severity, finding: &Finding) -> Severity {
    let excused = matches!(
        finding.kind,
        Kind::Failing(_)
            | Kind::NewFailure
            | Kind::BudgetBroken
            | Kind::TaskGrowth(..)
            | Kind::Unjudged(_)
            | Kind::StillFailing
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

/// The command that tries an unconfirmed flip again with more samples.
pub fn confirming(prompt: &Id, task: &Id) -> String {
    format!("regild record --prompt {prompt} --task {task} --samples {SAMPLES_TO_TELL} --side both")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Fallen, Metric};
    use crate::diagnostic::Code;
    use crate::report::MetricStatus;
    use crate::side::{OnBadSettings, Side};
    use crate::snapshot::tests::snapshot;

    fn policy(gate: &str) -> Policy {
        let files = snapshot(&[("regild.yaml", gate)]);
        Policy::first_adoption(&Side::read(files, "regild.yaml", OnBadSettings::Stop).unwrap())
    }

    fn finding(kind: Kind) -> Finding {
        Finding { task: Some(Id::new("t").unwrap()), ..Finding::new(kind, "x").of(&Id::new("p").unwrap()) }
    }

    fn status(gate: &str, findings: Vec<Finding>, accept: &[&str]) -> (Status, u8, Vec<String>) {
        let list = accept.iter().map(|text| text.parse().unwrap()).collect();
        let acceptances = Acceptances { list, reason: "because".into(), ..Acceptances::default() };
        let verdict = decide(findings, &policy(gate), &acceptances);
        let codes = verdict.reasons.iter().map(|reason| reason.code.clone()).collect();
        (verdict.status, verdict.exit_code, codes)
    }

    fn failing(p_value: f64, drop: f64) -> Kind {
        Kind::Failing(Fallen { p_value, drop, ..Fallen::of((3, 3), (0, 3)) })
    }

    #[test]
    fn each_finding_weighs_as_the_policy_says() {
        use Status::{Fail, Inconclusive, Pass};
        let open = Kind::Unjudged(Reason::Missing);
        for (gate, kind, want) in [
            ("", failing(0.05, 1.0), Fail),
            ("", failing(0.2, 0.7), Inconclusive),
            ("", failing(0.5, 0.2), Pass),
            ("gate: {regression: warn}", failing(0.05, 1.0), Pass),
            ("gate: {evidence: {flip_p_value: 0.01}}", failing(0.05, 1.0), Inconclusive),
            ("gate: {evidence: {flip_min_drop: 0.1}}", failing(0.5, 0.2), Inconclusive),
            ("", Kind::BudgetBroken, Fail),
            ("", Kind::NotComparable, Inconclusive),
            ("gate: {not_comparable: warn}", Kind::NotComparable, Pass),
            ("", Kind::NewFailure, Fail),
            ("gate: {new_failure: 'off'}", Kind::NewFailure, Pass),
            ("", Kind::StillFailing, Pass),
            ("gate: {still_failing: fail}", Kind::StillFailing, Fail),
            ("", Kind::ExpectationChanged, Inconclusive),
            ("", Kind::Untested, Inconclusive),
            ("", open.clone(), Inconclusive),
            ("", Kind::Tampered { new: true }, Fail),
            ("", Kind::Tampered { new: false }, Inconclusive),
            ("", Kind::InvalidFile { code: Code::Yaml, new: true }, Fail),
            ("", Kind::InvalidFile { code: Code::Yaml, new: false }, Pass),
            ("gate: {severity: {yaml: warn}}", Kind::InvalidFile { code: Code::Yaml, new: true }, Pass),
            ("", Kind::NotLoaded { codes: vec![Code::Yaml] }, Pass),
            ("gate: {severity: {yaml: warn}}", Kind::NotLoaded { codes: vec![Code::Yaml] }, Inconclusive),
            ("gate: {severity: {yaml: off}}", Kind::NotLoaded { codes: vec![Code::Yaml] }, Inconclusive),
            ("gate: {severity: {yaml: accept}}", Kind::NotLoaded { codes: vec![Code::Yaml] }, Inconclusive),
            ("gate: {severity: {yaml: off}}", Kind::NotLoaded { codes: vec![Code::Yaml, Code::Invalid] }, Pass),
            ("", Kind::NotRun { code: Code::NoModel }, Fail),
            ("gate: {severity: {no-model: off}}", Kind::NotRun { code: Code::NoModel }, Inconclusive),
            ("", Kind::CostUnknown, Pass),
            ("gate: {cost: {unknown: accept}}", Kind::CostUnknown, Inconclusive),
            ("", Kind::Growth(Metric::TotalTokens, MetricStatus::Fail), Fail),
            ("", Kind::Growth(Metric::TotalTokens, MetricStatus::Warn), Pass),
            ("", Kind::Growth(Metric::ToolCalls, MetricStatus::Inconclusive), Inconclusive),
            ("", Kind::PassRate(MetricStatus::Fail), Fail),
            ("", Kind::TaskGrowth(Metric::ToolCalls, MetricStatus::Fail), Fail),
        ] {
            let (got, code, _) = status(gate, vec![finding(kind.clone())], &[]);
            assert_eq!((got, code), (want, exit_code(want)), "{gate} {kind:?}");
        }
        let critical = Finding { critical: true, ..finding(failing(0.5, 0.2)) };
        assert_eq!(status("", vec![critical], &[]).0, Fail);
        let quarantined = Finding { quarantined: true, ..finding(failing(0.0, 1.0)) };
        assert_eq!(status("", vec![quarantined], &[]).0, Pass);
        assert_eq!(status("", vec![finding(open), finding(Kind::NewFailure)], &[]).0, Fail);
    }

    #[test]
    fn acceptance_excuses_what_awaits_it_and_never_a_regression() {
        use Status::{Fail, Inconclusive, Pass};
        let changed = || vec![finding(Kind::ExpectationChanged)];
        for (accept, want) in [
            ("expectation-changed", Pass),
            ("expectation_changed:p/t", Pass),
            ("expectation-changed:p", Pass),
            ("expectation-changed:q", Inconclusive),
            ("expectation-changed:p/u", Inconclusive),
            ("untested", Inconclusive),
        ] {
            assert_eq!(status("", changed(), &[accept]).0, want, "{accept}");
        }
        let regressed = || vec![finding(failing(0.0, 1.0))];
        assert_eq!(status("", regressed(), &["regressed:p/t"]).0, Fail);
        let waiver = |until: &str| {
            format!("gate: {{waivers: [{{finding: regressed, prompt: p, until: {until}, who: w, why: y}}]}}")
        };
        assert_eq!(status(&waiver("1970-01-01"), regressed(), &[]).0, Pass);
        assert_eq!(status(&waiver("1969-12-31"), regressed(), &[]).0, Fail);
        assert_eq!(status("", Vec::new(), &["untested"]).2, ["unused-acceptance"]);
    }

    #[test]
    fn acceptances_are_read_strictly() {
        for bad in ["", ":p", "Code", "a:b/c/d", "a:b c", "a;b"] {
            assert!(bad.parse::<Acceptance>().is_err(), "{bad}");
        }
        assert_eq!("not-utf-8".parse::<Acceptance>().unwrap().code, Code::NotUtf8.as_str());
        assert_eq!("task_removed:p/t".parse::<Acceptance>().unwrap().to_string(), "task-removed:p/t");
    }
}

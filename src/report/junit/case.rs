//! The cases of one prompt in JUnit, and which of the verdict's findings speaks about which of them.

use crate::diagnostic::Diagnostic;
use crate::report::numbers::{self, Sign};
use crate::report::{
    Accepted, AssertionOutcome, Cost, Metric, MetricStatus, PassRate, Prompt, Reason, Severity, Task, TaskOutcome,
    Verdict, headline, monthly, words,
};

/// A test case before it is escaped.
pub struct Case {
    pub name: String,
    pub kind: Kind,
    pub kind_of_problem: String,
    pub message: String,
    pub text: String,
    /// File and line.
    pub place: Option<(String, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Success,
    /// Judged, and not good.
    Failure,
    /// Not judged, or not accepted yet.
    Error,
    Skipped,
}

impl Kind {
    pub fn of(severity: Severity) -> Self {
        match severity {
            Severity::Fail => Self::Failure,
            Severity::Accept | Severity::Inconclusive => Self::Error,
            Severity::Warn => Self::Skipped,
        }
    }
}

/// The verdict's findings, and which of them some case has shown.
pub struct Findings<'a> {
    verdict: &'a Verdict,
    shown: Vec<bool>,
}

impl<'a> Findings<'a> {
    pub fn new(verdict: &'a Verdict) -> Self {
        Self { verdict, shown: vec![false; verdict.reasons.len()] }
    }

    /// The findings that `fits` picks, worst first, from now on shown.
    fn take(&mut self, fits: impl Fn(&Reason) -> bool) -> Vec<&'a Reason> {
        let mut taken = Vec::new();
        for (reason, shown) in self.verdict.reasons.iter().zip(&mut self.shown) {
            if fits(reason) {
                *shown = true;
                taken.push(reason);
            }
        }
        taken.sort_by_key(|reason| reason.severity);
        taken
    }

    fn accepted(&self, fits: impl Fn(&Accepted) -> bool) -> Option<&'a Accepted> {
        self.verdict.accepted.iter().find(|accepted| fits(accepted))
    }

    /// Findings of this prompt that no case has shown, as cases of their own.
    fn left_of(&mut self, prompt: &Prompt) -> Vec<Case> {
        let left = self.unshown(|reason| reason.is_about(prompt));
        left.iter()
            .map(|reason| own_case(reason, words::subject(None, reason.task.as_deref(), reason.model.as_deref())))
            .collect()
    }

    /// All findings that no case has shown.
    pub fn left(&mut self) -> Vec<Case> {
        let subject =
            |reason: &Reason| words::subject(reason.prompt.as_deref(), reason.task.as_deref(), reason.model.as_deref());
        self.unshown(|_| true).iter().map(|reason| own_case(reason, subject(reason))).collect()
    }

    fn unshown(&mut self, fits: impl Fn(&Reason) -> bool) -> Vec<&'a Reason> {
        let mut left = Vec::new();
        for (reason, shown) in self.verdict.reasons.iter().zip(&mut self.shown) {
            if !*shown && reason.severity != Severity::Warn && fits(reason) {
                *shown = true;
                left.push(reason);
            }
        }
        left
    }
}

fn own_case(reason: &Reason, subject: String) -> Case {
    Case {
        name: format!("{} {subject}", reason.code).trim_end().to_owned(),
        kind: Kind::of(reason.severity),
        kind_of_problem: reason.code.clone(),
        message: reason.message.clone(),
        text: findings_text(&[reason]),
        place: None,
    }
}

/// A file's error, as the verdict weighs it: it may await a yes, or have got one.
pub fn of_document(diagnostic: &Diagnostic, findings: &mut Findings<'_>) -> Case {
    let (code, sentence) = (diagnostic.code.as_str(), diagnostic.sentence());
    let reasons = findings.take(|reason| reason.code == code && reason.message == sentence);
    let accepted = findings.accepted(|accepted| accepted.code == code && accepted.message == sentence);
    let kind = match (reasons.first(), accepted) {
        (Some(reason), _) => Kind::of(reason.severity),
        (None, Some(_)) => Kind::Skipped,
        (None, None) => Kind::Failure,
    };
    Case {
        name: format!("{} {code}", diagnostic.file),
        kind,
        kind_of_problem: code.to_owned(),
        message: diagnostic.message.clone(),
        text: diagnostic.render(),
        place: Some((diagnostic.file.clone(), diagnostic.line)),
    }
}

pub fn of_prompt(prompt: &Prompt, findings: &mut Findings<'_>) -> Vec<Case> {
    let mut cases: Vec<Case> = prompt.tasks.iter().map(|task| task_case(prompt, task, findings)).collect();
    let metrics = words::metrics(prompt).into_iter().filter(|(_, metric)| match metric.status {
        MetricStatus::Pass | MetricStatus::Unknown => metric.limit.is_some(),
        MetricStatus::Warn | MetricStatus::Fail | MetricStatus::Inconclusive => true,
        MetricStatus::Info => false,
    });
    cases.extend(metrics.map(|(name, metric)| metric_case(prompt, name, metric, findings)));
    cases.extend(prompt.pass_rate.iter().map(|rate| pass_rate_case(prompt, rate, findings)));
    cases.extend(prompt.cost.iter().map(|cost| cost_case(prompt, cost, findings)));
    cases.extend(findings.left_of(prompt));
    cases
}

fn task_case(prompt: &Prompt, task: &Task, findings: &mut Findings<'_>) -> Case {
    let is_mine = |of: &Option<String>, at: &Option<String>| {
        of.as_deref() == Some(prompt.id.as_str()) && at.as_deref() == Some(task.id.as_str())
    };
    let reasons = findings.take(|reason| {
        reason.is_about(prompt)
            && is_mine(&reason.prompt, &reason.task)
            && reason.model.as_ref().is_none_or(|model| *model == task.model)
    });
    let accepted = findings.accepted(|accepted| is_mine(&accepted.prompt, &accepted.task));
    let otherwise = match task.outcome {
        TaskOutcome::Regressed | TaskOutcome::NewFailure => Kind::Failure,
        TaskOutcome::ExpectationChanged | TaskOutcome::Removed | TaskOutcome::Unjudged => Kind::Error,
        TaskOutcome::StillFailing | TaskOutcome::Unsteady => Kind::Skipped,
        TaskOutcome::NewPass | TaskOutcome::Fixed | TaskOutcome::Passing => Kind::Success,
    };
    let code = task.unjudged.as_ref().map_or(task.outcome.as_str(), |unjudged| &unjudged.code);
    let mut case =
        judged(&reasons, accepted, otherwise, code, |reason| headline::kebab(&reason.code) == headline::kebab(code));
    let failing = task.assertions.iter().find(|assertion| assertion.outcome == AssertionOutcome::Fail);
    if case.kind == Kind::Failure
        && let Some(failing) = failing
    {
        failing.kind.clone_into(&mut case.kind_of_problem);
    }
    if case.message.is_empty() {
        let unjudged = task.unjudged.as_ref().map(|unjudged| &unjudged.message);
        let message = unjudged.or(failing.map(|failing| &failing.message));
        case.message = message.cloned().unwrap_or_else(|| words::outcome(task.outcome).1.to_owned());
    }
    case.name = words::subject(None, Some(&task.id), Some(&task.model));
    case.text = format!("{}{}", task_text(task), case.text);
    case.place = Some((task.file.clone(), task.line));
    case
}

fn task_text(task: &Task) -> String {
    let mut text = format!("{} {}", words::outcome(task.outcome).1, words::tally(task)).trim_end().to_owned() + "\n";
    for assertion in &task.assertions {
        match assertion.outcome {
            AssertionOutcome::Fail | AssertionOutcome::Unjudged => {
                let how = words::assertion(assertion).1;
                text.push_str(&format!("\n{} {how}\n{}\n", assertion.kind, words::comparison(assertion)));
            }
            AssertionOutcome::Pass => {}
        }
    }
    text
}

fn metric_case(prompt: &Prompt, name: &str, metric: &Metric, findings: &mut Findings<'_>) -> Case {
    let is_mine = |of: &Option<String>, task: &Option<String>, code: &str| {
        of.as_deref() == Some(prompt.id.as_str()) && task.is_none() && headline::metric_of(code) == Some(name)
    };
    let reasons =
        findings.take(|reason| reason.is_about(prompt) && is_mine(&reason.prompt, &reason.task, &reason.code));
    let accepted = findings.accepted(|accepted| is_mine(&accepted.prompt, &accepted.task, &accepted.code));
    let otherwise = match metric.status {
        MetricStatus::Fail => Kind::Failure,
        MetricStatus::Inconclusive => Kind::Error,
        MetricStatus::Unknown => Kind::Skipped,
        MetricStatus::Pass | MetricStatus::Warn | MetricStatus::Info => Kind::Success,
    };
    let mut case = judged(&reasons, accepted, otherwise, "metric", |_| true);
    let show = |value: Option<f64>| value.map_or_else(|| words::NONE.to_owned(), |value| numbers::measure(name, value));
    let change = metric.mean_ratio().map(|ratio| format!(" ({})", numbers::change(ratio))).unwrap_or_default();
    let note = words::metric_status(metric).1;
    let measured = format!("{} → {}{change} {note}", show(metric.base_mean), show(metric.head_mean));
    case.name = format!("metric:{name}");
    case.text = format!("{} per run: {}\n{}", words::metric(name), measured.trim_end(), case.text);
    if case.message.is_empty() {
        case.message = format!("{} per run: {}", words::metric(name), measured.trim_end());
    }
    case
}

fn pass_rate_case(prompt: &Prompt, rate: &PassRate, findings: &mut Findings<'_>) -> Case {
    let is_mine = |of: &Option<String>, code: &str| of.as_deref() == Some(prompt.id.as_str()) && code == "pass-rate";
    let reasons = findings.take(|reason| reason.is_about(prompt) && is_mine(&reason.prompt, &reason.code));
    let accepted = findings.accepted(|accepted| is_mine(&accepted.prompt, &accepted.code));
    let mut case = judged(&reasons, accepted, Kind::Success, "metric", |_| true);
    let measured = words::pass_rate(rate);
    case.name = "metric:pass_rate".to_owned();
    case.text = format!("{measured}\n{}", case.text);
    if case.message.is_empty() {
        case.message = measured;
    }
    case
}

fn cost_case(prompt: &Prompt, cost: &Cost, findings: &mut Findings<'_>) -> Case {
    let is_mine = |of: &Option<String>, task: &Option<String>, code: &str| {
        of.as_deref() == Some(prompt.id.as_str()) && task.is_none() && headline::is_cost(code)
    };
    let reasons =
        findings.take(|reason| reason.is_about(prompt) && is_mine(&reason.prompt, &reason.task, &reason.code));
    let accepted = findings.accepted(|accepted| is_mine(&accepted.prompt, &accepted.task, &accepted.code));
    let is_unknown = cost.basis.starts_with("unknown") || cost.head_usd_month.is_none();
    let mut case = judged(&reasons, accepted, if is_unknown { Kind::Skipped } else { Kind::Success }, "cost", |_| true);
    let amount = |text: &Option<String>, sign| {
        numbers::decimal(text.as_deref()).map_or_else(|| "unknown".to_owned(), |usd| numbers::money(usd, sign))
    };
    let requests = &cost.usd_per_1k_requests;
    let text = [
        format!(
            "per month: {} → {}",
            amount(&cost.base_usd_month, Sign::Negative),
            amount(&cost.head_usd_month, Sign::Negative)
        ),
        format!("difference per month: {}", amount(&cost.delta_usd_month, Sign::Always)),
        format!(
            "per 1,000 requests: {} → {}",
            amount(&requests.base, Sign::Negative),
            amount(&requests.head, Sign::Negative)
        ),
    ];
    case.name = "cost".to_owned();
    let notes: String = monthly::notes(cost).iter().map(|(_, note)| format!("\n{note}")).collect();
    case.text = format!("{}{notes}\n{}", text.join("\n"), case.text);
    if case.message.is_empty() {
        cost.basis.clone_into(&mut case.message);
    }
    case
}

/// What the verdict's findings make of a case; without any, what its own outcome says, unless someone accepted it. A warning
/// takes the place of the outcome only where it is about that outcome, so that no other warning hides it.
fn judged(
    reasons: &[&Reason],
    accepted: Option<&Accepted>,
    otherwise: Kind,
    code: &str,
    is_about_it: impl Fn(&Reason) -> bool,
) -> Case {
    let speaks = |reason: &Reason| match reason.severity {
        Severity::Fail | Severity::Accept | Severity::Inconclusive => true,
        Severity::Warn => otherwise != Kind::Success && is_about_it(reason),
    };
    let accepted = accepted.filter(|_| otherwise != Kind::Success);
    let (kind, kind_of_problem, message) = match (reasons.iter().find(|reason| speaks(reason)), accepted) {
        (Some(reason), _) => (Kind::of(reason.severity), reason.code.clone(), reason.message.clone()),
        (None, Some(accepted)) => {
            let message = format!("accepted {}: {}", words::accepted_by(accepted), accepted.reason);
            (Kind::Skipped, accepted.code.clone(), message)
        }
        (None, None) => (otherwise, code.to_owned(), String::new()),
    };
    Case { name: String::new(), kind, kind_of_problem, message, text: findings_text(reasons), place: None }
}

fn findings_text(reasons: &[&Reason]) -> String {
    let line = |reason: &&Reason| {
        let help = reason.help.as_ref().map(|help| format!("\n  {help}")).unwrap_or_default();
        format!("\n{}: {}{help}\n", reason.code, reason.message)
    };
    reasons.iter().map(line).collect()
}

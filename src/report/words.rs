//! The wording that renderers share: one phrase per outcome, severity and metric, so that the terminal, the comment and JUnit
//! say the same thing in the same words.
//!
//! Texts come out as they are in the report: whoever prints them escapes them. No judgement is made here.

use super::numbers::{self, NBSP};
use super::{
    Accepted, Assertion, AssertionOutcome, Metric, MetricStatus, Mode, PassRate, Prompt, PromptStatus, Report,
    Severity, Side, Status, Task, TaskOutcome, escape,
};

/// The commit that people know head by: a pull request's own tip rather than the test merge that was judged.
pub fn head(report: &Report) -> Option<&str> {
    report.event.as_ref().and_then(|event| event.head.as_deref()).or(report.head.commit.as_deref())
}

pub const GOOD: &str = "✓";
pub const BAD: &str = "✗";
pub const OPEN: &str = "?";
pub const CARE: &str = "!";

/// What stands where nothing is.
pub const NONE: &str = "—";

pub fn verdict(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pass => (GOOD, "pass"),
        Status::Fail => (BAD, "fail"),
        Status::Inconclusive => (OPEN, "inconclusive"),
    }
}

/// Severities, worst first, as headings.
pub const SEVERITIES: [(Severity, &str, &str); 4] = [
    (Severity::Fail, BAD, "Fails"),
    (Severity::Accept, OPEN, "Awaits acceptance"),
    (Severity::Inconclusive, OPEN, "Could not be judged"),
    (Severity::Warn, CARE, "Warnings"),
];

/// What a finding is about: `support/kb_lookup [mini]`; empty where it is about the whole run.
pub fn subject(prompt: Option<&str>, task: Option<&str>, model: Option<&str>) -> String {
    let path: Vec<&str> = [prompt, task].into_iter().flatten().collect();
    let model = model.map(|model| format!("[{model}]"));
    [path.join("/"), model.unwrap_or_default()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

pub fn outcome(outcome: TaskOutcome) -> (&'static str, &'static str) {
    match outcome {
        TaskOutcome::Regressed => (BAD, "regressed"),
        TaskOutcome::NewFailure => (BAD, "new, fails"),
        TaskOutcome::ExpectationChanged => (OPEN, "expectation changed"),
        TaskOutcome::Removed => (OPEN, "removed"),
        TaskOutcome::Unjudged => (OPEN, "not judged"),
        TaskOutcome::StillFailing => (CARE, "still failing"),
        TaskOutcome::Unsteady => (CARE, "unsteady"),
        TaskOutcome::NewPass => (GOOD, "new, passes"),
        TaskOutcome::Fixed => (GOOD, "fixed"),
        TaskOutcome::Passing => (GOOD, "passes"),
    }
}

/// Samples passed on the sides that have any: `3/3 → 0/3`.
pub fn tally(task: &Task) -> String {
    let side = |tally: Option<&super::Tally>| {
        tally.map_or_else(|| NONE.to_owned(), |tally| format!("{}/{}", tally.passed, tally.samples))
    };
    match (&task.base, &task.head) {
        (None, None) => String::new(),
        (None, head) => side(head.as_ref()),
        (base, head) => format!("{} → {}", side(base.as_ref()), side(head.as_ref())),
    }
}

/// `critical, INC-204`.
pub fn badges(task: &Task) -> String {
    let critical = task.critical.then_some("critical");
    critical.into_iter().chain(task.incident.as_deref()).collect::<Vec<_>>().join(", ")
}

/// `fails in 3 of 3 samples`, `holds in 3 samples`, and whose expectation it is where only one side has it.
pub fn assertion(assertion: &Assertion) -> (&'static str, String) {
    let (mark, verb) = match assertion.outcome {
        AssertionOutcome::Fail => (BAD, "fails in"),
        AssertionOutcome::Unjudged => (OPEN, "not judged in"),
        AssertionOutcome::Pass => (GOOD, "holds in"),
    };
    let whose = match assertion.declared.as_str() {
        "base" => ", as base expects it",
        "head" => ", as head expects it",
        _ => "",
    };
    let samples = match (assertion.outcome, assertion.samples) {
        (_, 0) => "no sample".to_owned(),
        (AssertionOutcome::Fail, samples) => format!("{} of {samples} samples", assertion.failed),
        (AssertionOutcome::Pass | AssertionOutcome::Unjudged, samples) => numbers::counted(samples as usize, "sample"),
    };
    (mark, format!("{verb} {samples}{whose}"))
}

/// Bytes of one value in a comparison: the other must keep its place.
const COMPARED_BYTES: usize = 900;

/// Expected and actual value under each other, further lines indented so that they cannot pass for another value.
pub fn comparison(assertion: &Assertion) -> String {
    let indented = |text: &str| {
        let cut = escape::cut(text, COMPARED_BYTES);
        let more = if cut.len() < text.len() { "…" } else { "" };
        format!("{}{more}", cut.lines().collect::<Vec<_>>().join("\n          "))
    };
    format!("expected  {}\nactual    {}", indented(&assertion.expected), indented(&assertion.actual))
}

/// The tools called, in order: `search ×3, get_order`.
pub fn calls(tools: &[String]) -> String {
    let run = |same: &[String]| if same.len() > 1 { format!("{} ×{}", same[0], same.len()) } else { same[0].clone() };
    tools.chunk_by(|a, b| a == b).map(run).collect::<Vec<_>>().join(", ")
}

/// The tasks that plainly pass, in one line; `None` where there are none.
pub fn passes(prompt: &Prompt) -> Option<String> {
    let with = |outcome| prompt.tasks.iter().filter(|task| task.outcome == outcome).count();
    let (fixed, new) = (with(TaskOutcome::Fixed), with(TaskOutcome::NewPass));
    let all = prompt.tasks.iter().filter(|task| task.outcome.is_plain_pass()).count();
    let kinds: Vec<String> = [(fixed, "fixed"), (new, "new")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    (all > 0).then(|| format!("{} {}{kinds}", numbers::counted(all, "task"), if all == 1 { "passes" } else { "pass" }))
}

/// `12.0.0 → 13.0.0`.
pub fn versions(prompt: &Prompt) -> String {
    let base = prompt.base.as_ref().map(|version| version.version.as_str());
    match (base, prompt.head.as_ref().map(|version| version.version.as_str())) {
        (Some(base), Some(head)) if base == head => head.to_owned(),
        (None, Some(head)) => head.to_owned(),
        (base, head) => format!("{} → {}", base.unwrap_or(NONE), head.unwrap_or(NONE)),
    }
}

/// How the prompt differs and why it was looked at, in one line.
pub fn why(prompt: &Prompt) -> String {
    let status = match prompt.status {
        PromptStatus::Added => "added",
        PromptStatus::Modified => "modified",
        PromptStatus::Removed => "removed",
        PromptStatus::IdChanged => "id changed",
        PromptStatus::Unchanged => "not changed itself",
    };
    let why = if prompt.why.is_empty() { String::new() } else { format!(" · {}", prompt.why.join(", ")) };
    let served = if prompt.served || prompt.head.is_none() { "" } else { " · does not serve traffic" };
    format!("{status}{why}{served}")
}

/// A metric as people call it.
pub fn metric(name: &str) -> &str {
    match name {
        "total_tokens" => "tokens",
        "output_tokens" => "output tokens",
        "tool_calls" => "tool calls",
        "latency_ms" => "latency, ms",
        "cost_usd" => "cost",
        other => other,
    }
}

/// The mark of a metric, and what its status means. A ratio that the means do not show is told: it is what the gate weighs.
pub fn metric_status(metric: &Metric) -> (&'static str, String) {
    let limit = metric.limit.map(numbers::change);
    let with =
        |words: &str, otherwise: &str| limit.as_ref().map_or(otherwise.to_owned(), |limit| format!("{words} {limit}"));
    let is_beyond = metric.ratio.zip(metric.limit).is_some_and(|(ratio, limit)| ratio > limit);
    let (mark, mut words) = match metric.status {
        MetricStatus::Pass if is_beyond => (GOOD, with("may be chance; limit", "")),
        MetricStatus::Pass => (GOOD, with("within", "")),
        MetricStatus::Warn => (CARE, with(if is_beyond { "likely over" } else { "nears" }, "grows")),
        MetricStatus::Fail => (BAD, with("over", "over the limit")),
        MetricStatus::Inconclusive => (OPEN, with("too few samples to tell; limit", "too few samples to tell")),
        MetricStatus::Info => (" ", String::new()),
        MetricStatus::Unknown => match (metric.base_mean, metric.head_mean) {
            (None, Some(_)) => (OPEN, "base not measured".to_owned()),
            (Some(_), None) => (OPEN, "head not measured".to_owned()),
            (None, None) | (Some(_), Some(_)) => (OPEN, "not measured".to_owned()),
        },
    };
    if let Some(typical) = metric.typical_ratio().filter(|_| !words.is_empty()) {
        words.push_str(&format!(" (a typical task {})", numbers::change(typical)));
    }
    (mark, words)
}

/// `samples that pass: 98 % → 91 % (95 % CI −12 to −2 points)`.
pub fn pass_rate(rate: &PassRate) -> String {
    let share = |share: f64| format!("{:.0}{NBSP}%", share * 100.0);
    let points = |points: f64| format!("{:+.0}", points * 100.0).replace('-', "−");
    let interval = rate
        .ci95
        .filter(|_| rate.base != rate.head)
        .map_or_else(String::new, |[low, high]| format!(" (95{NBSP}% CI {} to {} points)", points(low), points(high)));
    format!("samples that pass: {} → {}{interval}", share(rate.base), share(rate.head))
}

/// `origin/main 1a2b3c4`.
pub fn side(side: &Side) -> String {
    match &side.commit {
        Some(commit) if commit.starts_with(&side.reference) => short(commit),
        Some(commit) => format!("{} {}", side.reference, short(commit)),
        None => side.reference.clone(),
    }
}

/// The first characters of an object id.
pub fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}

pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Replay => "replay",
        Mode::Live => "live",
    }
}

/// Whose policy judged.
pub fn policy(report: &Report) -> String {
    match &report.policy.commit {
        Some(commit) => format!("policy {}", short(commit)),
        None => "no policy at base yet, so head's own settings judged".to_owned(),
    }
}

/// `by operator ada`.
pub fn accepted_by(accepted: &Accepted) -> String {
    accepted.who.as_ref().map_or_else(|| format!("by {}", accepted.by), |who| format!("by {} {who}", accepted.by))
}

/// The line before all others where head changes what runs in CI; `None` where it does not.
pub fn workflows(report: &Report) -> Option<String> {
    let [first, rest @ ..] = &report.workflows_changed[..] else { return None };
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    Some(format!("head changes {first}{more}: what runs in CI is not what base has"))
}

/// The line that must not be missed where no model answered.
pub fn stand_in(report: &Report) -> Option<String> {
    let tasks = || report.prompts.iter().flat_map(|prompt| &prompt.tasks);
    let is_stand_in = |task: &&Task| task.base.iter().chain(&task.head).any(|tally| tally.stand_in);
    let some = tasks().filter(is_stand_in).count();
    let all = tasks().count();
    let where_ = if some == all { String::new() } else { format!(", in {some} of {all} tasks") };
    (some > 0).then(|| format!("answers by `mock`, a stand-in for a model{where_}"))
}

/// Where the prices come from.
pub fn prices(report: &Report) -> String {
    let table = &report.cost.price_table;
    format!("prices: {}, as of {}", table.source, table.as_of)
}

/// What the run itself took.
pub fn run(report: &Report) -> String {
    let run = &report.run;
    let samples = if run.replayed == 1 { "sample" } else { "samples" };
    let calls = if run.model_calls == 1 { "call" } else { "calls" };
    let spend = numbers::decimal(Some(&run.spend_usd)).map_or_else(
        || "unknown spend".to_owned(),
        |usd| format!("{} spent", numbers::money(usd, numbers::Sign::Negative)),
    );
    let mut text = format!(
        "replayed {}{NBSP}{samples}, {}{NBSP}model {calls}, {spend}",
        numbers::count(run.replayed),
        numbers::count(run.model_calls)
    );
    if run.unpriced {
        text.push_str(" and what has no known price");
    }
    if run.retries > 0 {
        let (retries, waited) = (numbers::count(run.retries), numbers::count(run.waited_seconds));
        text.push_str(&format!(", {retries}{NBSP}tried again, {waited}{NBSP}s waited"));
    }
    for saved in &run.saved {
        text.push_str(&format!(", {}{NBSP}calls saved ({})", numbers::count(saved.calls), saved.why));
    }
    text
}

/// The metrics that some side was measured by, in their usual order.
pub fn metrics(prompt: &Prompt) -> Vec<(&str, &Metric)> {
    let known = ["total_tokens", "output_tokens", "tool_calls", "steps", "latency_ms", "cost_usd"];
    let rank = |name: &str| known.iter().position(|other| *other == name).unwrap_or(known.len());
    let mut metrics: Vec<(&str, &Metric)> =
        prompt.metrics.iter().map(|(name, metric)| (name.as_str(), metric)).collect();
    metrics.retain(|(_, metric)| metric.base_mean.is_some() || metric.head_mean.is_some());
    metrics.sort_by_key(|(name, _)| rank(name));
    metrics
}

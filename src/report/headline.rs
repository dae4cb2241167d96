//! The verdict as one sentence, of counts and numbers only: no text of a user or a model reaches a headline, except a code
//! that this version does not know.

use super::numbers::{self, NBSP, Sign};
use super::{MetricStatus, Report, Severity, Status, TaskOutcome, escape, words};

/// More kinds of findings than these make a headline unreadable.
const KINDS: usize = 4;
const PER_RUN: &str = " per run";

/// The sentence after the verdict's word: `2 tasks regressed, tokens per run +92 %, +$693/month`.
pub fn sentence(report: &Report) -> String {
    let mut parts = match report.verdict.status {
        Status::Fail => kinds(report, &[Severity::Fail]),
        Status::Inconclusive => kinds(report, &[Severity::Accept, Severity::Inconclusive]),
        Status::Pass => passes(report),
    };
    if parts.len() > KINDS {
        let more = parts.split_off(KINDS).len();
        parts.push(format!("{more}{NBSP}more"));
    }
    parts.extend(delta(report));
    if parts.is_empty() { "see the findings below".to_owned() } else { parts.join(", ") }
}

/// One phrase per code of these severities, in the order of the verdict.
fn kinds(report: &Report, severities: &[Severity]) -> Vec<String> {
    let mut codes: Vec<(String, usize)> = Vec::new();
    for reason in report.verdict.reasons.iter().filter(|reason| severities.contains(&reason.severity)) {
        let code = kebab(&reason.code);
        match codes.iter_mut().find(|(known, _)| *known == code) {
            Some((_, n)) => *n += 1,
            None => codes.push((code, 1)),
        }
    }
    let mut phrases: Vec<String> = codes.into_iter().filter_map(|(code, n)| phrase(report, &code, n)).collect();
    // Said once, "per run" holds for the rest of the sentence.
    let mut is_said = false;
    for phrase in &mut phrases {
        if phrase.contains(PER_RUN) && std::mem::replace(&mut is_said, true) {
            *phrase = phrase.replacen(PER_RUN, "", 1);
        }
    }
    phrases
}

/// Codes are kebab-case; outcomes of tasks are written with underscores elsewhere.
pub fn kebab(code: &str) -> String {
    code.replace('_', "-")
}

/// `n` findings of one code. `None` for a cost that is known, which the headline states as an amount.
fn phrase(report: &Report, code: &str, n: usize) -> Option<String> {
    let noun = match code {
        "regressed" => "task regressed",
        "new-failure" => "new task fails",
        "expectation-changed" => "expectation changed",
        "removed" => "prompt removed",
        "id-changed" => "prompt id changed",
        "budget" => {
            return Some(if n == 1 {
                format!("1{NBSP}task breaks a budget")
            } else {
                format!("{n}{NBSP}tasks break a budget")
            });
        }
        "still-failing" => "task still failing",
        "untested" => "prompt without tasks",
        "recording-missing" => "recording missing",
        "recording-stale" => "recording stale",
        "recording-diverged" => "recording diverged",
        "recording-conflicted" => "recording conflicted",
        "recording-tampered" => "recording tampered with",
        "recording-unsupported" => "recording unreadable",
        "unconfirmed" => "change unconfirmed",
        "not-comparable" => "difference that is not the prompt's alone",
        "pass-rate" => return pass_rate(report),
        "unverified" => "task unverified",
        "stand-in" => "task answered by a stand-in",
        _ => return other(report, code, n),
    };
    Some(match (noun, n) {
        ("new task fails", 1) => format!("1{NBSP}new task fails"),
        ("new task fails", n) => format!("{n}{NBSP}new tasks fail"),
        (noun, n) => numbers::counted(n, noun),
    })
}

fn other(report: &Report, code: &str, n: usize) -> Option<String> {
    if code == "cost-unknown" {
        return Some("cost unknown".to_owned());
    }
    if is_cost(code) {
        return (!code.contains("unknown") && delta(report).is_none()).then(|| "cost over the limit".to_owned());
    }
    if let Some(name) = metric_of(code.strip_prefix("task-").unwrap_or(code)).filter(|_| code.starts_with("task-")) {
        let verb = if n == 1 { "takes" } else { "take" };
        return Some(format!("{} {verb} more {}", numbers::counted(n, "task"), words::metric(name)));
    }
    if let Some(name) = metric_of(code) {
        let label = words::metric(name);
        let grown = worst_ratio(report, name).map(|ratio| {
            format!("{label}{PER_RUN}{NBSP}{}", numbers::change(ratio)).replace("tool calls", "tool\u{a0}calls")
        });
        return Some(grown.unwrap_or_else(|| format!("{label}{PER_RUN} over the limit")));
    }
    let words = escape::ellipsis(&code.replace('-', " "), 40);
    Some(if n == 1 { words } else { format!("{n}{NBSP}×{NBSP}{words}") })
}

/// The deepest fall of the pass rate among the prompts: `pass rate −12 points`.
fn pass_rate(report: &Report) -> Option<String> {
    let rates = report.prompts.iter().filter_map(|prompt| prompt.pass_rate.as_ref());
    let deepest = rates.map(|rate| rate.head - rate.base).min_by(f64::total_cmp)?;
    Some(format!("pass rate −{:.0}{NBSP}points", deepest.abs() * 100.0))
}

/// Whether a code speaks of money.
pub fn is_cost(code: &str) -> bool {
    kebab(code).starts_with("cost") || code.starts_with("price")
}

/// The metric that a code speaks of.
pub fn metric_of(code: &str) -> Option<&'static str> {
    let code = kebab(code);
    [
        ("output-token", "output_tokens"),
        ("token", "total_tokens"),
        ("tool-call", "tool_calls"),
        ("latency", "latency_ms"),
        ("step", "steps"),
    ]
    .into_iter()
    .find_map(|(word, name)| code.contains(word).then_some(name))
}

/// The largest growth of a metric among the prompts where its gate speaks.
fn worst_ratio(report: &Report, name: &str) -> Option<f64> {
    report
        .prompts
        .iter()
        .filter_map(|prompt| prompt.metrics.get(name))
        .filter(|metric| match metric.status {
            MetricStatus::Fail | MetricStatus::Warn | MetricStatus::Inconclusive => true,
            MetricStatus::Pass | MetricStatus::Info | MetricStatus::Unknown => false,
        })
        .filter_map(|metric| metric.ratio)
        .max_by(f64::total_cmp)
}

fn passes(report: &Report) -> Vec<String> {
    if report.prompts.is_empty() {
        return vec!["no prompt is affected".to_owned()];
    }
    let all = || report.prompts.iter().flat_map(|prompt| &prompt.tasks);
    let still = all().filter(|task| task.outcome == TaskOutcome::StillFailing).count();
    let tasks = match all().filter(|task| task.outcome.is_plain_pass()).count() {
        0 if all().next().is_none() => "no task run".to_owned(),
        0 => "no task passes".to_owned(),
        1 => format!("1{NBSP}task passes"),
        n => format!("{}{NBSP}tasks pass", numbers::count(n as u64)),
    };
    let ids: std::collections::BTreeSet<&str> = report.prompts.iter().map(|prompt| prompt.id.as_str()).collect();
    let still = (still > 0).then(|| format!("{} still failing", numbers::counted(still, "task")));
    [format!("{} checked", numbers::counted(ids.len(), "prompt")), tasks].into_iter().chain(still).collect()
}

/// What the change costs per month, where that is known.
fn delta(report: &Report) -> Option<String> {
    let delta = numbers::decimal(report.cost.delta_usd_month.as_deref())?;
    (!report.prompts.is_empty() && !delta.is_zero()).then(|| {
        let limit = numbers::decimal(report.cost.limit_usd_month.as_deref()).filter(|limit| delta > *limit);
        let limit = limit.map(|limit| format!(" (limit {})", numbers::short_money(limit, Sign::Always)));
        format!("{}/month{}", numbers::short_money(delta, Sign::Always), limit.unwrap_or_default())
    })
}

/// Counts of what the sentence does not cover, so that no class of findings hides behind another.
pub fn others(report: &Report) -> Vec<String> {
    let n = |severity| report.verdict.reasons.iter().filter(|reason| reason.severity == severity).count();
    let (await_, unjudged, warn) = (n(Severity::Accept), n(Severity::Inconclusive), n(Severity::Warn));
    let mut parts = Vec::new();
    if report.verdict.status == Status::Fail {
        if await_ > 0 {
            parts.push(format!("{await_}{NBSP}to accept"));
        }
        if unjudged > 0 {
            parts.push(format!("{unjudged}{NBSP}not judged"));
        }
    }
    if warn > 0 {
        parts.push(numbers::counted(warn, "warning"));
    }
    if !report.verdict.accepted.is_empty() {
        parts.push(format!("{}{NBSP}accepted", report.verdict.accepted.len()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Reason;
    use crate::report::sample::{nothing, sample};

    fn with(status: Status, reasons: &[(&str, Severity)]) -> String {
        let mut report = sample();
        report.verdict.status = status;
        let reason = |(code, severity): &(&str, Severity)| Reason {
            code: (*code).into(),
            severity: *severity,
            prompt: None,
            version: None,
            task: None,
            model: None,
            message: "::secret::".into(),
            help: None,
        };
        report.verdict.reasons = reasons.iter().map(reason).collect();
        sentence(&report).replace(NBSP, " ")
    }

    #[test]
    fn counts_each_kind_once() {
        use Severity::{Accept, Fail, Inconclusive, Warn};
        for (status, reasons, expected) in [
            (
                Status::Fail,
                vec![("regressed", Fail), ("new_failure", Fail), ("regressed", Fail), ("untested", Accept)],
                "2 tasks regressed, 1 new task fails, +$693/month",
            ),
            (
                Status::Fail,
                vec![("output-tokens", Fail), ("tool-calls", Fail), ("latency", Fail)],
                "output tokens per run over the limit, tool calls +175 %, latency, ms over the limit, +$693/month",
            ),
            (Status::Fail, vec![("cost", Fail)], "+$693/month"),
            (Status::Fail, vec![("a-new-code", Fail), ("b", Fail), ("b", Fail)], "a new code, 2 × b, +$693/month"),
            (
                Status::Fail,
                vec![("a", Fail), ("b", Fail), ("c", Fail), ("d", Fail), ("e", Fail), ("f", Fail)],
                "a, b, c, d, 2 more, +$693/month",
            ),
            (
                Status::Inconclusive,
                vec![("untested", Accept), ("recording-missing", Inconclusive), ("x", Warn)],
                "1 prompt without tasks, 1 recording missing, +$693/month",
            ),
            (Status::Inconclusive, vec![("cost-unknown", Accept)], "cost unknown, +$693/month"),
            (Status::Pass, vec![("x", Warn)], "3 prompts checked, 4 tasks pass, 1 task still failing, +$693/month"),
        ] {
            assert_eq!(with(status, &reasons), expected);
        }
    }

    #[test]
    fn never_empty_and_never_a_cost_of_nothing() {
        assert_eq!(sentence(&nothing()), "no prompt is affected");
        let mut report = sample();
        report.verdict.reasons.clear();
        report.cost.delta_usd_month = Some("0.00".into());
        assert_eq!(sentence(&report), "see the findings below");
    }

    #[test]
    fn codes_speak_of_one_thing() {
        assert_eq!(metric_of("total_tokens"), Some("total_tokens"));
        assert_eq!(metric_of("output-tokens-growth"), Some("output_tokens"));
        assert_eq!(metric_of("recording-stale"), None);
        assert_eq!(metric_of("stopped-early"), None);
        assert!(is_cost("cost_unknown") && is_cost("price-unknown") && !is_cost("tokens"));
    }
}

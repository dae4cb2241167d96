//! One prompt in the pull-request comment, as plain values for the template.

use serde::Serialize;

use crate::report::numbers::{self, Sign};
use crate::report::{Answer, AssertionOutcome, Cost, Metric, Prompt, Task, words};

/// Assertions shown of one task.
const ASSERTIONS: usize = 5;

#[derive(Debug, Serialize)]
pub struct PromptView {
    id: String,
    versions: String,
    why: String,
    passes: Option<String>,
    measures: Vec<Measure>,
    notes: Vec<Note>,
    details: Vec<Detail>,
    more_details: usize,
}

/// A row of the table: a metric, or a cost.
#[derive(Debug, Default, Serialize)]
struct Measure {
    mark: &'static str,
    label: String,
    base: String,
    head: String,
    change: String,
    base_p95: String,
    head_p95: String,
    note: String,
}

#[derive(Debug, Serialize)]
struct Note {
    mark: &'static str,
    text: String,
}

/// A task that does not plainly pass.
#[derive(Debug, Serialize)]
struct Detail {
    mark: &'static str,
    subject: String,
    title: String,
    place: String,
    unjudged: Option<String>,
    assertions: Vec<AssertionView>,
    more_assertions: usize,
    answers: Vec<AnswerView>,
}

#[derive(Debug, Serialize)]
struct AssertionView {
    mark: &'static str,
    kind: String,
    how: String,
    comparison: String,
}

#[derive(Debug, Serialize)]
struct AnswerView {
    side: &'static str,
    tools: String,
    cut: bool,
    text: String,
}

pub fn view(prompt: &Prompt, details: usize) -> PromptView {
    let told: Vec<&Task> = prompt.tasks.iter().filter(|task| !task.outcome.is_plain_pass()).collect();
    PromptView {
        id: prompt.id.clone(),
        versions: words::versions(prompt),
        why: words::why(prompt),
        passes: words::passes(prompt),
        measures: words::metrics(prompt)
            .into_iter()
            .map(|(name, metric)| measure(name, metric))
            .chain(prompt.cost.iter().flat_map(costs))
            .collect(),
        notes: prompt
            .cost
            .iter()
            .flat_map(words::cost_notes)
            .map(|(mark, text)| Note { mark: mark.trim(), text })
            .collect(),
        details: told.iter().take(details).map(|task| detail(task)).collect(),
        more_details: told.len().saturating_sub(details),
    }
}

fn measure(name: &str, metric: &Metric) -> Measure {
    let show = |value: Option<f64>, how: fn(&str, f64) -> String| {
        value.map_or_else(|| words::NONE.to_owned(), |value| how(name, value))
    };
    let (mark, note) = words::metric_status(metric);
    Measure {
        mark,
        label: words::metric(name).to_owned(),
        base: show(metric.base_mean, numbers::measure),
        head: show(metric.head_mean, numbers::measure),
        change: metric.ratio.map(numbers::change).unwrap_or_default(),
        base_p95: show(metric.base_p95, numbers::observed),
        head_p95: show(metric.head_p95, numbers::observed),
        note,
    }
}

fn costs(cost: &Cost) -> Vec<Measure> {
    let row = |label: &str, base, head, change: Option<_>, percent: Option<String>| {
        let amount =
            |usd: Option<_>| usd.map_or_else(|| words::NONE.to_owned(), |usd| numbers::money(usd, Sign::Negative));
        let percent = percent.map(|percent| format!(" ({percent})")).unwrap_or_default();
        let change = change.map(|usd| format!("{}{percent}", numbers::money(usd, Sign::Always)));
        Measure {
            label: label.to_owned(),
            base: amount(base),
            head: amount(head),
            change: change.unwrap_or_default(),
            ..Measure::default()
        }
    };
    let usd = |text: &Option<String>| numbers::decimal(text.as_deref());
    let requests = &cost.usd_per_1k_requests;
    let month = (usd(&cost.base_usd_month), usd(&cost.head_usd_month));
    let thousand = (usd(&requests.base), usd(&requests.head));
    let mut rows = Vec::new();
    if month.0.or(month.1).is_some() {
        rows.push(row("cost per month", month.0, month.1, usd(&cost.delta_usd_month), numbers::delta_percent(cost)));
    }
    if thousand.0.or(thousand.1).is_some() {
        rows.push(row("cost per 1,000 requests", thousand.0, thousand.1, numbers::difference(requests), None));
    }
    rows
}

fn detail(task: &Task) -> Detail {
    let (mark, outcome) = words::outcome(task.outcome);
    let told: Vec<_> = task
        .assertions
        .iter()
        .filter(|assertion| match assertion.outcome {
            AssertionOutcome::Fail | AssertionOutcome::Unjudged => true,
            AssertionOutcome::Pass => false,
        })
        .collect();
    let assertions = told.iter().take(ASSERTIONS).map(|assertion| {
        let (mark, how) = words::assertion(assertion);
        AssertionView { mark, kind: assertion.kind.clone(), how, comparison: words::comparison(assertion) }
    });
    Detail {
        mark,
        subject: words::subject(None, Some(&task.id), Some(&task.model)),
        title: [outcome.to_owned(), words::tally(task), words::badges(task)]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · "),
        place: format!("{}:{}", task.file, task.line),
        unjudged: task.unjudged.as_ref().map(|unjudged| unjudged.message.clone()),
        assertions: assertions.collect(),
        more_assertions: told.len().saturating_sub(ASSERTIONS),
        answers: [("base", task.answers.base.first()), ("head", task.answers.head.first())]
            .into_iter()
            .filter_map(|(side, answer)| answer.map(|answer| answer_view(side, answer)))
            .collect(),
    }
}

fn answer_view(side: &'static str, answer: &Answer) -> AnswerView {
    AnswerView { side, tools: words::calls(&answer.tools), cut: answer.truncated, text: answer.text.clone() }
}

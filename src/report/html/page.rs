//! The whole page as plain values for the template: verdict, findings, prompts, documents, and where it all came from.
//!
//! Texts are as the report has them, cut to size; the template escapes every one.

use serde::Serialize;

use super::findings::{self, AcceptedView, ClassView, Places};
use super::prompt::{self, PromptView};
use super::room::{self, Room};
use super::tone;
use crate::report::numbers::{self, Sign};
use crate::report::{Event, Metric, MetricStatus, Prompt, Report, Side, TaskOutcome, headline, monthly, rows, words};

/// Metrics named in the overview.
const GROWTHS: usize = 4;

#[derive(Debug, Serialize)]
pub struct Page {
    policy_of_content: String,
    mark: &'static str,
    tone: &'static str,
    verdict: String,
    exit_code: u8,
    headline: String,
    counts: String,
    workflows: Option<String>,
    stand_in: Option<String>,
    base_ref: String,
    head_ref: String,
    outcomes: Vec<OutcomeView>,
    task_count: String,
    money: MoneyView,
    growths: Vec<Growth>,
    accepted: Vec<AcceptedView>,
    accepted_count: usize,
    more_accepted: usize,
    classes: Vec<ClassView>,
    prompts: Vec<PromptView>,
    more_prompts: usize,
    listed: usize,
    documents: Vec<DocumentView>,
    document_count: usize,
    more_documents: usize,
    commits: Vec<CommitView>,
    facts: Vec<Fact>,
}

/// How many tasks came out alike, and how wide their part of the strip is.
#[derive(Debug, Serialize)]
struct OutcomeView {
    mark: &'static str,
    tone: &'static str,
    word: &'static str,
    count: String,
    x: String,
    width: String,
}

#[derive(Debug, Serialize)]
struct MoneyView {
    amounts: String,
    delta: Option<String>,
    percent: Option<String>,
    limit: Option<String>,
    is_over: bool,
    /// How sure the sums are, and what is to be said beside them.
    notes: Vec<String>,
    unknown: Vec<String>,
    more_unknown: usize,
}

#[derive(Debug, Serialize)]
struct Growth {
    mark: &'static str,
    tone: &'static str,
    label: String,
    change: String,
    prompt: String,
}

#[derive(Debug, Serialize)]
struct DocumentView {
    text: String,
}

#[derive(Debug, Serialize)]
struct CommitView {
    name: &'static str,
    reference: String,
    commit: String,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    text: String,
}

pub fn build(report: &Report, policy_of_content: String) -> Page {
    let (mark, verdict) = words::verdict(report.verdict.status);
    let accepted = &report.verdict.accepted;
    let (prompts, places) = prompts(report);
    let documents: Vec<DocumentView> = report
        .diagnostics
        .iter()
        .take(room::FINDINGS)
        .map(|diagnostic| DocumentView { text: room::value(&diagnostic.render()) })
        .collect();
    Page {
        policy_of_content,
        mark,
        tone: tone(mark),
        verdict: rows::capitalised(verdict),
        exit_code: report.verdict.exit_code,
        headline: headline::sentence(report),
        counts: headline::others(report).join(", "),
        workflows: words::workflows(report).map(|text| rows::capitalised(&room::value(&text))),
        stand_in: words::stand_in(report).map(|text| rows::capitalised(&text)),
        base_ref: words::side(&report.base),
        head_ref: words::side(&report.head),
        outcomes: outcomes(report),
        task_count: numbers::counted(report.prompts.iter().map(|prompt| prompt.tasks.len()).sum(), "task"),
        money: money(report),
        growths: growths(report),
        accepted: accepted.iter().take(room::FINDINGS).map(findings::accepted).collect(),
        accepted_count: accepted.len(),
        more_accepted: accepted.len().saturating_sub(room::FINDINGS),
        classes: findings::classes(report, &places),
        listed: prompts.iter().map(|prompt| prompt.tasks.len()).sum(),
        prompts,
        more_prompts: report.prompts.len().saturating_sub(room::PROMPTS),
        document_count: report.diagnostics.len(),
        more_documents: report.diagnostics.len() - documents.len(),
        documents,
        commits: commits(report),
        facts: facts(report),
    }
}

/// The prompts with their tasks, and where on the page each task stands.
fn prompts(report: &Report) -> (Vec<PromptView>, Places<'_>) {
    let (mut room, mut tasks) = (Room::generous(), 0);
    let mut places = Places::default();
    let mut views = Vec::new();
    for (nth, prompt) in report.prompts.iter().take(room::PROMPTS).enumerate() {
        let view = prompt::view(report, prompt, nth + 1, &mut tasks, &mut room);
        view.tasks.iter().for_each(|task| places.add(prompt, task));
        views.push(view);
    }
    (views, places)
}

fn outcomes(report: &Report) -> Vec<OutcomeView> {
    let mut counts: std::collections::BTreeMap<TaskOutcome, usize> = std::collections::BTreeMap::new();
    for task in report.prompts.iter().flat_map(|prompt| &prompt.tasks) {
        *counts.entry(task.outcome).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    let mut before = 0;
    let view = |(outcome, count): (TaskOutcome, usize)| {
        let (mark, word) = words::outcome(outcome);
        let at = |count: usize| format!("{:.2}", share(count, all));
        let (x, width) = (at(before), at(count));
        before += count;
        OutcomeView { mark, tone: tone(mark), word, count: numbers::count(count as u64), x, width }
    };
    counts.into_iter().map(view).collect()
}

/// Of a strip 100 units wide.
#[expect(clippy::cast_precision_loss, reason = "counts of tasks")]
fn share(count: usize, all: usize) -> f64 {
    count as f64 / all.max(1) as f64 * 100.0
}

fn money(report: &Report) -> MoneyView {
    let cost = &report.cost;
    let delta = numbers::decimal(cost.delta_usd_month.as_deref());
    let limit = numbers::decimal(cost.limit_usd_month.as_deref());
    MoneyView {
        amounts: monthly::amounts(cost),
        delta: delta.map(|usd| numbers::money(usd, Sign::Always)),
        percent: cost.delta_percent.map(numbers::percent),
        is_over: delta.zip(limit).is_some_and(|(delta, limit)| delta > limit),
        notes: monthly::total_notes(cost),
        limit: limit.map(|usd| numbers::money(usd, Sign::Always)),
        unknown: cost.unknown.iter().take(room::FINDINGS).map(|why| room::value(why)).collect(),
        more_unknown: cost.unknown.len().saturating_sub(room::FINDINGS),
    }
}

/// The metrics whose gate speaks, the largest growth first.
fn growths(report: &Report) -> Vec<Growth> {
    let speaks = |status: MetricStatus| match status {
        MetricStatus::Fail | MetricStatus::Warn | MetricStatus::Inconclusive => true,
        MetricStatus::Pass | MetricStatus::Info | MetricStatus::Unknown => false,
    };
    let mut found: Vec<_> = report
        .prompts
        .iter()
        .flat_map(|prompt| prompt.metrics.iter().map(move |(name, metric)| (prompt, name, metric)))
        .filter(|(_, _, metric)| speaks(metric.status))
        .filter_map(|(prompt, name, metric)| Some((prompt, name, metric, metric.ratio?)))
        .collect();
    found.sort_by(|a, b| b.3.total_cmp(&a.3));
    let view = |(prompt, name, metric, ratio): (&Prompt, &String, &Metric, f64)| {
        let (mark, _) = words::metric_status(metric);
        let (label, change) = (words::metric(name).to_owned(), numbers::change(ratio));
        Growth { mark, tone: tone(mark), label, change, prompt: prompt.id.clone() }
    };
    found.into_iter().take(GROWTHS).map(view).collect()
}

fn commits(report: &Report) -> Vec<CommitView> {
    let side = |name, side: &Side| CommitView {
        name,
        reference: side.reference.clone(),
        commit: side.commit.clone().unwrap_or_else(|| side.tree.clone()),
    };
    let policy = CommitView {
        name: "policy",
        reference: String::new(),
        commit: report.policy.commit.clone().unwrap_or_else(|| words::policy(report)),
    };
    let tip = report.event.as_ref().and_then(|event| event.head.clone());
    let tip = tip.map(|commit| CommitView { name: "head's tip", reference: String::new(), commit });
    let mut commits = vec![side("base", &report.base), side("head", &report.head)];
    commits.extend(tip.into_iter().chain([policy]));
    commits
}

fn facts(report: &Report) -> Vec<Fact> {
    let prices = words::prices(report);
    let event = report.event.as_ref().map(|event| Fact { name: "event", text: event_text(event) });
    event
        .into_iter()
        .chain([
            Fact { name: "answers", text: format!("{}: {}", words::mode(report.mode), words::run(report)) },
            Fact { name: "prices", text: prices.strip_prefix("prices: ").map(str::to_owned).unwrap_or(prices) },
            Fact { name: "made by", text: format!("{} {}", report.tool.name, report.tool.version) },
        ])
        .collect()
}

/// `pull_request 12 of owner/name, from a fork`.
fn event_text(event: &Event) -> String {
    let number = event.pull_request.map(|number| format!(" {number}")).unwrap_or_default();
    let fork = if event.from_fork { ", from a fork" } else { "" };
    format!("{}{number} of {}{fork}", event.name, event.repository)
}

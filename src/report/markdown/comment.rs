//! What stands in the pull-request comment: the report cut to quotas, as plain values for the template.
//!
//! Texts are as the report has them; the template escapes every one. Which finding is worse was decided before.

use serde::Serialize;

use super::prompt::{self, PromptView};
use crate::report::numbers::{self, Sign};
use crate::report::{Accepted, CostTotal, Reason, Report, Severity, headline, words};

/// How many of each thing are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Findings of each class, accepted ones, documents and unknown sums.
    pub rows: usize,
    pub prompts: usize,
    /// Failing tasks of each prompt, with expected and actual values and answers.
    pub details: usize,
}

impl Quotas {
    pub fn generous() -> Self {
        Self { rows: 10, prompts: 20, details: 10 }
    }

    /// The next smaller set: details go first, they can be read elsewhere. `None` where nothing is left to leave out.
    pub fn smaller(self) -> Option<Self> {
        let Self { rows, prompts, details } = self;
        match (details, prompts, rows) {
            (0, 0, 0) => None,
            (0, 0, rows) => Some(Self { rows: rows / 2, ..self }),
            (0, prompts, rows) => Some(Self { prompts: prompts / 2, rows: rows * 3 / 4, ..self }),
            (details, _, _) => Some(Self { details: details - 1, ..self }),
        }
    }
}

/// The template's data.
#[derive(Debug, Serialize)]
pub struct Comment {
    mark: &'static str,
    verdict: String,
    head: String,
    headline: String,
    counts: String,
    workflows: Option<String>,
    stand_in: Option<String>,
    accepted: Vec<AcceptedView>,
    more_accepted: usize,
    classes: Vec<Class>,
    prompts: Vec<PromptView>,
    more_prompts: usize,
    documents: Vec<Document>,
    document_count: usize,
    more_documents: usize,
    total: Option<String>,
    unknown: Vec<String>,
    base_ref: String,
    head_ref: String,
    mode: &'static str,
    policy: String,
    prices: String,
    run: String,
    tool: String,
}

#[derive(Debug, Serialize)]
struct AcceptedView {
    finding: String,
    subject: String,
    message: String,
    by: String,
    reason: String,
}

/// One class of findings, with its own quota: a flood of one kind hides no other.
#[derive(Debug, Serialize)]
struct Class {
    title: &'static str,
    count: usize,
    rows: Vec<Row>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct Row {
    mark: &'static str,
    finding: String,
    subject: String,
    message: String,
    help: Option<String>,
}

#[derive(Debug, Serialize)]
struct Document {
    text: String,
}

pub fn build(report: &Report, quotas: Quotas) -> Comment {
    let (mark, verdict) = words::verdict(report.verdict.status);
    let accepted = &report.verdict.accepted;
    let left = |all: usize, shown: usize| all.saturating_sub(shown);
    Comment {
        mark,
        verdict: capitalised(verdict),
        head: words::head(report).map_or_else(|| "worktree".to_owned(), words::short),
        headline: headline::sentence(report),
        counts: headline::others(report).join(", "),
        workflows: words::workflows(report).map(|text| capitalised(&text)),
        stand_in: words::stand_in(report).map(|text| capitalised(&text)),
        accepted: accepted.iter().take(quotas.rows).map(accepted_view).collect(),
        more_accepted: left(accepted.len(), quotas.rows),
        classes: classes(report, quotas.rows),
        prompts: report.prompts.iter().take(quotas.prompts).map(|p| prompt::view(p, quotas.details)).collect(),
        more_prompts: left(report.prompts.len(), quotas.prompts),
        documents: report.diagnostics.iter().take(quotas.rows).map(|d| Document { text: d.render() }).collect(),
        document_count: report.diagnostics.len(),
        more_documents: left(report.diagnostics.len(), quotas.rows),
        total: (report.prompts.len() > 1).then(|| total(&report.cost)),
        unknown: report.cost.unknown.iter().take(quotas.rows).cloned().collect(),
        base_ref: words::side(&report.base),
        head_ref: words::side(&report.head),
        mode: words::mode(report.mode),
        policy: words::policy(report),
        prices: words::prices(report),
        run: words::run(report),
        tool: format!("{} {}", report.tool.name, report.tool.version),
    }
}

/// The commit that the comment speaks of, in its marker: only what cannot close an HTML comment.
pub fn head_of(report: &Report) -> String {
    match words::head(report) {
        Some(commit) if matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| b.is_ascii_hexdigit()) => {
            commit.to_owned()
        }
        Some(_) => "unknown".to_owned(),
        None => "worktree".to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn accepted_view(accepted: &Accepted) -> AcceptedView {
    AcceptedView {
        finding: headline::kebab(&accepted.code),
        subject: words::subject(accepted.prompt.as_deref(), accepted.task.as_deref(), None),
        message: accepted.message.clone(),
        by: words::accepted_by(accepted).trim_start_matches("by ").to_owned(),
        reason: accepted.reason.clone(),
    }
}

/// Findings by class, in the order of the verdict within each.
fn classes(report: &Report, quota: usize) -> Vec<Class> {
    ["Regressions", "Changed expectations", "Growth and cost", "Other findings"]
        .into_iter()
        .map(|title| {
            let all: Vec<&Reason> = report.verdict.reasons.iter().filter(|reason| class(reason) == title).collect();
            let rows: Vec<Row> = all.iter().take(quota).map(|reason| row(reason)).collect();
            Class { title, count: all.len(), more: all.len() - rows.len(), rows }
        })
        .filter(|class| class.count > 0)
        .collect()
}

fn class(reason: &Reason) -> &'static str {
    match headline::kebab(&reason.code).as_str() {
        "regressed" | "new-failure" => "Regressions",
        "expectation-changed" | "removed" | "id-changed" | "untested" => "Changed expectations",
        "budget" => "Growth and cost",
        code if headline::is_cost(code) || headline::metric_of(code).is_some() => "Growth and cost",
        _ => "Other findings",
    }
}

fn row(reason: &Reason) -> Row {
    let mark = match reason.severity {
        Severity::Fail => words::BAD,
        Severity::Accept | Severity::Inconclusive => words::OPEN,
        Severity::Warn => words::CARE,
    };
    let subject = words::subject(reason.prompt.as_deref(), reason.task.as_deref(), reason.model.as_deref());
    let subject = if subject.is_empty() { "the whole run".to_owned() } else { subject };
    let finding = headline::kebab(&reason.code);
    Row { mark, finding, subject, message: reason.message.clone(), help: reason.help.clone() }
}

fn total(cost: &CostTotal) -> String {
    let amount = |text: &Option<String>| {
        numbers::decimal(text.as_deref())
            .map_or_else(|| "unknown".to_owned(), |usd| numbers::money(usd, Sign::Negative))
    };
    let delta = numbers::decimal(cost.delta_usd_month.as_deref()).map(|usd| {
        let percent = cost.delta_percent.map(|percent| format!(" ({})", numbers::percent(percent)));
        format!(", {}{}", numbers::money(usd, Sign::Always), percent.unwrap_or_default())
    });
    format!("{} → {}{}", amount(&cost.base_usd_month), amount(&cost.head_usd_month), delta.unwrap_or_default())
}

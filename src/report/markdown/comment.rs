//! What stands in the pull-request comment: the report cut to quotas, as plain values for the template.
//!
//! Texts are as the report has them; the template escapes every one. Which finding is worse was decided before.

use serde::Serialize;

use super::prompt::{self, PromptView};
use super::room::Quotas;
use crate::report::class::{self, Class as FindingClass};
use crate::report::{Accepted, Reason, Report, headline, monthly, rows, words};

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
        verdict: rows::capitalised(verdict),
        head: words::head(report).map_or_else(|| "worktree".to_owned(), words::short),
        headline: headline::sentence(report),
        counts: headline::others(report).join(", "),
        workflows: words::workflows(report).map(|text| rows::capitalised(&text)),
        stand_in: words::stand_in(report).map(|text| rows::capitalised(&text)),
        accepted: accepted.iter().take(quotas.rows).map(accepted_view).collect(),
        more_accepted: left(accepted.len(), quotas.rows),
        classes: classes(report, quotas.rows),
        prompts: report.prompts.iter().take(quotas.prompts).map(|p| prompt::view(p, quotas.details)).collect(),
        more_prompts: left(report.prompts.len(), quotas.prompts),
        documents: report.diagnostics.iter().take(quotas.rows).map(|d| Document { text: d.render() }).collect(),
        document_count: report.diagnostics.len(),
        more_documents: left(report.diagnostics.len(), quotas.rows),
        total: (report.prompts.len() > 1).then(|| rows::total(&report.cost)),
        unknown: if monthly::tells_its_own(report) {
            Vec::new()
        } else {
            report.cost.unknown.iter().take(quotas.rows).cloned().collect()
        },
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
    FindingClass::ALL
        .into_iter()
        .map(|class| {
            let all: Vec<&Reason> = class.reasons(report).collect();
            let rows: Vec<Row> = all.iter().take(quota).map(|reason| row(reason)).collect();
            Class { title: class.title(), count: all.len(), more: all.len() - rows.len(), rows }
        })
        .filter(|class| class.count > 0)
        .collect()
}

fn row(reason: &Reason) -> Row {
    Row {
        mark: class::mark(reason.severity),
        finding: headline::kebab(&reason.code),
        subject: class::subject(reason),
        message: reason.message.clone(),
        help: reason.help.clone(),
    }
}

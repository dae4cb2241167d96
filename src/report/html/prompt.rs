//! One prompt on the page: what changed, its metrics drawn, what it costs, its tasks.

use serde::Serialize;

use super::chart::{self, Chart};
use super::room::{self, Room};
use super::task::{self, TaskView};
use super::tone;
use crate::report::rows::{self, Row};
use crate::report::{Metric, Prompt, PromptStatus, Report, class, monthly, numbers, suite, words};

#[derive(Debug, Serialize)]
pub struct PromptView {
    pub anchor: String,
    pub id: String,
    /// The worst mark of its tasks, its metrics and what the verdict says of it.
    pub mark: &'static str,
    pub tone: &'static str,
    versions: String,
    why: String,
    files: Vec<FileView>,
    /// What of its wording differs.
    wording: Option<String>,
    metrics: Vec<MetricView>,
    more_metrics: usize,
    has_interval: bool,
    costs: Vec<Row>,
    notes: Vec<Note>,
    pub tasks: Vec<TaskView>,
    /// Tasks that are not listed, as sentences.
    left_out: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FileView {
    side: &'static str,
    path: String,
    prompt_id: String,
}

#[derive(Debug, Serialize)]
struct MetricView {
    row: Row,
    tone: &'static str,
    interval: Option<String>,
    chart: Option<Chart>,
}

#[derive(Debug, Serialize)]
struct Note {
    mark: &'static str,
    tone: &'static str,
    text: String,
}

/// `number` and `tasks` count through the page.
pub fn view(report: &Report, prompt: &Prompt, number: usize, tasks: &mut usize, room: &mut Room) -> PromptView {
    let (listed, left_out) = list(prompt, tasks, room);
    let metrics = words::metrics(prompt);
    let shown: Vec<MetricView> = metrics.iter().take(room::METRICS).map(|(name, it)| metric(name, it)).collect();
    let reasons = report.verdict.reasons.iter().filter(|reason| reason.is_about(prompt));
    let marks = reasons.map(|reason| class::mark(reason.severity)).chain(listed.iter().map(|task| task.mark));
    let marks = marks.chain(shown.iter().map(|metric| metric.row.mark));
    let mark = worst(marks.chain(is_lost(prompt).then_some(words::OPEN)));
    let files = [("base", &prompt.base), ("head", &prompt.head)].into_iter().filter_map(|(side, version)| {
        let version = version.as_ref()?;
        Some(FileView { side, path: version.path.clone(), prompt_id: version.prompt_id.clone() })
    });
    PromptView {
        anchor: format!("p{number}"),
        id: prompt.id.clone(),
        mark,
        tone: tone(mark),
        versions: words::versions(prompt),
        why: room::value(&words::why(prompt)),
        files: files.collect(),
        wording: prompt.wording.clone(),
        has_interval: shown.iter().any(|metric| metric.interval.is_some()),
        more_metrics: metrics.len() - shown.len(),
        metrics: shown,
        costs: prompt.cost.iter().flat_map(rows::costs).collect(),
        notes: suite::notes(prompt).into_iter().chain(prompt.cost.iter().flat_map(monthly::notes)).map(note).collect(),
        tasks: listed,
        left_out,
    }
}

/// Whether head's file is there and could not be loaded: its mistakes stand among the documents, and nothing was judged.
fn is_lost(prompt: &Prompt) -> bool {
    match prompt.status {
        PromptStatus::Added | PromptStatus::Modified | PromptStatus::Unchanged => prompt.head.is_none(),
        PromptStatus::Removed | PromptStatus::IdChanged => false,
    }
}

/// The tasks there is room for, and what is said of the others.
fn list(prompt: &Prompt, number: &mut usize, room: &mut Room) -> (Vec<TaskView>, Vec<String>) {
    let mut listed = Vec::new();
    let (mut passes, mut notable) = (0, 0);
    for task in task::worst_first(&prompt.tasks) {
        let is_plain_pass = task.outcome.is_plain_pass();
        if room.takes(is_plain_pass) {
            *number += 1;
            listed.push(task::view(task, *number, room));
        } else if is_plain_pass {
            passes += 1;
        } else {
            notable += 1;
        }
    }
    let say = |count: usize, whose: &str| (count > 0).then(|| numbers::counted(count, whose));
    let left_out = [say(notable, "task that did not pass"), say(passes, "task that passed")];
    (listed, left_out.into_iter().flatten().collect())
}

fn worst(marks: impl Iterator<Item = &'static str>) -> &'static str {
    let order = [words::BAD, words::OPEN, words::CARE, words::GOOD];
    let rank = |mark: &str| order.iter().position(|other| *other == mark);
    marks.filter_map(rank).min().map_or(words::GOOD, |rank| order[rank])
}

fn metric(name: &str, metric: &Metric) -> MetricView {
    let row = rows::metric(name, metric);
    MetricView { tone: tone(row.mark), interval: chart::interval(metric), chart: chart::chart(name, metric), row }
}

fn note((mark, text): (&'static str, String)) -> Note {
    Note { mark: mark.trim(), tone: tone(mark), text: room::value(&text) }
}

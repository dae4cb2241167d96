//! One prompt in the pull-request comment, as plain values for the template.

use serde::Serialize;

use crate::report::rows::{self, Row};
use crate::report::{Answer, AssertionOutcome, Prompt, Task, monthly, suite, words};

/// Assertions shown of one task.
const ASSERTIONS: usize = 5;

#[derive(Debug, Serialize)]
pub struct PromptView {
    id: String,
    versions: String,
    why: String,
    passes: Option<String>,
    /// What of its wording differs.
    wording: Option<String>,
    measures: Vec<Row>,
    notes: Vec<Note>,
    details: Vec<Detail>,
    more_details: usize,
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
        wording: prompt.wording.clone().filter(|_| details > 0),
        measures: words::metrics(prompt)
            .into_iter()
            .map(|(name, metric)| rows::metric(name, metric))
            .chain(prompt.cost.iter().flat_map(rows::costs))
            .collect(),
        notes: suite::notes(prompt)
            .into_iter()
            .chain(prompt.cost.iter().flat_map(monthly::notes))
            .map(|(mark, text)| Note { mark: mark.trim(), text })
            .collect(),
        details: told.iter().take(details).map(|task| detail(task)).collect(),
        more_details: told.len().saturating_sub(details),
    }
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

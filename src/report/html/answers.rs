//! The answers of one task, base beside head, sample by sample, each with the steps that led to it.

use serde::Serialize;

use super::difference::{self, Piece};
use super::room::{self, Room};
use crate::report::numbers::{self, NBSP};
use crate::report::{Answer, Answers, Step, StepCall, escape, words};

/// One sample as both sides ran it.
#[derive(Debug, Serialize)]
pub struct SampleView {
    title: String,
    /// The first one is unfolded.
    open: bool,
    note: Option<&'static str>,
    sides: Vec<SideView>,
}

#[derive(Debug, Serialize)]
struct SideView {
    name: &'static str,
    is_base: bool,
    facts: String,
    is_empty: bool,
    pieces: Vec<Piece>,
    calls: Option<String>,
    path: Option<PathView>,
}

/// How an answer came about.
#[derive(Debug, Serialize)]
struct PathView {
    title: String,
    steps: Vec<StepView>,
    more: Option<String>,
    stop: String,
}

#[derive(Debug, Serialize)]
struct StepView {
    number: usize,
    tokens: Option<String>,
    text: String,
    is_answer: bool,
    calls: Vec<CallView>,
}

#[derive(Debug, Serialize)]
struct CallView {
    name: String,
    arguments: String,
    failed: bool,
    /// Whether the tool ran, so that there is a result.
    is_run: bool,
    result: Option<String>,
}

/// The samples there is room for, whether they differ, and how many were left out.
pub fn view(answers: &Answers, room: &mut Room) -> (Vec<SampleView>, usize) {
    let all = answers.base.len().max(answers.head.len());
    let mut views = Vec::new();
    for nth in 0..all.min(room::SAMPLES) {
        let (base, head) = (answers.base.get(nth), answers.head.get(nth));
        if !room.spends(base.into_iter().chain(head).map(size).sum()) {
            break;
        }
        views.push(sample(nth, base, head));
    }
    let left_out = all - views.len();
    (views, left_out)
}

/// Bytes that an answer takes on the page, at most.
fn size(answer: &Answer) -> usize {
    let call =
        |call: &StepCall| 64 + call.name.len() + call.arguments.len() + call.result.as_ref().map_or(0, String::len);
    let step = |step: &Step| 64 + step.text.len() + step.calls.iter().map(call).sum::<usize>();
    answer.text.len().min(room::ANSWER)
        + answer.tools.iter().map(|tool| tool.len() + 2).sum::<usize>()
        + answer.steps.iter().map(step).sum::<usize>()
}

fn sample(nth: usize, base: Option<&Answer>, head: Option<&Answer>) -> SampleView {
    let (old, new) = (text(base), text(head));
    let is_long = base.into_iter().chain(head).any(|answer| answer.text.len() > room::ANSWER);
    let compared = if base.is_none() || head.is_none() || is_long { None } else { difference::compare(old, new) };
    let note = match (base, head) {
        (None, _) => Some("base has no answer to compare with"),
        (_, None) => Some("head has no answer to compare with"),
        (Some(_), Some(_)) if is_long => Some("too long to be compared: the first 64 KiB of each"),
        (Some(_), Some(_)) if old == new => Some("the same words on both sides"),
        (Some(_), Some(_)) if compared.is_none() => Some("few words in common, so none are marked"),
        (Some(_), Some(_)) => None,
    };
    let [old, new] = compared.unwrap_or_else(|| [old, new].map(difference::plain));
    let sides = [("base", base, old), ("head", head, new)];
    SampleView {
        title: format!("Sample {}", nth + 1),
        open: nth == 0,
        note,
        sides: sides.into_iter().filter_map(|(name, answer, pieces)| Some(side(name, answer?, pieces))).collect(),
    }
}

fn tool_calls(count: usize) -> String {
    format!("{}{NBSP}tool {}", numbers::count(count as u64), if count == 1 { "call" } else { "calls" })
}

fn text(answer: Option<&Answer>) -> &str {
    answer.map(|answer| escape::cut(&answer.text, room::ANSWER)).unwrap_or_default()
}

fn side(name: &'static str, answer: &Answer, pieces: Vec<Piece>) -> SideView {
    let known: Option<u64> = answer.steps.iter().map(|step| step.tokens).sum();
    let is_whole = !answer.steps.is_empty() && answer.more_steps == 0;
    let tokens = known.filter(|_| is_whole).map(|tokens| format!("{}{NBSP}tokens", numbers::count(tokens)));
    let calls = (!answer.tools.is_empty()).then(|| tool_calls(answer.tools.len()));
    let cut = (answer.truncated || answer.text.len() > room::ANSWER).then(|| "cut".to_owned());
    let facts: Vec<String> = [Some(answer.stop.clone()), calls, tokens, cut].into_iter().flatten().collect();
    let path = path(answer);
    SideView {
        name,
        is_base: name == "base",
        facts: facts.join(" · "),
        is_empty: answer.text.is_empty(),
        pieces,
        calls: (path.is_none() && !answer.tools.is_empty()).then(|| room::value(&words::calls(&answer.tools))),
        path,
    }
}

/// Nothing where the first reply was the answer.
fn path(answer: &Answer) -> Option<PathView> {
    let calls: usize = answer.steps.iter().map(|step| step.calls.len()).sum();
    if answer.steps.is_empty() || (answer.steps.len() == 1 && calls == 0 && answer.more_steps == 0) {
        return None;
    }
    let all = answer.steps.len() + answer.more_steps as usize;
    Some(PathView {
        title: format!("Trajectory: {}, {}", numbers::counted(all, "step"), tool_calls(answer.tools.len())),
        steps: answer.steps.iter().enumerate().map(|(nth, it)| step(nth, it, nth + 1 == all)).collect(),
        more: (answer.more_steps > 0)
            .then(|| format!("{} more, not in the report", numbers::counted(answer.more_steps as usize, "step"))),
        stop: answer.stop.clone(),
    })
}

fn step(nth: usize, step: &Step, is_answer: bool) -> StepView {
    let call = |call: &StepCall| CallView {
        name: call.name.clone(),
        arguments: room::value(&call.arguments),
        failed: call.failed,
        is_run: call.result.is_some(),
        result: call.result.as_deref().map(room::value),
    };
    StepView {
        number: nth + 1,
        tokens: step.tokens.map(|tokens| format!("{}{NBSP}tokens", numbers::count(tokens))),
        text: room::value(&step.text),
        is_answer,
        calls: step.calls.iter().map(call).collect(),
    }
}

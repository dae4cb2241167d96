//! One task on the page: a line that says what became of it, and behind it assertions and answers.

use serde::Serialize;

use super::answers::{self, SampleView};
use super::room::{self, Room};
use super::tone;
use crate::report::{Answer, Assertion, Tally, Task, TaskOutcome, words};

#[derive(Debug, Serialize)]
pub struct TaskView {
    /// Our own count, never text of a user: what links within the page point to.
    pub anchor: String,
    pub mark: &'static str,
    tone: &'static str,
    pub id: String,
    pub model: String,
    outcome: &'static str,
    tally: String,
    badges: Vec<String>,
    is_failing: bool,
    is_changed: bool,
    open: bool,
    place: String,
    sources: Option<String>,
    unjudged: Option<String>,
    assertions: Vec<AssertionView>,
    more_assertions: usize,
    samples: Vec<SampleView>,
    more_samples: usize,
    /// Nothing stands behind the line.
    is_bare: bool,
    /// There was no room for what stands behind the line.
    is_left_out: bool,
}

#[derive(Debug, Serialize)]
struct AssertionView {
    mark: &'static str,
    tone: &'static str,
    kind: String,
    how: String,
    expected: String,
    actual: String,
    message: Option<String>,
}

/// The tasks of a prompt in the order they are read: worst first, critical ones before others.
pub fn worst_first(tasks: &[Task]) -> Vec<&Task> {
    let mut sorted: Vec<&Task> = tasks.iter().collect();
    sorted.sort_by_key(|task| (task.outcome, !task.critical));
    sorted
}

/// `number` counts through the page.
pub fn view(task: &Task, number: usize, room: &mut Room) -> TaskView {
    let (mark, outcome) = words::outcome(task.outcome);
    let shown: Vec<&Assertion> = task.assertions.iter().take(room::ASSERTIONS).collect();
    let fits = room.spends(shown.iter().map(|assertion| size(assertion)).sum());
    let assertions: Vec<AssertionView> = if fits { shown.into_iter().map(assertion).collect() } else { Vec::new() };
    let (samples, more_samples) = if fits { answers::view(&task.answers, room) } else { (Vec::new(), 0) };
    let unjudged = task.unjudged.as_ref().map(|unjudged| room::value(&unjudged.message));
    TaskView {
        anchor: format!("t{number}"),
        mark,
        tone: tone(mark),
        id: task.id.clone(),
        model: task.model.clone(),
        outcome,
        tally: words::tally(task),
        badges: task.critical.then(|| "critical".to_owned()).into_iter().chain(task.incident.clone()).collect(),
        is_failing: !task.outcome.is_plain_pass(),
        is_changed: is_changed(task),
        open: number == 1 && !task.outcome.is_plain_pass(),
        place: format!("{}:{}", task.file, task.line),
        sources: sources(task),
        is_bare: task.assertions.is_empty() && samples.is_empty() && unjudged.is_none(),
        unjudged,
        more_assertions: if fits { task.assertions.len() - assertions.len() } else { 0 },
        assertions,
        samples,
        more_samples,
        is_left_out: !fits,
    }
}

/// Whether it came out otherwise than before, or was answered otherwise.
fn is_changed(task: &Task) -> bool {
    let is_same = match task.outcome {
        TaskOutcome::Passing | TaskOutcome::StillFailing | TaskOutcome::Unsteady | TaskOutcome::Unjudged => true,
        TaskOutcome::Regressed
        | TaskOutcome::NewFailure
        | TaskOutcome::ExpectationChanged
        | TaskOutcome::Removed
        | TaskOutcome::NewPass
        | TaskOutcome::Fixed => false,
    };
    !is_same || !texts(&task.answers.base).eq(texts(&task.answers.head))
}

fn texts(answers: &[Answer]) -> impl Iterator<Item = &str> {
    answers.iter().map(|answer| answer.text.as_str())
}

/// Where answers come from, where that is not the obvious place.
fn sources(task: &Task) -> Option<String> {
    let side = |name: &str, tally: &Option<Tally>| {
        let Tally { source, stand_in, .. } = tally.as_ref()?;
        let place = match source.split_once(':') {
            Some(("own", version)) => Some(format!("recorded for version {version}")),
            Some(_) => Some(format!("answered from {source}")),
            None if matches!(source.as_str(), "own" | "none") => None,
            None if matches!(source.as_str(), "base" | "head") => Some(format!("recorded at {source}")),
            None => Some(format!("answered {source}")),
        };
        let stand_in = stand_in.then(|| "a stand-in for a model".to_owned());
        let told: Vec<String> = place.into_iter().chain(stand_in).collect();
        (!told.is_empty()).then(|| format!("{name}: {}", told.join(", ")))
    };
    let sides: Vec<String> = [side("base", &task.base), side("head", &task.head)].into_iter().flatten().collect();
    (!sides.is_empty()).then(|| sides.join(" · "))
}

/// Bytes that an assertion takes on the page, at most.
fn size(assertion: &Assertion) -> usize {
    let Assertion { kind, expected, actual, message, .. } = assertion;
    [kind, expected, actual, message].iter().map(|text| text.len().min(room::VALUE)).sum::<usize>() + 256
}

fn assertion(assertion: &Assertion) -> AssertionView {
    let (mark, how) = words::assertion(assertion);
    let message = room::value(&assertion.message);
    // Most messages say again what stands beside them.
    let says_more = !message.contains(assertion.expected.as_str()) || !message.contains(assertion.actual.as_str());
    AssertionView {
        mark,
        tone: tone(mark),
        kind: assertion.kind.clone(),
        how,
        expected: room::value(&assertion.expected),
        actual: room::value(&assertion.actual),
        message: says_more.then_some(message),
    }
}

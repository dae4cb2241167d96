//! Builds the report from what core found out. Domain types end here; nothing after this sees them.

use std::collections::BTreeMap;

use super::{
    Answer, Answers, Assertion, AssertionOutcome, Metric as ReportMetric, PassRate, Prompt, Step, StepCall, Tally,
    Task, Version,
};
use crate::changes::{Candidate, Change};
use crate::compare::{Cell, Flipped, Metric};
use crate::evaluate::{Runs, Sample};
use crate::event::Event;
use crate::excerpt;
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::side::Side;
use crate::stats::{Interval, wilson};
use crate::verdict::{self, Weighed};
use crate::wording;

mod money;

pub use money::{cost, totals};

/// Bytes of answers that all tasks together may take.
const MAX_ANSWERS: usize = 3 << 19;

/// Whose answers a report carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepAnswers {
    /// Of tasks that do not plainly pass, up to a limit.
    Notable,
    All,
}

/// A version as reports name it.
pub fn version(prompt: &crate::prompt::Prompt) -> Version {
    Version {
        version: prompt.version.to_string(),
        prompt_id: prompt.prompt_id(),
        fingerprint: prompt.fingerprint(),
        path: prompt.path.clone(),
    }
}

/// A prompt without its tasks: what it is, why it is looked at, which versions are compared.
pub fn entry(change: &Change, candidate: Option<&Candidate>, base: &Side) -> Prompt {
    let head = candidate.and_then(|candidate| candidate.head.as_ref());
    let before = match candidate {
        Some(candidate) => candidate.base.as_ref(),
        None => base.prompts.served(&change.id),
    };
    Prompt {
        id: change.id.to_string(),
        status: change.status,
        why: change.why.clone(),
        served: candidate.is_some_and(|candidate| candidate.served),
        base: before.map(|prompt| version(prompt)),
        head: head.map(|prompt| version(prompt)),
        wording: before.zip(head).and_then(|(before, head)| wording::between(before, head)),
        tasks: Vec::new(),
        metrics: BTreeMap::new(),
        pass_rate: None,
        cost: None,
    }
}

/// A side as reports name it.
pub fn side(side: &Side) -> super::Side {
    let origin = &side.snapshot.origin;
    super::Side { reference: origin.reference.clone(), commit: origin.commit.clone(), tree: origin.tree.clone() }
}

/// What a CI runner said happened.
pub fn event(event: &Event) -> super::Event {
    super::Event {
        name: event.name.clone(),
        repository: event.repository.clone(),
        pull_request: event.pull_request(),
        head: event.head().map(str::to_owned),
        from_fork: event.is_untrusted(),
    }
}

/// One task on one alias.
pub fn task(cell: &Cell<'_>, flipped: &Flipped, policy: &Policy) -> Task {
    let planned = cell.planned;
    let (outcome, unjudged) = verdict::task_outcome(&flipped.flip, planned.critical, policy);
    let shown = planned.shown();
    Task {
        id: planned.task.to_string(),
        model: planned.alias.to_string(),
        outcome,
        critical: planned.critical,
        incident: shown.and_then(|side| side.task.incident.clone()),
        unjudged,
        base: cell.base.as_ref().map(|runs| tally(runs, |sample| &sample.own)),
        head: cell.head.as_ref().map(|runs| tally(runs, |sample| sample.by_base.as_ref().unwrap_or(&sample.own))),
        assertions: assertions(cell),
        answers: Answers {
            base: cell.base.as_ref().map(answers).unwrap_or_default(),
            head: cell.head.as_ref().map(answers).unwrap_or_default(),
        },
        file: shown.map(|side| side.task.origin.file.clone()).unwrap_or_default(),
        line: shown.map_or(0, |side| side.task.origin.line),
    }
}

fn tally(runs: &Runs, by: impl Fn(&Sample) -> &Outcome) -> Tally {
    let passed = runs.samples.iter().filter(|sample| *by(sample) == Outcome::Pass).count();
    let interval = wilson(passed as u64, runs.samples.len() as u64);
    Tally {
        ci95: interval.map(ends),
        passed: u32::try_from(passed).unwrap_or(u32::MAX),
        samples: u32::try_from(runs.samples.len()).unwrap_or(u32::MAX),
        source: runs.source.clone(),
        stand_in: runs.stand_in,
    }
}

fn answers(runs: &Runs) -> Vec<Answer> {
    let step = |step: excerpt::Step| {
        let call = |call| {
            let excerpt::Call { name, arguments, result, failed } = call;
            StepCall { name, arguments, result, failed }
        };
        Step { text: step.text, calls: step.calls.into_iter().map(call).collect(), tokens: step.tokens }
    };
    let answer = |sample: &Sample| {
        let excerpt::Answer { text, stop, truncated, tools, steps, more_steps } = sample.answer.clone();
        let steps = steps.into_iter().map(step).collect();
        Answer { text, stop, truncated, tools, steps, more_steps }
    };
    runs.samples.iter().map(answer).collect()
}

/// Every expectation over head's samples, worst first.
fn assertions(cell: &Cell<'_>) -> Vec<Assertion> {
    let Some(head) = cell.head.as_ref().filter(|head| !head.samples.is_empty()) else { return Vec::new() };
    let samples = head.samples.len();
    let mut found: Vec<Assertion> = cell
        .expectations
        .iter()
        .enumerate()
        .map(|(index, expectation)| {
            let checks = || head.samples.iter().filter_map(|sample| sample.checks.get(index));
            let failed = checks().filter(|check| check.outcome == Outcome::Fail).count();
            let unjudged = checks().find(|check| matches!(check.outcome, Outcome::Unjudged(_)));
            let (outcome, shown) = match (failed, unjudged) {
                (0, None) => (AssertionOutcome::Pass, checks().next()),
                (0, Some(check)) => (AssertionOutcome::Unjudged, Some(check)),
                _ => (AssertionOutcome::Fail, checks().find(|check| check.outcome == Outcome::Fail)),
            };
            let actual = shown.map(|check| check.actual.clone()).unwrap_or_default();
            let expected = expectation.expected.clone();
            let message = match outcome {
                AssertionOutcome::Pass => format!("expected {expected}, found {actual}"),
                AssertionOutcome::Fail => {
                    format!("expected {expected}, found {actual} ({failed} of {samples} samples)")
                }
                AssertionOutcome::Unjudged => format!("expected {expected}; not judged: {actual}"),
            };
            Assertion {
                kind: expectation.name().to_owned(),
                declared: expectation.declared().to_owned(),
                outcome,
                failed: u32::try_from(failed).unwrap_or(u32::MAX),
                samples: u32::try_from(samples).unwrap_or(u32::MAX),
                expected,
                actual,
                message,
            }
        })
        .collect();
    found.sort_by_key(|assertion| assertion.outcome);
    found
}

/// A figure to six digits: logarithms differ in their last bits from machine to machine, and reports must not.
fn figure(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn ends(Interval { low, high }: Interval) -> [f64; 2] {
    [figure(low), figure(high)]
}

/// All metrics of a candidate.
pub fn metrics(weighed: &Weighed<'_>, policy: &Policy) -> BTreeMap<String, ReportMetric> {
    let shown = |metric: Metric| {
        let measured = &weighed.suite.metrics[&metric];
        let grown = measured.grown.as_ref();
        let test = grown.and_then(|grown| grown.test.as_ref()).filter(|test| !test.is_unchanged());
        let metric_value = ReportMetric {
            base_mean: measured.base_mean,
            head_mean: measured.head_mean,
            base_p95: measured.base_p95,
            head_p95: measured.head_p95,
            ratio: grown.filter(|_| measured.base_mean > Some(0.0)).map(|grown| figure(grown.ratio)),
            ci95: grown.and_then(|grown| grown.ci95).map(ends),
            p_value: test.map(|test| figure(test.p_beyond(1.0))),
            status: weighed.standings.metrics[&metric],
            limit: verdict::limit(metric, policy),
            test: test.map(|test| test.name().to_owned()),
            tasks: Some(measured.tasks),
            detectable: weighed.detectable(metric, policy).map(figure),
        };
        (metric.as_str().to_owned(), metric_value)
    };
    Metric::ALL.into_iter().map(shown).collect()
}

/// The share of a candidate's samples that pass.
pub fn pass_rate(weighed: &Weighed<'_>, policy: &Policy) -> Option<PassRate> {
    let rate = weighed.suite.pass_rate.as_ref()?;
    Some(PassRate {
        base: figure(rate.base),
        head: figure(rate.head),
        ci95: rate.ci95.map(ends),
        p_value: figure(rate.p_fall),
        status: weighed.standings.pass_rate,
        limit: policy.gate.pass_rate.and_then(|fall| fall.fail.or(fall.warn)),
    })
}

/// Drops the answers that a report does not need to carry: how they came about first, then what they say.
pub fn trim(prompts: &mut [Prompt], keep: KeepAnswers) {
    if keep == KeepAnswers::All {
        return;
    }
    let mut room = MAX_ANSWERS;
    let mut for_wording = MAX_ANSWERS / 3;
    for prompt in &mut *prompts {
        let bytes = prompt.wording.as_ref().map_or(0, String::len);
        if bytes > for_wording {
            prompt.wording = None;
        } else {
            (for_wording, room) = (for_wording - bytes, room - bytes);
        }
    }
    for task in prompts.iter_mut().flat_map(|prompt| &mut prompt.tasks) {
        let answers = || task.answers.base.iter().chain(&task.answers.head);
        let texts: usize = answers().map(|answer| answer.text.len()).sum();
        let steps: usize = answers().flat_map(|answer| &answer.steps).map(size).sum();
        if task.outcome.is_plain_pass() || texts > room {
            task.answers = Answers::default();
            continue;
        }
        room -= texts;
        if steps <= room {
            room -= steps;
            continue;
        }
        for answer in task.answers.base.iter_mut().chain(&mut task.answers.head) {
            answer.more_steps += u32::try_from(answer.steps.len()).unwrap_or(u32::MAX);
            answer.steps = Vec::new();
        }
    }
}

/// Bytes that a step takes in the report, names of fields included.
fn size(step: &Step) -> usize {
    let call =
        |call: &StepCall| 64 + call.name.len() + call.arguments.len() + call.result.as_ref().map_or(0, String::len);
    48 + step.text.len() + step.calls.iter().map(call).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    fn with_steps(bytes: usize, tasks: usize) -> Vec<Prompt> {
        let mut prompts = sample().prompts;
        let task = &mut prompts[1].tasks[0];
        task.answers.base.clear();
        task.answers.head.truncate(1);
        task.answers.head[0].steps = vec![Step { text: "x".repeat(bytes), calls: Vec::new(), tokens: Some(1) }];
        prompts[1].tasks = vec![prompts[1].tasks[0].clone(); tasks];
        prompts.swap(0, 1);
        prompts.truncate(1);
        prompts
    }

    #[test]
    fn steps_go_before_answers_where_room_is_short() {
        let mut prompts = with_steps(900 << 10, 3);
        trim(&mut prompts, KeepAnswers::Notable);
        let kept: Vec<(usize, u32)> = prompts[0]
            .tasks
            .iter()
            .map(|task| &task.answers.head[0])
            .map(|answer| (answer.steps.len(), answer.more_steps))
            .collect();
        assert_eq!(kept, [(1, 0), (0, 1), (0, 1)]);
        assert!(prompts[0].tasks.iter().all(|task| !task.answers.head[0].text.is_empty()));
        let mut all = with_steps(900 << 10, 3);
        trim(&mut all, KeepAnswers::All);
        assert_eq!(all, with_steps(900 << 10, 3));
    }
}

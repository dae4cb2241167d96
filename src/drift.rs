//! Drift: how far what a model says today is from what was recorded.
//!
//! Beside a comparison of outcomes, which the pipeline makes: an answer may pass and yet be another one, as where a model was
//! changed behind its name, or where a recording never came from it; and single tasks that flip may be chance, where many that
//! break and none that mend are not. Pure.

use std::collections::BTreeMap;

use crate::assertion::token_f1;
use crate::outcome::Reason;
use crate::recording::Evidence;
use crate::report::{Report, Task, TaskOutcome};
use crate::stats;

/// The e-value from which on evidence counts as proof: chance alone comes so far once in twenty times at most.
const PROOF: u32 = 20;

/// The tasks on a model that came out otherwise than they were recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flips {
    /// They passed when recorded, and fail now.
    pub broke: u64,
    /// They failed when recorded, and pass now.
    pub mended: u64,
}

/// The tasks that flipped, by alias; an alias without any is not among them.
pub fn flips(report: &Report) -> BTreeMap<&str, Flips> {
    let mut found = BTreeMap::<&str, Flips>::new();
    for task in report.prompts.iter().flat_map(|prompt| &prompt.tasks) {
        let (broke, mended) = (u64::from(broke(task)), u64::from(task.outcome == TaskOutcome::Fixed));
        if broke + mended > 0 {
            let flips = found.entry(&task.model).or_default();
            *flips = Flips { broke: flips.broke + broke, mended: flips.mended + mended };
        }
    }
    found
}

/// Whether a task passed and fails now, though chance may explain it, or the provider served another model.
fn broke(task: &Task) -> bool {
    let of_flips =
        [Reason::Unconfirmed { p_value: String::new() }.code(), Reason::NotComparable { why: String::new() }.code()];
    match task.outcome {
        TaskOutcome::Regressed | TaskOutcome::Unsteady => true,
        TaskOutcome::Unjudged => task.unjudged.as_ref().is_some_and(|why| of_flips.contains(&why.code.as_str())),
        TaskOutcome::NewFailure
        | TaskOutcome::ExpectationChanged
        | TaskOutcome::Removed
        | TaskOutcome::StillFailing
        | TaskOutcome::Fixed
        | TaskOutcome::NewPass
        | TaskOutcome::Passing => false,
    }
}

impl Flips {
    /// How strongly they speak for another model, against tasks that break no more often than they mend.
    pub fn evidence(&self) -> f64 {
        stats::e_value(self.broke, self.mended).one_sided
    }

    /// "evidence that mini changed: e = 31.9 (7 tasks broke, 0 mended); 20 and more counts as proof"
    pub fn told(&self, model: &str) -> String {
        let Self { broke, mended } = self;
        let tasks = if *broke == 1 { "task" } else { "tasks" };
        let e = self.evidence();
        let e = if e < 1e6 { format!("{e:.1}") } else { format!("{e:.1e}") };
        format!(
            "evidence that {model} changed: e = {e} ({broke} {tasks} broke, {mended} mended); {PROOF} and more counts as proof"
        )
    }
}

/// How alike the live answers of a task are to the recorded ones, from 0 to 1: of each live answer the F1 of its words with those of
/// the recorded answer nearest to it, on average. `None` where either side has no answer.
pub fn alike(recorded: &Evidence, live: &Evidence) -> Option<f64> {
    let recorded: Vec<&str> = recorded.answers.iter().map(|answer| answer.run.text()).collect();
    let nearest = |text: &str| recorded.iter().map(|known| token_f1(known, text)).reduce(f64::max);
    let each: Vec<f64> = live.answers.iter().map(|answer| nearest(answer.run.text())).collect::<Option<Vec<f64>>>()?;
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    (!each.is_empty()).then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::tests::answer;
    use crate::recording::Answer;

    fn evidence(texts: &[&str]) -> Evidence {
        let answers = texts.iter().zip(0..).map(|(text, sample)| Answer {
            sample,
            run: answer(text),
            source: "own".into(),
            stand_in: false,
            provider: crate::config::Provider::Openai,
            recorded_at: None,
            claimed: false,
            judgements: Vec::new(),
        });
        Evidence { answers: answers.collect(), ..Evidence::default() }
    }

    #[test]
    fn many_that_break_and_none_that_mend_are_proof() {
        let told = |broke, mended| Flips { broke, mended }.told("m");
        assert_eq!(
            told(7, 0),
            "evidence that m changed: e = 31.9 (7 tasks broke, 0 mended); 20 and more counts as proof"
        );
        assert!(told(1, 0).contains("e = 1.5 (1 task broke"), "{}", told(1, 0));
        assert!(Flips { broke: 3, mended: 3 }.evidence() < 1.0);
        assert!(told(400, 0).contains("e = 1.3e118"), "{}", told(400, 0));
    }

    #[test]
    fn a_task_counts_where_it_flipped_however_sure_that_is() {
        let mut report = crate::report::sample::sample();
        let prompt = &mut report.prompts[0];
        let mut task = prompt.tasks[0].clone();
        let mut with = |outcome, code: Option<&str>| {
            task.outcome = outcome;
            task.model = "m".into();
            task.unjudged = code.map(|code| crate::report::Unjudged { code: code.into(), message: String::new() });
            task.clone()
        };
        let tasks = vec![
            with(TaskOutcome::Regressed, None),
            with(TaskOutcome::Unsteady, None),
            with(TaskOutcome::Unjudged, Some("unconfirmed")),
            with(TaskOutcome::Unjudged, Some("not-comparable")),
            with(TaskOutcome::Unjudged, Some("recording-missing")),
            with(TaskOutcome::Fixed, None),
            with(TaskOutcome::StillFailing, None),
            with(TaskOutcome::Passing, None),
        ];
        prompt.tasks = tasks;
        report.prompts.truncate(1);
        assert_eq!(flips(&report), BTreeMap::from([("m", Flips { broke: 4, mended: 1 })]));
    }

    #[test]
    fn each_answer_is_held_against_the_nearest() {
        let recorded = evidence(&["your order has shipped", "it is on its way"]);
        for (live, want) in [
            (&["it is on its way", "your order has shipped"][..], Some(1.0)),
            (&["quite another thing"], Some(0.0)),
            (&["it is on its way", "no"], Some(0.5)),
            (&[], None),
        ] {
            assert_eq!(alike(&recorded, &evidence(live)), want, "{live:?}");
        }
        assert_eq!(alike(&evidence(&[]), &recorded), None);
    }
}

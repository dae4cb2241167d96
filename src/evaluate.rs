//! From runs to judgements: every assertion on every sample, folded into what a task's side came to.
//!
//! Head's samples are judged twice: by what head declares and by what base declares, which stays in force.

use rust_decimal::Decimal;

use crate::assertion::{Assertion, Checked, Judge, Seen};
use crate::config::{Budgets, Provider};
use crate::excerpt::Answer;
use crate::golden::{Expect, Task};
use crate::log;
use crate::origins::Origins;
use crate::outcome::{Outcome, Reason};
use crate::panel::{Heard, Panel};
use crate::plan::CellSide;
use crate::policy::Policy;
use crate::recording::{self, Evidence, LIVE, Note};
use crate::stop::Stop;
use crate::trajectory::Trajectory;
use crate::wire::Usage;

/// The name of the assertion that every run carries: it stayed within the budgets.
pub const BUDGET: &str = "budget";

/// What one side of a cell came to.
#[derive(Debug, Clone)]
pub struct Runs {
    pub samples: Vec<Sample>,
    /// Why there is no sample, where there is none.
    pub reason: Option<Reason>,
    /// Why samples that were asked for are not among `samples`.
    pub lost: Vec<Reason>,
    /// Why judges said nothing.
    pub unheard: Vec<Reason>,
    pub source: String,
    pub stand_in: bool,
    /// Who gave the answers, and when.
    pub origins: Origins,
    /// Whether some answer stands in head's tree only.
    pub claimed: bool,
    pub notes: Vec<Note>,
    /// How many of the samples stood in recordings.
    pub replayed: u64,
    /// How many samples were wished for.
    pub wished: u32,
    /// A line for each, where somebody wants a log.
    pub log: Vec<log::Run>,
}

impl Runs {
    /// The same runs as base's side has them, where both sides are alike: nobody else's expectations are in force there.
    #[must_use]
    pub fn as_base(&self) -> Self {
        let mut base = self.clone();
        base.samples.iter_mut().for_each(|sample| sample.by_base = None);
        base.log = self.log.iter().map(log::Run::as_base).collect();
        base
    }

    /// Drops texts and single results, which nobody asks for once the cell was judged, and what calls used where nobody pays for
    /// them.
    pub fn let_go(&mut self, serves: bool) {
        for sample in &mut self.samples {
            if !serves {
                sample.measures.calls = Vec::new();
            }
            sample.checks = Vec::new();
            sample.answer = Answer::default();
        }
    }
}

/// One judged sample.
#[derive(Debug, Clone)]
pub struct Sample {
    /// By this side's own expectations.
    pub own: Outcome,
    /// By base's expectations, on head's samples of comparable cells.
    pub by_base: Option<Outcome>,
    /// Results in the order of [`Examiner::expectations`].
    pub checks: Vec<Checked>,
    pub measures: Measures,
    pub answer: Answer,
}

impl Sample {
    /// By everything that is in force: this side's own expectations, and base's.
    pub fn outcome(&self) -> Outcome {
        all(self.by_base.iter().chain([&self.own]))
    }
}

/// What a run took. `None` is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    pub total_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub tool_calls: u64,
    pub steps: u64,
    pub latency_ms: u64,
    pub cost_usd: Option<Decimal>,
    /// What each call used, of which a month's cost is made; of the model that serves only.
    pub calls: Vec<Usage>,
}

/// One thing expected, and by whom.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// `None` is the budget.
    pub assertion: Option<Assertion>,
    pub by_base: bool,
    pub by_own: bool,
    pub expected: String,
}

impl Expectation {
    pub fn name(&self) -> &'static str {
        self.assertion.as_ref().map_or(BUDGET, |assertion| assertion.name)
    }

    fn is_judge(&self) -> bool {
        self.assertion.as_ref().is_some_and(|assertion| assertion.as_judge().is_some())
    }

    /// Whose it is, as reports name it.
    pub fn declared(&self) -> &'static str {
        match (self.by_base, self.by_own) {
            (true, false) => "base",
            (false, true) => "head",
            _ => "both",
        }
    }
}

/// Judges the samples of one side of a cell.
#[derive(Debug)]
pub struct Examiner<'a> {
    pub expectations: Vec<Expectation>,
    pub panel: Panel<'a>,
    budgets: Budgets,
    own: &'a Task,
    base: Option<&'a Task>,
}

impl<'a> Examiner<'a> {
    /// By `own`'s expectations and, where base's stay in force beside them, `base`'s. `tightened` says that the budgets are
    /// stricter than base's, so that breaking them breaks no expectation of base's.
    pub fn new(
        own: &'a CellSide,
        base: Option<&'a CellSide>,
        policy: &Policy,
        budgets: Budgets,
        tightened: bool,
    ) -> Self {
        let mut aliases = own.judges.clone();
        aliases.extend(base.into_iter().flat_map(|side| side.judges.clone()));
        let (own, base) = (&*own.task, base.map(|side| &*side.task));
        let in_force = |task: &'a Task| task.assertions.iter().map(|assertion| policy.in_force(task, assertion));
        let own_assertions: Vec<&Assertion> = in_force(own).collect();
        let base_assertions: Vec<&Assertion> = base.into_iter().flat_map(in_force).collect();
        for judge in own_assertions.iter().chain(&base_assertions).filter_map(|assertion| assertion.as_judge()) {
            // The policy's declaration may name another model.
            aliases.extend(policy.alias(&judge.model).map(|alias| (judge.model.clone(), alias.clone())));
        }
        let panel = Panel { aliases, input: &own.input };
        let within = format!(
            "at most {} steps, {} tool calls, {} s and {} tokens",
            budgets.max_steps, budgets.max_tool_calls, budgets.max_seconds, budgets.max_tokens
        );
        let mut expectations = vec![Expectation {
            assertion: None,
            by_base: base.is_some() && !tightened,
            by_own: true,
            expected: within,
        }];
        let is_among = |one: &Assertion, all: &[&Assertion]| all.iter().any(|other| other.declared == one.declared);
        for assertion in &base_assertions {
            expectations.push(Expectation::of(assertion, true, is_among(assertion, &own_assertions)));
        }
        for assertion in own_assertions.iter().filter(|own| !is_among(own, &base_assertions)) {
            expectations.push(Expectation::of(assertion, false, true));
        }
        Self { expectations, panel, budgets, own, base }
    }

    /// Judges everything the trees hold for a side. `price` prices a run.
    pub fn judge(&self, evidence: Evidence, wished: u32, price: impl Fn(&Trajectory) -> Option<Decimal>) -> Runs {
        let Evidence { answers, reason, lost, unheard, notes } = evidence;
        let source = answers.first().map_or_else(|| "none".to_owned(), |answer| answer.source.clone());
        let by_mock = self.panel.aliases.values().any(|alias| alias.provider == Provider::Mock);
        let stand_in = answers.iter().any(|answer| answer.stand_in || (by_mock && !answer.judgements.is_empty()));
        let claimed = answers.iter().any(|answer| answer.claimed);
        let replayed = answers.iter().filter(|answer| answer.source != LIVE).count() as u64;
        let origins = Origins::of(&answers);
        let samples = answers.iter().map(|answer| self.sample(answer, price(&answer.run))).collect();
        Runs {
            samples,
            reason,
            lost,
            unheard,
            source,
            stand_in,
            origins,
            claimed,
            notes,
            replayed,
            wished,
            log: Vec::new(),
        }
    }

    /// The judges whose opinion is wanted.
    pub fn judges(&self) -> impl Iterator<Item = &Judge> {
        self.expectations.iter().filter_map(|expectation| expectation.assertion.as_ref()?.as_judge())
    }

    fn sample(&self, answer: &recording::Answer, cost_usd: Option<Decimal>) -> Sample {
        let run = &answer.run;
        let heard = Heard { panel: &self.panel, answer: run.text(), judgements: &answer.judgements };
        let checks: Vec<Checked> = self
            .expectations
            .iter()
            .map(|expectation| match &expectation.assertion {
                Some(assertion) => assertion.check(&Seen { run, cost_usd, opinions: &heard }),
                None => self.within_budget(run),
            })
            .collect();
        let fold = |counts: fn(&Expectation) -> bool, expect| {
            let relevant = self.expectations.iter().zip(&checks).filter(|(expectation, _)| counts(expectation));
            let is_judge = |(expectation, _): &(&Expectation, &Checked)| expectation.is_judge();
            let (judges, counted): (Vec<_>, Vec<_>) = relevant.partition(is_judge);
            // What is expected to fail is what can be counted; an opinion never makes it fail (SEC-18).
            let counted = inverted(all(counted.iter().map(|(_, checked)| &checked.outcome)), expect);
            all(std::iter::once(&counted).chain(judges.iter().map(|(_, checked)| &checked.outcome)))
        };
        let by_base = self.base.map(|task| fold(|e| e.by_base, task.expect));
        let own = fold(|e| e.by_own, self.own.expect);
        Sample { own, by_base, checks, measures: measure(run, cost_usd), answer: Answer::of(run) }
    }

    /// A run keeps its budgets if none stopped it and none was overrun by its last step.
    fn within_budget(&self, run: &Trajectory) -> Checked {
        let tokens = run.total_tokens().ok();
        let seconds = run.elapsed_ms().div_ceil(1_000);
        let over_tokens = tokens.is_some_and(|tokens| tokens > self.budgets.max_tokens);
        let over_time = run.elapsed_ms() > u64::from(self.budgets.max_seconds) * 1_000;
        let broken = match run.stop {
            Stop::MaxToolCalls => Some(format!("{} tool calls", run.tool_calls().count())),
            Stop::MaxSteps => Some(format!("{} steps and no end", run.exchanges.len())),
            Stop::ToolErrorLimit => Some("a tool call that its stub forbids".to_owned()),
            Stop::MaxTokens
            | Stop::Timeout
            | Stop::Finish
            | Stop::Refusal
            | Stop::ContentFilter
            | Stop::Length
            | Stop::ContextOverflow
            | Stop::Malformed
            | Stop::Error => None,
        };
        let spent = || {
            let tokens = tokens.map_or_else(|| "an unknown number of".to_owned(), |tokens| tokens.to_string());
            format!("{tokens} tokens in {seconds} s")
        };
        if broken.is_some() || run.stop.is_budget() || over_tokens || over_time {
            return Checked { outcome: Outcome::Fail, actual: broken.unwrap_or_else(spent) };
        }
        Checked { outcome: Outcome::Pass, actual: spent() }
    }
}

impl Expectation {
    fn of(assertion: &Assertion, by_base: bool, by_own: bool) -> Self {
        Self { expected: assertion.expected(), assertion: Some(assertion.clone()), by_base, by_own }
    }
}

/// Fails if any fails; else unjudged if any is; else passes.
fn all<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Outcome {
    let mut unjudged = None;
    for outcome in outcomes {
        match outcome {
            Outcome::Fail => return Outcome::Fail,
            Outcome::Unjudged(reason) => unjudged = unjudged.or(Some(reason)),
            Outcome::Pass => {}
        }
    }
    unjudged.map_or(Outcome::Pass, |reason| Outcome::Unjudged(reason.clone()))
}

/// A task that is expected to fail passes when it does.
fn inverted(outcome: Outcome, expect: Expect) -> Outcome {
    match (expect, outcome) {
        (Expect::Fail, Outcome::Pass) => Outcome::Fail,
        (Expect::Fail, Outcome::Fail) => Outcome::Pass,
        (Expect::Pass | Expect::Fail, outcome) => outcome,
    }
}

/// How many of `samples` must pass: two thirds, or the policy's share.
pub fn needed(samples: usize, min_pass: Option<f64>) -> usize {
    match min_pass {
        None => (2 * samples).div_ceil(3),
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small counts"
        )]
        Some(share) => ((share.clamp(0.0, 1.0) * samples as f64) - 1e-9).ceil().max(0.0) as usize,
    }
}

/// What the samples of a side come to together (DESIGN 6).
pub fn task_outcome<'a>(outcomes: impl Iterator<Item = &'a Outcome>, min_pass: Option<f64>) -> Outcome {
    let (mut total, mut passed, mut failed, mut reason) = (0, 0, 0, None);
    for outcome in outcomes {
        total += 1;
        match outcome {
            Outcome::Pass => passed += 1,
            Outcome::Fail => failed += 1,
            Outcome::Unjudged(why) => reason = reason.or(Some(why.clone())),
        }
    }
    let needed = needed(total, min_pass);
    if total > 0 && passed >= needed {
        Outcome::Pass
    } else if failed > total - needed {
        // Not even the unjudged ones could save it.
        Outcome::Fail
    } else {
        Outcome::Unjudged(reason.unwrap_or(Reason::Missing))
    }
}

fn measure(run: &Trajectory, cost_usd: Option<Decimal>) -> Measures {
    Measures {
        total_tokens: run.total_tokens().ok(),
        output_tokens: run.output_tokens().ok(),
        tool_calls: run.tool_calls().count() as u64,
        steps: run.exchanges.len() as u64,
        latency_ms: run.elapsed_ms(),
        cost_usd,
        calls: run.exchanges.iter().map(|exchange| exchange.reply.usage).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_thirds_must_pass() {
        for (samples, want) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (9, 6)] {
            assert_eq!(needed(samples, None), want, "{samples}");
        }
        assert_eq!(needed(10, Some(0.8)), 8);
        assert_eq!(needed(3, Some(1.0)), 3);
    }

    #[test]
    fn unjudged_samples_neither_pass_nor_fail() {
        let unjudged = || Outcome::Unjudged(Reason::Missing);
        for (outcomes, want) in [
            (vec![Outcome::Pass, Outcome::Pass, Outcome::Fail], Outcome::Pass),
            (vec![Outcome::Pass, Outcome::Fail, Outcome::Fail], Outcome::Fail),
            (vec![Outcome::Pass, Outcome::Pass, unjudged()], Outcome::Pass),
            (vec![Outcome::Pass, Outcome::Fail, unjudged()], unjudged()),
            (vec![Outcome::Fail, Outcome::Fail, unjudged()], Outcome::Fail),
            (vec![unjudged()], unjudged()),
            (vec![], unjudged()),
        ] {
            assert_eq!(task_outcome(outcomes.iter(), None), want, "{outcomes:?}");
        }
    }
}

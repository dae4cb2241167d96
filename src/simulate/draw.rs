//! Runs drawn from a model of a task: how much they take, how that varies, how often they pass.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive as _;

use crate::assertion::Checked;
use crate::config::Budgets;
use crate::evaluate::{Measures, Runs, Sample};
use crate::excerpt::Answer;
use crate::origins::Origins;
use crate::outcome::Outcome;
use crate::wire::Usage;

/// How the runs of one task come out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskModel {
    /// Median of the total tokens of a run.
    pub tokens: f64,
    /// Standard deviation of their natural logarithm between runs of one prompt.
    pub sigma: f64,
    /// The output's tokens, and milliseconds; made of all tokens where `None`. A run that is long in one is long in all.
    pub output: Option<LogNormal>,
    pub latency: Option<LogNormal>,
    /// Mean of the tool calls of a run.
    pub tool_calls: f64,
    pub call_noise: CallNoise,
    /// The share of runs that pass the task's assertions.
    pub pass_rate: f64,
    /// US dollars per token; `None` where no price is known.
    pub usd_per_token: Option<f64>,
}

/// A median, and the standard deviation of the natural logarithm around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogNormal {
    pub median: f64,
    pub sigma: f64,
}

/// How tool calls vary around their mean between runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CallNoise {
    /// As rare and independent events do: the variance is the mean.
    Poisson,
    /// The variance is this many times the mean; without any where it is 0.
    Dispersion(f64),
}

/// What a change of a prompt does to a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    pub tokens: f64,
    pub tool_calls: f64,
    /// The share of runs that pass after it, where it is another.
    pub pass_rate: Option<f64>,
}

impl Change {
    /// A change that changes nothing.
    pub const NONE: Self = Self { tokens: 1.0, tool_calls: 1.0, pass_rate: None };
}

impl TaskModel {
    #[must_use]
    pub fn changed(self, change: &Change) -> Self {
        Self {
            tokens: self.tokens * change.tokens,
            output: self.output.map(|output| output.times(change.tokens)),
            latency: self.latency.map(|latency| latency.times(change.tokens)),
            tool_calls: self.tool_calls * change.tool_calls,
            pass_rate: change.pass_rate.unwrap_or(self.pass_rate),
            ..self
        }
    }

    /// Draws the runs of one side.
    pub fn runs(&self, samples: u32, budgets: &Budgets, dice: &mut Dice) -> Runs {
        Runs {
            samples: (0..samples).map(|_| self.sample(budgets, dice)).collect(),
            reason: None,
            lost: Vec::new(),
            unheard: Vec::new(),
            source: "own".to_owned(),
            stand_in: false,
            origins: Origins::default(),
            claimed: false,
            notes: Vec::new(),
            replayed: u64::from(samples),
            wished: samples,
            log: Vec::new(),
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^53")]
    fn sample(&self, budgets: &Budgets, dice: &mut Dice) -> Sample {
        let normal = dice.normal();
        let total_tokens = (self.tokens * (self.sigma * normal).exp()).round().max(1.0);
        let tool_calls = dice.calls(self.tool_calls, self.call_noise);
        let passes = dice.uniform() < self.pass_rate;
        let within = total_tokens <= budgets.max_tokens as f64 && tool_calls <= u64::from(budgets.max_tool_calls);
        let outcome = |holds: bool| if holds { Outcome::Pass } else { Outcome::Fail };
        let cost_usd = self.usd_per_token.and_then(|price| Decimal::from_f64(total_tokens * price));
        let all = total_tokens as u64;
        let output = self.output.map_or((total_tokens / 2.0) as u64, |output| output.at(normal)).min(all);
        Sample {
            own: outcome(passes && within),
            by_base: None,
            checks: vec![Checked { outcome: outcome(within), actual: String::new() }],
            measures: Measures {
                total_tokens: Some(all),
                output_tokens: Some(output),
                tool_calls,
                steps: tool_calls + 1,
                latency_ms: self.latency.map_or(all, |latency| latency.at(normal)),
                cost_usd: cost_usd.map(|usd| usd.round_dp(12)),
                calls: calls(all - output, output, tool_calls + 1),
            },
            answer: Answer::default(),
        }
    }
}

/// The calls of a run, among which its tokens are divided evenly; the first one takes what is left over.
fn calls(input: u64, output: u64, steps: u64) -> Vec<Usage> {
    let share = |all: u64, step: u64| all / steps + if step == 0 { all % steps } else { 0 };
    let call = |step| Usage {
        input_uncached: Some(share(input, step)),
        output: Some(share(output, step)),
        ..Usage::default()
    };
    (0..steps).map(call).collect()
}

impl LogNormal {
    fn times(self, factor: f64) -> Self {
        Self { median: self.median * factor, ..self }
    }

    /// The whole number so many standard deviations from the median.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never below 0 and far below 2^53")]
    fn at(self, normal: f64) -> u64 {
        (self.median * (self.sigma * normal).exp()).round().max(0.0) as u64
    }
}

/// Seeded chance.
#[derive(Debug, Clone)]
pub struct Dice(fastrand::Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// From 0 to 1, 1 left out.
    pub fn uniform(&mut self) -> f64 {
        self.0.f64()
    }

    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.0.f64(), self.0.f64());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Poisson with this mean, by Knuth's product of uniforms; means are small.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        let limit = (-mean).exp();
        let (mut count, mut product) = (0, self.0.f64());
        while product > limit {
            count += 1;
            product *= self.0.f64();
        }
        count
    }

    /// Tool calls of one run, never below 0.
    pub fn calls(&mut self, mean: f64, noise: CallNoise) -> u64 {
        match noise {
            CallNoise::Poisson => self.poisson(mean),
            CallNoise::Dispersion(dispersion) => self.whole(mean, dispersion * mean),
        }
    }

    /// A whole number of this mean and variance. One of the two next to the mean has the mean, and the least variance that whole numbers
    /// can have; the difference of two Poisson numbers of one mean (Skellam 1946) adds what is missing. Cut off at 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of calls are small")]
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
    fn whole(&mut self, mean: f64, variance: f64) -> u64 {
        let share = mean.fract();
        let nearest = if share > 0.0 && self.uniform() < share { mean.ceil() } else { mean.floor() };
        let missing = variance - share * (1.0 - share);
        let further =
            if missing > 0.0 { self.poisson(missing / 2.0) as f64 - self.poisson(missing / 2.0) as f64 } else { 0.0 };
        (nearest + further).max(0.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_vary_as_much_as_was_measured() {
        for (mean, dispersion, least) in
            [(4.0, 0.0, 0.0), (6.0, 0.1, 0.0), (6.0, 0.5, 0.0), (4.3, 0.3, 0.0), (25.0, 1.5, 0.0), (2.5, 0.0, 0.25)]
        {
            let mut dice = Dice::new(11);
            let runs = 40_000;
            let drawn: Vec<f64> =
                (0..runs).map(|_| dice.calls(mean, CallNoise::Dispersion(dispersion)) as f64).collect();
            let found = drawn.iter().sum::<f64>() / f64::from(runs);
            let variance = drawn.iter().map(|calls| (calls - found).powi(2)).sum::<f64>() / f64::from(runs);
            let want = (dispersion * mean).max(least);
            assert!((found - mean).abs() <= 4.0 * (want / f64::from(runs)).sqrt(), "mean {found} instead of {mean}");
            assert!((variance - want).abs() <= 0.05 * want, "{mean}, {dispersion}: variance {variance}");
        }
        assert_eq!(Dice::new(1).calls(0.0, CallNoise::Dispersion(3.0)), 0);
    }

    #[test]
    fn a_run_that_is_long_in_tokens_is_long_in_all() {
        let output = LogNormal { median: 200.0, sigma: 0.2 };
        let latency = LogNormal { median: 900.0, sigma: 0.0 };
        let model = TaskModel {
            tokens: 1_000.0,
            sigma: 0.05,
            output: Some(output),
            latency: Some(latency),
            tool_calls: 3.0,
            call_noise: CallNoise::Dispersion(0.0),
            pass_rate: 1.0,
            usd_per_token: None,
        };
        let doubled = model.changed(&Change { tokens: 2.0, ..Change::NONE });
        let runs = doubled.runs(50, &Budgets::default(), &mut Dice::new(3));
        let mut measures: Vec<Measures> = runs.samples.into_iter().map(|sample| sample.measures).collect();
        assert!(measures.iter().all(|run| (run.latency_ms, run.tool_calls, run.steps) == (1_800, 3, 4)));
        measures.sort_by_key(|run| (run.total_tokens, run.output_tokens));
        assert!(measures.is_sorted_by_key(|run| run.output_tokens));
        for run in &measures {
            let used = |of: fn(&Usage) -> Option<u64>| run.calls.iter().filter_map(of).sum::<u64>();
            let (input, output) = (used(|call| call.input_uncached), used(|call| call.output));
            assert_eq!((Some(input + output), Some(output), run.calls.len()), (run.total_tokens, run.output_tokens, 4));
        }
        assert!(measures[0].output_tokens < Some(350) && measures[49].output_tokens > Some(450));
    }
}

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
    /// Mean of the tool calls of a run, which vary as Poisson's do.
    pub tool_calls: f64,
    /// The share of runs that pass the task's assertions.
    pub pass_rate: f64,
    /// US dollars per token; `None` where no price is known.
    pub usd_per_token: Option<f64>,
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
        let total_tokens = (self.tokens * (self.sigma * dice.normal()).exp()).round().max(1.0);
        let tool_calls = dice.poisson(self.tool_calls);
        let passes = dice.uniform() < self.pass_rate;
        let within = total_tokens <= budgets.max_tokens as f64 && tool_calls <= u64::from(budgets.max_tool_calls);
        let outcome = |holds: bool| if holds { Outcome::Pass } else { Outcome::Fail };
        let cost_usd = self.usd_per_token.and_then(|price| Decimal::from_f64(total_tokens * price));
        Sample {
            own: outcome(passes && within),
            by_base: None,
            checks: vec![Checked { outcome: outcome(within), actual: String::new() }],
            measures: Measures {
                total_tokens: Some(total_tokens as u64),
                output_tokens: Some((total_tokens / 2.0) as u64),
                tool_calls,
                steps: tool_calls + 1,
                latency_ms: total_tokens as u64,
                cost_usd: cost_usd.map(|usd| usd.round_dp(12)),
                calls: vec![Usage {
                    input_uncached: Some(total_tokens as u64 - (total_tokens / 2.0) as u64),
                    output: Some((total_tokens / 2.0) as u64),
                    ..Usage::default()
                }],
            },
            answer: Answer::default(),
        }
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
}

//! From recorded runs to models of tasks, from which further runs can be drawn.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive as _;

use super::Recorded;
use super::passing::{is_unsteady, tally};
use super::spread::{logs, mean, values};
use crate::compare::Metric;
use crate::evaluate::Runs;
use crate::id::Id;
use crate::simulate::{CallNoise, LogNormal, TaskModel};
use crate::stats;

/// What is pooled over tasks, since the few samples of one tell little.
#[derive(Debug, Clone, Copy)]
struct Pool {
    tokens: f64,
    output: Option<f64>,
    latency: Option<f64>,
    calls: f64,
}

/// A model of each cell's runs, in order; `None` where no task has two samples, or a run does not tell its tokens.
///
/// Noise is pooled over the tasks on an alias, and over all where one alias has no task with two samples.
pub fn task_models(recorded: &Recorded) -> Option<Vec<TaskModel>> {
    let all: Vec<&Runs> = recorded.runs.iter().collect();
    let overall = Pool::of(&all)?;
    let of_alias = |(alias, cells): (&Id, Vec<(&crate::plan::Cell, &Runs)>)| {
        let runs: Vec<&Runs> = cells.iter().map(|(_, runs)| *runs).collect();
        (alias.clone(), Pool::of(&runs).unwrap_or(overall))
    };
    let pools: BTreeMap<Id, Pool> = recorded.by_alias().into_iter().map(of_alias).collect();
    let cells = recorded.cells.iter().zip(&recorded.runs);
    cells.map(|(cell, runs)| task_model(runs, pools.get(&cell.alias)?)).collect()
}

impl Pool {
    fn of(runs: &[&Runs]) -> Option<Self> {
        let calls = values(Metric::ToolCalls, runs)?;
        Some(Self {
            tokens: sigma(Metric::TotalTokens, runs)?,
            output: sigma(Metric::OutputTokens, runs),
            latency: sigma(Metric::LatencyMs, runs),
            calls: dispersion(&calls),
        })
    }
}

/// The standard deviation of a metric's logarithm between runs of one task; `None` where it is not known or has no logarithm.
fn sigma(metric: Metric, runs: &[&Runs]) -> Option<f64> {
    let groups = values(metric, runs)?;
    let is_positive = groups.iter().flatten().all(|value| *value > 0.0);
    is_positive.then(|| stats::pooled(&logs(&groups)))?.map(|(variance, _)| variance.sqrt())
}

/// The variance of counts between runs of one task over their mean, both over tasks with two samples; 0 where nothing is counted.
fn dispersion(groups: &[Vec<f64>]) -> f64 {
    let several: Vec<Vec<f64>> = groups.iter().filter(|group| group.len() > 1).cloned().collect();
    let means: Vec<f64> = several.iter().filter_map(|group| mean(group)).collect();
    let (variance, mean) = (stats::pooled(&several), mean(&means).filter(|mean| *mean > 0.0));
    variance.zip(mean).map_or(0.0, |((variance, _), mean)| variance / mean)
}

/// How the runs of one task come out.
///
/// A task whose samples all pass, or all fail, is taken to do so always: nothing that was recorded speaks against it. Of an unsteady one,
/// half a pass and half a failure are added to what was seen, so that few samples do not make it look too sure.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn task_model(runs: &Runs, pool: &Pool) -> Option<TaskModel> {
    let log_normal = |metric: Metric, sigma: Option<f64>| {
        let logs = logs(&values(metric, &[runs])?);
        Some(LogNormal { median: mean(logs.first()?)?.exp(), sigma: sigma? })
    };
    let tokens = log_normal(Metric::TotalTokens, Some(pool.tokens))?;
    let (passed, judged) = tally(runs);
    let pass_rate = match is_unsteady((passed, judged)) {
        true => (passed as f64 + 0.5) / (judged as f64 + 1.0),
        false if passed == judged => 1.0,
        false => 0.0,
    };
    Some(TaskModel {
        tokens: tokens.median,
        sigma: tokens.sigma,
        output: log_normal(Metric::OutputTokens, pool.output),
        latency: log_normal(Metric::LatencyMs, pool.latency),
        tool_calls: mean(values(Metric::ToolCalls, &[runs])?.first()?)?,
        call_noise: CallNoise::Dispersion(pool.calls),
        pass_rate,
        usd_per_token: usd_per_token(runs),
    })
}

/// What a token costs in these runs; `None` where some run's price or tokens are not known.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn usd_per_token(runs: &Runs) -> Option<f64> {
    let measures = || runs.samples.iter().map(|sample| &sample.measures);
    let usd: rust_decimal::Decimal = measures().map(|run| run.cost_usd).sum::<Option<_>>()?;
    let tokens: u64 = measures().map(|run| run.total_tokens).sum::<Option<_>>()?;
    (tokens > 0).then_some(usd.to_f64()? / tokens as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_vary_as_measured_and_not_more() {
        assert_eq!(dispersion(&[vec![4.0, 4.0, 4.0], vec![2.0, 2.0]]), 0.0);
        assert_eq!(dispersion(&[vec![0.0, 0.0]]), 0.0);
        // Variance 2 over one degree of freedom, mean 4; a task with one sample says nothing.
        assert_eq!(dispersion(&[vec![3.0, 5.0], vec![40.0]]), 0.5);
    }
}

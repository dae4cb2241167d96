//! How much a metric varies: between runs of one task, and between tasks.

use serde::Serialize;

use crate::compare::Metric;
use crate::evaluate::Runs;
use crate::stats;

/// How differences of a metric are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// As differences of natural logarithms: 0.1 is about 10 %.
    Log,
    /// In the metric's own unit: counts, and what may be 0.
    Plain,
}

/// A metric over the recorded runs of tasks. Deviations are standard deviations on `scale`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    #[serde(serialize_with = "name")]
    pub metric: Metric,
    pub scale: Scale,
    /// The mean of the tasks' means; on a log scale geometric means. In the metric's unit.
    pub typical: f64,
    /// Between runs of one task, pooled over tasks; `None` where no task has two samples.
    pub within: Option<f64>,
    /// Between tasks, without what noise adds to it; `None` where one task cannot be told from another.
    pub between: Option<f64>,
    /// The share of all variance that lies between tasks, from 0 to 1.
    pub icc: Option<f64>,
}

fn name<S: serde::Serializer>(metric: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(metric.as_str())
}

/// All metrics that every run tells.
pub fn spreads(runs: &[&Runs]) -> Vec<Spread> {
    Metric::ALL.into_iter().filter_map(|metric| spread(metric, &values(metric, runs)?)).collect()
}

/// A metric of each run, by task; `None` where some run does not tell it.
pub fn values(metric: Metric, runs: &[&Runs]) -> Option<Vec<Vec<f64>>> {
    let of_task = |runs: &&Runs| runs.samples.iter().map(|sample| metric.of(&sample.measures)).collect();
    runs.iter().map(of_task).collect()
}

/// A metric of tasks that have runs; `None` where there are none.
pub fn spread(metric: Metric, groups: &[Vec<f64>]) -> Option<Spread> {
    let is_log = !metric.is_count() && groups.iter().flatten().all(|value| *value > 0.0);
    let groups: Vec<Vec<f64>> = if is_log { logs(groups) } else { groups.to_vec() };
    let centre = mean(&groups.iter().filter_map(|group| mean(group)).collect::<Vec<_>>())?;
    let noise = stats::one_way(&groups);
    Some(Spread {
        metric,
        scale: if is_log { Scale::Log } else { Scale::Plain },
        typical: if is_log { centre.exp() } else { centre },
        within: stats::pooled(&groups).map(|(variance, _)| variance.sqrt()),
        between: noise.map(|noise| noise.between.sqrt()),
        icc: noise.map(|noise| noise.icc),
    })
}

pub fn logs(groups: &[Vec<f64>]) -> Vec<Vec<f64>> {
    groups.iter().map(|group| group.iter().map(|value| value.ln()).collect()).collect()
}

/// The mean of a list; `None` where it is empty.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn mean(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: Option<f64>, want: f64) {
        assert!(got.is_some_and(|got| (got - want).abs() < 1e-12), "{got:?} instead of {want}");
    }

    #[test]
    fn tokens_vary_in_proportion_and_counts_by_number() {
        // By hand: both tasks vary by a factor of e^0.2 around their geometric means, 100 and 400.
        let around = |centre: f64| vec![centre * (-0.1_f64).exp(), centre * 0.1_f64.exp()];
        let tokens = spread(Metric::TotalTokens, &[around(100.0), around(400.0)]).unwrap();
        assert_eq!(tokens.scale, Scale::Log);
        close(Some(tokens.typical), 200.000_000_000_000_03);
        close(tokens.within, (2.0_f64 * 0.01).sqrt());
        // MSB = 2 · 2 · ln(2)², of which half of MSW is noise.
        let between: f64 = 2.0 * std::f64::consts::LN_2.powi(2) - 0.01;
        close(tokens.between, between.sqrt());
        close(tokens.icc, between / (between + 0.02));
        let calls = spread(Metric::ToolCalls, &[vec![2.0, 4.0], vec![0.0, 0.0]]).unwrap();
        assert_eq!((calls.scale, calls.typical), (Scale::Plain, 1.5));
        close(calls.within, 1.0);
    }

    #[test]
    fn what_is_free_has_no_logarithm() {
        let free = spread(Metric::CostUsd, &[vec![0.0; 3], vec![0.0; 3]]).unwrap();
        assert_eq!((free.scale, free.within, free.icc), (Scale::Plain, Some(0.0), Some(0.0)));
    }

    #[test]
    fn one_sample_a_task_tells_no_noise_and_one_task_no_difference() {
        let single = spread(Metric::TotalTokens, &[vec![10.0], vec![20.0]]).unwrap();
        assert_eq!((single.within, single.between, single.icc), (None, None, None));
        let alone = spread(Metric::TotalTokens, &[vec![10.0, 10.0]]).unwrap();
        assert_eq!((alone.within, alone.between), (Some(0.0), None));
        assert_eq!(spread(Metric::TotalTokens, &[]), None);
    }
}

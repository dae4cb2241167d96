//! Single tasks that take more on head, which a mean over all tasks hides.
//!
//! Student's t on log-values with the variance pooled over all tasks and sides, Holm over the tasks (notes: statistics B3, B4).

use super::units::Unit;
use super::{Cell, Metric, units};
use crate::plan;
use crate::stats::{self, Estimate};

/// Degrees of freedom that the pooled variance needs: those of one task with three samples a side.
const MIN_FREEDOM: f64 = 4.0;

/// How much more one task takes.
#[derive(Debug, Clone)]
pub struct TaskGrown<'a> {
    pub metric: Metric,
    pub planned: &'a plan::Cell,
    pub ratio: f64,
    /// Difference of means, in the metric's unit.
    pub delta: f64,
    pub base_mean: f64,
    pub head_mean: f64,
    /// One-sided, of taking no more than on base; adjusted for looking at all tasks.
    pub p_value: f64,
    pub samples: usize,
}

/// The growth of each task of comparable cells, where all together have samples enough to tell their noise.
pub fn tasks<'a>(metric: Metric, cells: &[&Cell<'a>]) -> Vec<TaskGrown<'a>> {
    let units = units::measured(metric, cells);
    let units: Vec<&Unit<'a>> = units.iter().filter(|unit| unit.is_positive() && !unit.is_unchanged()).collect();
    let logs = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
    let strata: Vec<(Vec<f64>, Vec<f64>)> = units.iter().map(|unit| (logs(&unit.base), logs(&unit.head))).collect();
    let estimates = Estimate::each(&strata).filter(|all| all.iter().all(|one| one.df >= MIN_FREEDOM));
    let Some(estimates) = estimates else { return Vec::new() };
    let raw: Vec<f64> = estimates.iter().map(|estimate| estimate.p_above(0.0)).collect();
    let adjusted = stats::holm(&raw);
    let found = units.iter().zip(adjusted).map(|(unit, p_value)| TaskGrown {
        metric,
        planned: unit.planned,
        ratio: unit.head_mean() / unit.base_mean(),
        delta: unit.difference(),
        base_mean: unit.base_mean(),
        head_mean: unit.head_mean(),
        p_value,
        samples: unit.base.len().min(unit.head.len()),
    });
    found.collect()
}

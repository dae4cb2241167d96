//! The share of samples that pass, over all tasks of a prompt: what falls a little everywhere, and flips no task surely.
//!
//! Paired by task and clustered; the exact sign-flip test on the tasks' differences, which for single samples is McNemar's
//! exact test (notes: statistics B2, B3).

use super::Cell;
use super::units::{self, Unit, clusters, mean_of};
use crate::stats::{self, Estimate, Interval};

/// Seed of random sign flips.
const SEED: u64 = 0x7061_7373;

/// The share that passes on both sides, by base's expectations.
#[derive(Debug, Clone, PartialEq)]
pub struct PassRate {
    pub base: f64,
    pub head: f64,
    /// 95 % confidence interval of head − base.
    pub ci95: Option<Interval>,
    /// One-sided p-value of the share not having fallen.
    pub p_fall: f64,
    pub tasks: usize,
}

impl PassRate {
    /// Points by which it fell; below 0 where it rose.
    pub fn fall(&self) -> f64 {
        self.base - self.head
    }
}

/// The pass rate over comparable cells; `None` where nothing was judged on both sides.
pub fn pass_rate(cells: &[&Cell<'_>]) -> Option<PassRate> {
    let units = units::passed(cells);
    if units.is_empty() {
        return None;
    }
    let all: Vec<&Unit<'_>> = units.iter().collect();
    let differences = clusters(&all, |unit| unit.difference());
    let falls: Vec<f64> = differences.iter().map(|cluster| -cluster.iter().sum::<f64>()).collect();
    let bounded = |Interval { low, high }| Interval { low: f64::max(low, -1.0), high: f64::min(high, 1.0) };
    Some(PassRate {
        base: mean_of(&units, |unit| unit.base_mean()),
        head: mean_of(&units, |unit| unit.head_mean()),
        ci95: Estimate::clustered(&differences).map(|estimate| bounded(estimate.interval(0.95))),
        p_fall: stats::sign_flip(&falls, SEED),
        tasks: units.len(),
    })
}

//! Statistics: numbers in, numbers out. Knows nothing of prompts, tasks or policies; thresholds are the verdict's.
//!
//! Every formula has its source in its docstring and its published vectors as a test; the worked example of the notes runs through all of them
//! in `worked`, and what must hold for any numbers stands in `properties`. The same numbers give the same bits in any order, randomness comes
//! from a seed alone, and no finite input gives a value that is not a number.
//!
//! | method | source | who uses it |
//! |---|---|---|
//! | [`wilson`] | Wilson 1927 | reports: the interval beside a pass rate |
//! | [`binomial_at_least`] | Bernoulli 1713 | the gate: would an unsteady suite flip so by itself? |
//! | [`clopper_pearson`] | Clopper and Pearson 1934 | `regild noise`: how surely a share of drawn checks is known |
//! | [`fisher()`] | Fisher 1935 | the gate: is one task's flip more than chance? |
//! | [`mcnemar`] | McNemar 1947 | tests only: what sign-flip must come to on single samples |
//! | [`mcnemar_chi_square`] | McNemar 1947, Edwards 1948 | tests only: a second opinion beside the exact test |
//! | [`newcombe_paired`] | Newcombe 1998, method 10 | tests only: a second opinion beside the clustered interval |
//! | [`Estimate::of`] | Student 1908, Miller 2024 | the gate: paired log-ratios and differences |
//! | [`Estimate::clustered`] | Miller 2024 | the gate: tasks of one family |
//! | [`Estimate::within`] | Student 1908 | the gate: have these very tasks changed, and one task with the noise of all |
//! | [`Estimate::weighted`] | Kish 1965 | the gate: monthly cost under declared traffic |
//! | [`sign_flip`] | Fisher 1935 | the gate: counts with zeros, where n is small |
//! | [`wilcoxon`], [`hodges_lehmann`] | Wilcoxon 1945, Hodges and Lehmann 1963 | docs only: a second opinion beside the log-ratio |
//! | [`ratio_of_means`] | Cochran 1977, Fieller 1954 | reports: what money and counts grow by |
//! | [`bootstrap()`], [`bca_limits`], [`jackknife_acceleration`] | Efron 1987 | the gate: cost of few or skewed tasks |
//! | [`holm`] | Holm 1979 | the gate: many tests at once |
//! | [`benjamini_hochberg`] | Benjamini and Hochberg 1995 | tests only: what a milder adjustment would say |
//! | [`pass_at_k`] | Chen et al. 2021 | tests only: what retrying would hide |
//! | [`pass_hat_k`] | Yao et al. 2024 | `regild noise` |
//! | [`Sprt`] | Wald 1945 | tests only: how long a sequential test would take |
//! | [`e_value`] | Ville 1939, Robbins 1970 | `regild drift`: flips between what is recorded and what is said now |
//! | [`nearest_rank`] | Hyndman and Fan 1996 | reports: p95, shown and not tested |
//! | [`one_way`], [`pooled`] | Searle, Casella and McCulloch 1992 | `regild noise`; the gate's rule for one task |
//! | [`detectable_ratio`], [`tasks_for_ratio`] | Johnson and Kotz 1970 | `regild noise`: what this suite can see |
//! | [`detectable_task_ratio`], [`detectable_fixed_ratio`] | Bonferroni; Student 1908 | `regild noise`: one task, and few tasks |
//! | [`detectable_difference`], [`tasks_for_difference`] | Miller 2024 | tests only: how many tasks a fall of the pass rate takes |

mod bootstrap;
mod distribution;
mod estimate;
mod fisher;
mod multiplicity;
mod paired;
mod pass_k;
mod percentile;
mod power;
mod proportion;
mod random;
mod ratio;
mod sequential;
mod signed;
mod variance;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod worked;

pub use bootstrap::{bca_limits, bootstrap, jackknife_acceleration};
pub use distribution::binomial_tail as binomial_at_least;
pub use estimate::Estimate;
pub use fisher::fisher;
pub use multiplicity::{benjamini_hochberg, holm};
pub use paired::{McNemar, mcnemar, mcnemar_chi_square, newcombe_paired};
pub use pass_k::{pass_at_k, pass_hat_k};
pub use percentile::nearest_rank;
pub use power::{
    detectable_difference, detectable_fixed_ratio, detectable_ratio, detectable_task_ratio, tasks_for_difference,
    tasks_for_ratio,
};
pub use proportion::{clopper_pearson, wilson};
pub use ratio::{RatioOfMeans, ratio_of_means};
pub use sequential::{Decision, EValue, Sprt, e_value};
pub use signed::{hodges_lehmann, sign_flip, wilcoxon};
pub use variance::{OneWay, one_way, pooled};

/// From `low` to `high`, in the unit of what it surrounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A copy in ascending order, so that sums do not depend on the order in which values came.
fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// The mean of values in ascending order, between the first and the last: equal values have their own mean, to the last bit.
fn mean(ascending: &[f64]) -> Option<f64> {
    let (first, last) = (*ascending.first()?, *ascending.last()?);
    let mean = ascending.iter().sum::<f64>() / count(ascending.len());
    // Values that are no numbers stand at the ends of this order, and clamp refuses them.
    (first.is_finite() && last.is_finite()).then(|| mean.clamp(first, last))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(items: usize) -> f64 {
    items as f64
}

#[cfg(test)]
fn assert_close(what: &str, got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{what}: {got} instead of {expected}");
}

#[cfg(test)]
fn assert_interval(what: &str, got: Option<Interval>, (low, high): (f64, f64), tolerance: f64) {
    let got = got.unwrap_or_else(|| panic!("{what}: no interval"));
    assert_close(&format!("{what}, low"), got.low, low, tolerance);
    assert_close(&format!("{what}, high"), got.high, high, tolerance);
}

//! How much more a prompt's runs take on head than on base, and how sure that is.
//!
//! Each task is averaged over its samples first and then counts once. Tokens, time and money are compared as ratios on a log
//! scale, small counts as differences. Formulas: notes, statistics B2 and B4. No limit of a gate is known here.

use super::units::{Unit, clusters, mean, mean_of};
use super::{Cell, Metric, units};
use crate::stats::{self, Estimate, Interval};

/// Clusters from which on the exact sign-flip test can be as sure as a gate may want (2^-8 < 0.01).
const SIGN_FLIP_CLUSTERS: usize = 8;
/// z of a power of 80 %.
const POWER: f64 = 0.841_621_233_572_914;
/// Seed of random sign flips: a test says the same of the same values whatever they belong to.
const SEED: u64 = 0x7265_6769_6c64;

/// A metric over the tasks of a prompt. `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    pub base_mean: Option<f64>,
    pub head_mean: Option<f64>,
    pub base_p95: Option<f64>,
    pub head_p95: Option<f64>,
    pub grown: Option<Grown>,
    /// How many tasks it rests on, on all aliases.
    pub tasks: usize,
    /// The fewest and the most samples of a task on a side.
    pub samples: (usize, usize),
    /// Tasks of which base's runs all tell the metric, and head's do not.
    pub untold: usize,
}

/// Growth between two sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Grown {
    /// Head over base: the geometric mean of the tasks' ratios, or the ratio of means; infinite where base has none.
    pub ratio: f64,
    /// Difference of means, in the metric's unit.
    pub delta: f64,
    /// 95 % confidence interval of `ratio`.
    pub ci95: Option<Interval>,
    /// `None` where there is too little to test.
    pub test: Option<Test>,
}

/// How growth was tested.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Student's t on the tasks' log-ratios, clustered; beside it, where there are enough, the sums and sizes of clusters.
    LogRatios(Estimate, Vec<(f64, f64)>),
    /// Differences of clusters as (base, head), by the exact sign-flip test or, where they are few, Student's t.
    Differences(Vec<(f64, f64)>),
    /// Student's t on log-values with the tasks taken as they are: only samples vary.
    LogSamples(Estimate),
    /// The same on differences, with base's mean.
    Samples(Estimate, f64),
    /// Nothing differs.
    Unchanged,
}

/// How often log-ratios of so many clusters are asked whether they grew: by t, and where there are enough by their signs too.
pub fn questions(clusters: usize) -> f64 {
    if clusters < SIGN_FLIP_CLUSTERS { 1.0 } else { 2.0 }
}

impl Test {
    /// Whether there was nothing to test.
    pub fn is_unchanged(&self) -> bool {
        *self == Self::Unchanged
    }

    /// Whether tasks are too few to vary, and only their samples tell.
    pub fn is_of_samples(&self) -> bool {
        match self {
            Self::LogSamples(_) | Self::Samples(..) => true,
            Self::LogRatios(..) | Self::Differences(_) | Self::Unchanged => false,
        }
    }

    /// The test's name, as reports carry it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LogRatios(..) => "paired t on log-ratios of tasks",
            Self::Differences(pairs) if pairs.len() >= SIGN_FLIP_CLUSTERS => "sign-flip on differences of tasks",
            Self::Differences(_) => "paired t on differences of tasks",
            Self::LogSamples(_) => "t on log-values of samples, tasks fixed",
            Self::Samples(..) => "t on samples, tasks fixed",
            Self::Unchanged => "unchanged",
        }
    }

    /// One-sided p-value of head taking at most `floor` times what base takes.
    pub fn p_beyond(&self, floor: f64) -> f64 {
        match self {
            Self::LogSamples(estimate) => estimate.p_above(floor.ln()),
            Self::LogRatios(estimate, clusters) => {
                let by_t = estimate.p_above(floor.ln());
                let twice = (questions(clusters.len()) * by_t).min(1.0);
                // Signs say nothing of what lies below the floor anyway.
                if clusters.len() < SIGN_FLIP_CLUSTERS || estimate.mean <= floor.ln() {
                    return twice;
                }
                // One task that grew beyond measure makes t unsure of all others; signs are not. Asking twice costs a factor of two.
                let shifted: Vec<f64> = clusters.iter().map(|(sum, size)| sum - size * floor.ln()).collect();
                twice.min(questions(clusters.len()) * stats::sign_flip(&shifted, SEED))
            }
            Self::Differences(pairs) => {
                let shifted: Vec<f64> = pairs.iter().map(|(base, head)| head - floor * base).collect();
                if pairs.len() >= SIGN_FLIP_CLUSTERS {
                    stats::sign_flip(&shifted, SEED)
                } else {
                    Estimate::of(&shifted).map_or(1.0, |estimate| estimate.p_above(0.0))
                }
            }
            Self::Samples(estimate, base) => estimate.p_above((floor - 1.0) * base),
            Self::Unchanged => 1.0,
        }
    }

    /// The smallest ratio that would be found beyond `floor` with this confidence in four of five cases.
    pub fn detectable(&self, floor: f64, confidence: f64) -> Option<f64> {
        let at = |estimate: &Estimate, confidence| estimate.upper(confidence) - estimate.mean + POWER * estimate.se;
        let reach = |estimate: &Estimate| at(estimate, confidence);
        let found = match self {
            Self::LogRatios(estimate, clusters) => {
                floor * at(estimate, 1.0 - (1.0 - confidence) / questions(clusters.len())).exp()
            }
            Self::LogSamples(estimate) => floor * reach(estimate).exp(),
            Self::Differences(pairs) => {
                let differences: Vec<f64> = pairs.iter().map(|(base, head)| head - base).collect();
                let base = mean(&pairs.iter().map(|(base, _)| *base).collect::<Vec<_>>());
                floor + reach(&Estimate::of(&differences)?) / base
            }
            Self::Samples(estimate, base) => floor + reach(estimate) / base,
            Self::Unchanged => return None,
        };
        found.is_finite().then_some(found)
    }
}

/// Measures one metric over comparable cells of one prompt. A test over tasks needs `min_tasks` clusters that changed.
pub fn measure(metric: Metric, cells: &[&Cell<'_>], min_tasks: usize) -> Measured {
    let counts = cells.iter().filter_map(|cell| cell.pair());
    let counts: Vec<usize> = counts.flat_map(|(base, head)| [base.samples.len(), head.samples.len()]).collect();
    let samples = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
    let units = units::measured(metric, cells);
    let untold = cells.iter().filter(|cell| units::is_untold(metric, cell)).count();
    let measured = Measured {
        tasks: units.len().max(cells.len() * usize::from(units.is_empty())),
        samples,
        untold,
        ..Measured::default()
    };
    // One side of a task that does not tell leaves that task out; base that does not tell leaves nothing to compare with.
    if units.is_empty() || units.len() + untold < cells.len() {
        return measured;
    }
    let bases: Vec<f64> = units.iter().flat_map(|unit| &unit.base).copied().collect();
    let heads: Vec<f64> = units.iter().flat_map(|unit| &unit.head).copied().collect();
    let (base_mean, head_mean) = (mean_of(&units, |unit| unit.base_mean()), mean_of(&units, |unit| unit.head_mean()));
    Measured {
        base_mean: Some(base_mean),
        head_mean: Some(head_mean),
        base_p95: stats::nearest_rank(&bases, 0.95),
        head_p95: stats::nearest_rank(&heads, 0.95),
        grown: Some(grown(metric, &units, (base_mean, head_mean), min_tasks)),
        ..measured
    }
}

fn grown(metric: Metric, units: &[Unit<'_>], (base, head): (f64, f64), min_tasks: usize) -> Grown {
    let delta = head - base;
    let all: Vec<&Unit<'_>> = units.iter().collect();
    let changed: Vec<&Unit<'_>> = units.iter().filter(|unit| !unit.is_unchanged()).collect();
    let is_log = !metric.is_count() && units.iter().all(|unit| unit.is_positive());
    let enough = clusters(&changed, |unit| unit.difference()).len() >= min_tasks.max(2);
    let test = match (is_log, enough) {
        _ if changed.is_empty() => Some(Test::Unchanged),
        (true, true) => {
            let ratios = clusters(&changed, |unit| unit.log_ratio());
            let sums = ratios.iter().map(|cluster| (cluster.iter().sum(), size(cluster))).collect();
            Estimate::clustered(&ratios).map(|estimate| Test::LogRatios(estimate, sums))
        }
        (false, true) => Some(Test::Differences(sums(&changed))),
        (true, false) => of_samples(&changed, f64::ln).map(Test::LogSamples),
        (false, false) => {
            let means: Vec<f64> = changed.iter().map(|unit| unit.base_mean()).collect();
            of_samples(&changed, |value| value).map(|estimate| Test::Samples(estimate, mean(&means)))
        }
    };
    if is_log {
        let log = mean_of(units, |unit| unit.log_ratio());
        let ci95 = Estimate::clustered(&clusters(&all, |unit| unit.log_ratio())).or_else(|| of_samples(&all, f64::ln));
        let ci95 = ci95
            .map(|estimate| estimate.interval(0.95))
            .map(|Interval { low, high }| Interval { low: low.exp(), high: high.exp() });
        return Grown { ratio: log.exp(), delta, ci95, test };
    }
    let ratio = if base > 0.0 {
        head / base
    } else if head > 0.0 {
        f64::INFINITY
    } else {
        1.0
    };
    let (bases, heads): (Vec<f64>, Vec<f64>) = sums(&all).into_iter().unzip();
    let of_means = stats::ratio_of_means(&bases, &heads);
    let ci95 = of_means
        .map(|found| found.fieller.unwrap_or(found.delta))
        .filter(|ci| ci.low.is_finite() && ci.high.is_finite());
    Grown { ratio, delta, ci95, test }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn size(cluster: &[f64]) -> f64 {
    cluster.len() as f64
}

/// What clusters take on both sides.
fn sums(units: &[&Unit<'_>]) -> Vec<(f64, f64)> {
    let (bases, heads) = (clusters(units, |unit| unit.base_mean()), clusters(units, |unit| unit.head_mean()));
    bases.iter().zip(&heads).map(|(base, head)| (base.iter().sum(), head.iter().sum())).collect()
}

/// The mean difference where tasks are taken as they are, and only their samples vary.
fn of_samples(units: &[&Unit<'_>], scale: impl Fn(f64) -> f64) -> Option<Estimate> {
    let scaled = |values: &[f64]| values.iter().map(|value| scale(*value)).collect();
    let strata: Vec<(Vec<f64>, Vec<f64>)> = units.iter().map(|unit| (scaled(&unit.base), scaled(&unit.head))).collect();
    Estimate::within(&strata)
}

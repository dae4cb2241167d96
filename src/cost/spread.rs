//! How far a difference of costs may be off: the interval of a mean over tasks, or over samples (docs/cost.md).
//!
//! Amounts stay decimals. What statistics need as floating-point numbers are shares of the largest difference, so that prices
//! that are all scaled scale the interval by exactly as much.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};

use super::tasks::TaskCost;
use crate::config::Cases;
use crate::id::Id;
use crate::stats::{Estimate, Interval, bootstrap};
use crate::wire::digest;

/// How sure an interval is.
const CONFIDENCE: f64 = 0.95;
/// How many tasks are drawn from where they are skewed: fewer show too little of how they spread, and of more the mean is
/// distributed normally whatever they are.
const DRAWN_FROM: std::ops::RangeInclusive<usize> = 10..=2_000;
/// The skewness beyond which a mean's distribution is not near enough to a normal one.
const SKEWED: f64 = 1.0;
const DRAWS: usize = 5_000;
/// Decimals of a share of the scale: far below what is ever shown, far above what machines disagree about.
const DECIMALS: u32 = 9;

/// The 95 % interval of a difference, in US dollars, and what it takes to add several up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub low: Decimal,
    pub high: Decimal,
    /// What `se` is a share of, in US dollars.
    scale: Decimal,
    /// Standard error.
    se: f64,
    df: f64,
}

/// An interval, or why there is none, and what is to be said of either.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spreading {
    pub spread: Option<Spread>,
    pub remark: Option<String>,
}

/// One task: its share of requests, and what it costs on either side, sample by sample.
struct Difference<'a> {
    cluster: (Option<&'a Id>, &'a Id),
    weight: f64,
    /// Head's mean minus base's, as a share of the scale.
    value: f64,
}

/// The interval of the weighted mean difference of one prompt's tasks. A side that does not exist costs nothing.
pub(super) fn of(prompt: &Id, tasks: &[TaskCost<'_>], cases: Cases) -> Spreading {
    let Some(amounts) = differences(tasks) else { return Spreading::default() };
    let scale = amounts.iter().map(Decimal::abs).max().unwrap_or_default();
    if scale.is_zero() && (cases == Cases::Sample || tasks.iter().all(is_alike)) {
        // Every task costs what it did.
        return Spreading { spread: Some(Spread::point(Decimal::ZERO)), remark: None };
    }
    match cases {
        Cases::Sample => over_tasks(prompt, tasks, &amounts, scale),
        Cases::Exhaustive => over_samples(tasks),
    }
}

/// Whether a task's samples cost on head what they cost on base: then they are the same answers, and chance has no part in it.
fn is_alike(task: &TaskCost<'_>) -> bool {
    match (&task.base, &task.head) {
        (Some(base), Some(head)) => base.samples == head.samples,
        (None, _) | (_, None) => false,
    }
}

fn differences(tasks: &[TaskCost<'_>]) -> Option<Vec<Decimal>> {
    let usd = |side: &Option<super::tasks::Priced>| side.as_ref().map_or(Some(Decimal::ZERO), |priced| priced.usd());
    tasks.iter().map(|task| usd(&task.head)?.checked_sub(usd(&task.base)?)).collect()
}

/// An amount as a share of the scale.
fn share(amount: Decimal, scale: Decimal) -> f64 {
    amount.checked_div(scale).and_then(|share| share.to_f64()).unwrap_or(0.0)
}

/// Tasks stand for others: how they differ is what is not known.
fn over_tasks(prompt: &Id, tasks: &[TaskCost<'_>], amounts: &[Decimal], scale: Decimal) -> Spreading {
    let whole = tasks.iter().map(|task| task.weight).fold(Decimal::ZERO, Decimal::saturating_add);
    let parts: Vec<Difference<'_>> = tasks
        .iter()
        .zip(amounts)
        .map(|(task, amount)| Difference {
            // A task without a family is its own.
            cluster: task.family.map_or((None, task.task), |family| (Some(family), family)),
            weight: share(task.weight, whole),
            value: share(*amount, scale),
        })
        .collect();
    let values = clusters(&parts);
    let Some(estimate) = Estimate::weighted(&values) else {
        let why = if tasks.len() < 2 { "fewer than 2 tasks" } else { "all tasks are of one family" };
        return Spreading { spread: None, remark: Some(format!("no interval: {why}")) };
    };
    let plain: Vec<f64> = values.iter().map(|(value, _)| *value).collect();
    let is_skewed = DRAWN_FROM.contains(&values.len()) && skewness(&plain).abs() > SKEWED;
    let drawn = is_skewed.then(|| bootstrap(&values, CONFIDENCE, DRAWS, seed(prompt, tasks))).flatten();
    let interval = drawn.unwrap_or_else(|| estimate.interval(CONFIDENCE));
    let once = tasks.iter().flat_map(|task| [&task.base, &task.head]).flatten().all(|side| side.samples.len() < 2);
    let remark = once.then(|| "the interval covers how tasks differ only: 1 sample of each".to_owned());
    Spreading { spread: Spread::new(interval, estimate, scale), remark }
}

/// Tasks are all there is: only how samples of one task differ is not known (Welch and Satterthwaite's degrees of freedom).
fn over_samples(tasks: &[TaskCost<'_>]) -> Spreading {
    let open = || tasks.iter().filter(|task| !is_alike(task));
    let sides = || open().flat_map(|task| [&task.base, &task.head].map(|side| (task.weight, side)));
    let known = || sides().filter_map(|(weight, side)| Some((weight, &side.as_ref()?.samples)));
    if known().any(|(_, samples)| samples.len() < 2) {
        let remark = "no interval: cases are exhaustive, which takes 2 samples of each task";
        return Spreading { spread: None, remark: Some(remark.to_owned()) };
    }
    let scale = known().flat_map(|(_, samples)| samples).map(Decimal::abs).max().unwrap_or_default();
    let whole = tasks.iter().map(|task| task.weight).fold(Decimal::ZERO, Decimal::saturating_add);
    let (mut variance, mut freedom) = (0.0, 0.0);
    for (weight, samples) in known() {
        let shares: Vec<f64> = samples.iter().map(|amount| share(*amount, scale)).collect();
        let Some(Estimate { se, df, .. }) = Estimate::of(&shares) else { continue };
        let own = (share(weight, whole) * se).powi(2);
        variance += own;
        freedom += own * own / df;
    }
    let mean = weighted(tasks, whole, scale);
    let df = if freedom > 0.0 { variance * variance / freedom } else { 1.0 };
    let estimate = Estimate { mean, se: variance.sqrt(), df };
    let remark = "the interval covers how samples differ only: cases are declared exhaustive".to_owned();
    Spreading { spread: Spread::new(estimate.interval(CONFIDENCE), estimate, scale), remark: Some(remark) }
}

fn weighted(tasks: &[TaskCost<'_>], whole: Decimal, scale: Decimal) -> f64 {
    let amounts = differences(tasks).unwrap_or_default();
    tasks.iter().zip(amounts).map(|(task, amount)| share(task.weight, whole) * share(amount, scale)).sum()
}

/// The tasks of one family as one value: their weighted mean, with the weight of all.
fn clusters(parts: &[Difference<'_>]) -> Vec<(f64, f64)> {
    let mut sums: BTreeMap<(Option<&Id>, &Id), (f64, f64)> = BTreeMap::new();
    for part in parts {
        let (sum, weight) = sums.entry(part.cluster).or_default();
        *sum += part.value * part.weight;
        *weight += part.weight;
    }
    sums.into_values().map(|(sum, weight)| (sum / weight, weight)).collect()
}

/// The third moment over the cube of the sample standard deviation (b₁ of Joanes and Gill 1998, The Statistician 47:183); 0
/// where all values are the same.
#[expect(clippy::cast_precision_loss, reason = "a number of tasks")]
fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let sum = |power| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>();
    let variance = sum(2) / (n - 1.0);
    if variance > 0.0 { sum(3) / n / variance.powf(1.5) } else { 0.0 }
}

/// From names alone: neither prices nor answers choose what is drawn.
fn seed(prompt: &Id, tasks: &[TaskCost<'_>]) -> u64 {
    let names: Vec<&str> = std::iter::once(prompt).chain(tasks.iter().map(|task| task.task)).map(Id::as_str).collect();
    u64::from_str_radix(&digest(&names)[..16], 16).expect("16 hexadecimal digits are a u64")
}

impl Spread {
    fn new(interval: Interval, estimate: Estimate, scale: Decimal) -> Option<Self> {
        let end = |end: f64| Decimal::from_f64(end)?.round_dp(DECIMALS).checked_mul(scale);
        Some(Self { low: end(interval.low)?, high: end(interval.high)?, scale, se: estimate.se, df: estimate.df })
    }

    /// No more and no less.
    fn point(usd: Decimal) -> Self {
        Self { low: usd, high: usd, scale: Decimal::ZERO, se: 0.0, df: 1.0 }
    }

    /// For many requests instead of one.
    pub fn times(&self, requests: Decimal) -> Option<Self> {
        let times = |amount: Decimal| amount.checked_mul(requests);
        Some(Self { low: times(self.low)?, high: times(self.high)?, scale: times(self.scale)?, ..*self })
    }

    /// The interval of the sum of differences that know nothing of each other; `None` where one has no interval. Where only
    /// one of them may be off, it is that one's.
    pub fn sum(parts: &[(Decimal, Option<Self>)]) -> Option<Self> {
        let total = parts.iter().try_fold(Decimal::ZERO, |sum, (point, _)| sum.checked_add(*point))?;
        let spreads: Vec<(Decimal, Self)> =
            parts.iter().map(|(point, spread)| Some((*point, (*spread)?))).collect::<Option<_>>()?;
        let mut open = spreads.iter().filter(|(_, spread)| spread.low != spread.high);
        match (open.next(), open.next()) {
            (None, _) => return Some(Self::point(total)),
            (Some((point, only)), None) => {
                let others = total.checked_sub(*point)?;
                return Some(Self {
                    low: only.low.checked_add(others)?,
                    high: only.high.checked_add(others)?,
                    ..*only
                });
            }
            (Some(_), Some(_)) => {}
        }
        let scale = spreads.iter().map(|(_, spread)| spread.scale).max()?;
        let (mut variance, mut freedom) = (0.0, 0.0);
        for (_, spread) in &spreads {
            let own = (spread.se * share(spread.scale, scale)).powi(2);
            variance += own;
            freedom += own * own / spread.df;
        }
        let estimate = Estimate { mean: 0.0, se: variance.sqrt(), df: variance * variance / freedom };
        let around = Self::new(estimate.interval(CONFIDENCE), estimate, scale)?;
        Some(Self { low: total.checked_add(around.low)?, high: total.checked_add(around.high)?, ..around })
    }
}

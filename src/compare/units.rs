//! The units of a comparison over tasks: one cell each, with what its runs took on both sides. Nothing is tested here.

use super::{Cell, Metric};
use crate::evaluate::{Runs, Sample};
use crate::id::Id;
use crate::plan;

/// One task on one alias, as one number per run.
#[derive(Debug, Clone)]
pub struct Unit<'a> {
    pub planned: &'a plan::Cell,
    pub base: Vec<f64>,
    pub head: Vec<f64>,
}

/// Cells whose sides may be compared, by cluster, so that dependent ones stand together. Quarantined tasks hold nobody up.
pub fn comparable<'c, 'a>(cells: &[&'c Cell<'a>], is_comparable: impl Fn(&Cell<'_>) -> bool) -> Vec<&'c Cell<'a>> {
    let counts = |cell: &&&Cell<'_>| cell.pair().is_some() && !cell.planned.quarantined && is_comparable(cell);
    let mut counted: Vec<&Cell<'a>> = cells.iter().filter(counts).copied().collect();
    counted.sort_by_key(|cell| (&cell.planned.cluster, &cell.planned.task, &cell.planned.alias));
    counted
}

fn values(metric: Metric, runs: &Runs) -> Option<Vec<f64>> {
    runs.samples.iter().map(|sample| metric.of(&sample.measures)).collect()
}

/// Whether base's runs of a cell tell a metric, and some run of head's does not.
pub fn is_untold(metric: Metric, cell: &Cell<'_>) -> bool {
    cell.pair().is_some_and(|(base, head)| values(metric, base).is_some() && values(metric, head).is_none())
}

/// A metric of the comparable cells whose runs all tell it.
pub fn measured<'a>(metric: Metric, cells: &[&Cell<'a>]) -> Vec<Unit<'a>> {
    let unit = |cell: &&Cell<'a>| {
        let (base, head) = cell.pair()?;
        let (base, head) = (sorted(values(metric, base)?), sorted(values(metric, head)?));
        Some(Unit { planned: cell.planned, base, head })
    };
    cells.iter().filter_map(unit).collect()
}

/// 1 for each sample that passes by base's expectations and 0 for each that fails; what could not be judged is left out.
pub fn passed<'a>(cells: &[&Cell<'a>]) -> Vec<Unit<'a>> {
    use crate::outcome::Outcome;
    let values = |runs: &Runs, of: fn(&Sample) -> &Outcome| {
        let value = |sample: &Sample| match of(sample) {
            Outcome::Pass => Some(1.0),
            Outcome::Fail => Some(0.0),
            Outcome::Unjudged(_) => None,
        };
        sorted(runs.samples.iter().filter_map(value).collect())
    };
    let unit = |cell: &&Cell<'a>| {
        let (base, head) = cell.pair()?;
        let head = values(head, |sample| sample.by_base.as_ref().unwrap_or(&sample.own));
        let unit = Unit { planned: cell.planned, base: values(base, |sample| &sample.own), head };
        (!unit.base.is_empty() && !unit.head.is_empty()).then_some(unit)
    };
    cells.iter().filter_map(unit).collect()
}

/// The order of samples must not reach a sum of floats.
fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

impl Unit<'_> {
    pub fn base_mean(&self) -> f64 {
        mean(&self.base)
    }

    pub fn head_mean(&self) -> f64 {
        mean(&self.head)
    }

    pub fn difference(&self) -> f64 {
        self.head_mean() - self.base_mean()
    }

    /// Natural logarithm of head's mean over base's; both must be above 0.
    pub fn log_ratio(&self) -> f64 {
        (self.head_mean() / self.base_mean()).ln()
    }

    /// Whether both sides took the same: what is unchanged by construction says nothing about chance.
    pub fn is_unchanged(&self) -> bool {
        self.base == self.head || self.base_mean() == self.head_mean()
    }

    /// Whether ratios are defined.
    pub fn is_positive(&self) -> bool {
        self.base.iter().chain(&self.head).all(|value| *value > 0.0)
    }
}

/// Mean of a list that is not empty.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean over units: each counts once, however many samples it has.
pub fn mean_of(units: &[Unit<'_>], of: impl Fn(&Unit<'_>) -> f64) -> f64 {
    mean(&units.iter().map(of).collect::<Vec<_>>())
}

/// What units come to, cluster by cluster.
pub fn clusters(units: &[&Unit<'_>], of: impl Fn(&Unit<'_>) -> f64) -> Vec<Vec<f64>> {
    let cluster = |unit: &&Unit<'_>| -> Id { unit.planned.cluster.clone() };
    units.chunk_by(|a, b| cluster(a) == cluster(b)).map(|chunk| chunk.iter().map(|unit| of(unit)).collect()).collect()
}

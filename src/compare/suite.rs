//! A prompt's tasks as one suite: what its runs take and how often they pass, on both sides. Effects only; `verdict` weighs them.

use std::collections::BTreeMap;

use super::outliers::{self, TaskGrown};
use super::pass_rate::{PassRate, pass_rate};
use super::{Cell, Measured, Metric, Tolerance, incomparable, measure, units};

/// What the cells of one candidate come to.
#[derive(Debug)]
pub struct Suite<'a> {
    pub metrics: BTreeMap<Metric, Measured>,
    pub pass_rate: Option<PassRate>,
    pub tasks: Vec<TaskGrown<'a>>,
    /// Cells that both sides ran and that cannot be compared, by why.
    pub left_out: BTreeMap<String, usize>,
}

/// Compares all cells of one candidate.
pub fn suite<'a>(cells: &[&Cell<'a>], tolerance: Tolerance, min_tasks: usize) -> Suite<'a> {
    let mut left_out = BTreeMap::new();
    for reason in cells.iter().filter_map(|cell| incomparable(cell, tolerance)) {
        *left_out.entry(reason.to_string()).or_default() += 1;
    }
    let counted = units::comparable(cells, |cell| incomparable(cell, tolerance).is_none());
    let of_tasks = [Metric::TotalTokens, Metric::ToolCalls].into_iter();
    Suite {
        metrics: Metric::ALL.into_iter().map(|metric| (metric, measure(metric, &counted, min_tasks))).collect(),
        pass_rate: pass_rate(&counted),
        tasks: of_tasks.flat_map(|metric| outliers::tasks(metric, &counted)).collect(),
        left_out,
    }
}

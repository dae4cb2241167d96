//! The monthly cost of a prompt on both sides: declared traffic × measured cost per request (notes: cost B4).
//!
//! Each request is priced, then averaged over samples and, by weight, over tasks. Both sides use the same traffic, the same
//! prices and the same tasks; the shares of caches, retries and batches will join here.

use rust_decimal::Decimal;

use crate::compare::Cell;
use crate::config::Traffic;
use crate::evaluate::Runs;
use crate::recording::Tree;

/// The cost of one prompt. `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Estimate {
    /// US dollars per request.
    pub base: Option<Decimal>,
    pub head: Option<Decimal>,
    /// What a request costs at head over every task measured there, compared or not: what an absolute limit is held against.
    pub head_alone: Option<Decimal>,
    /// Requests per month, where traffic is declared.
    pub requests: Option<u64>,
    /// Why a figure is unknown, as sentences without the prompt's name.
    pub unknown: Vec<String>,
}

impl Estimate {
    /// What is known where nothing was run.
    pub fn unmeasured() -> Self {
        Self { unknown: vec!["nothing was measured".to_owned()], ..Self::default() }
    }

    fn monthly(&self, per_request: Option<Decimal>) -> Option<Decimal> {
        Some(per_request? * Decimal::from(self.requests?))
    }

    pub fn base_month(&self) -> Option<Decimal> {
        self.monthly(self.base)
    }

    pub fn head_month(&self) -> Option<Decimal> {
        self.monthly(self.head)
    }

    pub fn delta_month(&self) -> Option<Decimal> {
        Some(self.head_month()? - self.base_month()?)
    }

    /// Whether what a request costs is known on both sides.
    pub fn is_measured(&self) -> bool {
        self.base.is_some() && self.head.is_some()
    }
}

/// Which sides of a prompt exist at all; one that does not costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    Both,
    OnlyHead,
    OnlyBase,
}

/// Estimates a prompt's cost from its cells.
pub fn estimate(cells: &[&Cell<'_>], sides: Sides, traffic: Option<&Traffic>) -> Estimate {
    let mut unknown = Vec::new();
    // Tasks that only one side has, or that were altered, are no part of a difference.
    let wanted: Vec<&Cell<'_>> = cells
        .iter()
        .copied()
        .filter(|cell| cell.planned.serving && !cell.planned.weight.is_zero())
        .filter(|cell| sides != Sides::Both || cell.planned.is_comparable())
        .collect();
    let counted: Vec<&Cell<'_>> = wanted
        .iter()
        .copied()
        .filter(|cell| match sides {
            Sides::Both => cell.pair().is_some(),
            Sides::OnlyHead => measured(cell.side(Tree::Head)),
            Sides::OnlyBase => measured(cell.side(Tree::Base)),
        })
        .collect();
    if counted.is_empty() {
        unknown.push(match sides {
            Sides::Both => "no task was measured on both sides".to_owned(),
            Sides::OnlyHead | Sides::OnlyBase => "no task was measured on its serving model".to_owned(),
        });
    } else if counted.len() < wanted.len() {
        let left = wanted.len() - counted.len();
        unknown.push(format!("{left} of {} tasks could not be measured", wanted.len()));
    }
    let per_request = |tree, absent| if absent { Some(Decimal::ZERO) } else { weighted(&counted, tree) };
    let base = per_request(Tree::Base, sides == Sides::OnlyHead);
    let head = per_request(Tree::Head, sides == Sides::OnlyBase);
    if !counted.is_empty() && (base.is_none() || head.is_none()) {
        unknown.push("a model's price or token usage is not known".to_owned());
    }
    // A sum with an unknown term is no sum.
    let complete = counted.len() == wanted.len();
    let requests = traffic.and_then(requests);
    if requests.is_none() {
        unknown.push("traffic is not declared".to_owned());
    }
    let alone: Vec<&Cell<'_>> = cells
        .iter()
        .copied()
        .filter(|cell| cell.planned.serving && !cell.planned.weight.is_zero() && measured(cell.side(Tree::Head)))
        .collect();
    let head_alone = weighted(&alone, Tree::Head);
    Estimate { base: base.filter(|_| complete), head: head.filter(|_| complete), head_alone, requests, unknown }
}

/// Expected requests per month over all environments.
fn requests(traffic: &Traffic) -> Option<u64> {
    let environments = traffic.environments.values().map(|environment| environment.requests_per_month.expected);
    let all: Vec<u64> = traffic.requests_per_month.iter().map(|volume| volume.expected).chain(environments).collect();
    if all.is_empty() { None } else { Some(all.iter().sum()) }
}

fn measured(runs: Option<&Runs>) -> bool {
    runs.is_some_and(|runs| !runs.samples.is_empty())
}

/// Weighted mean over tasks of the mean over samples.
fn weighted(cells: &[&Cell<'_>], tree: Tree) -> Option<Decimal> {
    let mut sum = Decimal::ZERO;
    let mut weights = Decimal::ZERO;
    for cell in cells {
        let runs = cell.side(tree)?;
        let costs: Vec<Decimal> = runs.samples.iter().map(|sample| sample.measures.cost_usd).collect::<Option<_>>()?;
        let mean = costs.iter().sum::<Decimal>() / Decimal::from(costs.len().max(1));
        sum += mean * cell.planned.weight;
        weights += cell.planned.weight;
    }
    if weights.is_zero() { None } else { Some(sum / weights) }
}

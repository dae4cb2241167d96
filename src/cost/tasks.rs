//! The tasks that a prompt's cost is made of: which of them count, and what a request of each costs on either side.
//!
//! A side is priced on the model that serves there, which a change may well replace. Nothing is averaged over tasks here.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rust_decimal::Decimal;

use super::beginning::{Beginning, beginnings};
use super::terms::{Lack, Terms};
use super::{Bill, Prices};
use crate::agent;
use crate::compare::Cell;
use crate::evaluate::Runs;
use crate::id::Id;
use crate::plan::CellSide;
use crate::recording::Tree;
use crate::wire::Usage;

/// Which sides of a prompt exist at all; one that does not costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    Both,
    OnlyHead,
    OnlyBase,
}

/// A task on the models that serve.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair<'a> {
    base: Option<&'a Cell<'a>>,
    head: Option<&'a Cell<'a>>,
}

/// What one side of a task's requests come to.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    /// Mean over samples.
    pub bill: Result<Bill, Lack>,
    /// Each sample's sum, where all are known.
    pub samples: Vec<Decimal>,
}

/// A task that counts, priced.
#[derive(Debug)]
pub(super) struct TaskCost<'a> {
    pub task: &'a Id,
    /// What fails together is one.
    pub family: Option<&'a Id>,
    pub weight: Decimal,
    /// `None` where that side was not measured.
    pub base: Option<Priced>,
    /// Base's usage at the price of head's model.
    pub base_at_head: Option<Priced>,
    pub head: Option<Priced>,
    /// Head's usage by head's own price table.
    pub head_at_own: Option<Priced>,
    /// Tokens of the beginning that a cache may hold, on base and on head.
    pub cacheable: Option<(u64, u64)>,
}

impl<'a> Pair<'a> {
    pub(super) fn cell(&self, tree: Tree) -> Option<&'a Cell<'a>> {
        match tree {
            Tree::Base => self.base,
            Tree::Head => self.head,
        }
    }

    pub(super) fn side(&self, tree: Tree) -> Option<&'a CellSide> {
        self.cell(tree)?.planned.side(tree)
    }

    fn any(&self) -> Option<&'a Cell<'a>> {
        self.head.or(self.base)
    }

    /// The runs of a side, where it has any.
    fn runs(&self, tree: Tree) -> Option<&'a Runs> {
        self.cell(tree)?.side(tree).filter(|runs| !runs.samples.is_empty())
    }

    /// The name under which a side's model is priced.
    pub(super) fn key(&self, tree: Tree) -> Option<String> {
        Some(self.side(tree)?.alias.price_key(&self.cell(tree)?.planned.alias))
    }

    /// Why a task is no part of a difference; `None` where it is.
    pub(super) fn left_out(&self) -> Option<&'static str> {
        match (self.side(Tree::Base), self.side(Tree::Head)) {
            (Some(base), Some(head)) if base.task.stimulus == head.task.stimulus => None,
            (Some(_), Some(_)) => Some("altered"),
            (None, _) => Some("new"),
            (_, None) => Some("removed"),
        }
    }

    pub(super) fn is_measured(&self, tree: Tree) -> bool {
        self.runs(tree).is_some()
    }

    /// The calls of base, or of head where base has no runs.
    fn calls_of_the_elder(&self) -> impl Iterator<Item = &'a Usage> + use<'a> {
        let runs = self.runs(Tree::Base).or(self.runs(Tree::Head));
        runs.into_iter().flat_map(|runs| &runs.samples).flat_map(|sample| &sample.measures.calls)
    }

    /// The beginning of a side's first request, of which a cache may hold a part.
    fn opening(&self, tree: Tree) -> Option<crate::wire::Request> {
        let side = self.side(tree)?;
        agent::opening(&side.prompt, &side.task, &self.cell(tree)?.planned.alias, &side.alias).ok()
    }
}

/// The tasks that weigh, by id, on the models that serve.
pub(super) fn pairs<'a>(cells: &[&'a Cell<'a>]) -> BTreeMap<&'a Id, Pair<'a>> {
    let mut pairs: BTreeMap<&Id, Pair<'_>> = BTreeMap::new();
    for cell in cells.iter().copied().filter(|cell| !cell.planned.weight.is_zero()) {
        let serves = |side: &Option<CellSide>| side.as_ref().is_some_and(|side| side.serves);
        let (base, head) = (serves(&cell.planned.base), serves(&cell.planned.head));
        if base || head {
            let pair = pairs.entry(&cell.planned.task).or_default();
            pair.base = pair.base.or(base.then_some(cell));
            pair.head = pair.head.or(head.then_some(cell));
        }
    }
    pairs
}

/// What is known of caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caching {
    /// Nobody says anything, so nothing is assumed.
    NotDeclared,
    /// Recordings tell what was cached, which is better than any assumption.
    Recorded,
    /// Fewer than two requests differ, so nothing tells where their unchanging beginning ends.
    Indistinct,
    Estimated,
}

/// Tasks priced, in the order of their ids.
#[derive(Debug)]
pub(super) struct Tasks<'a> {
    pub tasks: Vec<TaskCost<'a>>,
    pub caching: Caching,
}

impl Tasks<'_> {
    /// The tokens of the beginning that a cache may hold on base and on head, as a mean over tasks.
    pub(super) fn cacheable(&self) -> Option<(u64, u64)> {
        let count = self.tasks.len() as u128;
        let all: Option<Vec<(u64, u64)>> = self.tasks.iter().map(|task| task.cacheable).collect();
        let mean = |side: fn(&(u64, u64)) -> u64, all: &[(u64, u64)]| {
            let sum: u128 = all.iter().map(|both| u128::from(side(both))).sum();
            u64::try_from(sum.checked_div(count)?).ok()
        };
        let all = all?;
        mean(|both| both.0, &all).zip(mean(|both| both.1, &all))
    }
}

/// Prices tasks. `own` is head's table, where head brings another one than base had.
pub(super) fn price<'a>(pairs: &[(&'a Id, Pair<'a>)], terms: Terms<'_>, own: Option<&Prices>) -> Tasks<'a> {
    let is_declared = terms.traffic.is_some_and(|traffic| traffic.cache.is_some());
    let is_cached =
        |usage: &Usage| [usage.cache_read, usage.cache_write].into_iter().flatten().any(|tokens| tokens > 0);
    let caching = match is_declared {
        false => Caching::NotDeclared,
        // Head alone must not do away with the policy's terms by what its recordings tell.
        true if pairs.iter().flat_map(|(_, pair)| pair.calls_of_the_elder()).any(is_cached) => Caching::Recorded,
        true => Caching::Estimated,
    };
    let of = |tree| -> Option<Vec<Beginning>> {
        let has_side = caching == Caching::Estimated && pairs.iter().all(|(_, pair)| pair.side(tree).is_some());
        has_side.then(|| beginnings(pairs, |(_, pair)| pair.opening(tree))).flatten()
    };
    let (base, head) = (of(Tree::Base), of(Tree::Head));
    let caching = match (caching, &base, &head) {
        (Caching::Estimated, None, None) => Caching::Indistinct,
        (caching, ..) => caching,
    };
    let at = |beginnings: &Option<Vec<Beginning>>, n: usize| beginnings.as_ref().and_then(|all| all.get(n)).copied();
    let priced = pairs.par_iter().enumerate();
    let priced = priced.filter_map(|(n, (id, pair))| task(id, pair, terms, own, [at(&base, n), at(&head, n)]));
    Tasks { tasks: priced.collect(), caching }
}

fn task<'a>(
    id: &'a Id,
    pair: &Pair<'a>,
    terms: Terms<'_>,
    own: Option<&Prices>,
    [base_begins, head_begins]: [Option<Beginning>; 2],
) -> Option<TaskCost<'a>> {
    let planned = pair.any()?.planned;
    let (base_key, head_key) = (pair.key(Tree::Base), pair.key(Tree::Head));
    let priced =
        |tree, key: &Option<String>, begins, terms| Some(Priced::of(pair.runs(tree)?, key.as_deref()?, begins, terms));
    let base = priced(Tree::Base, &base_key, base_begins, terms);
    let base_at_head = match (&base_key, &head_key) {
        (Some(at_base), Some(at_head)) if at_base != at_head => priced(Tree::Base, &head_key, base_begins, terms),
        _ => base.clone(),
    };
    let own = own.map(|prices| Terms { prices, ..terms });
    let declared = pair.side(Tree::Base).or(pair.side(Tree::Head))?;
    let tokens = |tree, begins: Option<Beginning>| {
        let first = pair.runs(tree)?.samples.first()?.measures.calls.first()?;
        Some(begins?.tokens(first.input()?).0)
    };
    Some(TaskCost {
        task: id,
        family: declared.task.family.as_ref(),
        weight: planned.weight,
        base,
        base_at_head,
        head: priced(Tree::Head, &head_key, head_begins, terms),
        head_at_own: own.and_then(|own| priced(Tree::Head, &head_key, head_begins, own)),
        cacheable: tokens(Tree::Base, base_begins).zip(tokens(Tree::Head, head_begins)),
    })
}

impl Priced {
    fn of(runs: &Runs, key: &str, begins: Option<Beginning>, terms: Terms<'_>) -> Self {
        let request = |calls: &[Usage]| {
            let first = calls.first().and_then(Usage::input).unwrap_or(0);
            terms.request(key, calls, begins.map(|begins| begins.tokens(first)))
        };
        let bills: Result<Vec<Bill>, Lack> =
            runs.samples.iter().map(|sample| request(&sample.measures.calls)).collect();
        let bills = match bills {
            Ok(bills) => bills,
            Err(lack) => return Self { bill: Err(lack), samples: Vec::new() },
        };
        let sum = bills.iter().try_fold(Bill::default(), |sum, bill| sum.and(bill));
        let mean = sum.and_then(|sum| sum.over(Decimal::from(bills.len())));
        let samples: Option<Vec<Decimal>> = bills.iter().map(Bill::sum).collect();
        Self { bill: mean.ok_or(Lack::Beyond), samples: samples.unwrap_or_default() }
    }

    /// The mean over samples of the sums.
    pub(super) fn usd(&self) -> Option<Decimal> {
        self.bill.as_ref().ok()?.sum()
    }
}

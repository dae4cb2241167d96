//! The monthly cost of a prompt on both sides: declared traffic × what measured runs would cost (docs/cost.md).
//!
//! Each call is priced by itself, summed over a run, averaged over samples and, by weight, over tasks. Both sides use the same
//! traffic, the same prices and the same tasks. What is unknown stays `None`; whether a figure is too high is not asked here.

use rust_decimal::Decimal;

use super::attribution::Attribution;
use super::collected::{Collected, mean};
use super::notices;
use super::spread::{self, Spread, Spreading};
use super::tasks::{Caching, Pair, Sides, Tasks, pairs, price};
use super::terms::Terms;
use super::{Bill, Prices};
use crate::compare::Cell;
use crate::config::{Cases, Traffic, Volume};
use crate::id::Id;
use crate::policy::Policy;
use crate::recording::Tree;

/// Requests per month in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `None` is the only one, where it has no name.
    pub name: Option<Id>,
    pub requests: Volume,
}

/// The cost of one prompt. Amounts are US dollars; `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimate {
    /// What one request costs.
    pub base: Option<Bill>,
    pub head: Option<Bill>,
    /// What base's requests would cost at the price of head's model.
    pub base_at_head: Option<Bill>,
    /// What is known of one request's cost where not all is.
    pub base_at_least: Option<Decimal>,
    pub head_at_least: Option<Decimal>,
    /// What a request costs at head over every task measured there, compared or not: what an absolute limit is held against.
    /// Told only where the policy has one.
    pub head_alone: Option<Decimal>,
    /// How much more head's requests cost by head's own price table, where head edits it.
    pub table_effect: Option<Decimal>,
    /// How far the difference of one request's cost may be off.
    pub spread: Option<Spread>,
    /// Requests per month, where traffic is declared.
    pub environments: Vec<Environment>,
    /// Whether there is nothing on base that it could cost more than.
    pub is_new: bool,
    /// The models that serve on base and on head, as price tables name them.
    pub models: (Option<String>, Option<String>),
    /// Estimated tokens of the beginning that a cache may hold, on base and on head.
    pub cacheable: Option<(u64, u64)>,
    /// Tasks that are no part of the difference, each with why.
    pub left_out: Vec<String>,
    /// What is assumed rather than measured, as sentences.
    pub assumed: Vec<String>,
    /// What else is to be said, as sentences.
    pub remarks: Vec<String>,
    /// Why a figure is unknown, as sentences without the prompt's name.
    pub unknown: Vec<String>,
}

/// What a prompt's cost is estimated by.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    pub policy: &'a Policy,
    /// Head's own price table, where head edits it.
    pub edited: Option<&'a Prices>,
    /// Whether it is asked how far the difference may be off, which takes its time.
    pub is_interval_wanted: bool,
}

/// Estimates a prompt's cost from its cells.
pub fn estimate(prompt: &Id, cells: &[&Cell<'_>], sides: Sides, by: By<'_>) -> Estimate {
    let traffic = by.policy.traffic.get(prompt);
    let terms = Terms { prices: &by.policy.prices, traffic, at: by.policy.now };
    let pairs: Vec<(&Id, Pair<'_>)> = pairs(cells).into_iter().collect();
    // Tasks that only one side has, or that were altered, are no part of a difference.
    let is_wanted = |pair: &Pair<'_>| match sides {
        Sides::Both => pair.left_out().is_none(),
        Sides::OnlyHead => pair.side(Tree::Head).is_some(),
        Sides::OnlyBase => pair.side(Tree::Base).is_some(),
    };
    let (wanted, others): (Vec<_>, Vec<_>) = pairs.iter().copied().partition(|(_, pair)| is_wanted(pair));
    let costs = price(&wanted, terms, by.edited);
    let found = Collected::of(&costs.tasks, sides, by);
    let key = |tree| wanted.iter().find_map(|(_, pair)| pair.key(tree));
    let mut estimate = Estimate {
        base: found.base.bill,
        head: found.head.bill,
        base_at_head: found.base_at_head.bill,
        base_at_least: found.base.at_least,
        head_at_least: found.head.at_least,
        head_alone: by.policy.gate.cost.max_usd_per_request.and_then(|_| alone(&pairs, terms)),
        environments: environments(traffic),
        is_new: sides == Sides::OnlyHead,
        models: (key(Tree::Base), key(Tree::Head)),
        unknown: found.unknown,
        ..Estimate::default()
    };
    if estimate.is_measured() {
        let cases = traffic.map_or(Cases::Sample, |traffic| traffic.cases);
        if by.is_interval_wanted {
            let Spreading { spread, remark } = spread::of(prompt, &costs.tasks, cases);
            estimate.spread = spread;
            // Without a month there is no interval to speak of.
            estimate.remarks.extend(remark.filter(|_| !estimate.environments.is_empty()));
        }
        if by.edited.is_some() {
            if found.head_at_own.bill.is_none() {
                let key = estimate.models.1.as_deref().unwrap_or("the model that serves");
                estimate
                    .remarks
                    .push(format!("head's prices.yaml no longer has a price for {key}: unknown once merged"));
            }
            let own = found.head_at_own.bill.and_then(|bill| bill.sum());
            estimate.table_effect = own.zip(estimate.head.and_then(|bill| bill.sum())).map(|(own, head)| own - head);
        }
        estimate.assume(&costs, traffic);
        estimate.remarks.extend(traffic.and_then(|traffic| notices::old(traffic, by.policy)));
    }
    if sides == Sides::Both {
        estimate.left_out =
            others.iter().filter_map(|(id, pair)| Some(format!("{id} ({})", pair.left_out()?))).collect();
    }
    if estimate.environments.is_empty() {
        estimate.unknown.push("traffic is not declared".to_owned());
    }
    estimate
}

fn environments(traffic: Option<&Traffic>) -> Vec<Environment> {
    let volumes = traffic.map(Traffic::volumes).unwrap_or_default();
    volumes.into_iter().map(|(name, requests)| Environment { name: name.cloned(), requests }).collect()
}

impl Estimate {
    /// What is known where nothing was run.
    pub fn unmeasured() -> Self {
        Self { unknown: vec!["nothing was measured".to_owned()], ..Self::default() }
    }

    /// Requests per month in all environments; `None` where traffic is not declared.
    pub fn requests(&self) -> Option<Volume> {
        let add = |sum: Volume, one: &Environment| {
            let Volume { low, expected, high } = one.requests;
            Volume {
                low: sum.low.saturating_add(low),
                expected: sum.expected.saturating_add(expected),
                high: sum.high.saturating_add(high),
            }
        };
        let nothing = Volume { low: 0, expected: 0, high: 0 };
        (!self.environments.is_empty()).then(|| self.environments.iter().fold(nothing, add))
    }

    fn expected(&self) -> Option<Decimal> {
        self.requests().map(|requests| Decimal::from(requests.expected))
    }

    pub fn base_month(&self) -> Option<Decimal> {
        self.base?.sum()?.checked_mul(self.expected()?)
    }

    pub fn head_month(&self) -> Option<Decimal> {
        self.head?.sum()?.checked_mul(self.expected()?)
    }

    /// What one request costs more.
    pub fn delta(&self) -> Option<Decimal> {
        self.head?.sum()?.checked_sub(self.base?.sum()?)
    }

    pub fn delta_month(&self) -> Option<Decimal> {
        self.delta()?.checked_mul(self.expected()?)
    }

    /// What is known of a month's cost on a side where not all of it is; more than nothing.
    pub fn at_least_month(&self, tree: Tree) -> Option<Decimal> {
        let known = match tree {
            Tree::Base => self.base_at_least,
            Tree::Head => self.head_at_least,
        };
        known?.checked_mul(self.expected()?)
    }

    /// The interval of the monthly difference, at the expected number of requests.
    pub fn spread_month(&self) -> Option<Spread> {
        self.spread?.times(self.expected()?)
    }

    /// Where the monthly difference comes from; its parts add up to [`Estimate::delta_month`] exactly.
    pub fn attribution(&self) -> Option<Attribution> {
        Attribution::between(&self.base?, &self.base_at_head?, &self.head?)?.times(self.expected()?)
    }

    /// How much more a month of head costs by head's own price table.
    pub fn table_effect_month(&self) -> Option<Decimal> {
        self.table_effect?.checked_mul(self.expected()?)
    }

    /// Between which amounts the monthly difference lies over the whole range of `requests`: the ends of the interval, or the
    /// point where there is none, times the ends of the range. `None` where the range is one number.
    pub fn range(&self, requests: Volume) -> Option<(Decimal, Decimal)> {
        if requests.low == requests.high {
            return None;
        }
        let delta = self.delta()?;
        let (low, high) = self.spread.map_or((delta, delta), |spread| (spread.low, spread.high));
        let at = |requests: u64, amount: Decimal| amount.checked_mul(Decimal::from(requests));
        let few = (at(requests.low, low)?, at(requests.low, high)?);
        let many = (at(requests.high, low)?, at(requests.high, high)?);
        Some((few.0.min(many.0), few.1.max(many.1)))
    }

    /// Whether what a request costs is known on both sides.
    pub fn is_measured(&self) -> bool {
        self.base.is_some() && self.head.is_some()
    }

    fn assume(&mut self, costs: &Tasks<'_>, traffic: Option<&Traffic>) {
        let Some(traffic) = traffic else { return };
        match costs.caching {
            Caching::NotDeclared => {}
            Caching::Recorded => {
                let remark = "recordings tell what was cached, so traffic's `cache` is not used";
                self.remarks.push(remark.to_owned());
            }
            Caching::Indistinct => {
                let remark =
                    "nothing is taken as cached: fewer than two tasks differ, so their common beginning is not known";
                self.remarks.push(remark.to_owned());
            }
            Caching::Estimated => {
                self.cacheable = costs.cacheable();
                let how = "the cacheable beginning of requests, by its share of their characters";
                self.assumed.push(how.to_owned());
            }
        }
        for fallback in &traffic.fallback {
            self.assumed.push(format!("{} takes as many tokens as the model that serves", fallback.model));
        }
    }
}

/// What a request costs at head over every task measured there.
fn alone(pairs: &[(&Id, Pair<'_>)], terms: Terms<'_>) -> Option<Decimal> {
    let at_head: Vec<_> = pairs.iter().copied().filter(|(_, pair)| pair.is_measured(Tree::Head)).collect();
    let costs = price(&at_head, terms, None);
    let bills: Option<Vec<(Decimal, Bill)>> =
        costs.tasks.iter().map(|task| Some((task.weight, task.head.as_ref()?.bill.clone().ok()?))).collect();
    mean(&bills?)?.sum()
}

//! What all affected prompts that serve cost together: sums, their interval, and what is known where not all is.

use rust_decimal::Decimal;

use super::estimate::Estimate;
use super::spread::Spread;
use crate::id::Id;
use crate::recording::Tree;

/// The difference that some prompts make in a month, in US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Known {
    pub base: Decimal,
    pub delta: Decimal,
    /// Between which amounts it lies; `None` where one prompt has no interval.
    pub spread: Option<Spread>,
    /// How many prompts these are.
    pub prompts: usize,
}

/// Sums over prompts. `None` is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    pub base: Option<Decimal>,
    pub head: Option<Decimal>,
    /// What is known of a sum where not all of it is.
    pub base_at_least: Option<Decimal>,
    pub head_at_least: Option<Decimal>,
    /// All prompts whose difference is known.
    pub known: Known,
    /// Those of them that base has too: a share of what new ones cost says nothing.
    pub existing: Known,
    /// Between which amounts the difference lies at all declared numbers of requests, where one is a range.
    pub range: Option<(Decimal, Decimal)>,
    /// How much more a month costs by head's own price table, where head edits it.
    pub table_effect: Option<Decimal>,
    /// Sentences: what is missing in the sums, and why.
    pub unknown: Vec<String>,
}

impl Totals {
    /// Adds estimates up; one unknown makes a sum unknown.
    pub fn of(estimates: &[(Id, Estimate)]) -> Self {
        let all = || estimates.iter().map(|(_, estimate)| estimate);
        let sum = |side: fn(&Estimate) -> Option<Decimal>| {
            all().try_fold(Decimal::ZERO, |sum, one| sum.checked_add(side(one)?))
        };
        let (base, head) = (sum(Estimate::base_month), sum(Estimate::head_month));
        let at_least = |side: fn(&Estimate) -> Option<Decimal>, tree| {
            let known = |one: &Estimate| side(one).or_else(|| one.at_least_month(tree)).unwrap_or_default();
            let known = all().try_fold(Decimal::ZERO, |sum, one| sum.checked_add(known(one)));
            known.filter(|known| !known.is_zero())
        };
        let effects: Vec<Decimal> = all().filter_map(Estimate::table_effect_month).collect();
        let unknown =
            estimates.iter().flat_map(|(prompt, one)| one.unknown.iter().map(move |why| format!("{prompt}: {why}")));
        Self {
            base,
            head,
            base_at_least: if base.is_none() { at_least(Estimate::base_month, Tree::Base) } else { None },
            head_at_least: if head.is_none() { at_least(Estimate::head_month, Tree::Head) } else { None },
            known: Known::of(all()),
            existing: Known::of(all().filter(|one| !one.is_new)),
            range: range(all()),
            table_effect: effects
                .iter()
                .try_fold(Decimal::ZERO, |sum, one| sum.checked_add(*one))
                .filter(|_| !effects.is_empty()),
            unknown: unknown.collect(),
        }
    }

    /// The whole difference, where all of it is known.
    pub fn delta(&self) -> Option<Decimal> {
        self.head?.checked_sub(self.base?)
    }

    /// The interval of the whole difference.
    pub fn spread(&self) -> Option<Spread> {
        self.delta().and(self.known.spread)
    }
}

impl Known {
    fn of<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> Self {
        let (mut known, mut parts) = (Self::default(), Vec::new());
        for one in estimates {
            let (Some(base), Some(delta)) = (one.base_month(), one.delta_month()) else { continue };
            known.base = known.base.saturating_add(base);
            known.delta = known.delta.saturating_add(delta);
            known.prompts += 1;
            // What is sent no request costs nothing, however unsure one request's cost is.
            parts.push((delta, one.spread_month()));
        }
        known.spread = Spread::sum(&parts).filter(|_| !parts.is_empty());
        known
    }
}

/// The ends of all prompts' ranges added up, which is wider than chance alone makes it.
fn range<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> Option<(Decimal, Decimal)> {
    let (mut low, mut high, mut is_range) = (Decimal::ZERO, Decimal::ZERO, false);
    for one in estimates {
        let own = one.range(one.requests()?);
        is_range |= own.is_some();
        let point = one.delta_month()?;
        let ends = own.unwrap_or_else(|| one.spread_month().map_or((point, point), |spread| (spread.low, spread.high)));
        (low, high) = (low.checked_add(ends.0)?, high.checked_add(ends.1)?);
    }
    is_range.then_some((low, high))
}

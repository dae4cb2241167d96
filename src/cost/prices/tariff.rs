//! What one model's requests cost, whichever table says so: prices by the length of a request, outside of batches and in them.
//!
//! A tier is a cliff, not a bracket: the whole input of one request decides, and its tier prices all of it, output included
//! (notes: cost B2). Nothing is rounded here, and nothing that a table leaves out is derived from what it has.

use rust_decimal::Decimal;

use super::file::{Batch, BatchRates, Given, Per, Rates, Tier};
use crate::config::Date;
use crate::cost::Bill;
use crate::wire::Usage;

/// US dollars per million tokens, by what they are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerMillion {
    pub input: Decimal,
    pub cache_read: Decimal,
    /// Written to a cache, for minutes.
    pub cache_write: Decimal,
    pub cache_write_1h: Decimal,
    pub output: Decimal,
    pub reasoning: Decimal,
}

/// Prices by the length of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ladder {
    pub base: PerMillion,
    /// Rising: for requests whose whole input is above so many tokens.
    pub tiers: Vec<(u64, PerMillion)>,
    /// The whole input above which nobody says what a request costs.
    pub up_to: Option<u64>,
}

/// What a model's requests cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tariff {
    pub free: bool,
    pub prices: Ladder,
    /// In a batch, where that has prices of its own.
    pub batch: Option<Ladder>,
    /// What a request costs whatever is in it, in US dollars.
    pub request: Decimal,
    /// The most input tokens that a request may have.
    pub max_input_tokens: Option<u64>,
    pub deprecated: Option<Date>,
}

impl Tariff {
    /// The tariff that a table's entry makes; `None` where its prices of input or output are missing.
    pub fn of(rates: &Rates) -> Option<Self> {
        let common = Self {
            free: rates.free,
            request: rates.request.unwrap_or_default().0,
            max_input_tokens: rates.max_input_tokens,
            deprecated: rates.deprecated,
            ..Self::default()
        };
        if rates.free {
            return Some(common);
        }
        let unit = match rates.per {
            Per::Million => Decimal::ONE,
            Per::Thousand => Decimal::ONE_THOUSAND,
        };
        let given = rates.given();
        let prices = Ladder::of(given, &rates.tiers, |_| given, unit)?;
        let batch = match &rates.batch {
            None => None,
            Some(Batch::Times(times)) => Some(prices.times(times.0)),
            Some(Batch::Rates(batch)) => Some(in_batches(rates, batch, unit)?),
        };
        Some(Self { prices, batch, ..common })
    }

    /// The tariff of requests sent in a batch; `None` where the table does not say.
    pub fn in_batch(&self) -> Option<Self> {
        let prices = if self.free { Ladder::default() } else { self.batch.clone()? };
        Some(Self { prices, ..self.clone() })
    }

    /// What one request costs, by what it is for. `None` where the usage is not known, contradicts itself, or is that of a
    /// longer request than the table has prices for.
    pub fn bill(&self, usage: &Usage) -> Option<Bill> {
        if self.free {
            return Some(Bill::default());
        }
        let prices = self.prices.at(usage.input()?)?;
        let written_1h = usage.cache_write_1h.unwrap_or(0);
        let written = usage.cache_write.unwrap_or(0).checked_sub(written_1h)?;
        let reasoning = usage.reasoning.unwrap_or(0);
        Some(Bill {
            input: part(usage.input_uncached?, prices.input)?,
            cache_read: part(usage.cache_read.unwrap_or(0), prices.cache_read)?,
            cache_write: part(written, prices.cache_write)? + part(written_1h, prices.cache_write_1h)?,
            output: part(usage.output?.checked_sub(reasoning)?, prices.output)?,
            reasoning: part(reasoning, prices.reasoning)?,
            request: self.request,
        })
    }
}

fn part(tokens: u64, per_million: Decimal) -> Option<Decimal> {
    Some(Decimal::from(tokens).checked_mul(per_million)? / Decimal::from(1_000_000))
}

impl Ladder {
    /// The prices of a request with so much input in all.
    pub fn at(&self, input: u64) -> Option<&PerMillion> {
        if self.up_to.is_some_and(|up_to| input > up_to) {
            return None;
        }
        let tier = self.tiers.iter().rev().find(|(above, _)| input > *above);
        Some(tier.map_or(&self.base, |(_, prices)| prices))
    }

    /// The prices that a level and its tiers give. `otherwise` has what neither gives, for requests above so many tokens.
    fn of(base: Given, tiers: &[Tier], otherwise: impl Fn(u64) -> Given, unit: Decimal) -> Option<Self> {
        let tier = |tier: &Tier| {
            let given = tier.given().or(base).or(otherwise(tier.above));
            Some((tier.above, given.resolve(unit)?))
        };
        Some(Self {
            base: base.or(otherwise(0)).resolve(unit)?,
            tiers: tiers.iter().map(tier).collect::<Option<_>>()?,
            up_to: None,
        })
    }

    fn times(&self, factor: Decimal) -> Self {
        let times = |prices: &PerMillion| PerMillion {
            input: prices.input * factor,
            cache_read: prices.cache_read * factor,
            cache_write: prices.cache_write * factor,
            cache_write_1h: prices.cache_write_1h * factor,
            output: prices.output * factor,
            reasoning: prices.reasoning * factor,
        };
        Self {
            base: times(&self.base),
            tiers: self.tiers.iter().map(|(above, prices)| (*above, times(prices))).collect(),
            up_to: self.up_to,
        }
    }
}

/// The prices in batches, which are those outside of them where a batch has none. A batch without tiers says nothing of
/// requests that a tier would price.
fn in_batches(rates: &Rates, batch: &BatchRates, unit: Decimal) -> Option<Ladder> {
    let outside = |above: u64| {
        let tier = rates.tiers.iter().rev().find(|tier| above >= tier.above);
        tier.map_or_else(|| rates.given(), |tier| tier.given().or(rates.given()))
    };
    let ladder = Ladder::of(batch.given(), &batch.tiers, outside, unit)?;
    let first = rates.tiers.first().map(|tier| tier.above);
    Some(Ladder { up_to: first.filter(|_| batch.tiers.is_empty()), ..ladder })
}

impl Given {
    fn or(self, other: Self) -> Self {
        Self {
            input: self.input.or(other.input),
            output: self.output.or(other.output),
            cache_read: self.cache_read.or(other.cache_read),
            cache_write: self.cache_write.or(other.cache_write),
            cache_write_1h: self.cache_write_1h.or(other.cache_write_1h),
            reasoning: self.reasoning.or(other.reasoning),
        }
    }

    /// Every price, what is left out being that of the nearest wider kind of token; times `unit` it is per million.
    fn resolve(self, unit: Decimal) -> Option<PerMillion> {
        let (input, output) = (self.input?.0, self.output?.0);
        let cache_write = self.cache_write.map_or(input, |price| price.0);
        Some(PerMillion {
            input: input * unit,
            cache_read: self.cache_read.map_or(input, |price| price.0) * unit,
            cache_write: cache_write * unit,
            cache_write_1h: self.cache_write_1h.map_or(cache_write, |price| price.0) * unit,
            output: output * unit,
            reasoning: self.reasoning.map_or(output, |price| price.0) * unit,
        })
    }
}

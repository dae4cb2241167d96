//! What another table says of a model, on the way to being an entry of `prices.yaml`: one price after the other, whatever order
//! and shape they came in.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::config::{Amount, Date};
use crate::cost::prices::{Batch, BatchRates, Rates, Tier, flaws_of};

/// What tokens are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Input,
    Output,
    CacheRead,
    CacheWrite,
    CacheWrite1h,
    Reasoning,
}

impl Kind {
    /// As `prices.yaml` calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheRead => "cache_read",
            Self::CacheWrite => "cache_write",
            Self::CacheWrite1h => "cache_write_1h",
            Self::Reasoning => "reasoning",
        }
    }
}

/// Which requests a price is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    pub(super) in_batch: bool,
    /// Whole input; 0 for requests of any length.
    pub(super) above: u64,
}

/// A model's prices, in US dollars per million tokens, as far as they are read.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) prices: BTreeMap<(Level, Kind), Decimal>,
    /// US dollars.
    pub(super) request: Option<Decimal>,
    pub(super) max_input_tokens: Option<u64>,
    pub(super) deprecated: Option<Date>,
    /// Sentences without the model's name.
    pub(super) remarks: Vec<String>,
    /// Why it cannot be told what the model costs.
    pub(super) refused: Option<String>,
}

impl Draft {
    pub(super) fn set(&mut self, in_batch: bool, above: u64, kind: Kind, price: Decimal) {
        self.prices.insert((Level { in_batch, above }, kind), price);
    }

    /// The levels that requests in a batch, or outside of them, have prices for.
    pub(super) fn above(&self, in_batch: bool) -> BTreeSet<u64> {
        let levels = self.prices.keys().map(|(level, _)| level);
        levels.filter(|level| level.in_batch == in_batch && level.above > 0).map(|level| level.above).collect()
    }

    /// The entry, and what is remarkable about it; or why there is none. A price of 0 counts as none: tables write it for what
    /// nobody looked up too, and `free` is for the operator to say.
    pub(super) fn finish(mut self, free: bool) -> Result<(Rates, Vec<String>), String> {
        let (max_input_tokens, deprecated) = (self.max_input_tokens.filter(|tokens| *tokens > 0), self.deprecated);
        if free {
            return Ok((Rates { free, max_input_tokens, deprecated, ..Rates::default() }, self.remarks));
        }
        if let Some(why) = self.refused {
            return Err(why);
        }
        if let Some((_, price)) = self.prices.iter().find(|(_, price)| price.is_sign_negative() && !price.is_zero()) {
            return Err(format!("a price is {price}"));
        }
        let zeros: BTreeSet<&str> =
            self.prices.iter().filter(|(_, price)| price.is_zero()).map(|((_, kind), _)| kind.name()).collect();
        if !zeros.is_empty() {
            let names = zeros.into_iter().collect::<Vec<_>>().join(", ");
            self.remarks.push(format!("0 for {names} is left out: it may only mean that nobody looked it up"));
            self.prices.retain(|_, price| !price.is_zero());
        }
        let base = self.level(false, 0);
        if base.input.is_none() || base.output.is_none() {
            return Err("it has no price of input and output".to_owned());
        }
        let tiers = self.tiers(false);
        let batch = self.batch();
        let request = self.request.filter(|fee| !fee.is_zero()).map(Amount);
        let BatchRates { input, output, cache_read, cache_write, cache_write_1h, reasoning, tiers: _ } = base;
        let rates = Rates {
            input,
            output,
            cache_read,
            cache_write,
            cache_write_1h,
            reasoning,
            request,
            tiers,
            batch,
            max_input_tokens,
            deprecated,
            ..Rates::default()
        };
        match flaws_of(&rates).into_iter().next() {
            Some(flaw) => Err(flaw),
            None => Ok((rates, self.remarks)),
        }
    }

    fn price(&self, in_batch: bool, above: u64, kind: Kind) -> Option<Amount> {
        self.prices.get(&(Level { in_batch, above }, kind)).copied().map(Amount)
    }

    fn level(&self, in_batch: bool, above: u64) -> BatchRates {
        let price = |kind| self.price(in_batch, above, kind);
        BatchRates {
            input: price(Kind::Input),
            output: price(Kind::Output),
            cache_read: price(Kind::CacheRead),
            cache_write: price(Kind::CacheWrite),
            cache_write_1h: price(Kind::CacheWrite1h),
            reasoning: price(Kind::Reasoning),
            tiers: Vec::new(),
        }
    }

    fn tiers(&self, in_batch: bool) -> Vec<Tier> {
        let tier = |above| {
            let BatchRates { input, output, cache_read, cache_write, cache_write_1h, reasoning, tiers: _ } =
                self.level(in_batch, above);
            Tier { above, input, output, cache_read, cache_write, cache_write_1h, reasoning }
        };
        self.above(in_batch).into_iter().map(tier).collect()
    }

    fn batch(&self) -> Option<Batch> {
        let is_any = self.prices.keys().any(|(level, _)| level.in_batch);
        let rates = || BatchRates { tiers: self.tiers(true), ..self.level(true, 0) };
        is_any.then(|| Batch::Rates(Box::new(rates())))
    }
}

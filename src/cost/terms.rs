//! What a request costs on the terms that traffic declares: shares of caches, batches, retries and other models.
//!
//! Every call is priced by itself, since a call's own input decides its tier, and only then mixed: every term here is linear in
//! bills, so that a bill's parts stay apart and still add up. Source: the formulas of docs/cost.md.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::{Bill, Prices, Tariff};
use crate::config::{CacheLife, CacheTerms, Traffic};
use crate::wire::Usage;

/// More than any request costs; beyond it, sums might leave what a decimal holds.
const MOST: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// Why an amount is unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    Price(String),
    /// Only head's own table has it, which nobody has reviewed yet.
    Unreviewed(String),
    BatchPrice(String),
    Usage,
    FallbackShares,
    /// Not below a million dollars for one request.
    Beyond,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(key) => write!(f, "no price for {key}"),
            Self::Unreviewed(key) => {
                write!(f, "unreviewed price: only head's prices.yaml has {key}, which counts once merged")
            }
            Self::BatchPrice(key) => write!(f, "no batch price for {key}"),
            Self::Usage => f.write_str("a reply does not tell its token usage, or what it tells does not add up"),
            Self::FallbackShares => f.write_str("the shares of traffic's fallback models add up to more than 1"),
            Self::Beyond => f.write_str("one request would cost a million dollars or more"),
        }
    }
}

/// What requests are priced by.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub prices: &'a Prices,
    /// `None` is one attempt for each request, at the serving model, at full price.
    pub traffic: Option<&'a Traffic>,
    /// Seconds since 1970.
    pub at: i64,
}

/// Tokens at the beginning of every call that a cache may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cacheable(pub u64);

impl Terms<'_> {
    /// What one request costs whose run made `calls` at the model called `key`.
    pub fn request(&self, key: &str, calls: &[Usage], cacheable: Option<Cacheable>) -> Result<Bill, Lack> {
        let one = Decimal::ONE;
        let fallbacks = self.traffic.map_or(&[][..], |traffic| &traffic.fallback);
        // A request that falls back pays for its first attempt only where that is billed.
        let mut own = one;
        for fallback in fallbacks.iter().filter(|fallback| !fallback.primary_billed) {
            own -= fallback.share.0;
        }
        if self.traffic.is_some_and(|traffic| traffic.fallback_share() > one) {
            return Err(Lack::FallbackShares);
        }
        let mut bill = self.run(key, calls, cacheable)?.times(own).ok_or(Lack::Beyond)?;
        for fallback in fallbacks {
            let other = self.run(&fallback.model, calls, cacheable)?.times(fallback.share.0).ok_or(Lack::Beyond)?;
            bill = bill.and(&other).ok_or(Lack::Beyond)?;
        }
        let attempts = one.checked_add(self.traffic.map_or(Decimal::ZERO, |traffic| traffic.retry_rate.0));
        let bill = attempts.and_then(|attempts| bill.times(attempts)).ok_or(Lack::Beyond)?;
        match bill.sum() {
            Some(sum) if sum < MOST => Ok(bill),
            Some(_) | None => Err(Lack::Beyond),
        }
    }

    /// All calls of a run, at one model.
    fn run(&self, key: &str, calls: &[Usage], cacheable: Option<Cacheable>) -> Result<Bill, Lack> {
        let sheet = Sheet::of(self, key)?;
        if calls.is_empty() {
            // A run that nobody answered tells nothing of what an answer costs.
            return Err(Lack::Usage);
        }
        let cached = self.traffic.and_then(|traffic| traffic.cache).zip(cacheable);
        let mut sum = Bill::default();
        for usage in calls {
            let bill = match cached {
                Some((cache, Cacheable(tokens))) => sheet.cached(usage, cache, tokens)?,
                None => sheet.call(usage)?,
            };
            sum = sum.and(&bill).ok_or(Lack::Beyond)?;
        }
        Ok(sum)
    }
}

/// The prices of one model, for single requests and for the share of them that goes in batches.
struct Sheet {
    single: Arc<Tariff>,
    batch: Option<(Tariff, Decimal)>,
}

impl Sheet {
    fn of(terms: &Terms<'_>, key: &str) -> Result<Self, Lack> {
        let single = terms.prices.tariff(key, terms.at).ok_or_else(|| Lack::Price(key.to_owned()))?;
        let share = terms.traffic.map_or(Decimal::ZERO, |traffic| traffic.batch_share.0);
        let batch = || terms.prices.batch(key, terms.at).ok_or_else(|| Lack::BatchPrice(key.to_owned()));
        let batch = if share.is_zero() { None } else { Some((batch()?, share)) };
        Ok(Self { single, batch })
    }

    /// One call.
    fn call(&self, usage: &Usage) -> Result<Bill, Lack> {
        let single = self.single.bill(usage).ok_or(Lack::Usage)?;
        let Some((batch, share)) = &self.batch else { return Ok(single) };
        let batch = batch.bill(usage).ok_or(Lack::Usage)?;
        mix(&single, Decimal::ONE - share, &batch)
    }

    /// One call whose first `tokens` are found in the cache in a share of all requests, and written to it in the others.
    fn cached(&self, usage: &Usage, cache: CacheTerms, tokens: u64) -> Result<Bill, Lack> {
        let CacheTerms { hit_rate, ttl } = cache;
        let input = usage.input_uncached.ok_or(Lack::Usage)?;
        let tokens = tokens.min(input);
        let fresh = Usage { input_uncached: Some(input - tokens), ..*usage };
        let found = Usage { cache_read: Some(tokens), ..fresh };
        let for_an_hour = match ttl {
            CacheLife::FiveMinutes => None,
            CacheLife::Hour => Some(tokens),
        };
        let written = Usage { cache_write: Some(tokens), cache_write_1h: for_an_hour, ..fresh };
        mix(&self.call(&found)?, hit_rate.0, &self.call(&written)?)
    }
}

/// A share of the first, and the rest of the second.
fn mix(first: &Bill, share: Decimal, second: &Bill) -> Result<Bill, Lack> {
    let parts = first.times(share).zip(second.times(Decimal::ONE - share));
    parts.and_then(|(first, second)| first.and(&second)).ok_or(Lack::Beyond)
}

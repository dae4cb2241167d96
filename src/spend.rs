//! What a run may spend on models, and what it has spent: the worst case is set aside before each call, and what is left of it
//! comes back after.
//!
//! Pure. An unknown price counts for nothing in dollars, which is why calls and tokens are capped too.

use std::fmt;

use rust_decimal::Decimal;

use crate::config::Spend;

/// What a call takes, or may take at worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Take {
    /// US dollars; `None` where the price is unknown.
    pub usd: Option<Decimal>,
    pub tokens: u64,
}

/// A cap that a call would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cap {
    Usd(Decimal),
    Calls(u64),
    Tokens(u64),
    Seconds(u64),
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usd(usd) => write!(f, "max_usd (${usd})"),
            Self::Calls(calls) => write!(f, "max_calls ({calls})"),
            Self::Tokens(tokens) => write!(f, "max_tokens ({tokens})"),
            Self::Seconds(seconds) => write!(f, "max_seconds ({seconds})"),
        }
    }
}

/// The money of one run.
#[derive(Debug, Clone)]
pub struct Purse {
    caps: Spend,
    /// Spent, and set aside for calls under way.
    usd: Decimal,
    tokens: u64,
    /// Spent alone.
    pub spent_usd: Decimal,
    pub calls: u64,
    /// Whether a call had no price.
    pub unpriced: bool,
}

impl Purse {
    pub fn new(caps: Spend) -> Self {
        Self { caps, usd: Decimal::ZERO, tokens: 0, spent_usd: Decimal::ZERO, calls: 0, unpriced: false }
    }

    /// Tokens spent, and set aside for calls under way.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Sets the worst case of one call aside, `elapsed` seconds into the run; the cap that it would break where it does.
    pub fn reserve(&mut self, worst: Take, elapsed: u64) -> Result<(), Cap> {
        let Spend { max_usd, max_calls, max_tokens, max_seconds, .. } = &self.caps;
        let usd = self.usd + worst.usd.unwrap_or_default();
        let tokens = self.tokens.saturating_add(worst.tokens);
        if let Some(cap) = max_usd.filter(|cap| usd > cap.0) {
            return Err(Cap::Usd(cap.0));
        }
        let max_calls = max_calls.unwrap_or(Spend::USUAL_CALLS);
        if self.calls >= max_calls {
            return Err(Cap::Calls(max_calls));
        }
        if tokens > *max_tokens {
            return Err(Cap::Tokens(*max_tokens));
        }
        if elapsed >= *max_seconds {
            return Err(Cap::Seconds(*max_seconds));
        }
        (self.usd, self.tokens) = (usd, tokens);
        self.calls += 1;
        Ok(())
    }

    /// Puts what a call took in the place of its worst case. A reply that tells no usage is taken to have been the worst.
    pub fn settle(&mut self, worst: Take, took: Option<Take>) {
        let took = took.unwrap_or(worst);
        self.usd += took.usd.unwrap_or_default() - worst.usd.unwrap_or_default();
        self.tokens = self.tokens.saturating_sub(worst.tokens).saturating_add(took.tokens);
        self.spent_usd += took.usd.unwrap_or_default();
        self.unpriced |= took.usd.is_none();
    }

    /// Gives the worst case of a call back that was never answered and, as far as one can know, never billed.
    pub fn give_back(&mut self, worst: Take) {
        self.usd -= worst.usd.unwrap_or_default();
        self.tokens = self.tokens.saturating_sub(worst.tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Amount;

    fn take(cents: i64, tokens: u64) -> Take {
        Take { usd: Some(Decimal::new(cents, 2)), tokens }
    }

    #[test]
    fn the_worst_case_must_fit_before_a_call() {
        let caps = Spend {
            max_usd: Some(Amount(Decimal::new(10, 2))),
            max_calls: Some(9),
            max_tokens: 1_000,
            max_seconds: 60,
            ..Spend::default()
        };
        let mut purse = Purse::new(caps);
        assert_eq!(purse.reserve(take(6, 100), 0), Ok(()));
        assert_eq!(purse.reserve(take(6, 100), 0), Err(Cap::Usd(Decimal::new(10, 2))));
        purse.settle(take(6, 100), Some(take(1, 10)));
        assert_eq!(purse.reserve(take(6, 100), 0), Ok(()), "what was not needed is there again");
        assert_eq!(purse.reserve(take(0, 1_000), 0), Err(Cap::Tokens(1_000)));
        assert_eq!(purse.reserve(take(0, 0), 60), Err(Cap::Seconds(60)));
        purse.give_back(take(6, 100));
        assert_eq!((purse.spent_usd, purse.calls, purse.unpriced), (Decimal::new(1, 2), 2, false));
        let free = Take { usd: None, tokens: 1 };
        for _ in 0..7 {
            purse.reserve(free, 0).unwrap();
            purse.settle(free, Some(free));
        }
        assert_eq!((purse.reserve(free, 0), purse.unpriced), (Err(Cap::Calls(9)), true));
    }

    #[test]
    fn silence_about_usage_counts_as_the_worst() {
        let mut purse = Purse::new(Spend::default());
        purse.reserve(take(6, 100), 0).unwrap();
        purse.settle(take(6, 100), None);
        assert_eq!(purse.spent_usd, Decimal::new(6, 2));
    }
}

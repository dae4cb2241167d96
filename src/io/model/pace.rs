//! How many calls and tokens a minute one endpoint and model gets, where the policy sets limits. It is told the time, so that all
//! but asking the clock can be tested.
//!
//! Each limit is a bucket that fills evenly. A call takes what it needs at once, even if that leaves less than nothing, and is
//! told how long to wait for it: whoever comes later waits longer, and nobody is overtaken.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::Alias;

/// A minute's limits, shared by all who talk to one model.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Limits>);

#[derive(Debug, Default)]
struct Limits {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

impl Pace {
    /// Takes over the limits of an alias; of two for one model, the stricter counts.
    pub(super) fn limit(&self, alias: &Alias) {
        let mut limits = self.limits();
        let requests = alias.max_requests_per_minute.map(|count| f64::from(count.get()));
        #[expect(clippy::cast_precision_loss, reason = "a limit of more than 2^53 tokens limits nothing")]
        let tokens = alias.max_tokens_per_minute.map(|count| count.get() as f64);
        tighten(&mut limits.requests, requests);
        tighten(&mut limits.tokens, tokens);
    }

    /// Takes one call of about `tokens`; how long it has to wait. `now` is counted from any one moment.
    pub(super) fn take(&self, tokens: u64, now: Duration) -> Duration {
        let Limits { requests, tokens: bucket } = &mut *self.limits();
        let request = requests.as_mut().map_or(Duration::ZERO, |bucket| bucket.take(1.0, now));
        let tokens = bucket.as_mut().map_or(Duration::ZERO, |bucket| bucket.take(count(tokens), now));
        request.max(tokens)
    }

    /// Puts right what was taken for a call, now that it is known how many tokens it took.
    pub(super) fn settle(&self, taken: u64, took: u64) {
        if let Some(bucket) = &mut self.limits().tokens {
            bucket.level += count(taken) - count(took);
        }
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no call has 2^53 tokens")]
fn count(tokens: u64) -> f64 {
    tokens as f64
}

fn tighten(bucket: &mut Option<Bucket>, per_minute: Option<f64>) {
    let fresh = per_minute.map(Bucket::new);
    if let Some(fresh) = fresh
        && bucket.as_ref().is_none_or(|known| known.per_second > fresh.per_second)
    {
        *bucket = Some(fresh);
    }
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    /// What can be saved up: a second's worth, so that a minute never sees much more than its limit.
    size: f64,
    /// What is there; less than nothing where it was taken in advance.
    level: f64,
    /// When that was.
    at: Duration,
}

impl Bucket {
    fn new(per_minute: f64) -> Self {
        let per_second = per_minute / 60.0;
        let size = per_second.max(1.0);
        Self { per_second, size, level: size, at: Duration::ZERO }
    }

    fn take(&mut self, amount: f64, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.size);
        self.at = self.at.max(now);
        // Who needs more than can ever be there waits for all there can be.
        let lacking = amount.min(self.size) - self.level;
        self.level -= amount;
        Duration::try_from_secs_f64(lacking.max(0.0) / self.per_second).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pace(limits: &serde_json::Value) -> Pace {
        let pace = Pace::default();
        let mut alias = json!({"provider": "openai"});
        alias.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        pace.limit(&serde_json::from_value(alias).unwrap());
        pace
    }

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// When each of `calls` goes out, were all asked for at the same moment.
    fn goes(pace: &Pace, calls: usize, tokens: u64, now: Duration) -> Vec<u128> {
        (0..calls).map(|_| (now + pace.take(tokens, now)).as_millis()).collect()
    }

    #[test]
    fn calls_are_spread_over_the_minute() {
        let pace = pace(&json!({"max_requests_per_minute": 60}));
        assert_eq!(goes(&pace, 4, 9_999, at(0)), [0, 1_000, 2_000, 3_000]);
        assert_eq!(goes(&pace, 1, 0, at(3_500)), [4_000], "who waits already is not overtaken");
        assert_eq!(goes(&pace, 2, 0, at(60_000)), [60_000, 61_000], "a quiet minute is not saved up");
        let fast = self::pace(&json!({"max_requests_per_minute": 600}));
        let goes = goes(&fast, 700, 0, at(0));
        assert_eq!(goes.iter().filter(|ms| **ms < 60_000).count(), 610 - 1, "a minute's worth and a second's");
    }

    #[test]
    fn tokens_are_taken_in_advance_and_put_right() {
        let pace = pace(&json!({"max_tokens_per_minute": 6_000}));
        assert_eq!(goes(&pace, 1, 50, at(0)), [0]);
        assert_eq!(goes(&pace, 1, 1_000, at(0)), [500], "more than a bucket holds goes when it is full");
        assert_eq!(goes(&pace, 1, 50, at(0)), [10_000]);
        pace.settle(1_000, 200);
        assert_eq!(goes(&pace, 1, 50, at(0)), [2_500]);
    }

    #[test]
    fn of_two_limits_the_stricter_counts() {
        let both = pace(&json!({"max_requests_per_minute": 60, "max_tokens_per_minute": 600}));
        assert_eq!(goes(&both, 3, 20, at(0)), [0, 2_000, 4_000], "tokens are what is short");
        let other = json!({"provider": "openai", "max_requests_per_minute": 6});
        both.limit(&serde_json::from_value(other).unwrap());
        assert_eq!(goes(&both, 2, 0, at(100_000)), [100_000, 110_000]);
        assert_eq!(goes(&Pace::default(), 9, 1 << 40, at(0)), [0; 9], "no limit, no wait");
    }
}

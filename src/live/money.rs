//! What a run may cost before it begins, what one call may and did take, and the account at the end.

use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;

use super::job::Call;
use crate::config::{Amount, Spend};
use crate::error::{Error, Result};
use crate::io::console;
use crate::policy::Policy;
use crate::spend::Take;
use crate::text::counted;
use crate::wire::{Request, Usage};

/// What may be spent without a cap and without being asked, in US dollars.
const UNASKED_USD: Decimal = Decimal::ONE;
/// Bytes that are one token at least. Text has about four; what is not Latin has fewer.
const BYTES_PER_TOKEN: u64 = 2;

/// What is about to be asked of models that cost something.
pub struct Plan {
    samples: usize,
    /// Of judges.
    opinions: usize,
    tasks: usize,
    /// At worst; `None` where a price is unknown.
    usd: Option<Decimal>,
}

/// The plan of all samples and opinions that are asked of somebody; `None` where only the mock is asked.
pub fn plan(samples: &[Call<'_>], opinions: &[Call<'_>], policy: &Policy) -> Option<Plan> {
    let live = |calls: &[Call<'_>]| calls.iter().filter(|call| !call.is_free()).count();
    let calls = || samples.iter().chain(opinions).filter(|call| !call.is_free());
    let tasks: BTreeSet<_> = calls().map(|call| (&call.address.prompt, &call.address.task)).collect();
    let worst = |call: &Call<'_>| {
        // A run ends when its budget of tokens is used up; output is the dearest that they can be.
        let output = Some(call.max_tokens);
        priced(&Usage { input_uncached: Some(0), output, ..Usage::default() }, call, policy)
    };
    let usd = calls().map(worst).sum();
    (!tasks.is_empty()).then_some(Plan { samples: live(samples), opinions: live(opinions), tasks: tasks.len(), usd })
}

impl Plan {
    /// `doing` is what the samples are asked for, such as `recording`.
    pub fn words(&self, doing: &str, endpoints: &BTreeSet<String>) -> String {
        let mut text = format!("{doing} {} of {}", counted(self.samples, "sample"), counted(self.tasks, "task"));
        if self.opinions > 0 {
            text.push_str(&format!(" and {} of judges", counted(self.opinions, "opinion")));
        }
        text.push_str(&match self.usd {
            Some(usd) => format!(", ${} at most\n", usd.round_dp(2)),
            None => ", at a price that is not known\n".to_owned(),
        });
        for endpoint in endpoints {
            text.push_str(&format!("  {endpoint}\n"));
        }
        text
    }

    /// Refuses to begin what has no cap and may be dear, unless somebody at the terminal says that it may.
    pub fn consent(&self, caps: &Spend, yes: bool) -> Result<()> {
        let capped = match self.usd {
            Some(usd) => usd <= UNASKED_USD || caps.max_usd.is_some(),
            // Dollars cap nothing that has no price.
            None => caps.max_calls.is_some(),
        };
        if yes || capped {
            return Ok(());
        }
        let why = match self.usd {
            Some(_) => format!("this may cost more than ${UNASKED_USD}, and no cap is set"),
            None => "what this costs is not known, and the number of calls has no cap".to_owned(),
        };
        if console::confirm(&format!("{why}. Begin?")) == Some(true) {
            return Ok(());
        }
        Err(match self.usd {
            Some(_) => {
                Error::usage(why).hint("set one with --max-usd N, or in the policy's `spend:`; --yes goes without")
            }
            None => {
                Error::usage(why).hint("set one with --max-calls N, or give prices in prices.yaml; --yes goes without")
            }
        })
    }
}

/// The worst that one call can take: everything sent as new input, and all the output that is allowed.
pub fn worst(request: &Request, call: &Call<'_>, policy: &Policy) -> Take {
    let sent = serde_json::to_string(request).map_or(0, |text| text.len() as u64) / BYTES_PER_TOKEN;
    let output = request.max_output().unwrap_or(call.max_tokens);
    let usage = Usage { input_uncached: Some(sent), output: Some(output), ..Usage::default() };
    Take { usd: priced(&usage, call, policy), tokens: sent.saturating_add(output) }
}

/// What a call took; `None` where the reply does not tell.
pub fn took(usage: &Usage, call: &Call<'_>, policy: &Policy) -> Option<Take> {
    Some(Take { usd: priced(usage, call, policy), tokens: usage.total()? })
}

fn priced(usage: &Usage, call: &Call<'_>, policy: &Policy) -> Option<Decimal> {
    policy.prices.price(&call.alias.price_key(call.id), usage, policy.now)
}

/// What asking took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Whether anybody was asked who may cost something.
    pub is_live: bool,
    pub calls: u64,
    pub spent_usd: Decimal,
    /// Input and output, as capped.
    pub tokens: u64,
    pub seconds: u64,
    /// Whether a call had no price.
    pub unpriced: bool,
    /// Calls that were made again, and the seconds spent waiting for that.
    pub retries: u64,
    pub waited_seconds: u64,
    /// Replies that an interrupted run had paid for.
    pub recalled: usize,
    /// Replies that answered an equal request too.
    pub shared: usize,
}

impl Account {
    /// What is left of the caps after this was taken.
    pub fn left_of(&self, caps: &Spend) -> Spend {
        let max_usd = caps.max_usd.map(|cap| Amount((cap.0 - self.spent_usd).max(Decimal::ZERO)));
        Spend {
            max_usd,
            max_calls: Some(caps.max_calls.unwrap_or(Spend::USUAL_CALLS).saturating_sub(self.calls)),
            max_tokens: caps.max_tokens.saturating_sub(self.tokens),
            max_seconds: caps.max_seconds.saturating_sub(self.seconds),
            max_concurrency: caps.max_concurrency,
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        Self {
            is_live: self.is_live || later.is_live,
            calls: self.calls + later.calls,
            spent_usd: self.spent_usd + later.spent_usd,
            tokens: self.tokens + later.tokens,
            seconds: self.seconds + later.seconds,
            unpriced: self.unpriced || later.unpriced,
            retries: self.retries + later.retries,
            waited_seconds: self.waited_seconds + later.waited_seconds,
            recalled: self.recalled + later.recalled,
            shared: self.shared + later.shared,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, unpriced, retries, waited_seconds, recalled, shared, .. } = self;
        let usd = self.spent_usd.round_dp(4).normalize();
        let and = if *unpriced { ", and what has no known price" } else { "" };
        write!(f, "{calls} {}, ${usd} spent{and}", if *calls == 1 { "call" } else { "calls" })?;
        if *retries > 0 {
            write!(f, "; {retries} tried again, {waited_seconds} s waited")?;
        } else if *waited_seconds > 0 {
            // For a limit per minute.
            write!(f, "; {waited_seconds} s waited")?;
        }
        if *shared > 0 {
            write!(f, "; {shared} calls saved, since their requests are equal")?;
        }
        if *recalled > 0 {
            write!(f, "; {recalled} calls saved, since an interrupted run had made them")?;
        }
        Ok(())
    }
}

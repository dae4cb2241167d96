//! Limits with head-room for golden tasks, from what their recorded runs took.
//!
//! The strongest guard against a run that grows is one that needs no statistics: a number that it may not pass. The numbers here
//! are `ceil(headroom × the most that was seen)`. Nothing is judged, and nothing read: a command brings the runs.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value};

use crate::config::Budgets;
use crate::golden::Task;
use crate::side::Side;
use crate::trajectory::Trajectory;

mod block;

pub use block::{Spot, budgets as budgets_block, tasks as tasks_block};

/// Fewer samples than this say little about how much runs differ.
pub const FEW: usize = 3;

/// By how much a limit lies above what was seen: a factor from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headroom(Decimal);

impl std::str::FromStr for Headroom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let factor = Decimal::from_str_exact(text).ok();
        let factor = factor.filter(|factor| (Decimal::ONE..=Decimal::ONE_HUNDRED).contains(factor));
        factor.map(Self).ok_or_else(|| "write a factor from 1 to 100, as in 1.25".to_owned())
    }
}

impl std::fmt::Display for Headroom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl Headroom {
    /// `ceil(headroom × seen)`; what no number can hold has no limit.
    fn above(self, seen: u64) -> u64 {
        self.0.checked_mul(seen.into()).and_then(|limit| limit.ceil().to_u64()).unwrap_or(u64::MAX)
    }
}

/// The most that the recorded runs of a task took. What a budget stopped would have taken more, nobody knows how much, so that it
/// is no yardstick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Runs that came to their own end.
    pub samples: usize,
    /// Runs that a budget stopped.
    pub stopped: usize,
    pub tool_calls: u64,
    pub steps: u64,
    /// `None` where a run does not tell its tokens.
    pub tokens: Option<u64>,
}

impl Seen {
    /// Before any run.
    pub const NOTHING: Self = Self { samples: 0, stopped: 0, tool_calls: 0, steps: 0, tokens: Some(0) };

    /// With one more run.
    #[must_use]
    pub fn and(self, run: &Trajectory) -> Self {
        if run.stop.is_budget() {
            return Self { stopped: self.stopped + 1, ..self };
        }
        Self {
            samples: self.samples + 1,
            stopped: self.stopped,
            tool_calls: self.tool_calls.max(run.tool_calls().count() as u64),
            steps: self.steps.max(run.exchanges.len() as u64),
            tokens: self.tokens.zip(run.total_tokens().ok()).map(|(a, b)| a.max(b)),
        }
    }
}

/// Limits on a run; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub tool_calls: Option<u64>,
    pub tokens: Option<u64>,
    pub steps: Option<u64>,
}

impl Limits {
    /// What leaves head-room above what was seen. Where a tool was called at all, at least one call more is allowed; tokens are
    /// rounded up to two significant digits.
    pub fn above(seen: &Seen, headroom: Headroom) -> Self {
        let Seen { tool_calls, steps, tokens, samples: _, stopped: _ } = *seen;
        let calls = if tool_calls == 0 { 0 } else { headroom.above(tool_calls).max(tool_calls.saturating_add(1)) };
        Self {
            tool_calls: Some(calls),
            tokens: tokens.map(|tokens| two_digits(headroom.above(tokens))),
            steps: Some(headroom.above(steps)),
        }
    }

    /// The strictest that a task declares by itself; what stands inside other assertions is not looked at.
    pub fn declared(task: &Task) -> Self {
        let limit = |name: &str| {
            let of_type = task.assertions.iter().filter(|assertion| assertion.name == name);
            of_type.filter_map(|one| serde_json::from_str::<Value>(&one.declared).ok()?["value"].as_u64()).min()
        };
        Self { tool_calls: limit("max_tool_calls"), tokens: limit("max_tokens"), steps: limit("max_steps") }
    }

    /// With the names that settings have for them.
    pub fn named(&self) -> [(&'static str, Option<u64>); 3] {
        [("max_tool_calls", self.tool_calls), ("max_tokens", self.tokens), ("max_steps", self.steps)]
    }

    /// What of these limits is stricter than `others`.
    #[must_use]
    pub fn stricter_than(&self, others: &Self) -> Self {
        let stricter = |own: Option<u64>, other: Option<u64>| own.filter(|own| other.is_none_or(|other| *own < other));
        Self {
            tool_calls: stricter(self.tool_calls, others.tool_calls),
            tokens: stricter(self.tokens, others.tokens),
            steps: stricter(self.steps, others.steps),
        }
    }

    /// As a mapping; a limit that is none is left out.
    pub fn json(&self) -> Map<String, Value> {
        self.named().into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
    }
}

/// The smallest number that is not below `value` and has nothing but zeros behind its first two digits.
fn two_digits(value: u64) -> u64 {
    let mut unit = 1;
    while value / unit > 99 {
        unit *= 10;
    }
    value.div_ceil(unit).saturating_mul(unit)
}

/// What is suggested for one task.
#[derive(Debug)]
pub struct Suggestion {
    pub prompt: String,
    pub version: String,
    pub task: String,
    /// How an overlay names it: by itself where no other prompt has a task of that id.
    pub overlay: String,
    /// The aliases whose runs were seen.
    pub models: Vec<String>,
    /// Aliases that the task runs on too, and of which no run is recorded.
    pub unseen: Vec<String>,
    pub seen: Seen,
    /// What the task declares already.
    pub declared: Limits,
    pub limits: Limits,
}

impl Suggestion {
    /// What is to be added to what stands there: the same or a stricter limit makes another useless.
    pub fn added(&self) -> Limits {
        self.limits.stricter_than(&self.declared)
    }
}

/// How an overlay names a task.
pub fn overlay_id(side: &Side, prompt: &str, task: &str) -> String {
    let named = |id: &crate::id::Id| id.as_str() == task;
    let golden = side.suite.golden().filter(|one| named(&one.id)).map(|one| one.prompt.as_str());
    let versions = side.prompts.iter().flat_map(|(_, entry)| entry.versions.values());
    let tests = versions.filter(|version| version.tests.iter().any(|one| named(&one.id)));
    let mut owners = golden.chain(tests.map(|version| version.id.as_str()));
    if owners.all(|owner| owner == prompt) { task.to_owned() } else { format!("{prompt}/{task}") }
}

/// Budgets that no recorded run comes near. Time is left as it is: how long a provider took once says little of the next time.
/// Tokens too, where some run does not tell its own.
pub fn budgets(suggestions: &[Suggestion], headroom: Headroom, present: Budgets) -> Budgets {
    let most = |of: fn(&Limits) -> Option<u64>| {
        let all: Option<Vec<u64>> = suggestions.iter().map(|one| of(&Limits::above(&one.seen, headroom))).collect();
        all.and_then(|all| all.into_iter().max())
    };
    let small =
        |value: Option<u64>, present: u32| value.map_or(present, |value| u32::try_from(value).unwrap_or(u32::MAX));
    Budgets {
        max_steps: small(most(|limits| limits.steps), present.max_steps),
        max_tool_calls: small(most(|limits| limits.tool_calls), present.max_tool_calls),
        max_seconds: present.max_seconds,
        max_tokens: most(|limits| limits.tokens).unwrap_or(present.max_tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::tests::run;
    use crate::stop::Stop;

    fn headroom(text: &str) -> Headroom {
        text.parse().unwrap()
    }

    #[test]
    fn a_factor_is_between_one_and_a_hundred() {
        for good in ["1", "1.25", "100", "1.0000001"] {
            assert!(good.parse::<Headroom>().is_ok(), "{good}");
        }
        for bad in ["", "0.99", "-2", "100.1", "NaN", "inf", "1e2", "a"] {
            assert!(bad.parse::<Headroom>().is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_lie_a_quarter_above_what_was_seen() {
        let limits = |calls, steps, tokens, factor| {
            let seen = Seen { samples: 3, stopped: 0, tool_calls: calls, steps, tokens };
            let found = Limits::above(&seen, headroom(factor));
            (found.tool_calls.unwrap(), found.steps.unwrap(), found.tokens)
        };
        assert_eq!(limits(4, 5, Some(5_120), "1.25"), (5, 7, Some(6_400)));
        assert_eq!(limits(11, 12, Some(14_200), "1.25"), (14, 15, Some(18_000)));
        assert_eq!(limits(1, 1, Some(80), "1.25"), (2, 2, Some(100)));
        // A limit at what was seen would fail the next run that calls once more.
        assert_eq!(limits(4, 4, Some(100), "1"), (5, 4, Some(100)));
        assert_eq!(limits(0, 1, Some(0), "2"), (0, 2, Some(0)));
        assert_eq!(limits(1, 1, None, "1.5"), (2, 2, None));
        assert_eq!(limits(u64::MAX, 1, Some(u64::MAX), "1.25").0, u64::MAX);
    }

    #[test]
    fn tokens_are_rounded_up_to_two_digits() {
        for (value, want) in [(0, 0), (7, 7), (99, 99), (100, 100), (101, 110), (6_401, 6_500), (9_901, 10_000)] {
            assert_eq!(two_digits(value), want, "{value}");
        }
        for value in [1, 99, 12_345, 987_654_321, u64::MAX] {
            assert!(two_digits(value) >= value, "{value}");
        }
    }

    #[test]
    fn the_most_of_all_runs_counts_and_unknown_stays_unknown() {
        let call = || ("find", serde_json::json!({}));
        let two = run(Stop::Finish, &[("", &[call(), call()], Some((10, 5))), ("", &[], Some((10, 5)))]);
        let one = run(Stop::MaxToolCalls, &[("", &[call(), call(), call()], Some((40, 1)))]);
        let silent = run(Stop::Finish, &[("", &[], None)]);
        let seen = Seen::NOTHING.and(&two).and(&one);
        assert_eq!(seen, Seen { samples: 1, stopped: 1, tool_calls: 2, steps: 2, tokens: Some(30) });
        assert_eq!(seen.and(&silent).tokens, None);
        assert_eq!(Seen::NOTHING.and(&silent).and(&two).tokens, None);
    }

    #[test]
    fn only_what_is_stricter_is_added() {
        let (new, old) = (
            Limits { tool_calls: Some(5), tokens: Some(6_400), steps: None },
            Limits { tool_calls: Some(5), tokens: Some(9_000), steps: Some(2) },
        );
        assert_eq!(new.stricter_than(&old), Limits { tokens: Some(6_400), ..Limits::default() });
        assert_eq!(new.stricter_than(&Limits::default()), new);
    }
}

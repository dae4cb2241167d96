//! Where a side's answers come from: who gave them, and when. What two sides do not share in this is not the prompt's doing.
//!
//! Collected while recordings are read or models answer; weighed by `compare::comparable`. Knows no limits.

use std::collections::BTreeSet;

use crate::recording::Answer;

/// Who gave the answers of one side of a cell, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// Providers, as settings name them.
    pub providers: BTreeSet<&'static str>,
    /// Models, as the replies name them; empty where none does.
    pub served: BTreeSet<String>,
    /// When the first and the last answer was recorded, in seconds since 1970; `None` where some recording does not say.
    pub when: Option<(i64, i64)>,
}

impl Origins {
    pub fn of(answers: &[Answer]) -> Self {
        let exchanges = answers.iter().flat_map(|answer| &answer.run.exchanges);
        let times: Option<Vec<i64>> = answers.iter().map(|answer| answer.recorded_at).collect();
        let ends = |times: Vec<i64>| Some((*times.iter().min()?, *times.iter().max()?));
        Self {
            providers: answers.iter().map(|answer| answer.provider.as_str()).collect(),
            served: exchanges.filter_map(|exchange| exchange.reply.served_model.clone()).collect(),
            when: times.and_then(ends),
        }
    }

    /// The days between two sides' answers, where both say when they were given and do not overlap.
    pub fn days_between(&self, other: &Self) -> Option<u64> {
        let ((a_first, a_last), (b_first, b_last)) = (self.when?, other.when?);
        let seconds =
            if a_last < b_first { b_first.abs_diff(a_last) } else { a_first.saturating_sub(b_last).max(0) as u64 };
        Some(seconds / 86_400)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_between_the_nearest_answers() {
        const DAY: i64 = 86_400;
        let at = |first: i64, last: i64| Origins { when: Some((first * DAY, last * DAY)), ..Origins::default() };
        for (a, b, days) in [((0, 3), (10, 12), 7), ((10, 12), (0, 3), 7), ((0, 5), (3, 9), 0), ((1, 1), (1, 1), 0)] {
            assert_eq!(at(a.0, a.1).days_between(&at(b.0, b.1)), Some(days), "{a:?} {b:?}");
        }
        assert_eq!(Origins::default().days_between(&at(0, 1)), None);
    }
}

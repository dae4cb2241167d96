//! A number between two bounds, as several assertion types have it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::counted;

/// How many are right: `min`, `max` or both.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Bounds {
    /// The fewest that are right.
    #[serde(default)]
    pub(super) min: u64,
    /// The most that are right; any number where it is left out.
    pub(super) max: Option<u64>,
}

impl Bounds {
    /// Says why these bounds hold of every number or of none.
    pub(super) fn flaw(self) -> Option<&'static str> {
        match self.max {
            None if self.min == 0 => Some("give `min` (1 or more), `max` or both"),
            Some(max) if max < self.min => Some("`min` is larger than `max`"),
            _ => None,
        }
    }

    pub(super) fn hold(self, count: u64) -> bool {
        self.min <= count && self.max.is_none_or(|max| count <= max)
    }

    /// "3 to 5 words", for the unit `word`.
    pub(super) fn words(self, unit: &str) -> String {
        match (self.min, self.max) {
            (min, Some(max)) if min == max => counted(min, unit),
            (0, Some(max)) => format!("at most {}", counted(max, unit)),
            (min, Some(max)) => format!("{min} to {}", counted(max, unit)),
            (min, None) => format!("at least {}", counted(min, unit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_between_them() {
        for (min, max, words, right) in [
            (2, None, "at least 2 words", (2..10).collect()),
            (0, Some(1), "at most 1 word", vec![0, 1]),
            (0, Some(0), "0 words", vec![0]),
            (1, Some(3), "1 to 3 words", vec![1, 2, 3]),
            (2, Some(2), "2 words", vec![2]),
        ] {
            let bounds = Bounds { min, max };
            assert_eq!((bounds.flaw(), bounds.words("word")), (None, words.to_owned()));
            assert_eq!((0..10).filter(|count| bounds.hold(*count)).collect::<Vec<_>>(), right);
        }
    }

    #[test]
    fn bounds_that_say_nothing_are_a_flaw() {
        assert!(Bounds { min: 0, max: None }.flaw().is_some());
        assert!(Bounds { min: 2, max: Some(1) }.flaw().is_some());
    }
}

//! `min_word_count`: a lower limit on the words of the answer.

use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{count_words, counted};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The answer has at least `value` words. Words are what white space separates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinWordCount {
    /// The smallest number of words allowed. Every answer has 0, so that is no limit.
    value: NonZeroU64,
}

impl Check for MinWordCount {
    fn expected(&self) -> String {
        format!("at least {}", counted(self.value.get(), "word"))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let words = count_words(run.answer()?);
        Ok(Observed::new(words >= self.value.get(), counted(words, "word")))
    }
}

impl Declared for MinWordCount {
    const EXAMPLE: &'static str = "{type: min_word_count, value: 20}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, refused, run, table};
    use crate::stop::Stop;

    #[test]
    fn counts_words() {
        table(
            json!({"type": "min_word_count", "value": 2}),
            &[
                (answer(""), Some(false)),
                (answer(" one "), Some(false)),
                (answer("one\u{a0}two"), Some(true)),
                (answer("one\ntwo three"), Some(true)),
                (run(Stop::MaxSteps, &[("one two", &[], None)]), None),
            ],
        );
    }

    #[test]
    fn refuses_what_would_always_hold() {
        refused(json!({"type": "min_word_count", "value": 0}), "value", "expected a nonzero");
    }
}

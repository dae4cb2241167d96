//! `word_count`: how long the answer is, in words.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::bounds::Bounds;
use super::text::{count_words, counted};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The answer has from `min` to `max` words; one of the two may be left out. Words are what white space separates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordCount {
    /// The fewest words that are right.
    #[serde(default)]
    min: u64,
    /// The most words that are right; any number where it is left out.
    max: Option<u64>,
}

impl WordCount {
    fn bounds(&self) -> Bounds {
        Bounds { min: self.min, max: self.max }
    }
}

impl Check for WordCount {
    fn expected(&self) -> String {
        self.bounds().words("word")
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let words = count_words(run.answer()?);
        Ok(Observed::new(self.bounds().hold(words), counted(words, "word")))
    }
}

impl Declared for WordCount {
    const EXAMPLE: &'static str = "{type: word_count, min: 20, max: 120}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        match parsed.bounds().flaw() {
            Some(flaw) => Err(Problem::new(Vec::new(), flaw)),
            None => Ok(parsed),
        }
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
            json!({"type": "word_count", "min": 2, "max": 3}),
            &[
                (answer(""), Some(false)),
                (answer("one"), Some(false)),
                (answer(" one\u{a0}two\n"), Some(true)),
                (answer("one two three"), Some(true)),
                (answer("one two three four"), Some(false)),
                (run(Stop::MaxSteps, &[("one two", &[], None)]), None),
            ],
        );
        table(json!({"type": "word_count", "max": 0}), &[(answer(" "), Some(true)), (answer("a"), Some(false))]);
    }

    #[test]
    fn refuses_bounds_that_say_nothing() {
        refused(json!({"type": "word_count"}), "", "give `min`");
        refused(json!({"type": "word_count", "min": 0}), "", "give `min`");
        refused(json!({"type": "word_count", "min": 3, "max": 2}), "", "larger than `max`");
        refused(json!({"type": "word_count", "value": 3}), "value", "unknown field");
        refused(json!({"type": "word_count", "max": -1}), "max", "invalid value");
    }
}

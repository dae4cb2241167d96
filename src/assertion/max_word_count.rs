//! `max_word_count`: an upper limit on the words of the answer.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{count_words, counted};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The answer has at most `value` words. Words are what white space separates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxWordCount {
    /// The largest number of words allowed.
    value: u64,
}

impl Check for MaxWordCount {
    fn expected(&self) -> String {
        format!("at most {}", counted(self.value, "word"))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let words = count_words(run.answer()?);
        Ok(Observed::new(words <= self.value, counted(words, "word")))
    }
}

impl Declared for MaxWordCount {
    const EXAMPLE: &'static str = "{type: max_word_count, value: 120}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, run, table};
    use crate::stop::Stop;

    #[test]
    fn counts_words() {
        table(
            json!({"type": "max_word_count", "value": 2}),
            &[
                (answer(""), Some(true)),
                (answer("one\u{a0}two"), Some(true)),
                (answer(" one\n two "), Some(true)),
                (answer("one two three"), Some(false)),
                (run(Stop::MaxSteps, &[("one", &[], None)]), None),
            ],
        );
    }
}

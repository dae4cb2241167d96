//! `max_char_count`: an upper limit on the length of the answer, where what takes it has one too.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::counted;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The answer has at most `value` characters. White space at its beginning and end does not count. Characters are those of
/// Unicode (scalar values): an accent that is written apart from its letter counts, and so does every part of an emoji.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxCharCount {
    /// The largest number of characters allowed.
    value: u64,
}

impl Check for MaxCharCount {
    fn expected(&self) -> String {
        format!("at most {}", counted(self.value, "character"))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let characters = run.answer()?.trim().chars().count() as u64;
        Ok(Observed::new(characters <= self.value, counted(characters, "character")))
    }
}

impl Declared for MaxCharCount {
    const EXAMPLE: &'static str = "{type: max_char_count, value: 160}";

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
    fn counts_scalar_values() {
        table(
            json!({"type": "max_char_count", "value": 3}),
            &[
                (answer(""), Some(true)),
                (answer("\n déj \n"), Some(true)),
                (answer("déjà"), Some(false)),
                (answer("e\u{301}a"), Some(true)),
                (answer("e\u{301}ab"), Some(false)),
                (answer("a b"), Some(true)),
                (answer("👩\u{200d}🚀"), Some(true)),
                (answer("👩\u{200d}🚀!"), Some(false)),
                (run(Stop::MaxSteps, &[("a", &[], None)]), None),
            ],
        );
    }

    #[test]
    fn refuses_what_is_no_length() {
        refused(json!({"type": "max_char_count", "value": -1}), "value", "invalid value");
        refused(json!({"type": "max_char_count", "max": 1}), "max", "unknown field");
    }
}

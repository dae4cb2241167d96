//! `sentence_count`: how long the answer is, in sentences.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use unicode_segmentation::UnicodeSegmentation;

use super::bounds::Bounds;
use super::text::counted;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The answer has from `min` to `max` sentences; one of the two may be left out. A sentence is what stands between two
/// sentence boundaries of Unicode (UAX #29, the default rules of every language) and holds at least one letter or digit. A
/// line break ends a sentence, so that every item of a list is one; so does an abbreviation before a capital, as in
/// "Dr. Ruiz".
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SentenceCount {
    /// The fewest sentences that are right.
    #[serde(default)]
    min: u64,
    /// The most sentences that are right; any number where it is left out.
    max: Option<u64>,
}

impl SentenceCount {
    fn bounds(&self) -> Bounds {
        Bounds { min: self.min, max: self.max }
    }
}

impl Check for SentenceCount {
    fn expected(&self) -> String {
        self.bounds().words("sentence")
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let sentences = run.answer()?.unicode_sentences().count() as u64;
        Ok(Observed::new(self.bounds().hold(sentences), counted(sentences, "sentence")))
    }
}

impl Declared for SentenceCount {
    const EXAMPLE: &'static str = "{type: sentence_count, min: 1, max: 3}";

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

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn counts_sentences() {
        for (text, count) in [
            ("", 0),
            (" — … \n", 0),
            ("no end", 1),
            ("It is here. Is it? Yes!", 3),
            ("It costs 3.50, i.e. little.", 1),
            ("Really?! \"Yes.\" (No.)", 3),
            ("- one\n- two\n", 2),
            ("Ask Dr. Ruiz.", 2),
            ("它在这里。在哪里？", 2),
            ("¿Dónde está? Aquí…", 2),
        ] {
            let exactly = json!({"type": "sentence_count", "min": count, "max": count});
            let seen = assertion(exactly).observe(&unpriced(&answer(text))).unwrap();
            assert_eq!((seen.holds, seen.actual), (true, super::counted(count, "sentence")), "{text:?}");
        }
    }

    #[test]
    fn holds_between_the_bounds() {
        table(
            json!({"type": "sentence_count", "min": 1, "max": 2}),
            &[
                (answer("One."), Some(true)),
                (answer("One. Two."), Some(true)),
                (answer("One. Two. Three."), Some(false)),
                (answer(""), Some(false)),
                (run(Stop::MaxSteps, &[("One.", &[], None)]), None),
            ],
        );
    }

    #[test]
    fn refuses_bounds_that_say_nothing() {
        refused(json!({"type": "sentence_count"}), "", "give `min`");
        refused(json!({"type": "sentence_count", "min": 3, "max": 2}), "", "larger than `max`");
        refused(json!({"type": "sentence_count", "value": 3}), "value", "unknown field");
    }
}

//! `similar_to`: how near the answer comes to a text that is known to be good.
//!
//! The measures stand in their own file and know nothing of runs.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

mod measure;

pub use measure::token_f1;

/// Bytes of either text that are compared (SEC-25).
const MAX_TEXT: usize = 64 << 10;

/// The answer resembles the text `value` by at least `min`, where 0 is nothing in common and 1 is equal. White space at the
/// beginning and the end of either does not count. Both texts have at most 64 KiB; a longer answer stays unjudged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SimilarTo {
    /// The text to resemble.
    #[schemars(length(min = 1))]
    value: String,
    /// How similarity is measured. Where it is by words, these are compared in small letters and without the punctuation
    /// around them.
    method: Method,
    /// The smallest similarity that is right: more than 0, at most 1.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    min: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// By characters: 1 - edits / length of the longer text, edits being the fewest characters to insert, delete or replace.
    Levenshtein,
    /// By words in their order: 2 × L / (words of both), L being the length of the longest common subsequence.
    RougeL,
    /// By words in any order: 2 × C / (words of both), C being the number of words in common.
    TokenF1,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Levenshtein => "levenshtein",
            Self::RougeL => "rouge_l",
            Self::TokenF1 => "token_f1",
        }
    }

    fn measure(self, a: &str, b: &str) -> f64 {
        match self {
            Self::Levenshtein => measure::levenshtein(a, b),
            Self::RougeL => measure::rouge_l(a, b),
            Self::TokenF1 => measure::token_f1(a, b),
        }
    }
}

impl Check for SimilarTo {
    fn expected(&self) -> String {
        format!("at least {} alike by {}", self.min, self.method.as_str())
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?.trim();
        if answer.len() > MAX_TEXT {
            return Err(Reason::NoEvidence { what: format!("the similarity of {} KiB of text", answer.len() >> 10) });
        }
        let similarity = self.method.measure(self.value.trim(), answer);
        // Cut, not rounded, so that what is too little never looks like enough.
        Ok(Observed::new(similarity >= self.min, format!("{:.3} alike", (similarity * 1_000.0).floor() / 1_000.0)))
    }
}

impl Declared for SimilarTo {
    const EXAMPLE: &'static str =
        "{type: similar_to, value: Your order has shipped and arrives on Friday., method: rouge_l, min: 0.6}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        let refuse = |field: &str, message: String| Err(Problem::new(vec![Step::from(field)], message));
        if !(parsed.min > 0.0 && parsed.min <= 1.0) {
            return refuse("min", format!("`min` is more than 0 and at most 1, not {}", parsed.min));
        }
        if parsed.value.len() > MAX_TEXT {
            return refuse(
                "value",
                format!("`value` has {} bytes; at most {MAX_TEXT} are compared", parsed.value.len()),
            );
        }
        let by_words = parsed.method != Method::Levenshtein;
        if parsed.value.trim().is_empty() || by_words && measure::words(&parsed.value).next().is_none() {
            return refuse("value", "`value` has no words to compare".to_owned());
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::outcome::Reason;
    use crate::stop::Stop;

    #[test]
    fn holds_from_the_smallest_similarity_on() {
        table(
            json!({"type": "similar_to", "value": "kitten ", "method": "levenshtein", "min": 0.5}),
            &[
                (answer("kitten"), Some(true)),
                (answer("\nmitten"), Some(true)),
                (answer("bitumen"), Some(true)),
                (answer("mice"), Some(false)),
                (answer(""), Some(false)),
                (run(Stop::MaxSteps, &[("kitten", &[], None)]), None),
            ],
        );
        let by_words = |method| json!({"type": "similar_to", "value": "The cat sat.", "method": method, "min": 1});
        let rows =
            [(answer("“the” cat sat"), Some(true)), (answer("cat the sat"), Some(false)), (answer(""), Some(false))];
        table(by_words("rouge_l"), &rows);
        let rows = [(answer("sat the CAT!"), Some(true)), (answer("the cat sat down"), Some(false))];
        table(by_words("token_f1"), &rows);
    }

    #[test]
    fn what_is_too_little_never_looks_like_enough() {
        let declared = assertion(json!({"type": "similar_to", "value": "a a a", "method": "token_f1", "min": 0.667}));
        let seen = declared.observe(&unpriced(&answer("a a b"))).unwrap();
        assert_eq!((seen.holds, &*seen.actual), (false, "0.666 alike"));
        assert_eq!(declared.expected(), "at least 0.667 alike by token_f1");
    }

    #[test]
    fn sec_25_compares_64_kib_and_no_more() {
        let most = "é".repeat(32 << 10);
        for method in ["levenshtein", "rouge_l", "token_f1"] {
            let declared = assertion(json!({"type": "similar_to", "value": most, "method": method, "min": 1}));
            assert!(declared.observe(&unpriced(&answer(&most))).unwrap().holds);
            let seen = declared.observe(&unpriced(&answer(&format!("{most}e"))));
            assert_eq!(seen, Err(Reason::NoEvidence { what: "the similarity of 64 KiB of text".into() }));
        }
    }

    #[test]
    fn refuses_what_cannot_be_measured() {
        let similar = |value: &str, method: &str, min: f64| json!({"type": "similar_to", "value": value, "method": method, "min": min});
        for (declared, path, says) in [
            (similar("a", "levenshtein", 0.0), "min", "more than 0"),
            (similar("a", "levenshtein", 1.5), "min", "at most 1"),
            (similar(" \n", "levenshtein", 1.0), "value", "no words"),
            (similar("—!", "rouge_l", 1.0), "value", "no words"),
            (similar("a", "cosine", 1.0), "method", "unknown variant"),
            (similar(&"a".repeat((64 << 10) + 1), "rouge_l", 1.0), "value", "65537 bytes"),
            (json!({"type": "similar_to", "value": "a", "min": 1}), "", "missing field `method`"),
        ] {
            refused(declared, path, says);
        }
        assert!(assertion(similar("—!", "levenshtein", 1.0)).expected().ends_with("levenshtein"));
    }
}

//! `forbidden_phrases`: what the answer must not say.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The answer contains none of the `phrases`, in any case and anywhere in a word.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForbiddenPhrases {
    /// What must not be there.
    #[schemars(length(min = 1))]
    phrases: Vec<String>,
}

impl Check for ForbiddenPhrases {
    fn expected(&self) -> String {
        format!("none of: {}", self.phrases.join(", "))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?.to_lowercase();
        let found: Vec<&str> =
            self.phrases.iter().map(String::as_str).filter(|phrase| answer.contains(&phrase.to_lowercase())).collect();
        let actual = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        Ok(Observed::new(found.is_empty(), actual))
    }
}

impl Declared for ForbiddenPhrases {
    const EXAMPLE: &'static str = "{type: forbidden_phrases, phrases: [as an AI, I cannot]}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        // A blank phrase stands in nearly every answer, so it is a slip of the pen.
        if parsed.phrases.is_empty() || parsed.phrases.iter().any(|phrase| phrase.trim().is_empty()) {
            return Err(Problem::new(vec![Step::from("phrases")], "`phrases` needs phrases, none of them empty"));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn finds_phrases_in_any_case() {
        table(
            json!({"type": "forbidden_phrases", "phrases": ["as an AI", "sorry"]}),
            &[
                (answer("Shipped."), Some(true)),
                (answer(""), Some(true)),
                (answer("AS AN ai, no"), Some(false)),
                (run(Stop::MaxTokens, &[("fine", &[], None)]), None),
            ],
        );
    }

    #[test]
    fn names_what_it_found() {
        let declared = assertion(json!({"type": "forbidden_phrases", "phrases": ["as an AI", "never", "sorry"]}));
        let seen = declared.observe(&unpriced(&answer("Sorry, as an ai …"))).unwrap();
        assert_eq!(seen.actual, "as an AI, sorry");
    }

    #[test]
    fn refuses_empty_phrases() {
        for phrases in [json!([]), json!(["a", " "])] {
            refused(json!({"type": "forbidden_phrases", "phrases": phrases}), "phrases", "none of them empty");
        }
    }
}

//! `valid_json`: an answer that a program can read.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::text::quote;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The answer is one JSON document and nothing else. White space around it does not count; a code fence does, because
/// what reads the answer would stumble over it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidJson {}

impl Check for ValidJson {
    fn expected(&self) -> String {
        "valid JSON".into()
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        Ok(match read_json::<IgnoredAny>(run.answer()?) {
            Ok(IgnoredAny) => Observed::new(true, "valid JSON"),
            Err(actual) => Observed::new(false, actual),
        })
    }
}

impl Declared for ValidJson {
    const EXAMPLE: &'static str = "{type: valid_json}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

/// Reads an answer as JSON, or says where it stops being JSON.
pub(super) fn read_json<T: DeserializeOwned>(answer: &str) -> Result<T, String> {
    let answer = answer.trim();
    serde_json::from_str(answer).map_err(|error| format!("not JSON: {error} of {}", quote(answer)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn takes_one_document_and_nothing_else() {
        table(
            json!({"type": "valid_json"}),
            &[
                (answer("\n {\"a\": [1, null]}\u{a0}"), Some(true)),
                (answer("\"text\""), Some(true)),
                (answer(&format!("{}{}", "[".repeat(9_999), "]".repeat(9_999))), Some(true)),
                (answer("```json\n{}\n```"), Some(false)),
                (answer("{} {}"), Some(false)),
                (answer("{\"a\": NaN}"), Some(false)),
                (answer(""), Some(false)),
                (run(Stop::MaxTokens, &[("{}", &[], None)]), None),
            ],
        );
    }

    #[test]
    fn says_where_it_stops_being_json() {
        let seen = assertion(json!({"type": "valid_json"})).observe(&unpriced(&answer(" {\"a\": 1,}\n"))).unwrap();
        assert_eq!(seen.actual, r#"not JSON: key must be a string at line 1 column 9 of "{\"a\": 1,}""#);
    }

    #[test]
    fn takes_no_fields() {
        refused(json!({"type": "valid_json", "value": 1}), "value", "unknown field `value`");
    }
}

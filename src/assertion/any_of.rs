//! `any_of`: several assertions, of which one is enough.

use schemars::JsonSchema;
use serde_json::Value;

use super::all_of::{expected, parse_list, settle};
use super::{Assertion, Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::Problem;

/// At least one of the inner assertions holds. One that holds decides, even where others cannot be judged.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AnyOf {
    /// The assertions of which one must hold.
    #[schemars(length(min = 1))]
    assertions: Vec<Assertion>,
}

impl Check for AnyOf {
    fn expected(&self) -> String {
        format!("any of: {}", expected(&self.assertions))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        settle(&self.assertions, true, run)
    }
}

impl Declared for AnyOf {
    const EXAMPLE: &'static str =
        "{type: any_of, assertions: [{type: contains, value: shipped}, {type: stop_reason, value: refusal}]}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        Ok(Self { assertions: parse_list(fields)? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn true_outweighs_unjudged() {
        let [yes, no, unjudged] = [
            json!({"type": "stop_reason", "value": "timeout"}),
            json!({"type": "stop_reason", "value": "finish"}),
            json!({"type": "contains", "value": "a"}),
        ];
        for (inner, want) in [
            (vec![&no, &no], Some(false)),
            (vec![&no, &yes], Some(true)),
            (vec![&unjudged, &yes], Some(true)),
            (vec![&yes, &unjudged], Some(true)),
            (vec![&unjudged, &no], None),
        ] {
            table(json!({"type": "any_of", "assertions": inner}), &[(run(Stop::Timeout, &[("a", &[], None)]), want)]);
        }
    }

    #[test]
    fn names_what_decided() {
        let inner = json!([{"type": "equals", "value": "a"}, {"type": "max_word_count", "value": 1}]);
        let declared = assertion(json!({"type": "any_of", "assertions": inner}));
        assert_eq!(declared.expected(), r#"any of: "a"; at most 1 word"#);
        let found = |text| declared.observe(&unpriced(&answer(text))).unwrap().actual;
        assert_eq!(found("b"), "max_word_count: 1 word (expected at most 1 word)");
        assert_eq!(found("b c"), r#"equals: "b c"; max_word_count: 2 words"#);
    }

    #[test]
    fn refuses_an_empty_list() {
        refused(json!({"type": "any_of", "assertions": []}), "assertions", "at least one");
        refused(json!({"type": "any_of", "assertion": []}), "assertion", "unknown field");
    }
}

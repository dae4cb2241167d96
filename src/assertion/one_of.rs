//! `one_of`: an answer from a closed list, as a classifier gives it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{cut, fold, in_any_case, quote};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The whole answer is one of the texts `values`. White space at the beginning and the end of either does not count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneOf {
    /// What the answer may be.
    #[schemars(length(min = 1))]
    values: Vec<String>,
    /// Take capitals and small letters as equal.
    #[serde(default)]
    ignore_case: bool,
}

impl Check for OneOf {
    fn expected(&self) -> String {
        let values: Vec<String> = self.values.iter().map(|value| quote(value.trim())).collect();
        format!("one of {}{}", cut(&values.join(", "), 200), in_any_case(self.ignore_case))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?.trim();
        let folded = fold(answer, self.ignore_case);
        let holds = self.values.iter().any(|value| fold(value.trim(), self.ignore_case) == folded);
        Ok(Observed::new(holds, quote(answer)))
    }
}

impl Declared for OneOf {
    const EXAMPLE: &'static str = "{type: one_of, values: [billing, shipping, other], ignore_case: true}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        if parsed.values.is_empty() {
            return Err(Problem::new(vec![Step::from("values")], "`values` needs at least one text"));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table};
    use crate::stop::Stop;

    #[test]
    fn takes_the_whole_answer() {
        table(
            json!({"type": "one_of", "values": ["yes ", "no"]}),
            &[
                (answer("yes"), Some(true)),
                (answer("\n no\n"), Some(true)),
                (answer("No"), Some(false)),
                (answer("no."), Some(false)),
                (answer("yes no"), Some(false)),
                (answer(""), Some(false)),
                (run(Stop::MaxTokens, &[("yes", &[], None)]), None),
            ],
        );
        let rows = [(answer("OUI"), Some(true)), (answer("Été"), Some(true)), (answer("ete"), Some(false))];
        table(json!({"type": "one_of", "values": ["oui", "été"], "ignore_case": true}), &rows);
        table(json!({"type": "one_of", "values": ["", "a"]}), &[(answer(" "), Some(true)), (answer("b"), Some(false))]);
    }

    #[test]
    fn says_what_is_allowed() {
        let declared = assertion(json!({"type": "one_of", "values": ["a", "b"], "ignore_case": true}));
        assert_eq!(declared.expected(), r#"one of "a", "b" in any case"#);
    }

    #[test]
    fn refuses_what_never_holds() {
        refused(json!({"type": "one_of", "values": []}), "values", "at least one");
        refused(json!({"type": "one_of", "value": "a"}), "value", "unknown field");
        refused(json!({"type": "one_of", "values": ["a", 1]}), "values/1", "expected a string");
    }
}

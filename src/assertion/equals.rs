//! `equals`: the whole answer, word for word.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{fold, in_any_case, quote};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The whole answer is the text `value`. White space at the beginning and the end of either does not count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Equals {
    /// What the answer must be; empty for an answer without text.
    value: String,
    /// Take capitals and small letters as equal.
    #[serde(default)]
    ignore_case: bool,
}

impl Check for Equals {
    fn expected(&self) -> String {
        format!("{}{}", quote(self.value.trim()), in_any_case(self.ignore_case))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?.trim();
        let [left, right] = [answer, self.value.trim()].map(|text| fold(text, self.ignore_case));
        Ok(Observed::new(left == right, quote(answer)))
    }
}

impl Declared for Equals {
    const EXAMPLE: &'static str = "{type: equals, value: billing, ignore_case: true}";

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
    fn compares_the_whole_answer() {
        table(
            json!({"type": "equals", "value": "in transit\n"}),
            &[
                (answer(" in transit\n"), Some(true)),
                (answer("in  transit"), Some(false)),
                (answer("In transit"), Some(false)),
                (answer("in transit."), Some(false)),
                (run(Stop::MaxSteps, &[("in transit", &[], None)]), None),
            ],
        );
    }

    #[test]
    fn compares_in_any_case_where_told() {
        let rows = [(answer("ÉTÉ"), Some(true)), (answer("ete"), Some(false))];
        table(json!({"type": "equals", "value": "été", "ignore_case": true}), &rows);
    }

    #[test]
    fn an_empty_value_asks_for_silence() {
        table(json!({"type": "equals", "value": ""}), &[(answer(" \n"), Some(true)), (answer("a"), Some(false))]);
    }
}

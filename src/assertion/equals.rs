//! `equals`: the whole answer, word for word.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Check, Declared, Observed, quote};
use crate::outcome::Reason;
use crate::trajectory::Trajectory;
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
        let case = if self.ignore_case { " in any case" } else { "" };
        format!("{}{case}", quote(self.value.trim()))
    }

    fn observe(&self, run: &Trajectory) -> Result<Observed, Reason> {
        let (answer, value) = (run.answer()?.trim(), self.value.trim());
        let holds = match self.ignore_case {
            true => answer.to_lowercase() == value.to_lowercase(),
            false => answer == value,
        };
        Ok(Observed::new(holds, quote(answer)))
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

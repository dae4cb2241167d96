//! `starts_with`: how the answer starts.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{fold, in_any_case, quote};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The answer starts with the text `value`. White space at the beginning of either does not count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartsWith {
    /// What must stand at the beginning.
    #[schemars(length(min = 1))]
    value: String,
    /// Take capitals and small letters as equal.
    #[serde(default)]
    ignore_case: bool,
}

impl Check for StartsWith {
    fn expected(&self) -> String {
        format!("{} at the beginning{}", quote(self.value.trim_start()), in_any_case(self.ignore_case))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?.trim_start();
        let [text, part] = [answer, self.value.trim_start()].map(|text| fold(text, self.ignore_case));
        Ok(Observed::new(text.starts_with(&*part), quote(answer)))
    }
}

impl Declared for StartsWith {
    const EXAMPLE: &'static str = "{type: starts_with, value: Dear, ignore_case: true}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        if parsed.value.trim_start().is_empty() {
            return Err(Problem::new(vec![Step::from("value")], "`value` is empty, and every answer starts so"));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, refused, run, table};
    use crate::stop::Stop;

    #[test]
    fn compares_the_beginning() {
        table(
            json!({"type": "starts_with", "value": "\nDear Ms "}),
            &[
                (answer("Dear Ms Ruiz"), Some(true)),
                (answer(" \n\tDear Ms Ruiz"), Some(true)),
                (answer("Dear Ms."), Some(false)),
                (answer("dear Ms Ruiz"), Some(false)),
                (answer("Oh dear. Dear Ms Ruiz"), Some(false)),
                (answer(""), Some(false)),
                (run(Stop::Timeout, &[("Dear Ms Ruiz", &[], None)]), None),
            ],
        );
        let rows = [(answer("élan vital"), Some(true)), (answer("elan"), Some(false))];
        table(json!({"type": "starts_with", "value": "ÉLAN", "ignore_case": true}), &rows);
    }

    #[test]
    fn refuses_what_would_always_hold() {
        for value in ["", " \n"] {
            refused(json!({"type": "starts_with", "value": value}), "value", "every answer starts so");
        }
    }
}

//! `ends_with`: how the answer ends.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{fold, in_any_case, quote, quote_end};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The answer ends with the text `value`. White space at the end of either does not count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndsWith {
    /// What must stand at the end.
    #[schemars(length(min = 1))]
    value: String,
    /// Take capitals and small letters as equal.
    #[serde(default)]
    ignore_case: bool,
}

impl Check for EndsWith {
    fn expected(&self) -> String {
        format!("{} at the end{}", quote(self.value.trim_end()), in_any_case(self.ignore_case))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?.trim_end();
        let [text, part] = [answer, self.value.trim_end()].map(|text| fold(text, self.ignore_case));
        Ok(Observed::new(text.ends_with(&*part), quote_end(answer)))
    }
}

impl Declared for EndsWith {
    const EXAMPLE: &'static str = "{type: ends_with, value: Support Team}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        if parsed.value.trim_end().is_empty() {
            return Err(Problem::new(vec![Step::from("value")], "`value` is empty, and every answer ends so"));
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
    fn compares_the_end() {
        table(
            json!({"type": "ends_with", "value": "Support Team\n"}),
            &[
                (answer("Yours, Support Team"), Some(true)),
                (answer("Yours, Support Team \n\n"), Some(true)),
                (answer("Yours, Support Team."), Some(false)),
                (answer("Yours, support team"), Some(false)),
                (answer("Support Team: no"), Some(false)),
                (answer(""), Some(false)),
                (run(Stop::MaxSteps, &[("Support Team", &[], None)]), None),
            ],
        );
        let rows = [(answer("voilà L’ÉTÉ"), Some(true)), (answer("ete"), Some(false))];
        table(json!({"type": "ends_with", "value": "été", "ignore_case": true}), &rows);
    }

    #[test]
    fn shows_a_long_answer_by_its_end() {
        let declared = assertion(json!({"type": "ends_with", "value": "z"}));
        let seen = declared.observe(&unpriced(&answer(&format!("{}é", "a\n".repeat(99))))).unwrap();
        assert!(seen.actual.starts_with("\"…") && seen.actual.ends_with("é\""), "{}", seen.actual);
    }

    #[test]
    fn refuses_what_would_always_hold() {
        for value in ["", " \n"] {
            refused(json!({"type": "ends_with", "value": value}), "value", "every answer ends so");
        }
    }
}

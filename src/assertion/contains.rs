//! `contains`: one piece of text that the answer quotes.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{fold, in_any_case, quote};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The answer contains the text `value`, anywhere and exactly as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contains {
    /// What to look for.
    #[schemars(length(min = 1))]
    value: String,
    /// Take capitals and small letters as equal.
    #[serde(default)]
    ignore_case: bool,
}

impl Check for Contains {
    fn expected(&self) -> String {
        format!("text with {}{}", quote(&self.value), in_any_case(self.ignore_case))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?;
        let [text, part] = [answer, &self.value].map(|text| fold(text, self.ignore_case));
        Ok(Observed::new(text.contains(&*part), quote(answer)))
    }
}

impl Declared for Contains {
    const EXAMPLE: &'static str = "{type: contains, value: order 42, ignore_case: true}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        if parsed.value.is_empty() {
            return Err(Problem::new(vec![Step::from("value")], "`value` is empty, which every answer contains"));
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
    fn finds_text_anywhere() {
        let rows = [
            (answer("see Ärger 42."), Some(true)),
            (answer("see ärger 42."), Some(false)),
            (answer(""), Some(false)),
            (run(Stop::Timeout, &[("Ärger", &[], None)]), None),
        ];
        table(json!({"type": "contains", "value": "Ärger"}), &rows);
        table(json!({"type": "contains", "value": "ÄRGER", "ignore_case": true}), &[(answer("ärger"), Some(true))]);
    }

    #[test]
    fn shows_a_long_answer_by_its_beginning() {
        let seen = assertion(json!({"type": "contains", "value": "x"}))
            .observe(&unpriced(&answer(&"é\n".repeat(999))))
            .unwrap();
        assert!(seen.actual.starts_with(r#""é\né"#) && seen.actual.ends_with('"'), "{}", seen.actual);
        assert!(seen.actual.chars().count() <= 200, "{}", seen.actual);
    }

    #[test]
    fn refuses_what_would_always_hold() {
        refused(json!({"type": "contains", "value": ""}), "value", "every answer contains");
    }
}

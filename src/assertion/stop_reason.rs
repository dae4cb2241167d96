//! `stop_reason`: why the run ended.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::stop::Stop;
use crate::yaml::{Problem, Step, read_value};

/// The run ended for the reason `value`, or for one of `values`. This judges every run, also one that a budget stopped.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopReason {
    /// The one reason that is right.
    value: Option<Stop>,
    /// The reasons that are right, where there are several.
    #[serde(default)]
    #[schemars(length(min = 1))]
    values: Vec<Stop>,
}

impl StopReason {
    fn right(&self) -> impl Iterator<Item = Stop> {
        self.values.iter().copied().chain(self.value)
    }
}

impl Check for StopReason {
    fn expected(&self) -> String {
        let words: Vec<&str> = self.right().map(Stop::as_str).collect();
        format!("stop reason {}", words.join(" or "))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        Ok(Observed::new(self.right().any(|stop| stop == run.stop), run.stop.as_str()))
    }
}

impl Declared for StopReason {
    const EXAMPLE: &'static str = "{type: stop_reason, value: finish}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        match (parsed.value.is_some(), parsed.values.is_empty()) {
            (true, true) | (false, false) => Ok(parsed),
            (true, false) => Err(Problem::new(vec![Step::from("values")], "give `value` or `values`, not both")),
            (false, true) => Err(Problem::new(Vec::new(), "give `value`, or `values` with at least one stop reason")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::Assertion;
    use crate::assertion::tests::{answer, refused, run, table};
    use crate::stop::Stop;

    #[test]
    fn judges_every_run() {
        let stopped = || run(Stop::MaxToolCalls, &[("", &[], None)]);
        let rows = [(answer("a"), Some(true)), (stopped(), Some(false)), (run(Stop::Error, &[]), Some(false))];
        table(json!({"type": "stop_reason", "value": "finish"}), &rows);
        let rows = [(answer("a"), Some(false)), (stopped(), Some(true)), (run(Stop::Timeout, &[]), Some(true))];
        table(json!({"type": "stop_reason", "values": ["timeout", "max_tool_calls"]}), &rows);
    }

    #[test]
    fn refuses_other_words() {
        let declared = json!({"type": "stop_reason", "value": "finnish"});
        refused(declared.clone(), "value", "unknown variant `finnish`");
        assert_eq!(Assertion::parse(&declared).unwrap_err().help.as_deref(), Some("did you mean `finish`?"));
        let declared = json!({"type": "stop_reason", "value": "finish", "values": ["length"]});
        refused(declared, "values", "not both");
        for fields in [json!({"type": "stop_reason"}), json!({"type": "stop_reason", "values": []})] {
            refused(fields, "", "at least one");
        }
    }
}

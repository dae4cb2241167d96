//! `max_tool_calls`: an upper limit on what the run asks of its tools.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::counted;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The run asks for at most `value` tool calls. Calls that a budget kept from running count too.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxToolCalls {
    /// The largest number of calls allowed.
    value: u64,
}

impl Check for MaxToolCalls {
    fn expected(&self) -> String {
        format!("at most {}", counted(self.value, "tool call"))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let calls = run.tool_calls().count() as u64;
        Observed::at_most(self.value, calls, counted(calls, "tool call"), run)
    }
}

impl Declared for MaxToolCalls {
    const EXAMPLE: &'static str = "{type: max_tool_calls, value: 6}";

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
    fn counts_the_calls_asked_for() {
        let get = || ("get", json!({}));
        let mut cut_short = run(Stop::MaxToolCalls, &[("", &[get(), get()], None)]);
        cut_short.exchanges[0].results.clear();
        table(
            json!({"type": "max_tool_calls", "value": 1}),
            &[
                (answer("a"), Some(true)),
                (run(Stop::Finish, &[("", &[get()], None), ("a", &[], None)]), Some(true)),
                (run(Stop::Finish, &[("", &[get()], None), ("", &[get()], None)]), Some(false)),
                (run(Stop::MaxSteps, &[("", &[get()], None)]), Some(true)),
                (cut_short, Some(false)),
            ],
        );
    }

    #[test]
    fn a_failing_provider_proves_no_restraint() {
        let get = || ("get", json!({}));
        let rows = [
            (run(Stop::Error, &[("", &[get()], None)]), None),
            (run(Stop::Error, &[("", &[get(), get()], None)]), Some(false)),
        ];
        table(json!({"type": "max_tool_calls", "value": 1}), &rows);
    }
}

//! `max_output_tokens`: an upper limit on what the model writes.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::counted;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The model writes at most `value` tokens in all steps of the run together, tool calls and reasoning included.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxOutputTokens {
    /// The largest number of output tokens allowed.
    value: u64,
}

impl Check for MaxOutputTokens {
    fn expected(&self) -> String {
        format!("at most {}", counted(self.value, "output token"))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let tokens = run.output_tokens()?;
        Observed::at_most(self.value, tokens, counted(tokens, "output token"), run)
    }
}

impl Declared for MaxOutputTokens {
    const EXAMPLE: &'static str = "{type: max_output_tokens, value: 400}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{refused, run, table};
    use crate::stop::Stop;

    #[test]
    fn sums_the_steps_and_does_not_guess() {
        table(
            json!({"type": "max_output_tokens", "value": 10}),
            &[
                (run(Stop::Finish, &[("", &[], Some((99, 5))), ("", &[], Some((99, 5)))]), Some(true)),
                (run(Stop::Finish, &[("", &[], Some((0, 5))), ("", &[], Some((0, 6)))]), Some(false)),
                (run(Stop::MaxTokens, &[("", &[], Some((1, 11)))]), Some(false)),
                (run(Stop::MaxTokens, &[("", &[], Some((99, 1)))]), Some(true)),
                (run(Stop::Finish, &[("", &[], Some((1, 1))), ("", &[], None)]), None),
                (run(Stop::Error, &[("", &[], Some((1, 1)))]), None),
                (run(Stop::Error, &[("", &[], Some((1, 11)))]), Some(false)),
            ],
        );
    }

    #[test]
    fn refuses_what_is_no_number_of_tokens() {
        refused(json!({"type": "max_output_tokens", "value": 1.5}), "value", "invalid type");
        refused(json!({"type": "max_output_tokens"}), "", "missing field `value`");
    }
}

//! `max_tokens`: an upper limit on what the whole run consumes.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::counted;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The run uses at most `value` tokens, input and output of all its steps together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxTokens {
    /// The largest number of tokens allowed.
    value: u64,
}

impl Check for MaxTokens {
    fn expected(&self) -> String {
        format!("at most {}", counted(self.value, "token"))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let tokens = run.total_tokens()?;
        Observed::at_most(self.value, tokens, counted(tokens, "token"), run)
    }
}

impl Declared for MaxTokens {
    const EXAMPLE: &'static str = "{type: max_tokens, value: 9000}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{run, table};
    use crate::stop::Stop;

    #[test]
    fn sums_the_steps_and_does_not_guess() {
        table(
            json!({"type": "max_tokens", "value": 30}),
            &[
                (run(Stop::Finish, &[("", &[], Some((10, 5))), ("", &[], Some((10, 5)))]), Some(true)),
                (run(Stop::Finish, &[("", &[], Some((10, 5))), ("", &[], Some((10, 6)))]), Some(false)),
                (run(Stop::MaxTokens, &[("", &[], Some((40, 5)))]), Some(false)),
                (run(Stop::Finish, &[("", &[], Some((1, 1))), ("", &[], None)]), None),
                (run(Stop::Error, &[("", &[], Some((1, 1)))]), None),
            ],
        );
    }
}

//! `max_steps`: an upper limit on how often the run goes back to the model.

use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::counted;
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The run takes at most `value` steps. Every reply of the model is one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxSteps {
    /// The largest number of replies allowed. No run does with 0.
    value: NonZeroU64,
}

impl Check for MaxSteps {
    fn expected(&self) -> String {
        format!("at most {}", counted(self.value.get(), "step"))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let steps = run.exchanges.len() as u64;
        Observed::at_most(self.value.get(), steps, counted(steps, "step"), run)
    }
}

impl Declared for MaxSteps {
    const EXAMPLE: &'static str = "{type: max_steps, value: 4}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, refused, run, table};
    use crate::stop::Stop;

    #[test]
    fn counts_replies() {
        let call = [("get", json!({}))];
        let step = ("", call.as_slice(), None);
        table(
            json!({"type": "max_steps", "value": 2}),
            &[
                (answer("a"), Some(true)),
                (run(Stop::Finish, &[step, ("a", &[], None)]), Some(true)),
                (run(Stop::MaxTokens, &[step, step]), Some(true)),
                (run(Stop::MaxSteps, &[step, step, step]), Some(false)),
                (run(Stop::Error, &[step]), None),
                (run(Stop::Error, &[step, step, step]), Some(false)),
            ],
        );
    }

    #[test]
    fn refuses_what_never_holds() {
        refused(json!({"type": "max_steps", "value": 0}), "value", "expected a nonzero");
    }
}

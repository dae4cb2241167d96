//! `max_seconds`: an upper limit on how long the run takes.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Check, Declared, Observed, Seen};
use crate::config::Amount;
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The run takes at most `value` seconds: the latency of every reply as it was measured when it was recorded, and the
/// delays that the stubs of tools declare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxSeconds {
    /// The largest number of seconds allowed; it may be a fraction.
    value: Amount,
}

impl Check for MaxSeconds {
    fn expected(&self) -> String {
        format!("at most {} s", self.value.0.normalize())
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let seconds = Decimal::from(run.elapsed_ms()) / Decimal::ONE_THOUSAND;
        Observed::at_most(self.value.0, seconds, format!("{} s", seconds.normalize()), run)
    }
}

impl Declared for MaxSeconds {
    const EXAMPLE: &'static str = "{type: max_seconds, value: 12.5}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn adds_latency_and_delays() {
        let call = [("get", json!({}))];
        let step = ("", call.as_slice(), None);
        let slow = |delay_ms| {
            let mut run = run(Stop::Finish, &[step, ("a", &[], None)]);
            run.exchanges[0].results[0].delay_ms = delay_ms;
            run
        };
        table(
            json!({"type": "max_seconds", "value": 2.25}),
            &[
                (answer("a"), Some(true)),
                (slow(250), Some(true)),
                (slow(251), Some(false)),
                (run(Stop::Timeout, &[step, step, step]), Some(false)),
                (run(Stop::MaxSteps, &[step]), Some(true)),
                (run(Stop::Error, &[step]), None),
                (run(Stop::Error, &[step, step, step]), Some(false)),
            ],
        );
        let seen = assertion(json!({"type": "max_seconds", "value": "2"})).observe(&unpriced(&slow(50))).unwrap();
        assert_eq!(seen.actual, "2.05 s");
    }

    #[test]
    fn refuses_what_is_no_time() {
        refused(json!({"type": "max_seconds", "value": -1}), "value", "not negative");
        refused(json!({"type": "max_seconds", "value": "10s"}), "value", "not an amount");
    }
}

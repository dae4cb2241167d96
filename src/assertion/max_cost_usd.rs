//! `max_cost_usd`: an upper limit on what one run costs.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Check, Declared, Observed, Seen};
use crate::config::Amount;
use crate::outcome::Reason;
use crate::yaml::{Problem, read_value};

/// The run costs at most `value` US dollars, all its steps together, by the prices that the policy knows for the model. An
/// unknown price or an unknown usage is not 0: it leaves this unjudged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxCostUsd {
    /// The largest cost allowed.
    value: Amount,
}

impl Check for MaxCostUsd {
    fn expected(&self) -> String {
        format!("at most ${}", self.value.0.normalize())
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let cost = run.cost_usd.ok_or_else(|| Reason::NoEvidence { what: "the cost of the run".into() })?;
        Observed::at_most(self.value.0, cost, format!("${}", cost.normalize()), run)
    }
}

impl Declared for MaxCostUsd {
    const EXAMPLE: &'static str = "{type: max_cost_usd, value: 0.02}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        read_value(fields)
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde_json::json;

    use crate::assertion::tests::{assertion, refused, run};
    use crate::assertion::{NoOpinions, Seen};
    use crate::outcome::Reason;
    use crate::stop::Stop;

    #[test]
    fn compares_exact_decimals() {
        let unknown = || Err(Reason::NoEvidence { what: "the cost of the run".into() });
        for (stop, cost, want) in [
            (Stop::Finish, Some("0.3"), Ok((true, "$0.3"))),
            (Stop::Finish, Some("0.000"), Ok((true, "$0"))),
            (Stop::Finish, Some("0.300000000001"), Ok((false, "$0.300000000001"))),
            (Stop::Finish, None, unknown()),
            (Stop::MaxTokens, Some("0.10"), Ok((true, "$0.1"))),
            (Stop::MaxTokens, Some("1"), Ok((false, "$1"))),
            (Stop::Error, Some("0.1"), Err(Reason::StoppedEarly { stop: Stop::Error })),
            (Stop::Error, Some("1"), Ok((false, "$1"))),
            (Stop::Error, None, unknown()),
        ] {
            let run = run(stop, &[("a", &[], None)]);
            let seen = Seen {
                run: &run,
                cost_usd: cost.map(|cost| Decimal::from_str_exact(cost).unwrap()),
                opinions: &NoOpinions,
            };
            let got = assertion(json!({"type": "max_cost_usd", "value": "0.30"})).observe(&seen);
            assert_eq!(got.map(|seen| (seen.holds, seen.actual)), want.map(|(holds, actual)| (holds, actual.into())));
        }
    }

    #[test]
    fn composites_pass_the_cost_on() {
        let run = run(Stop::Finish, &[("a", &[], None)]);
        let seen = Seen { run: &run, cost_usd: Some(Decimal::ONE), opinions: &NoOpinions };
        let limit = json!({"type": "max_cost_usd", "value": 2});
        for (declared, want) in [
            (json!({"type": "all_of", "assertions": [limit]}), true),
            (json!({"type": "any_of", "assertions": [limit]}), true),
            (json!({"type": "not", "assertion": limit}), false),
        ] {
            assert_eq!(assertion(declared).observe(&seen).unwrap().holds, want);
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        refused(json!({"type": "max_cost_usd", "value": -1}), "value", "not negative");
        refused(json!({"type": "max_cost_usd", "value": "ten"}), "value", "not an amount");
        refused(json!({"type": "max_cost_usd"}), "", "missing field `value`");
    }
}

//! `not`: the one place where an assertion is negated.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Assertion, Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The inner assertion does not hold. What cannot be judged stays unjudged.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Not {
    /// The assertion to negate.
    #[schemars(with = "Assertion")]
    assertion: Assertion,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    assertion: Value,
}

impl Check for Not {
    fn expected(&self) -> String {
        format!("not: {}", self.assertion.expected())
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let Observed { holds, actual } = self.assertion.observe(run)?;
        Ok(Observed::new(!holds, actual))
    }
}

impl Declared for Not {
    const EXAMPLE: &'static str = "{type: not, assertion: {type: contains_keywords, keywords: [sorry]}}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let Fields { assertion } = read_value(fields)?;
        let assertion =
            Assertion::parse_inner(&assertion).map_err(|problem| problem.under(&[Step::from("assertion")]))?;
        Ok(Self { assertion })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, run, table};
    use crate::stop::Stop;

    #[test]
    fn negates_once_and_keeps_unjudged() {
        let inner = json!({"type": "max_word_count", "value": 1});
        let unjudged = || run(Stop::Timeout, &[("a", &[], None)]);
        table(
            json!({"type": "not", "assertion": inner}),
            &[(answer("a"), Some(false)), (answer("a b"), Some(true)), (unjudged(), None)],
        );
        let twice = json!({"type": "not", "assertion": {"type": "not", "assertion": inner}});
        table(twice, &[(answer("a"), Some(true)), (answer("a b"), Some(false)), (unjudged(), None)]);
    }
}

//! `all_of`: several assertions as one, for use inside `not` and `any_of`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Assertion, Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// Every one of the inner assertions holds. One that does not hold decides, even where others cannot be judged.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AllOf {
    /// The assertions that must hold.
    #[schemars(length(min = 1))]
    assertions: Vec<Assertion>,
}

impl Check for AllOf {
    fn expected(&self) -> String {
        format!("all of: {}", expected(&self.assertions))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        settle(&self.assertions, false, run)
    }
}

impl Declared for AllOf {
    const EXAMPLE: &'static str =
        "{type: all_of, assertions: [{type: contains, value: refund}, {type: max_word_count, value: 60}]}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        Ok(Self { assertions: parse_list(fields)? })
    }
}

/// Reads the field `assertions`; a problem inside keeps its place.
pub(super) fn parse_list(fields: &Value) -> Result<Vec<Assertion>, Problem> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        assertions: Vec<Value>,
    }

    let Fields { assertions } = read_value(fields)?;
    let at = Step::from("assertions");
    if assertions.is_empty() {
        return Err(Problem::new(vec![at], "`assertions` needs at least one assertion"));
    }
    let parse =
        |(i, declared)| Assertion::parse_inner(declared).map_err(|problem| problem.under(&[at.clone(), Step::from(i)]));
    assertions.iter().enumerate().map(parse).collect()
}

/// What the inner assertions expect, in one phrase.
pub(super) fn expected(assertions: &[Assertion]) -> String {
    assertions.iter().map(Assertion::expected).collect::<Vec<_>>().join("; ")
}

/// Settles a list by the first result that `decides` it: false for `all_of`, true for `any_of`. Where none does, one
/// that cannot be judged leaves the list unjudged, because it might have decided.
pub(super) fn settle(assertions: &[Assertion], decides: bool, run: &Seen<'_>) -> Result<Observed, Reason> {
    let (mut others, mut unjudged) = (Vec::new(), None);
    for assertion in assertions {
        match assertion.observe(run) {
            Ok(Observed { holds, actual }) if holds == decides => {
                let expected = assertion.expected();
                return Ok(Observed::new(decides, format!("{}: {actual} (expected {expected})", assertion.name)));
            }
            Ok(Observed { holds: _, actual }) => others.push(format!("{}: {actual}", assertion.name)),
            Err(reason) => unjudged = unjudged.or(Some(reason)),
        }
    }
    match unjudged {
        Some(reason) => Err(reason),
        None => Ok(Observed::new(!decides, others.join("; "))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn false_outweighs_unjudged() {
        let [yes, no, unjudged] = [
            json!({"type": "stop_reason", "value": "timeout"}),
            json!({"type": "stop_reason", "value": "finish"}),
            json!({"type": "contains", "value": "a"}),
        ];
        for (inner, want) in [
            (vec![&yes, &yes], Some(true)),
            (vec![&yes, &no], Some(false)),
            (vec![&unjudged, &no], Some(false)),
            (vec![&no, &unjudged], Some(false)),
            (vec![&unjudged, &yes], None),
        ] {
            table(json!({"type": "all_of", "assertions": inner}), &[(run(Stop::Timeout, &[("a", &[], None)]), want)]);
        }
    }

    #[test]
    fn names_what_decided() {
        let inner = json!([{"type": "contains", "value": "a"}, {"type": "max_word_count", "value": 1}]);
        let seen =
            assertion(json!({"type": "all_of", "assertions": inner})).observe(&unpriced(&answer("a b"))).unwrap();
        assert_eq!(seen.actual, "max_word_count: 2 words (expected at most 1 word)");
    }

    #[test]
    fn a_problem_inside_keeps_its_place() {
        refused(json!({"type": "all_of", "assertions": []}), "assertions", "at least one");
        let inner = json!({"type": "not", "assertion": {"type": "contains", "value": ""}});
        let declared = json!({"type": "all_of", "assertions": [{"type": "valid_json"}, inner]});
        refused(declared, "assertions/1/assertion/value", "every answer contains");
    }
}

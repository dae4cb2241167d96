//! `json_path`: one part of an answer that a program reads.

use std::sync::Arc;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::bounds::Bounds;
use super::text::{cut, quote};
use super::valid_json::read_json;
use super::{Check, Declared, Observed, Seen};
use crate::json_path::{Exhausted, JsonPath as Path};
use crate::matcher::equal;
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The answer is one JSON document, as `valid_json` has it, and what `path` selects in it meets every condition that is
/// given here; at least one is.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct JsonPath {
    /// JSONPath as in RFC 9535, such as `$.items[*].id` or `$.items[?@.status == "late"]`.
    #[schemars(with = "String")]
    path: (String, Path),
    /// Whether it selects anything.
    exists: Option<bool>,
    /// How many values it selects.
    count: Option<Bounds>,
    /// It selects something, and all of it equals this. Numbers are equal by value, mappings in any order.
    #[schemars(with = "Option<Value>")]
    equals: Option<Value>,
    /// It selects something, and all of it is text in which this regular expression matches, as in `matches`.
    #[schemars(with = "Option<String>", length(min = 1))]
    matches: Option<Arc<Regex>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    path: String,
    exists: Option<bool>,
    count: Option<Bounds>,
    #[serde(default, deserialize_with = "given")]
    equals: Option<Value>,
    matches: Option<String>,
}

/// A value that is there, be it null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Check for JsonPath {
    fn expected(&self) -> String {
        let conditions = [
            self.exists.map(|exists| if exists { "something" } else { "nothing" }.to_owned()),
            self.count.map(|count| count.words("value")),
            self.equals.as_ref().map(|value| cut(&value.to_string(), 80).into_owned()),
            self.matches.as_ref().map(|pattern| format!("a match of {pattern}")),
        ];
        format!("{} at {}", conditions.into_iter().flatten().collect::<Vec<_>>().join(" and "), self.path.0)
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let document = match read_json::<Value>(run.answer()?) {
            Ok(document) => document,
            Err(actual) => return Ok(Observed::new(false, actual)),
        };
        let found = self.path.1.select(&document).map_err(|Exhausted| Reason::NoEvidence {
            what: format!("what {} selects, which takes too many steps to find out,", self.path.0),
        })?;
        let all = |holds: &dyn Fn(&Value) -> bool| !found.is_empty() && found.iter().all(|value| holds(value));
        let holds = self.exists.is_none_or(|exists| exists != found.is_empty())
            && self.count.is_none_or(|count| count.hold(found.len() as u64))
            && self.equals.as_ref().is_none_or(|want| all(&|value| equal(want, value)))
            && self
                .matches
                .as_ref()
                .is_none_or(|pattern| all(&|value| value.as_str().is_some_and(|text| pattern.is_match(text))));
        Ok(Observed::new(holds, show(&found)))
    }
}

/// "nothing", or how much and what.
fn show(found: &[&Value]) -> String {
    let first = |value: &Value| value.as_str().map_or_else(|| cut(&value.to_string(), 80).into_owned(), quote);
    match found {
        [] => "nothing".to_owned(),
        [one] => first(one),
        [one, ..] => format!("{} values, the first {}", found.len(), first(one)),
    }
}

impl Declared for JsonPath {
    const EXAMPLE: &'static str = "{type: json_path, path: '$.items[*].status', count: {min: 1}, equals: shipped}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let Fields { path, exists, count, equals, matches } = read_value(fields)?;
        let at = |field: &str, message: String| Problem::new(vec![Step::from(field)], message);
        let parsed = Path::parse(&path).map_err(|flaw| at("path", format!("bad path: {flaw}")))?;
        if let Some(flaw) = count.and_then(Bounds::flaw) {
            return Err(at("count", flaw.to_owned()));
        }
        let matches = match matches {
            Some(pattern) if pattern.is_empty() => {
                return Err(at("matches", "`matches` is empty, which matches every text".to_owned()));
            }
            Some(pattern) => Some(super::matches::compile(pattern, false).map_err(|flaw| at("matches", flaw))?),
            None => None,
        };
        if exists.is_none() && count.is_none() && equals.is_none() && matches.is_none() {
            return Err(Problem::new(Vec::new(), "give at least one of `exists`, `count`, `equals` and `matches`"));
        }
        if exists == Some(false) && (count.is_some() || equals.is_some() || matches.is_some()) {
            return Err(at("exists", "where nothing is selected, nothing else can hold".to_owned()));
        }
        Ok(Self { path: (path, parsed), exists, count, equals, matches })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    const ORDER: &str = r#" {"id": 42, "note": null, "items": [{"sku": "A-1"}, {"sku": "B-2"}], "none": []} "#;

    fn at(path: &str, mut conditions: Value) -> Value {
        conditions["type"] = json!("json_path");
        conditions["path"] = json!(path);
        conditions
    }

    #[test]
    fn judges_what_the_path_selects() {
        for (path, conditions, found) in [
            ("$.id", json!({"exists": true}), Ok("42")),
            ("$.id", json!({"equals": 42.0}), Ok("42")),
            ("$.id", json!({"equals": "42"}), Err("42")),
            ("$.id", json!({"matches": "42"}), Err("42")),
            ("$.note", json!({"exists": true, "equals": null}), Ok("null")),
            ("$.nope", json!({"exists": false}), Ok("nothing")),
            ("$.nope", json!({"exists": true}), Err("nothing")),
            ("$.nope", json!({"equals": null}), Err("nothing")),
            ("$.nope", json!({"matches": "^"}), Err("nothing")),
            ("$.id", json!({"exists": false}), Err("42")),
            ("$.none.*", json!({"count": {"max": 0}}), Ok("nothing")),
            ("$.items.*", json!({"count": {"min": 2, "max": 2}}), Ok(r#"2 values, the first {"sku":"A-1"}"#)),
            ("$.items.*", json!({"count": {"min": 3}}), Err(r#"2 values, the first {"sku":"A-1"}"#)),
            ("$..sku", json!({"matches": r"^[AB]-\d$"}), Ok(r#"2 values, the first "A-1""#)),
            ("$..sku", json!({"matches": "^A"}), Err(r#"2 values, the first "A-1""#)),
            ("$.items[?@.sku == 'B-2'].sku", json!({"equals": "B-2"}), Ok("\"B-2\"")),
            ("$.items", json!({"equals": [{"sku": "A-1"}, {"sku": "B-2"}]}), Ok(r#"[{"sku":"A-1"},{"sku":"B-2"}]"#)),
        ] {
            let declared = at(path, conditions);
            let seen = assertion(declared.clone()).observe(&unpriced(&answer(ORDER))).unwrap();
            let want = (found.is_ok(), found.unwrap_or_else(|actual| actual));
            assert_eq!((seen.holds, &*seen.actual), want, "{declared}");
        }
    }

    #[test]
    fn what_is_no_json_fails() {
        let rows = [
            (answer("{}"), Some(true)),
            (answer("no JSON"), Some(false)),
            (answer("```json\n{}\n```"), Some(false)),
            (answer(""), Some(false)),
            (run(Stop::MaxSteps, &[("{}", &[], None)]), None),
        ];
        table(at("$.a", json!({"exists": false})), &rows);
    }

    #[test]
    fn what_takes_too_long_stays_unjudged() {
        let wide = answer(&format!("[{}0]", "0,".repeat(9_999)));
        table(at("$[?count($..*) > 0]", json!({"exists": true})), &[(wide, None)]);
    }

    #[test]
    fn says_what_it_expects() {
        let declared = at("$.a", json!({"exists": true, "count": {"max": 2}, "equals": {"b": 1}, "matches": "x"}));
        assert_eq!(
            assertion(declared).expected(),
            r#"something and at most 2 values and {"b":1} and a match of x at $.a"#
        );
    }

    #[test]
    fn refuses_what_cannot_be_judged() {
        for (declared, place, says) in [
            (at("$.a", json!({})), "", "at least one of"),
            (at("a.b", json!({"exists": true})), "path", "bad path: expected `$`"),
            (at("$[?(@.a]", json!({"exists": true})), "path", "bad path: expected `)` at character 8"),
            (at("$.a", json!({"count": {}})), "count", "give `min`"),
            (at("$.a", json!({"count": {"min": 2, "max": 1}})), "count", "larger"),
            (at("$.a", json!({"matches": ""})), "matches", "matches every text"),
            (at("$.a", json!({"matches": "("})), "matches", "bad pattern"),
            (at("$.a", json!({"exists": false, "equals": 1})), "exists", "nothing else can hold"),
            (at("$.a", json!({"exists": "yes"})), "exists", "expected a boolean"),
            (at("$.a", json!({"value": 1})), "value", "unknown field"),
        ] {
            refused(declared, place, says);
        }
    }
}

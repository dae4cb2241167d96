//! Matching JSON, such as a tool's arguments: a deep subset with a few operators, checked when it is read.

use std::fmt;

use regex::Regex;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::yaml::{Problem, Step};

/// A pattern over JSON.
#[derive(Debug)]
pub enum Matcher {
    /// Equal, numbers by value.
    Equal(Value),
    /// Every entry is there and matches; `exact` forbids others.
    Object { entries: Vec<(String, Self)>, exact: bool },
    /// As many items, each matching.
    Array(Vec<Self>),
    /// Every operator holds.
    Operators(Vec<Operator>),
}

#[derive(Debug)]
pub enum Operator {
    Equal(Value),
    NotEqual(Value),
    In(Vec<Value>),
    Regex(Regex),
    Greater(f64),
    AtLeast(f64),
    Less(f64),
    AtMost(f64),
    Exists(bool),
    Any,
}

/// A pattern as a field of a declaration: a mapping, and what it matches.
#[derive(Debug)]
pub struct Pattern {
    declared: Map<String, Value>,
    matcher: Matcher,
}

impl Pattern {
    pub fn matches(&self, value: &Value) -> bool {
        self.matcher.matches(value)
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.declared.is_empty()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::Object(self.declared.clone()))
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let declared = Map::deserialize(deserializer)?;
        let matcher = Matcher::parse(&Value::Object(declared.clone()), false);
        matcher.map(|matcher| Self { declared, matcher }).map_err(|problem| D::Error::custom(problem.message))
    }
}

const OPERATORS: &str = "$eq, $ne, $in, $regex, $gt, $gte, $lt, $lte, $exists, $any";

impl Matcher {
    /// Reads a pattern. An object whose keys begin with `$` is a set of operators.
    pub fn parse(declared: &Value, exact: bool) -> Result<Self, Problem> {
        match declared {
            Value::Object(entries) if entries.keys().any(|key| key.starts_with('$')) => {
                entries.iter().map(|(key, value)| operator(key, value)).collect::<Result<_, _>>().map(Self::Operators)
            }
            Value::Object(entries) => {
                let read = |(key, value): (&String, &Value)| {
                    let inner = Self::parse(value, exact).map_err(|p| p.under(&[Step::Key(key.clone())]))?;
                    Ok((key.clone(), inner))
                };
                Ok(Self::Object { entries: entries.iter().map(read).collect::<Result<_, Problem>>()?, exact })
            }
            Value::Array(items) => {
                let read = |(index, item)| Self::parse(item, exact).map_err(|p| p.under(&[Step::Index(index)]));
                items.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self::Array)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Self::Equal(declared.clone())),
        }
    }

    pub fn matches(&self, value: &Value) -> bool {
        self.matches_option(Some(value))
    }

    fn matches_option(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Operators(operators), value) => operators.iter().all(|operator| operator.holds(value)),
            (_, None) => false,
            (Self::Equal(want), Some(value)) => equal(want, value),
            (Self::Object { entries, exact }, Some(Value::Object(map))) => {
                (!exact || only(entries, map)) && entries.iter().all(|(key, inner)| inner.matches_option(map.get(key)))
            }
            (Self::Array(inner), Some(Value::Array(items))) => {
                inner.len() == items.len() && inner.iter().zip(items).all(|(inner, item)| inner.matches(item))
            }
            (Self::Object { .. } | Self::Array(_), Some(_)) => false,
        }
    }
}

fn only(entries: &[(String, Matcher)], map: &Map<String, Value>) -> bool {
    map.keys().all(|key| entries.iter().any(|(known, _)| known == key))
}

fn operator(key: &str, value: &Value) -> Result<Operator, Problem> {
    let wrong = |what: &str| Problem::new(vec![Step::from(key)], format!("`{key}` needs {what}"));
    let number = || value.as_f64().ok_or_else(|| wrong("a number"));
    match key {
        "$eq" => Ok(Operator::Equal(value.clone())),
        "$ne" => Ok(Operator::NotEqual(value.clone())),
        "$in" => value.as_array().cloned().map(Operator::In).ok_or_else(|| wrong("a list")),
        "$regex" => {
            let pattern = value.as_str().ok_or_else(|| wrong("a regular expression"))?;
            Regex::new(pattern).map(Operator::Regex).map_err(|_| wrong("a regular expression that can be read"))
        }
        "$gt" => number().map(Operator::Greater),
        "$gte" => number().map(Operator::AtLeast),
        "$lt" => number().map(Operator::Less),
        "$lte" => number().map(Operator::AtMost),
        "$exists" => value.as_bool().map(Operator::Exists).ok_or_else(|| wrong("true or false")),
        "$any" => Ok(Operator::Any),
        other => {
            let message = format!("unknown operator `{other}`; there are {OPERATORS}");
            Err(Problem::new(vec![Step::from(other)], message))
        }
    }
}

impl Operator {
    fn holds(&self, value: Option<&Value>) -> bool {
        let number = value.and_then(Value::as_f64);
        match self {
            Self::Equal(want) => value.is_some_and(|value| equal(want, value)),
            Self::NotEqual(unwanted) => value.is_none_or(|value| !equal(unwanted, value)),
            Self::In(wanted) => value.is_some_and(|value| wanted.iter().any(|want| equal(want, value))),
            Self::Regex(pattern) => value.and_then(Value::as_str).is_some_and(|text| pattern.is_match(text)),
            Self::Greater(bound) => number.is_some_and(|number| number > *bound),
            Self::AtLeast(bound) => number.is_some_and(|number| number >= *bound),
            Self::Less(bound) => number.is_some_and(|number| number < *bound),
            Self::AtMost(bound) => number.is_some_and(|number| number <= *bound),
            Self::Exists(want) => value.is_some() == *want,
            Self::Any => value.is_some(),
        }
    }
}

/// Equality of JSON values by meaning: 1 is 1.0, objects have no order.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| equal(value, other)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn subsets_and_operators() {
        let value = json!({"id": "42", "n": 1, "list": [1, 2], "deep": {"a": true, "b": null}});
        for (pattern, exact, want) in [
            (json!({}), false, true),
            (json!({}), true, false),
            (json!({"n": 1.0}), false, true),
            (json!({"deep": {"a": true}}), false, true),
            (json!({"list": [1]}), false, false),
            (json!({"list": [{"$any": true}, 2]}), false, true),
            (json!({"missing": {"$exists": false}}), false, true),
            (json!({"missing": null}), false, false),
            (json!({"deep": {"b": null}}), false, true),
            (json!({"id": {"$in": ["41", "42"]}, "n": {"$gt": 0, "$lte": 1}}), false, true),
            (json!({"id": {"$ne": "42"}}), false, false),
            (json!({"id": {"$regex": "^4.$"}}), false, true),
            (value.clone(), true, true),
        ] {
            assert_eq!(Matcher::parse(&pattern, exact).unwrap().matches(&value), want, "{pattern}");
        }
    }

    #[test]
    fn a_subset_goes_deep() {
        let actual = json!({"a": {"b": [1, {"c": 2, "d": null}]}, "e": "x"});
        for (declared, want) in [
            (json!({"a": {"b": [1.0, {"c": 2}]}}), true),
            (json!({"a": {"b": [1, {"d": null}]}, "e": "x"}), true),
            (json!({"a": {"b": [1]}}), false),
            (json!({"a": {"b": [1, {"f": null}]}}), false),
            (json!({"e": 1}), false),
        ] {
            assert_eq!(Matcher::parse(&declared, false).unwrap().matches(&actual), want, "{declared}");
        }
    }
}

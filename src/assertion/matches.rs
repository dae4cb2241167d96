//! `matches`: a regular expression that finds something in the answer.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::text::{in_any_case, quote};
use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The largest compiled pattern, in bytes: enough for anything that a person writes, and no way to fill the memory.
const MAX_COMPILED: usize = 1 << 20;

/// The regular expression `pattern` matches somewhere in the answer; `^` and `$` tie it to the beginning and the end.
/// The syntax is that of Rust's `regex`: linear time, without look-around and back-references.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Matches {
    /// The regular expression.
    #[schemars(with = "String", length(min = 1))]
    pattern: Arc<Regex>,
    /// Take capitals and small letters as equal.
    #[schemars(default)]
    ignore_case: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    pattern: String,
    #[serde(default)]
    ignore_case: bool,
}

impl Check for Matches {
    fn expected(&self) -> String {
        format!("a match of {}{}", self.pattern, in_any_case(self.ignore_case))
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?;
        // A copy shares the program and has scratch space of its own, which goes with it: thousands of patterns would hold
        // theirs until the end otherwise.
        let pattern = Regex::clone(&self.pattern);
        let found = pattern.find(answer);
        let actual = match found {
            Some(found) => quote(found.as_str()),
            None => format!("no match in {}", quote(answer)),
        };
        Ok(Observed::new(found.is_some(), actual))
    }
}

impl Declared for Matches {
    const EXAMPLE: &'static str = r"{type: matches, pattern: '\bINC-\d{3}\b', ignore_case: true}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let Fields { pattern, ignore_case } = read_value(fields)?;
        let problem = |message: String| Problem::new(vec![Step::from("pattern")], message);
        if pattern.is_empty() {
            return Err(problem("`pattern` is empty, which matches every answer".into()));
        }
        let pattern = compile(pattern, ignore_case).map_err(problem)?;
        Ok(Self { pattern, ignore_case })
    }
}

/// Compiles a pattern, or says what is wrong with it.
pub(super) fn compile(pattern: String, ignore_case: bool) -> Result<Arc<Regex>, String> {
    shared(pattern, ignore_case).map_err(|error| {
        // The message draws the pattern over several lines; its last one says what is wrong.
        let message = error.to_string();
        let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("bad pattern: {reason}")
    })
}

/// The program of a pattern. Tasks repeat each other's patterns, and those in use share one program.
fn shared(pattern: String, ignore_case: bool) -> Result<Arc<Regex>, regex::Error> {
    static IN_USE: Mutex<BTreeMap<(String, bool), Weak<Regex>>> = Mutex::new(BTreeMap::new());
    let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    let known = in_use.entry((pattern, ignore_case));
    let (pattern, _) = known.key();
    let built = || RegexBuilder::new(pattern).case_insensitive(ignore_case).size_limit(MAX_COMPILED).build();
    if let Entry::Occupied(known) = &known
        && let Some(shared) = known.get().upgrade()
    {
        return Ok(shared);
    }
    let fresh = Arc::new(built()?);
    known.insert_entry(Arc::downgrade(&fresh));
    Ok(fresh)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::tests::{answer, assertion, refused, run, table, unpriced};
    use crate::stop::Stop;

    #[test]
    fn searches_the_answer() {
        table(
            json!({"type": "matches", "pattern": r"INC-\d{3}\b"}),
            &[
                (answer("see INC-204."), Some(true)),
                (answer("see inc-204."), Some(false)),
                (answer("INC-2041"), Some(false)),
                (run(Stop::MaxSteps, &[("INC-204", &[], None)]), None),
            ],
        );
        table(json!({"type": "matches", "pattern": "^é$", "ignore_case": true}), &[(answer("É"), Some(true))]);
    }

    #[test]
    fn takes_linear_time() {
        let hostile = answer(&"a".repeat(100_000));
        table(json!({"type": "matches", "pattern": "^(a+)+$|(a|a)*b"}), &[(hostile, Some(true))]);
    }

    #[test]
    fn shows_what_matched() {
        let seen =
            assertion(json!({"type": "matches", "pattern": r"\d+"})).observe(&unpriced(&answer("order 42"))).unwrap();
        assert_eq!(seen.actual, "\"42\"");
    }

    #[test]
    fn refuses_bad_patterns() {
        for (pattern, says) in [
            ("", "matches every answer"),
            ("(a", "bad pattern: unclosed group"),
            ("a(?=b)", "bad pattern: look-around"),
            (r"(a)\1", "bad pattern: backreferences"),
            (r"(\w{500}){500}", "size limit"),
        ] {
            refused(json!({"type": "matches", "pattern": pattern}), "pattern", says);
        }
    }
}

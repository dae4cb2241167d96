//! Inputs that fitted the version before and no longer do, although the number promises that they do.
//!
//! What a pattern refuses cannot be compared, so a changed pattern is not judged; everything else that narrows is.

use serde_json::Value;

use super::{Breach, place};
use crate::diagnostic::{Code, Place};
use crate::prompt::{Prompt, Type, Variable};
use crate::side::Side;
use crate::yaml::Step;

/// What `after` refuses and `before`, the version it follows or the same one as it was, took.
pub(super) fn check(before: &Prompt, after: &Prompt, head: &Side) -> Vec<Breach> {
    let at = |index: usize| place(head, after, &["variables".into(), index.into(), "name".into()]);
    let mut found = Vec::new();
    for old in before.variables.iter().filter(|old| !after.variables.iter().any(|new| new.name == old.name)) {
        let whole: [Step; 1] = ["variables".into()];
        let place = super::document(head, after)
            .map_or_else(|| Place::file(&*after.path), |document| document.key_place(&whole));
        found.push(breach(before, after, place, &old.name, "is removed"));
    }
    for (index, new) in after.variables.iter().enumerate() {
        match before.variables.iter().find(|old| old.name == new.name) {
            None if needs_value(new) => found.push(breach(before, after, at(index), &new.name, "is new and required")),
            None => {}
            Some(old) => {
                found.extend(narrowed(old, new).map(|how| breach(before, after, at(index), &new.name, &how)));
            }
        }
    }
    found
}

fn breach(before: &Prompt, after: &Prompt, place: Place, name: &str, how: &str) -> Breach {
    let whose = match before.version == after.version {
        true => "its own callers".to_owned(),
        false => format!("callers of {}", before.version),
    };
    let message = format!("the variable `{name}` {how}: {} breaks {whose}", after.version);
    let help = match after.version.major {
        0 => "raise MINOR, or keep taking what was taken",
        _ => "raise MAJOR, or keep taking what was taken",
    };
    Breach::new(after, Code::BreakingVariables, place, message).help(help)
}

/// Whether an input without it is refused.
fn needs_value(variable: &Variable) -> bool {
    variable.required && variable.default.is_null()
}

/// How a variable takes less than before, as a phrase after its name.
fn narrowed(old: &Variable, new: &Variable) -> Option<String> {
    if needs_value(new) && !needs_value(old) {
        return Some("is now required".to_owned());
    }
    let widened = old.kind == Type::Integer && new.kind == Type::Number;
    if old.kind != new.kind && !widened {
        return Some(format!("changes from {} to {}", old.kind.as_str(), new.kind.as_str()));
    }
    match (&old.allowed, &new.allowed) {
        (None, Some(_)) => return Some("now takes only some values".to_owned()),
        (Some(old), Some(new)) => {
            let lost: Vec<String> = old.iter().filter(|value| !new.contains(value)).map(Value::to_string).collect();
            if !lost.is_empty() {
                return Some(format!("no longer takes {}", lost.join(", ")));
            }
        }
        (_, None) => {}
    }
    let (was, is) = (&old.validation, &new.validation);
    let rises = raised(was.min, is.min) || raised(was.min_length, is.min_length);
    let falls = lowered(was.max, is.max) || lowered(was.max_length, is.max_length);
    (rises || falls).then(|| "has narrower limits".to_owned())
}

fn raised<T: PartialOrd>(was: Option<T>, is: Option<T>) -> bool {
    is.is_some_and(|is| was.is_none_or(|was| is > was))
}

fn lowered<T: PartialOrd>(was: Option<T>, is: Option<T>) -> bool {
    is.is_some_and(|is| was.is_none_or(|was| is < was))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_narrows_is_told_from_what_does_not() {
        for (old, new, want) in [
            (json!({"type": "string"}), json!({"type": "string"}), None),
            (json!({"type": "string", "required": false}), json!({"type": "string"}), Some("is now required")),
            (json!({"type": "string", "default": "x"}), json!({"type": "string"}), Some("is now required")),
            (json!({"type": "string", "required": false}), json!({"type": "string", "default": "x"}), None),
            (json!({"type": "string"}), json!({"type": "string", "required": false}), None),
            (json!({"type": "integer"}), json!({"type": "number"}), None),
            (json!({"type": "number"}), json!({"type": "integer"}), Some("changes from number to integer")),
            (json!({"type": "string"}), json!({"type": "array"}), Some("changes from string to array")),
            (json!({"type": "string"}), json!({"type": "string", "enum": ["a"]}), Some("now takes only some values")),
            (
                json!({"type": "string", "enum": ["a", "b", "c"]}),
                json!({"type": "string", "enum": ["b"]}),
                Some("no longer takes \"a\", \"c\""),
            ),
            (json!({"type": "string", "enum": ["a"]}), json!({"type": "string", "enum": ["a", "b"]}), None),
            (json!({"type": "string", "enum": ["a"]}), json!({"type": "string"}), None),
            (
                json!({"type": "integer", "validation": {"min": 1}}),
                json!({"type": "integer", "validation": {"min": 2}}),
                Some("has narrower limits"),
            ),
            (
                json!({"type": "string"}),
                json!({"type": "string", "validation": {"max_length": 9}}),
                Some("has narrower limits"),
            ),
            (
                json!({"type": "integer", "validation": {"min": 2, "max": 3}}),
                json!({"type": "integer", "validation": {"min": 1, "max": 4}}),
                None,
            ),
        ] {
            let variable = |mut value: Value| -> Variable {
                value["name"] = json!("v");
                serde_json::from_value(value).unwrap()
            };
            assert_eq!(narrowed(&variable(old.clone()), &variable(new.clone())).as_deref(), want, "{old} {new}");
        }
    }
}

//! Typed variables: what a template may use, and whether a value fits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::diagnostic::did_you_mean;

/// What a template may use under one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Type,
    #[serde(default = "yes")]
    pub required: bool,
    /// The value where the input has none; without one, an optional variable is `none`.
    #[serde(default)]
    pub default: Value,
    #[serde(default)]
    pub description: Option<String>,
    /// The values allowed.
    #[serde(default, rename = "enum")]
    pub allowed: Option<Vec<Value>>,
    #[serde(default)]
    pub validation: Validation,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
}

/// Further limits on a value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Validation {
    /// The smallest number.
    pub min: Option<f64>,
    /// The largest number.
    pub max: Option<f64>,
    /// The shortest text in characters, or list in items.
    pub min_length: Option<usize>,
    /// The longest text in characters, or list in items.
    pub max_length: Option<usize>,
    /// A regular expression that must be found in the text.
    pub pattern: Option<String>,
}

impl Type {
    fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Self::String, Value::String(_))
            | (Self::Number, Value::Number(_))
            | (Self::Boolean, Value::Bool(_))
            | (Self::Array, Value::Array(_))
            | (Self::Object, Value::Object(_)) => true,
            (Self::Integer, Value::Number(number)) => {
                !number.is_f64() || number.as_f64().is_some_and(|n| n.fract() == 0.0)
            }
            (
                Self::String | Self::Integer | Self::Number | Self::Boolean | Self::Array | Self::Object,
                Value::Null | Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_),
            ) => false,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

impl Variable {
    /// What is wrong with the declaration itself.
    pub fn flaw(&self) -> Option<String> {
        let name = &self.name;
        if !is_name(name) {
            return Some(format!(
                "{name:?} cannot be a variable: use letters, digits and _, not beginning with a digit"
            ));
        }
        if name == "examples" {
            return Some(
                "`examples` is what templates call the prompt's examples; name the variable otherwise".to_owned(),
            );
        }
        if let Some(pattern) = &self.validation.pattern
            && let Err(error) = regex::Regex::new(pattern)
        {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            return Some(format!("the pattern of `{name}` is not a regular expression: {reason}"));
        }
        if let Some(wrong) = self.allowed.iter().flatten().find(|value| !self.kind.admits(value)) {
            return Some(format!("`enum` of `{name}` holds {wrong}, which is not {}", self.kind.word()));
        }
        if self.default.is_null() {
            return None;
        }
        self.check(&self.default).err().map(|why| format!("the default of `{name}` does not fit: {why}"))
    }

    /// Whether `value` fits; the error is a phrase after the variable's name.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        if !self.kind.admits(value) {
            return Err(format!("must be {}, not {value}", self.kind.word()));
        }
        if let Some(allowed) = &self.allowed
            && !allowed.contains(value)
        {
            let list = allowed.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
            return Err(format!("must be one of {list}, not {value}"));
        }
        let Validation { min, max, min_length, max_length, pattern } = &self.validation;
        if let Some(number) = value.as_f64()
            && (min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max))
        {
            let bounds = bounds(min.map(|n| n.to_string()), max.map(|n| n.to_string()));
            return Err(format!("must be {bounds}, not {value}"));
        }
        let length = match value {
            Value::String(text) => Some((text.chars().count(), "characters")),
            Value::Array(items) => Some((items.len(), "items")),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        };
        if let Some((length, unit)) = length
            && (min_length.is_some_and(|min| length < min) || max_length.is_some_and(|max| length > max))
        {
            let bounds = bounds(min_length.map(|n| n.to_string()), max_length.map(|n| n.to_string()));
            return Err(format!("must have {bounds} {unit}, not {length}"));
        }
        if let (Some(pattern), Value::String(text)) = (pattern, value)
            && regex::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
        {
            return Err(format!("must match {pattern}"));
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn bounds(min: Option<String>, max: Option<String>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => String::new(),
    }
}

/// A flaw of an input: the name it is about, what is wrong, and what may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub name: String,
    pub message: String,
    pub help: Option<String>,
}

/// Binds `input` to `variables`: defaults filled in, absent optional ones `null`, everything checked.
pub fn bind<'a>(
    variables: &[Variable],
    input: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<Map<String, Value>, Vec<Misfit>> {
    let mut bound: Map<String, Value> =
        variables.iter().map(|variable| (variable.name.clone(), variable.default.clone())).collect();
    let mut misfits = Vec::new();
    for (name, value) in input {
        let Some(variable) = variables.iter().find(|variable| variable.name == *name) else {
            let near = did_you_mean(name, variables.iter().map(|variable| variable.name.as_str()));
            misfits.push(Misfit {
                name: name.clone(),
                message: format!("`{name}` is not a variable of the prompt"),
                help: near.map(|near| format!("did you mean `{near}`?")),
            });
            continue;
        };
        if value.is_null() && !variable.required {
            continue;
        }
        match variable.check(value) {
            Ok(()) => drop(bound.insert(name.clone(), value.clone())),
            Err(why) => misfits.push(Misfit { name: name.clone(), message: format!("`{name}` {why}"), help: None }),
        }
    }
    for variable in variables {
        let absent = bound.get(&variable.name).is_none_or(Value::is_null);
        if variable.required && absent && !misfits.iter().any(|misfit| misfit.name == variable.name) {
            let message = format!("the required variable `{}` is missing", variable.name);
            misfits.push(Misfit { name: variable.name.clone(), message, help: None });
        }
    }
    if misfits.is_empty() { Ok(bound) } else { Err(misfits) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variable(declared: Value) -> Variable {
        serde_json::from_value(declared).unwrap()
    }

    #[test]
    fn values_are_checked() {
        let words = variable(json!({"name": "w", "type": "integer", "validation": {"min": 20, "max": 500}}));
        let tone = variable(json!({"name": "t", "type": "string", "enum": ["formal", "casual"]}));
        let code =
            variable(json!({"name": "c", "type": "string", "validation": {"pattern": "^[a-z]+$", "max_length": 3}}));
        for (variable, value, says) in [
            (&words, json!(20), None),
            (&words, json!(20.0), None),
            (&words, json!(19), Some("must be 20 to 500, not 19")),
            (&words, json!("20"), Some("must be an integer, not \"20\"")),
            (&words, json!(20.5), Some("must be an integer, not 20.5")),
            (&tone, json!("formal"), None),
            (&tone, json!("loud"), Some("must be one of \"formal\", \"casual\", not \"loud\"")),
            (&code, json!("abc"), None),
            (&code, json!("abcd"), Some("must have at most 3 characters, not 4")),
            (&code, json!("A"), Some("must match ^[a-z]+$")),
        ] {
            assert_eq!(variable.check(&value).err().as_deref(), says, "{value}");
        }
    }

    #[test]
    fn binding_fills_defaults_and_names_every_misfit() {
        let variables = [
            variable(json!({"name": "article", "type": "string"})),
            variable(json!({"name": "max_words", "type": "integer", "required": false, "default": 100})),
            variable(json!({"name": "tone", "type": "string", "required": false, "enum": ["formal"], "default": null})),
        ];
        let input = json!({"article": "a", "tone": null});
        let bound = bind(&variables, input.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(bound), json!({"article": "a", "max_words": 100, "tone": null}));
        let input = json!({"artcle": "a", "max_words": "x"});
        let messages: Vec<_> = bind(&variables, input.as_object().unwrap())
            .unwrap_err()
            .into_iter()
            .map(|misfit| misfit.message)
            .collect();
        assert_eq!(
            messages,
            [
                "`artcle` is not a variable of the prompt",
                "`max_words` must be an integer, not \"x\"",
                "the required variable `article` is missing"
            ]
        );
    }

    #[test]
    fn flaws_of_declarations_are_found() {
        for declared in [
            json!({"name": "1a", "type": "string"}),
            json!({"name": "examples", "type": "array"}),
            json!({"name": "a", "type": "string", "validation": {"pattern": "("}}),
            json!({"name": "a", "type": "integer", "enum": ["x"]}),
            json!({"name": "a", "type": "integer", "default": 5, "validation": {"min": 6}}),
        ] {
            assert!(variable(declared.clone()).flaw().is_some(), "{declared}");
        }
    }
}

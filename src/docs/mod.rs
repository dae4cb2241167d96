//! Reference pages made from the types they describe, so that neither can say something the other does not.
//!
//! A test keeps the files below `docs/` in step with what stands here.

mod cost;
mod settings;
mod verdict;

pub use cost::cost;
pub use verdict::verdict;

use std::collections::BTreeSet;

use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use crate::assertion::catalogue;
use crate::diagnostic::{Code, Severity};

const HEAD: &str = "<!-- Generated from src/assertion/: `UPDATE=1 cargo test --test integration` writes it anew. -->

# Assertions

What a task can expect of an answer or a run. Each entry of `assertions:` has a `type` and the fields of that type; an
unknown field is an error. An assertion passes, fails, or stays unjudged where the run does not show what it is about.

";

const DIAGNOSTICS: &str = "<!-- Generated from src/diagnostic/code.rs: `UPDATE=1 cargo test --test integration` writes it anew. -->

# Diagnostics

What can be wrong in a file, and how much it weighs. The policy changes that by code, for `regild check` and `regild validate`
alike:

```yaml
gate:
  severity: {version-edited-in-place: fail, id-folder: off}
```

`fail` fails, `accept` waits for a yes, `warn` is shown, `off` is not. `validate` calls the first two errors. A code whose
least is `warn` keeps something from being read or run: it can be turned down, not off, and what it leaves out is never judged
as passing (`does-not-load`, exit code 3). What base has too, in the same bytes, is a warning at most.
";

/// `docs/diagnostics.md`: every code with what it weighs and means.
pub fn diagnostics() -> String {
    let mut text = DIAGNOSTICS.to_owned();
    text.push_str("\n| code | usually | least |\n|---|---|---|\n");
    for code in Code::ALL {
        let usual = match code.severity() {
            Severity::Error => "fail",
            Severity::Warning => "warn",
        };
        let least = if code.leaves_out() { "warn" } else { "off" };
        text.push_str(&format!("| [{code}](#{code}) | {usual} | {least} |\n"));
    }
    for code in Code::ALL {
        let (meaning, remedy) = code.explanation();
        text.push_str(&format!("\n## {code}\n\n{meaning}\n\n{remedy}\n"));
    }
    text
}

/// `docs/assertions.md`: every assertion type with its fields and an example.
pub fn assertions() -> String {
    let mut generator = SchemaGenerator::default();
    let types = catalogue(&mut generator);
    let definitions = generator.take_definitions(true);
    let mut page = Page { definitions: &definitions, text: HEAD.to_owned(), shapes: BTreeSet::new() };
    let list = types.iter().map(|(name, ..)| format!("[{name}](#{name})")).collect::<Vec<_>>().join(" · ");
    page.text.push_str(&format!("{list}\n"));
    for (name, example, schema) in &types {
        page.section(name, schema.as_value());
        page.text.push_str(&format!("\n```yaml\n- {example}\n```\n"));
    }
    page.shapes();
    page.text
}

struct Page<'a> {
    definitions: &'a Map<String, Value>,
    text: String,
    /// Mappings that fields refer to and that have sections of their own.
    shapes: BTreeSet<String>,
}

impl Page<'_> {
    fn section(&mut self, name: &str, schema: &Value) {
        self.text.push_str(&format!("\n## {name}\n"));
        if let Some(description) = schema["description"].as_str() {
            self.text.push_str(&format!("\n{description}\n"));
        }
        self.fields(schema);
    }

    /// The table of a mapping's fields; nothing where it has none.
    fn fields(&mut self, schema: &Value) {
        let Some(properties) = schema["properties"].as_object() else { return };
        if properties.is_empty() {
            return;
        }
        self.text.push_str("\n| field | type | required | meaning |\n|---|---|---|---|\n");
        for (field, property) in properties {
            let is_required = schema["required"].as_array().is_some_and(|all| all.iter().any(|name| name == field));
            let kind = self.kind(property);
            let row =
                [format!("`{field}`"), kind, if is_required { "yes" } else { "no" }.to_owned(), self.meaning(property)];
            self.text.push_str(&format!("| {} |\n", row.map(|cell| cell_text(&cell)).join(" | ")));
        }
    }

    /// What a field means: its own words, those of its choices, and its default.
    fn meaning(&self, property: &Value) -> String {
        let mut words = property["description"].as_str().unwrap_or_default().to_owned();
        let schema = self.referred(property).map_or(property, |(_, schema)| schema);
        for choice in ["oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
            if let (Some(name), Some(description)) = (choice["const"].as_str(), choice["description"].as_str()) {
                words.push_str(&format!(" `{name}`: {description}"));
            }
        }
        match &property["default"] {
            Value::Null => words,
            Value::Array(none) if none.is_empty() => words,
            default => format!("{words} Default: `{default}`."),
        }
    }

    fn referred<'s>(&'s self, property: &'s Value) -> Option<(&'s str, &'s Value)> {
        let name = property["$ref"].as_str()?.strip_prefix("#/$defs/")?;
        Some((name, self.definitions.get(name)?))
    }

    /// The type of a field, in words.
    fn kind(&mut self, schema: &Value) -> String {
        if let Some((name, definition)) = self.referred(schema) {
            let (name, definition) = (name.to_owned(), definition.clone());
            return self.named(&name, &definition);
        }
        if let Some(constant) = schema.get("const").or_else(|| schema.get("enum")) {
            return constants(constant);
        }
        if let Some(branches) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            let kinds: Vec<String> =
                branches.iter().filter(|branch| branch["type"] != "null").map(|branch| self.kind(branch)).collect();
            return kinds.join(" or ");
        }
        match word(&schema["type"]) {
            "array" => match schema["items"] {
                Value::Object(_) => format!("list of {}", self.kind(&schema["items"])),
                _ => "list".to_owned(),
            },
            "object" => match schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next()) {
                Some(inner) => format!("mapping of id to {}", self.kind(inner)),
                None => "mapping".to_owned(),
            },
            "string" => "text".to_owned(),
            "integer" => "whole number".to_owned(),
            "" => "any value".to_owned(),
            other => other.to_owned(),
        }
    }

    /// A type with a name: words of our own for the common ones, a link for a mapping, else what it is made of.
    fn named(&mut self, name: &str, definition: &Value) -> String {
        match name {
            "Assertion" => "assertion".to_owned(),
            "Id" => "id".to_owned(),
            "JsonSchema" => "JSON Schema".to_owned(),
            _ if definition["properties"].is_object() => {
                self.shapes.insert(name.to_owned());
                format!("[{name}](#{})", name.to_lowercase())
            }
            _ => self.kind(definition),
        }
    }

    /// A section for every mapping that was referred to, and for those that these refer to.
    fn shapes(&mut self) {
        let mut shown = BTreeSet::new();
        while let Some(name) = self.shapes.difference(&shown).next().cloned() {
            if let Some(definition) = self.definitions.get(&name) {
                self.section(&name, definition);
            }
            shown.insert(name);
        }
    }
}

/// The type's name; the one beside `null` where it may be absent.
fn word(kind: &Value) -> &str {
    match kind {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    }
}

fn constants(values: &Value) -> String {
    let show = |value: &Value| value.as_str().map_or_else(|| format!("`{value}`"), |text| format!("`{text}`"));
    match values {
        Value::Array(many) => many.iter().map(show).collect::<Vec<_>>().join(", "),
        one => show(one),
    }
}

/// Text for one cell of a table.
fn cell_text(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_section_with_an_example() {
        let page = assertions();
        for name in crate::assertion::NAMES {
            let section = page.split(&format!("\n## {name}\n")).nth(1).unwrap_or_else(|| panic!("{name}"));
            assert!(section.split("\n## ").next().unwrap().contains(&format!("- {{type: {name}")), "{name}");
        }
    }

    #[test]
    fn every_link_has_a_target() {
        let page = assertions();
        let headings: BTreeSet<String> =
            page.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_lowercase).collect();
        for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(headings.contains(link), "{link}");
        }
    }

    #[test]
    fn no_field_is_left_without_words() {
        for row in assertions().lines().filter(|line| line.starts_with("| `")) {
            assert!(!row.contains("|  |"), "{row}");
        }
    }
}

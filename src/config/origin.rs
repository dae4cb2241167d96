//! Where every setting comes from: a line of the settings file, or the built-in default; and who decides it (DESIGN 3.4).

use serde_json::Value;

use super::{Budgets, Config};
use crate::yaml::{Document, Step};

/// One resolved value.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub path: Vec<Step>,
    pub value: Value,
    /// The 1-based line that declares it; `None` is the built-in default.
    pub line: Option<u32>,
}

/// Whose word counts for a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    Policy,
    Head,
}

impl Setting {
    /// The path with dots, a key in quotes where dots or spaces would hide where it ends.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for step in &self.path {
            match step {
                Step::Index(index) => key.push_str(&format!("[{index}]")),
                Step::Key(name) => {
                    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
                    let name = if is_plain { name.clone() } else { format!("{name:?}") };
                    key.push_str(if key.is_empty() { "" } else { "." });
                    key.push_str(&name);
                }
            }
        }
        key
    }

    pub fn decider(&self) -> Decider {
        match self.names().as_slice() {
            ["prompts", "dir" | "active", ..] | ["testing", ..] => Decider::Head,
            ["models", _, "model" | "parameters", ..] => Decider::Head,
            _ => Decider::Policy,
        }
    }

    fn names(&self) -> Vec<&str> {
        let names = self.path.iter().filter_map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Index(_) => None,
        });
        names.collect()
    }
}

/// Every value of `config`, which was read from `document`, in the order of its sections.
pub fn settings(config: &Config, document: Option<&Document>) -> Vec<Setting> {
    let value = serde_json::to_value(config).expect("settings have string keys and finite numbers");
    let mut found = Vec::new();
    walk(&value, document, &mut Vec::new(), &mut found);
    found
}

/// What the policy decides, as it is at the policy commit.
pub fn of_policy(policy: &Config, document: Option<&Document>) -> Vec<Setting> {
    let all = settings(policy, document);
    all.into_iter().filter(|setting| setting.decider() == Decider::Policy).collect()
}

/// What head decides itself: its own keys, aliases that the policy does not know, and budgets where head's are stricter.
pub fn of_head(head: &Config, document: Option<&Document>, policy: &Config) -> Vec<Setting> {
    let Budgets { max_steps, max_tool_calls, max_seconds, max_tokens } = policy.budgets;
    let is_stricter = |name: &str| match name {
        "max_steps" => head.budgets.max_steps < max_steps,
        "max_tool_calls" => head.budgets.max_tool_calls < max_tool_calls,
        "max_seconds" => head.budgets.max_seconds < max_seconds,
        "max_tokens" => head.budgets.max_tokens < max_tokens,
        _ => false,
    };
    let counts = |setting: &Setting| {
        setting.decider() == Decider::Head
            || match setting.names().as_slice() {
                ["budgets", name] => is_stricter(name),
                ["models", alias, ..] => !policy.models.contains_key(*alias),
                _ => false,
            }
    };
    settings(head, document).into_iter().filter(counts).collect()
}

fn walk(value: &Value, document: Option<&Document>, path: &mut Vec<Step>, found: &mut Vec<Setting>) {
    let mut inside = |step: Step, value: &Value| {
        path.push(step);
        walk(value, document, path, found);
        path.pop();
    };
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            entries.iter().for_each(|(key, value)| inside(Step::Key(key.clone()), value));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(index, value)| inside(Step::Index(index), value));
        }
        leaf => found.push(Setting { path: path.clone(), value: leaf.clone(), line: line(document, path) }),
    }
}

/// The line of the value at `path`, if the document has one there.
fn line(document: Option<&Document>, path: &[Step]) -> Option<u32> {
    let document = document?;
    let mut value = document.value();
    for step in path {
        value = match step {
            Step::Key(name) => value.get(name)?,
            Step::Index(index) => value.get(index)?,
        };
    }
    Some(document.key_place(path).line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FILE, parse};

    fn shown(settings: &[Setting]) -> Vec<String> {
        let show = |setting: &Setting| {
            let line = setting.line.map_or_else(|| "default".to_owned(), |line| line.to_string());
            format!("{} = {} {line}", setting.key(), setting.value)
        };
        settings.iter().map(show).collect()
    }

    #[test]
    fn every_value_has_its_line_or_is_the_default() {
        let text = "prompts:\n  active: [\"a:v1\"]\ngate:\n  tokens: {warn: 1.2}\n  latency:\ntraffic:\n  a.b:\n    \
            requests_per_month:\n      {low: 5, expected: 5, high: 5}\ntesting:\n  models: [m]\n  golden_tasks:\n    \
            - id: t\n      assertions: [{type: valid_json}]\n";
        let loaded = parse(FILE, text.as_bytes()).unwrap();
        let all = shown(&settings(&loaded.config, Some(&loaded.document)));
        for want in [
            "prompts.dir = \"prompts\" default",
            "prompts.active = \"a:v1.0.0\" 2",
            "prompts.rollback = [] default",
            "gate.tokens.warn = 1.2 4",
            "gate.tokens.fail = 1.25 default",
            "gate.latency = null 5",
            "models = {} default",
            "traffic.\"a.b\".requests_per_month = 5 8",
            "testing.models = [\"m\"] 11",
            "testing.golden_tasks[0].id = \"t\" 13",
            "testing.golden_tasks[0].max_steps = null default",
            "testing.golden_tasks[0].assertions[0].type = \"valid_json\" 14",
        ] {
            assert!(all.contains(&want.to_owned()), "{want} in {all:#?}");
        }
    }

    #[test]
    fn head_decides_its_own_and_nothing_that_judges() {
        let policy = parse(FILE, b"models: {known: {provider: mock}}\nbudgets: {max_steps: 9}\n").unwrap().config;
        let text = "models:\n  known: {provider: openai, model: x, base_url: \"http://evil\"}\n  new: {provider: mock}\n\
            budgets: {max_steps: 8, max_tokens: 99999}\ngate: {regression: off}\n";
        let head = parse(FILE, text.as_bytes()).unwrap();
        let own = shown(&of_head(&head.config, Some(&head.document), &policy));
        let keys: Vec<&str> = own.iter().filter_map(|line| line.split(" = ").next()).collect();
        assert_eq!(
            keys,
            [
                "prompts.dir",
                "prompts.active",
                "testing.dir",
                "testing.models",
                "testing.samples",
                "testing.golden_tasks",
                "models.known.model",
                "models.known.parameters",
                "models.new.provider",
                "models.new.model",
                "models.new.parameters",
                "models.new.base_url",
                "models.new.api_key_env",
                "models.new.price_as",
                "budgets.max_steps",
            ]
        );
        let policy = shown(&of_policy(&policy, None));
        assert!(policy.iter().any(|line| line.starts_with("gate.regression")), "{policy:#?}");
        assert!(policy.contains(&"models.known.provider = \"mock\" default".to_owned()), "{policy:#?}");
        assert!(!policy.iter().any(|line| line.starts_with("testing")), "{policy:#?}");
    }

    #[test]
    fn no_value_is_lost_between_the_two() {
        let config = Config::default();
        let (policy, head) = (of_policy(&config, None), of_head(&config, None, &config));
        assert_eq!(policy.len() + head.len(), settings(&config, None).len());
    }
}

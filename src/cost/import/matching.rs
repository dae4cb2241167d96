//! Which names a rule of genai-prices means. As there, letter case counts only in regular expressions.

use fancy_regex::{Captures, Regex};
use serde_json::Value;

/// Whether a name is one that the rule means. A rule that cannot be read means none.
pub(super) fn matches(rule: &Value, name: &str) -> bool {
    let Some((operation, operand)) =
        rule.as_object().filter(|rule| rule.len() == 1).and_then(|rule| rule.iter().next())
    else {
        return false;
    };
    let folded = name.to_lowercase();
    let says = |test: fn(&str, &str) -> bool| operand.as_str().is_some_and(|text| test(&folded, &text.to_lowercase()));
    let mut rules = operand.as_array().into_iter().flatten();
    match operation.as_str() {
        "equals" => says(|name, text| name == text),
        "starts_with" => says(|name, text| name.starts_with(text)),
        "ends_with" => says(|name, text| name.ends_with(text)),
        "contains" => says(|name, text| name.contains(text)),
        "regex" => {
            let regex = operand.as_str().and_then(|pattern| Regex::new(pattern).ok());
            // One that takes too many steps is no match.
            regex.is_some_and(|regex| regex.is_match(name).unwrap_or(false))
        }
        "and" => operand.is_array() && rules.all(|rule| matches(rule, name)),
        "or" => rules.any(|rule| matches(rule, name)),
        _ => false,
    }
}

/// The name with its date spread out, as the rules have it: `x-20250131` is `x-2025-01-31`. `None` where it has none.
pub(super) fn spread_date(name: &str) -> Option<String> {
    let date =
        Regex::new(r"-(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(?=-|:|$)").expect("a pattern of our own");
    let spread =
        date.replace_all(name, |found: &Captures<'_, str>| format!("-{}-{}-{}", &found[1], &found[2], &found[3]));
    (spread != name).then(|| spread.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_means_what_it_says() {
        for (rule, name, want) in [
            (json!({"equals": "GPT-4o"}), "gpt-4O", true),
            (json!({"equals": "gpt-4o"}), "gpt-4o-mini", false),
            (json!({"starts_with": "gpt-"}), "gpt-4o", true),
            (json!({"ends_with": "mini"}), "gpt-4o-mini", true),
            (json!({"contains": "claude"}), "anthropic.claude-3", true),
            (json!({"regex": "^gpt-4o(?!-mini)"}), "gpt-4o-2024", true),
            (json!({"regex": "^gpt-4o(?!-mini)"}), "gpt-4o-mini", false),
            (json!({"regex": "^GPT"}), "gpt", false),
            (json!({"regex": "("}), "(", false),
            (json!({"or": [{"equals": "a"}, {"and": [{"starts_with": "b"}, {"ends_with": "c"}]}]}), "b-c", true),
            (json!({"or": [{"equals": "a"}, {"and": [{"starts_with": "b"}, {"ends_with": "c"}]}]}), "b-d", false),
            (json!({"and": "a"}), "a", false),
            (json!({"and": []}), "a", true),
            (json!({"or": []}), "a", false),
            (json!({"equals": "a", "contains": "a"}), "a", false),
            (json!({"like": "a"}), "a", false),
            (json!("a"), "a", false),
        ] {
            assert_eq!(matches(&rule, name), want, "{rule} {name}");
        }
    }

    #[test]
    fn dates_are_spread_out() {
        for (name, want) in [
            ("x-20250131", Some("x-2025-01-31")),
            ("x-20250131:free", Some("x-2025-01-31:free")),
            ("x-20251331", None),
            ("x-202501311", None),
            ("x-2025-01-31", None),
        ] {
            assert_eq!(spread_date(name).as_deref(), want);
        }
    }
}

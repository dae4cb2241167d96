//! `contains_keywords`: words that the answer mentions.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Check, Declared, Observed, Seen};
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// The answer contains at least `min_matches` of the `keywords`, in any case and anywhere in a word.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainsKeywords {
    /// What to look for.
    #[schemars(length(min = 1))]
    keywords: Vec<String>,
    /// How many of them must be there; all where this is left out.
    min_matches: Option<usize>,
}

impl ContainsKeywords {
    fn wanted(&self) -> usize {
        self.min_matches.unwrap_or(self.keywords.len())
    }
}

impl Check for ContainsKeywords {
    fn expected(&self) -> String {
        let keywords = self.keywords.join(", ");
        match self.wanted() {
            all if all == self.keywords.len() => format!("all of: {keywords}"),
            some => format!("at least {some} of: {keywords}"),
        }
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        let answer = run.answer()?.to_lowercase();
        let (found, missing): (Vec<&str>, Vec<&str>) =
            self.keywords.iter().map(String::as_str).partition(|keyword| answer.contains(&keyword.to_lowercase()));
        let actual = match missing.as_slice() {
            [] => format!("all {}", found.len()),
            _ => format!("{} of {}; missing: {}", found.len(), self.keywords.len(), missing.join(", ")),
        };
        Ok(Observed::new(found.len() >= self.wanted(), actual))
    }
}

impl Declared for ContainsKeywords {
    const EXAMPLE: &'static str = "{type: contains_keywords, keywords: [quantum, AI], min_matches: 1}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        if parsed.keywords.is_empty() || parsed.keywords.iter().any(String::is_empty) {
            return Err(Problem::new(vec![Step::from("keywords")], "`keywords` needs words, none of them empty"));
        }
        if parsed.wanted() == 0 || parsed.wanted() > parsed.keywords.len() {
            let message =
                format!("`min_matches` must be between 1 and {}, the number of keywords", parsed.keywords.len());
            return Err(Problem::new(vec![Step::from("min_matches")], message));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::assertion::Assertion;
    use crate::assertion::tests::{answer, table};

    #[test]
    fn counts_keywords_in_any_case() {
        let rows = [
            (answer("QUANTUM and more"), Some(true)),
            (answer("ai quantum"), Some(true)),
            (answer("neither"), Some(false)),
            (answer(""), Some(false)),
        ];
        table(json!({"type": "contains_keywords", "keywords": ["quantum", "AI"], "min_matches": 1}), &rows);
        let all = [(answer("QUANTUM"), Some(false)), (answer("ai quantum"), Some(true))];
        table(json!({"type": "contains_keywords", "keywords": ["quantum", "AI"]}), &all);
    }

    #[test]
    fn refuses_what_would_always_hold() {
        for fields in [json!({"keywords": []}), json!({"keywords": ["a"], "min_matches": 0}), json!({"keywords": [""]})]
        {
            let mut declared = fields.clone();
            declared["type"] = json!("contains_keywords");
            assert!(Assertion::parse(&declared).is_err(), "{fields}");
        }
    }
}

//! The names users give: prompts, tasks, tools and aliases. One shape for all, so that an id is safe in a path, a shell
//! command and a table cell.

use std::borrow::Borrow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to say of a text that is none.
const SHAPE: &str = "is not an id: use 1 to 64 of A-Z a-z 0-9 _ . - and begin with a letter or digit";

/// An id: `[A-Za-z0-9][A-Za-z0-9_.-]{0,63}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(transparent, extend("patternErrorMessage" = SHAPE))]
pub struct Id(#[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"))] String);

impl Id {
    /// Takes `text` as an id, or says why it cannot be one.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut chars = text.chars();
        let fits = chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
            && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
            && text.len() <= 64;
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("{text:?} {SHAPE}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two ids collide: file systems and people do not tell case apart.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Id;

    #[test]
    fn sec_22_accepts_the_documented_shape_only() {
        for good in ["a", "9", "support", "kb_lookup", "gpt-4.1", &"x".repeat(64)] {
            assert!(Id::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "_a", "a b", "x;id", "a/b", "é", "../a", &"x".repeat(65), "a\n"] {
            assert!(Id::new(bad).is_err(), "{bad:?}");
        }
    }
}

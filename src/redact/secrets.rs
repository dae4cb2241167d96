//! Keys whose values are known: found to the letter, wherever they stand and whatever they look like.

use std::fmt;

use base64::prelude::{BASE64_STANDARD as STANDARD, Engine as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The shortest value that is looked for. What is shorter stands in every other text.
const MIN_CHARS: usize = 8;

/// Values that no log may hold. They can be looked for, and not be looked at.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Each value in all the forms that it may stand in a text.
    forms: Vec<String>,
}

impl Secrets {
    /// Adds a value: as it is, and as it would stand in JSON, in a URL or in base64.
    pub fn add(&mut self, value: &str) {
        if value.chars().count() < MIN_CHARS {
            return;
        }
        let quoted = serde_json::to_string(value).unwrap_or_default();
        let quoted = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
        for form in [value.to_owned(), quoted, in_url(value), in_base64(value.as_bytes())] {
            if form.len() >= MIN_CHARS && !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
    }

    /// Whether a text holds one of the values, in any form.
    pub fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form.as_str()))
    }

    /// The length of the value that `ahead` begins with.
    pub(super) fn length(&self, ahead: &str) -> Option<usize> {
        self.forms.iter().filter(|form| ahead.starts_with(form.as_str())).map(String::len).max()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} forms)", self.forms.len())
    }
}

fn in_url(value: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(value, PLAIN).to_string()
}

/// As much of it as looks the same whatever follows.
fn in_base64(value: &[u8]) -> String {
    STANDARD.encode(&value[..value.len() / 3 * 3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::redact;

    #[test]
    fn sec_13_a_known_key_is_found_in_every_form() {
        let mut secrets = Secrets::default();
        secrets.add("p@ss\"word+1/2");
        secrets.add("short");
        let of = |text: &str| redact(text, &secrets).text;
        assert_eq!(of("xp@ss\"word+1/2y"), "x[key]y", "in the middle of a word");
        assert_eq!(of(r#"{"k":"p@ss\"word+1/2"}"#), r#"{"k":"[key]"}"#);
        assert_eq!(of("?k=p%40ss%22word%2B1%2F2&x"), "?k=[key]&x");
        assert_eq!(
            of("basic cEBzcyJ3b3JkKzEvMg=="),
            "basic [key]Mg==",
            "all but the last, which depends on what follows"
        );
        assert_eq!(of("p@ss\"word+1/ short"), "p@ss\"word+1/ short");
        assert_eq!(format!("{secrets:?}"), "Secrets(4 forms)");
    }

    #[test]
    fn base64_is_base64() {
        assert_eq!(in_base64(b"Many hands make light work.."), "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu");
    }
}

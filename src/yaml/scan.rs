//! What a look at the lines of a YAML file tells for certain: the value of one key of its outermost mapping.
//!
//! Nothing is guessed. Whatever is not plainly written leaves the question open, and the file is parsed instead. Whoever parses
//! a file in full holds the look against it ([`Document::misread`]), and so does a test on generated files.

use super::Document;
use crate::diagnostic::{Code, Diagnostic};

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// The key's value, which is text.
    Text(String),
    /// The outermost mapping does not have the key.
    Absent,
    /// Only a parser can tell.
    Open,
}

/// Looks for `key` in the outermost mapping of `text`.
pub fn scan(text: &str, key: &str) -> Scanned {
    // Characters that end a line for some readers and not for others.
    if text.contains(['\0', '\t', '\u{feff}', '\u{85}', '\u{2028}', '\u{2029}'])
        || text.replace("\r\n", "\n").contains('\r')
    {
        return Scanned::Open;
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut found = None;
    let mut is_last = false;
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with(' ') {
            // It goes on with the value above. That of the key must end on its own line, and something must stand above.
            if is_last || seen.is_empty() {
                return Scanned::Open;
            }
            continue;
        }
        let Some((name, value)) = entry(line) else { return Scanned::Open };
        if seen.contains(&name) {
            return Scanned::Open;
        }
        seen.push(name);
        is_last = name == key;
        if is_last {
            match text_of(value) {
                Some(value) => found = Some(value),
                None => return Scanned::Open,
            }
        } else if !ends_with_its_lines(value) {
            return Scanned::Open;
        }
    }
    match (found, seen.is_empty()) {
        (Some(value), _) => Scanned::Text(value.to_owned()),
        (None, false) => Scanned::Absent,
        // An empty document is no mapping.
        (None, true) => Scanned::Open,
    }
}

impl Document {
    /// Where the look at this document's lines says otherwise of `key` than its tree: a fault of regild's.
    pub fn misread(&self, key: &str) -> Option<Diagnostic> {
        let declared = self.value().get(key);
        let is_right = match scan(self.text(), key) {
            Scanned::Text(text) => declared.and_then(|value| value.as_str()) == Some(&text),
            Scanned::Absent => declared.is_none(),
            Scanned::Open => true,
        };
        let message = format!("regild's quick look at this file takes `{key}` for something else than it is");
        (!is_right).then(|| Diagnostic::new(Code::Misread, self.key_place(&[key.into()]), message))
    }
}

/// A line that is a plain key with its value.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let value = value.trim_end();
    (is_plain && (value.is_empty() || value.starts_with(' '))).then(|| (name, value.trim_start()))
}

/// The text of a value that is one plain word, or one in quotes; `None` for all that may mean something else.
fn text_of(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
    let (word, rest) = match quote {
        Some(quote) => value[1..].split_once(quote)?,
        None => value.split_at(value.find(' ').unwrap_or(value.len())),
    };
    let is_word = word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    // Words that YAML takes for something else than text, in some version of it.
    let is_other = word.starts_with(|c: char| c.is_ascii_digit())
        || ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"]
            .iter()
            .any(|other| word.eq_ignore_ascii_case(other));
    (is_word && is_comment(rest) && (quote.is_some() || !is_other)).then_some(word)
}

/// Whether what follows a value is nothing but a comment.
fn is_comment(rest: &str) -> bool {
    let comment = rest.trim_start();
    comment.is_empty() || (comment.starts_with('#') && comment.len() < rest.len())
}

/// Whether a value, with the indented lines below it, cannot reach into lines that are not indented.
fn ends_with_its_lines(value: &str) -> bool {
    // One pair of quotes, or of brackets with nothing between them that could hide where they end.
    let closes = |close: char, hides: &[char]| {
        let inside = value[1..].strip_suffix(close);
        inside.is_some_and(|inside| !inside.contains(close) && !inside.contains(hides))
    };
    match value.chars().next() {
        None => true,
        Some('"') => closes('"', &['\\']),
        Some('\'') => closes('\'', &[]),
        Some('[') => closes(']', &['#', '\'', '\\', '[', '{']),
        Some('{') => closes('}', &['#', '\'', '\\', '[', '{']),
        // Anchors, aliases, tags, and what cannot begin a plain value.
        Some('&' | '*' | '!' | '%' | '@' | '`' | '?' | '-' | ',' | ']' | '}') => false,
        Some('|' | '>') => value[1..].bytes().all(|byte| matches!(byte, b'-' | b'+' | b'1'..=b'9')),
        Some(_) => !value.contains(": "),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the parser says of the same question; `None` where it refuses the document.
    fn parsed(text: &str) -> Option<Scanned> {
        let document = Document::parse("f.yaml", text.as_bytes()).ok()?;
        let root = document.value().as_object()?;
        Some(match root.get("id") {
            None => Scanned::Absent,
            Some(value) => value.as_str().map_or(Scanned::Open, |text| Scanned::Text(text.to_owned())),
        })
    }

    #[test]
    fn what_is_plainly_written_is_found() {
        for (text, want) in [
            ("id: a-1.b\nversion: 1.0.0\n", Some("a-1.b")),
            ("# c\n\nversion: \"1.0\"\nid: \"7\" # here\ntags: [\"x\", y]\n", Some("7")),
            ("template: |\n  id: no\n\n  # x\nid: 'yes'\r\n", Some("yes")),
            ("prompt: x\ntasks:\n  - id: t\n", None),
        ] {
            let want = want.map_or(Scanned::Absent, |text| Scanned::Text(text.to_owned()));
            assert_eq!(scan(text, "id"), want, "{text:?}");
            assert_eq!(parsed(text), Some(want), "{text:?}");
        }
    }

    #[test]
    fn what_may_mean_something_else_is_left_open() {
        for text in [
            "",
            "- id: a\n",
            "id: 1\n",
            "id: true\n",
            "id: a\n  b\n",
            "id: a\nid: b\n",
            "{id: a}\n",
            "---\nid: a\n",
            "x: \"a\nid: b\n\"\n",
            "x: [a,\nid: b]\n",
            "id: &a b\n",
            "<<: {id: a}\n",
            "\"id\": a\n",
            "x: *a\n",
            "id:\n  a\n",
            "id: \"\\x61\"\n",
            "\tid: a\n",
            "? id\n: a\n",
            "id: a\rid: b\n",
            "x:\n- id: a\n",
            "id: |\n  a\n",
            "id : a\n",
        ] {
            assert_eq!(scan(text, "id"), Scanned::Open, "{text:?}");
        }
    }

    /// Lines as people write them, and as somebody writes them who wants the two to differ.
    fn line() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            "[a-z]{1,3}",
            "[0-9.]{1,4}",
            "[\"'|>&*!#,:{}\\[\\] -]{0,3}",
            Just("\"a\"".to_owned()),
            Just("'b' # c".to_owned()),
            Just("[a, b]".to_owned()),
            Just("|-".to_owned()),
            Just("null".to_owned()),
            Just("\"x\\\"".to_owned()),
            Just("{a: b}".to_owned()),
            Just("~".to_owned()),
        ];
        let key = prop_oneof![
            Just("id"),
            Just("x"),
            Just("version"),
            Just("  id"),
            Just("- id"),
            Just("\"id\""),
            Just("<<"),
            Just("---")
        ];
        prop_oneof![
            8 => (key, word.clone()).prop_map(|(key, word)| format!("{key}: {word}")),
            1 => word.clone(),
            1 => word.prop_map(|word| format!("  {word}")),
            1 => Just(String::new()),
            1 => Just("# id: c".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn a_scan_says_what_the_parser_says(lines in prop::collection::vec(line(), 0..7), end in prop_oneof![Just("\n"), Just("\r\n")]) {
            let text = lines.join(end);
            let scanned = scan(&text, "id");
            if scanned != Scanned::Open && let Some(parsed) = parsed(&text) {
                prop_assert_eq!(scanned, parsed, "{:?}", text);
            }
        }

        #[test]
        fn any_text_is_scanned_without_a_panic(text in any::<String>()) {
            scan(&text, "id");
        }
    }
}

//! Traps of YAML: what the reader accepts and a person, or another reader, takes for something else.
//!
//! Each is found on the tree, so that one run finds them all.

use serde_json::Value;

use super::node::{Kind, Node};
use super::{Document, MAX_TOLD};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::text::{Concealment, hidden};

/// Every trap of a document.
pub(super) fn traps(document: &Document) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> =
        hidden(&document.text).take(MAX_TOLD).map(|one| concealed(document, one)).collect();
    visit(&document.root, document, &mut found);
    found
}

fn concealed(document: &Document, (at, concealment): (usize, Concealment)) -> Diagnostic {
    let place = Place::of(&document.path, &document.text, at);
    let c = document.text[at..].chars().next().unwrap_or_default();
    let (code, what) = match concealment {
        Concealment::Control => (Code::ControlCharacter, "a control character"),
        Concealment::Hidden => (Code::HiddenCharacter, "a character that hides or reorders text"),
    };
    let message = format!("U+{:04X} is {what}", u32::from(c));
    Diagnostic::new(code, place, message)
        .help(format!("if it is meant, write \"\\U{:08X}\" in double quotes", u32::from(c)))
}

fn visit(node: &Node, document: &Document, found: &mut Vec<Diagnostic>) {
    if found.len() >= MAX_TOLD {
        return;
    }
    match &node.kind {
        Kind::Scalar(Value::Number(_)) => {
            let raw = document.raw(node.at);
            if let Some(why) = ambiguity(raw) {
                let message = format!("`{raw}` {why}");
                let help = "write it in quotes if it is a name or a code, or write the plain number";
                found.push(Diagnostic::new(Code::AmbiguousNumber, document.shown(node.at), message).help(help));
            }
        }
        Kind::Scalar(_) => {}
        Kind::Seq(items) => items.iter().for_each(|item| visit(item, document, found)),
        Kind::Map(entries) => {
            duplicates(entries, document, found);
            entries.iter().for_each(|(_, value)| visit(value, document, found));
        }
    }
}

fn duplicates(entries: &[super::node::Entry], document: &Document, found: &mut Vec<Diagnostic>) {
    let mut first = std::collections::HashMap::new();
    for (key, _) in entries {
        if found.len() >= MAX_TOLD {
            return;
        }
        if let Some(line) = first.insert(key.value.as_str(), key.referenced.line()) {
            let message = format!("`{}` stands here and on line {line}", key.value);
            found.push(Diagnostic::new(Code::DuplicateKey, document.shown(key.referenced), message));
        }
    }
}

/// Why a number as written means different things to different readers; `None` where it does not.
fn ambiguity(raw: &str) -> Option<&'static str> {
    let digits = raw.trim_start_matches(['+', '-']);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut bytes = digits.bytes();
    let (first, second) = (bytes.next(), bytes.next());
    if first == Some(b'0') && second.is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'o' | b'O' | b'_')) {
        Some("is octal to one reader and decimal to another")
    } else if digits.contains('_') {
        Some("is a number to one reader and text to another")
    } else if is_integer && digits.parse::<u64>().is_err() {
        Some("has more digits than a number of 64 bits keeps")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_readers_differ_on() {
        for raw in ["0777", "-012", "0o17", "007.5", "1_000", "99999999999999999999", "0_1"] {
            assert!(ambiguity(raw).is_some(), "{raw}");
        }
        for raw in ["0", "-0", "0.5", "10", "1.10", "1e3", "0x1F", "18446744073709551615", "*anchor", ""] {
            assert_eq!(ambiguity(raw), None, "{raw}");
        }
    }

    #[test]
    fn what_nobody_sees_is_told() {
        let document =
            Document::parse("f.yaml", "a: x\n\"b\u{202e}\": é\u{e0041}\u{85}y\nc: \"\\u202e\"\n".as_bytes()).unwrap();
        let found: Vec<_> =
            traps(&document).into_iter().map(|one| (one.code, one.line, one.column, one.message)).collect();
        let hides = "a character that hides or reorders text";
        assert_eq!(
            found,
            [
                (Code::HiddenCharacter, 2, 3, format!("U+202E is {hides}")),
                (Code::HiddenCharacter, 2, 8, format!("U+E0041 is {hides}")),
                (Code::ControlCharacter, 2, 9, "U+0085 is a control character".to_owned()),
            ]
        );
    }

    #[test]
    fn every_trap_is_found_at_its_place() {
        let text = "a: 0777\nb: {c: 1, c: 2}\nd: [1_000, '0777', 3]\na: 4\n";
        let document = Document::parse("f.yaml", text.as_bytes()).unwrap();
        let found = traps(&document);
        let places: Vec<_> = found.iter().map(|one| (one.code.as_str(), one.line, one.column, one.width)).collect();
        assert_eq!(
            places,
            [
                ("duplicate-key", 4, 1, 1),
                ("ambiguous-number", 1, 4, 4),
                ("duplicate-key", 2, 11, 1),
                ("ambiguous-number", 3, 5, 5),
            ]
        );
    }
}

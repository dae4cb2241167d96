//! The YAML reader: any bytes end in a document or a diagnostic that stands where it says; what is written is read back, and
//! every key and value is found where it was written.

use proptest::collection::vec;
use proptest::prelude::*;
use regild::yaml::Document;
use serde_json::Value;

use super::writer::{quoted, style, write};
use super::{assert_placed, cases, json, text};

/// What YAML is made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b",
        ": ",
        ":",
        "- ",
        "-",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "\r",
        "\t",
        " ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "&a ",
        "*a",
        "&b ",
        "*b",
        "!t ",
        "!!str ",
        "!!binary ",
        "|\n",
        "|2-\n",
        ">+\n",
        "'",
        "\"",
        "#",
        " #c",
        "---\n",
        "\n---\n",
        "...\n",
        "%YAML 1.2\n",
        "%TAG ! x\n",
        "<<: ",
        "0x1F",
        "0o7",
        "007",
        "1_0",
        ".inf",
        "-.nan",
        "~",
        "null",
        "yes",
        "1e400",
        "99999999999999999999",
        "\\",
        "\\u",
        "\\x4",
        "@",
        "`",
        "%",
        "é",
        "語",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\0",
        "\u{7f}",
        "\u{202e}",
        "${A}",
        "#,",
    ];
    vec(prop_oneof![4 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => text()], 0..24)
        .prop_map(|pieces| pieces.concat())
}

fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match Document::parse("f.yaml", bytes) {
        Ok(document) => document.flaws().iter().for_each(|flaw| assert_placed(flaw, text)),
        Err(diagnostic) => {
            assert!(diagnostic.is_error());
            assert_placed(&diagnostic, text);
        }
    }
}

/// A value as JSON that is YAML too: some characters that JSON takes as they are, YAML takes only when they are written out.
pub(super) fn as_json(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(as_json).collect::<Vec<_>>().join(",")),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), as_json(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn parse(text: &str) -> Document {
    Document::parse("f.yaml", text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_bytes_end_well(bytes in vec(any::<u8>(), 0..96)) {
        check(&bytes);
    }

    #[test]
    fn any_yaml_ends_well(text in soup()) {
        check(text.as_bytes());
    }

    #[test]
    fn json_is_read_as_it_is(value in json(4)) {
        let text = as_json(&value);
        let document = parse(&text);
        prop_assert_eq!(document.value(), &value, "{}", text);
    }

    #[test]
    fn what_is_written_is_read_where_it_stands(value in json(4), style in style()) {
        let (text, marks) = write(&value, &style);
        let document = parse(&text);
        prop_assert_eq!(document.value(), &value, "{}", text);
        for mark in marks {
            let place = if mark.is_key { document.key_place(&mark.path) } else { document.place(&mark.path) };
            prop_assert_eq!((place.line, place.column), (mark.line, mark.column), "{:?} in {}", mark, text);
        }
    }
}

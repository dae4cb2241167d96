//! From bytes to the tree: limits, encoding, and what the YAML reader refuses, in our words.

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use super::node::Node;
use super::{Document, place_of, trap};
use crate::diagnostic::{Code, Diagnostic, Place};

/// The largest document that is read, in bytes (SEC-07).
pub const MAX_BYTES: usize = 1 << 20;
/// Values in a document, aliases expanded (SEC-07).
const MAX_NODES: usize = 100_000;
/// How deep values may be nested (SEC-07).
const MAX_DEPTH: usize = 64;

pub(super) fn parse(path: &str, bytes: &[u8]) -> Result<Document, Box<Diagnostic>> {
    let whole = |code, message: String| Box::new(Diagnostic::new(code, Place::file(path), message));
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; regild reads at most {MAX_BYTES}", bytes.len());
        return Err(whole(Code::TooLarge, message));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|e| whole(Code::NotUtf8, format!("the file is not UTF-8 (byte {})", e.valid_up_to())))?;
    let (text, marked) = match text.strip_prefix('\u{feff}') {
        Some(rest) => (rest.to_owned(), true),
        None => (text.to_owned(), false),
    };
    if let Some(at) = lone_return(&text) {
        let message = "a carriage return alone begins a new line for YAML and for nobody who reads the file";
        return Err(Box::new(Diagnostic::new(Code::ControlCharacter, Place::of(path, &text, at), message)));
    }
    let root: Node = serde_saphyr::from_str_with_options(&text, options()).map_err(|error| {
        let place = error.location().map_or_else(|| Place::file(path), |at| place_of(path, &text, at));
        let (code, message) = in_words(&error);
        Box::new(Diagnostic::new(code, place, message))
    })?;
    let value = root.to_value();
    let mut document = Document { path: path.to_owned(), text, root, value, flaws: Vec::new(), misfits: Vec::new() };
    if marked {
        let first = Place { line: 1, column: 1, width: 1, excerpt: first_line(&document.text), ..Place::file(path) };
        let message = "the file begins with a byte order mark";
        document.flaws.push(Diagnostic::new(Code::ByteOrderMark, first, message).help("save it as UTF-8 without one"));
    }
    let traps = trap::traps(&document);
    document.flaws.extend(traps);
    Ok(document)
}

/// Where `text` has a carriage return that no line feed follows.
fn lone_return(text: &str) -> Option<usize> {
    let is_alone = |(at, _): &(usize, &str)| text.as_bytes().get(at + 1) != Some(&b'\n');
    text.match_indices('\r').find(is_alone).map(|(at, _)| at)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        reject_unsupported_tags: true,
        // They are told with their place, all of them, by `trap`.
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: 1,
            max_nodes: MAX_NODES,
            max_total_scalar_bytes: 8 << 20,
            max_aliases: 1_000,
            max_merge_keys: 1_000,
        },
    }
}

/// What the YAML reader refused, without its own position, which a diagnostic shows by itself.
fn in_words(error: &Error) -> (Code, String) {
    let breach = match error.without_snippet() {
        Error::MultipleDocuments { .. } => {
            return (Code::SeveralDocuments, "a second document begins here; one file holds one".to_owned());
        }
        Error::Budget { breach, .. } => breach,
        other => return syntax(other),
    };
    let message = match breach {
        BudgetBreach::Documents { .. } => {
            return (Code::SeveralDocuments, "a second document begins here; one file holds one".to_owned());
        }
        BudgetBreach::Depth { .. } => format!("values are nested deeper than {MAX_DEPTH}"),
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => {
            format!("the document has more than {MAX_NODES} values")
        }
        BudgetBreach::ScalarBytes { .. } => "aliases make the document too large".to_owned(),
        BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. } => "the document has too many aliases".to_owned(),
        _ => "the document is larger than regild reads".to_owned(),
    };
    (Code::TooLarge, message)
}

fn syntax(error: &Error) -> (Code, String) {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    let text = match text.rfind(" at line ") {
        Some(cut) => text[..cut].trim_end_matches([',', ':']),
        None => text,
    };
    let text = text.strip_prefix("unexpected character: `\\u{").map_or_else(
        || text.to_owned(),
        |code| {
            format!("the control character U+{:0>4} is not allowed", code.trim_end_matches(['}', '\'']).to_uppercase())
        },
    );
    let code = match text.as_str() {
        tab if tab.contains("tab") && (tab.contains("disallowed") || tab.contains("found a tab")) => Code::TabIndent,
        control if control.starts_with("the control character") => Code::ControlCharacter,
        _ => Code::Yaml,
    };
    (code, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_refuses_is_named_at_its_place() {
        for (text, code, line, column, says) in [
            ("a: 1\n---\nb: 2\n", Code::SeveralDocuments, 2, 1, "second document"),
            ("a:\n\tb: 1\n", Code::TabIndent, 2, 2, "tabs"),
            ("a:\n  - b\n\t- c\n", Code::TabIndent, 2, 5, "tab"),
            ("a: [\n", Code::Yaml, 1, 4, "unclosed"),
            ("a: 'x\u{7}y'\n", Code::ControlCharacter, 1, 6, "U+0007"),
            ("a: !shell x\n", Code::Yaml, 1, 11, "tag"),
            ("a: .inf\n", Code::Yaml, 1, 4, "non-finite"),
            ("a: *b\n", Code::Yaml, 1, 4, "unknown anchor"),
            ("a: 1\r\nb: 2\rc: 3\n", Code::ControlCharacter, 2, 5, "carriage return"),
        ] {
            let found = parse("f.yaml", text.as_bytes()).unwrap_err();
            assert_eq!((found.code, found.line, found.column), (code, line, column), "{text:?}: {found:?}");
            assert!(found.message.contains(says), "{text:?}: {}", found.message);
        }
    }

    #[test]
    fn a_byte_order_mark_is_told_and_stepped_over() {
        let document = parse("f.yaml", "\u{feff}a: 1\n".as_bytes()).unwrap();
        assert_eq!(document.value(), &serde_json::json!({"a": 1}));
        assert_eq!(document.flaws()[0].code, Code::ByteOrderMark);
    }

    /// SEC-07: what is small on disk and huge in memory ends early.
    #[test]
    fn sec_07_bombs_end_in_a_diagnostic() {
        let laughs = (0..10).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, i| {
            format!("{text}a{}: &a{} [{}]\n", i + 1, i + 1, vec![format!("*a{i}"); 9].join(", "))
        });
        let quadratic = format!("a: &a {}\nb: [{}]\n", "x".repeat(60_000), vec!["*a"; 900].join(", "));
        // Test threads have little stack; the program's have more.
        let parse_deep = |text: String| {
            let worker = std::thread::Builder::new().stack_size(16 << 20);
            worker.spawn(move || parse("f.yaml", text.as_bytes())).unwrap().join().unwrap()
        };
        for text in
            [laughs, quadratic, "[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(50_000), "? ".repeat(9_999)]
        {
            let start = text[..20].to_owned();
            let error = parse_deep(text).expect_err(&start);
            assert!(matches!(error.code, Code::TooLarge | Code::Yaml), "{start}: {error:?}");
        }
        let large = vec![b' '; MAX_BYTES + 1];
        assert_eq!(parse("f.yaml", &large).unwrap_err().code, Code::TooLarge);
        assert_eq!(parse("f.yaml", b"a: \xff").unwrap_err().code, Code::NotUtf8);
    }
}

//! Where a result stands: a URI reference from the top of the repository, and a region where there is a line.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::report::below;

/// All that has a meaning in a URI, or none. A colon too: it would make the first part of a path a scheme.
const MEANT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

pub fn of(diagnostic: &Diagnostic, root: &str) -> Value {
    let path = below(root, &diagnostic.file);
    json!({ "physicalLocation": { "artifactLocation": {"uri": uri(&path)}, "region": region(diagnostic) } })
}

/// Relative, whatever the path begins with: two slashes would name a host.
fn uri(path: &str) -> String {
    utf8_percent_encode(path.trim_start_matches('/'), MEANT).to_string()
}

/// What is underlined. GitHub shows nothing without a line, so a file as a whole is its first one.
fn region(diagnostic: &Diagnostic) -> Value {
    let Diagnostic { line, column, width, .. } = diagnostic;
    match (line, column) {
        (0, _) => json!({"startLine": 1}),
        (line, 0) => json!({"startLine": line}),
        (line, column) => {
            let end = column.saturating_add((*width).max(1));
            json!({"startLine": line, "startColumn": column, "endLine": line, "endColumn": end})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Place};

    #[test]
    fn paths_are_relative_uris() {
        for (path, expected) in [
            ("prompts/a b.yaml", "prompts/a%20b.yaml"),
            ("c:/x?y#z%20", "c%3A/x%3Fy%23z%2520"),
            ("//host/x", "host/x"),
            ("é\n", "%C3%A9%0A"),
        ] {
            assert_eq!(uri(path), expected);
        }
        let document = Diagnostic::new(Code::Yaml, Place::file("p.yaml"), "m");
        assert_eq!(of(&document, "apps/x")["physicalLocation"]["artifactLocation"]["uri"], "apps/x/p.yaml");
    }

    #[test]
    fn a_region_is_never_empty() {
        let region_of = |line, column, width| {
            region(&Diagnostic::new(Code::Yaml, Place { line, column, width, ..Place::file("p") }, "m"))
        };
        assert_eq!(region_of(0, 0, 0), json!({"startLine": 1}));
        assert_eq!(region_of(7, 0, 0), json!({"startLine": 7}));
        assert_eq!(region_of(7, 2, 0), json!({"startLine": 7, "startColumn": 2, "endLine": 7, "endColumn": 3}));
        assert_eq!(region_of(7, u32::MAX, 9)["endColumn"], u32::MAX);
    }
}

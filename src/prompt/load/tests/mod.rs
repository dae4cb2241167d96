//! What is told of prompts' templates: where in the YAML, where in included files, and every include that is refused.

mod includes;
mod places;

use std::sync::Arc;

use super::*;
use crate::snapshot::tests::snapshot;

/// Loads `prompts/a.yaml` of a snapshot.
fn loaded(files: &[(&str, &str)]) -> (Option<Prompt>, Vec<Diagnostic>) {
    loaded_from(&snapshot(files))
}

fn loaded_from(snapshot: &Snapshot) -> (Option<Prompt>, Vec<Diagnostic>) {
    let mut document = Document::open(snapshot, "prompts/a.yaml").unwrap().unwrap();
    let (prompt, mut found) = load(snapshot, "prompts", &mut document);
    crate::diagnostic::sort(&mut found);
    (prompt.map(Arc::new).and_then(Arc::into_inner), found)
}

/// Each diagnostic as `file:line:column code: message (help)`, with the text that it underlines.
fn told(found: &[Diagnostic]) -> Vec<String> {
    let show = |one: &Diagnostic| {
        let underlined: String =
            one.excerpt.chars().skip(one.column.saturating_sub(1) as usize).take(one.width as usize).collect();
        let help = one.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{}:{} {}: {}{help} [{underlined}]", one.file, one.line, one.column, one.code, one.message)
    };
    found.iter().map(show).collect()
}

//! Tables of prompts and of versions.

use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::document;
use crate::config::Pointer;
use crate::prompt::{Entry, Prompt};
use crate::report::escape;
use crate::side::Side;

/// A line for every prompt.
pub fn terminal(side: &Side) -> String {
    let mut rows = vec![["prompt", "serves", "versions", "description"].map(str::to_owned)];
    rows.extend(side.prompts.iter().map(|(id, entry)| {
        let description = entry.versions.get(&entry.served).and_then(|prompt| description(side, prompt));
        let words = description.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        [id.to_string(), entry.served.to_string(), entry.versions.len().to_string(), words]
    }));
    if rows.len() == 1 { "there is no prompt\n".to_owned() } else { table(&rows) }
}

pub fn json(side: &Side) -> String {
    let prompts = side.prompts.iter().map(|(id, entry)| {
        let description = entry.versions.get(&entry.served).and_then(|prompt| description(side, prompt));
        let versions: Vec<String> = entry.versions.keys().map(ToString::to_string).collect();
        json!({"id": id, "serves": entry.served.to_string(), "versions": versions, "description": description})
    });
    let not_loaded = side.prompts.broken.iter().map(|(path, id)| json!({"path": path, "id": id}));
    let list = json!({
        "prompts": prompts.collect::<Vec<_>>(),
        "not_loaded": not_loaded.collect::<Vec<_>>(),
    });
    escape::json(&format!("{list:#}\n"))
}

/// A line for every file that does not load.
pub fn not_loaded(side: &Side) -> String {
    let line = |(path, id): (&String, &Option<crate::id::Id>)| {
        let name = id.as_ref().map(|id| format!(", of the prompt `{id}`,")).unwrap_or_default();
        format!("warning: {}{name} does not load; `regild validate` says why\n", escape::line(path))
    };
    side.prompts.broken.iter().map(line).collect()
}

/// A line for every version, the newest first.
pub fn versions(side: &Side, entry: &Entry) -> String {
    let rows: Vec<[String; 4]> = entry
        .versions
        .values()
        .rev()
        .map(|prompt| {
            let marks = marks(side, entry, prompt).join(", ");
            [prompt.version.to_string(), marks, prompt.prompt_id(), prompt.path.clone()]
        })
        .collect();
    table(&rows)
}

/// What a version is at present: the one that serves, one that a pointer names.
pub fn marks(side: &Side, entry: &Entry, prompt: &Prompt) -> Vec<&'static str> {
    let names = |pointer: &Pointer| {
        pointer.prompt == prompt.id && *pointer.version.as_ref().unwrap_or(&entry.served) == prompt.version
    };
    let pointers = &side.config.prompts;
    let marks = [
        (entry.served == prompt.version, "serves"),
        (pointers.active.0.iter().any(names), "active"),
        (pointers.rollback.0.iter().any(names), "rollback"),
    ];
    marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark).collect()
}

fn description(side: &Side, prompt: &Prompt) -> Option<String> {
    document(side, prompt)?.value().get("description")?.as_str().map(str::to_owned)
}

/// Cells in columns, two spaces apart, every cell escaped.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(|cell| escape::line(cell))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::side;
    use super::*;

    #[test]
    fn prompts_are_listed_with_what_serves() {
        let side = side();
        let want = "prompt   serves  versions  description\nsupport  12.0.0  2         Answers ::error::customers\n";
        assert_eq!(terminal(&side), want);
        let json: serde_json::Value = serde_json::from_str(&json(&side)).unwrap();
        assert_eq!(json["prompts"][0]["versions"], json!(["12.0.0", "13.0.0"]));
        assert_eq!(json["not_loaded"], json!([{"path": "prompts/broken.yaml", "id": "broken"}]));
        let want = "warning: prompts/broken.yaml, of the prompt `broken`, does not load; `regild validate` says why\n";
        assert_eq!(not_loaded(&side), want);
    }

    #[test]
    fn versions_carry_their_marks() {
        let side = side();
        let (_, entry) = side.prompts.iter().next().unwrap();
        let shown = versions(&side, entry);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[0].starts_with("13.0.0                            support:13.0.0:"), "{shown}");
        assert!(lines[1].starts_with("12.0.0  serves, active, rollback  support:12.0.0:"), "{shown}");
    }
}

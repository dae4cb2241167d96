//! What of a prompt's wording differs between two versions, as people read changes: the first thing a reviewer asks.
//!
//! Pure and bounded. It shows sources, not rendered text; what makes a prompt affected is decided elsewhere.

use similar::TextDiff;

use crate::prompt::{Content, Prompt};
use crate::report::escape;

/// Bytes of a part that are compared at all, on each side.
const COMPARED: usize = 64 << 10;
/// Bytes of what is shown.
const SHOWN: usize = 4 << 10;
/// Lines around each change.
const AROUND: usize = 2;

/// The wording that differs from `base` to `head`, part by part, as unified diffs; `None` where none does.
pub fn between(base: &Prompt, head: &Prompt) -> Option<String> {
    let (before, after) = (parts(base), parts(head));
    let names = after.iter().chain(&before).map(|(name, _)| name);
    let mut seen = Vec::new();
    let mut text = String::new();
    for name in names {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let of = |parts: &[(String, String)]| {
            parts.iter().find(|(part, _)| part == name).map(|(_, text)| text.clone()).unwrap_or_default()
        };
        let (old, new) = (of(&before), of(&after));
        if old != new {
            text.push_str(&format!("{name}\n{}", difference(&old, &new)));
        }
    }
    (!text.is_empty()).then(|| shortened(&text))
}

/// What a prompt says, by the names of its parts, in the order a reader wants them.
fn parts(prompt: &Prompt) -> Vec<(String, String)> {
    let system = prompt.system.iter().map(|text| ("system".to_owned(), text.clone()));
    let content = match &prompt.content {
        Content::Template(source) => vec![("template".to_owned(), source.clone())],
        Content::Messages(messages) => {
            let number =
                |(at, turn): (usize, &crate::wire::Turn)| (format!("message {}", at + 1), turn.content.clone());
            messages.iter().enumerate().map(number).collect()
        }
    };
    let includes = prompt.includes.iter().map(|(path, text)| (format!("include {path}"), text.clone()));
    system.chain(content).chain(includes).collect()
}

fn difference(old: &str, new: &str) -> String {
    if old.len().max(new.len()) > COMPARED {
        return format!("(more than {} KiB: not compared)\n", COMPARED >> 10);
    }
    let ended =
        |text: &str| if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") };
    let (old, new) = (ended(old), ended(new));
    TextDiff::from_lines(&old, &new).unified_diff().context_radius(AROUND).to_string()
}

/// As many whole lines as are shown.
fn shortened(text: &str) -> String {
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    let cut = escape::cut(text, SHOWN);
    let whole = cut.rfind('\n').map_or(cut, |end| &cut[..=end]);
    format!("{whole}… {} more lines\n", text[whole.len()..].lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::{OnBadSettings, Side};
    use crate::snapshot::tests::snapshot;

    fn wording(old: &str, new: &str) -> Option<String> {
        let side = |file: &str| {
            let files = [
                ("prompts/p.yaml", file),
                ("prompts/_parts/tone.j2", if file == old { "Kind.\n" } else { "Brief.\n" }),
            ];
            Side::read(snapshot(&files), "regild.yaml", OnBadSettings::Stop).unwrap()
        };
        let (base, head) = (side(old), side(new));
        let served = |side: &Side| side.prompts.iter().next().unwrap().1.versions.values().next().unwrap().clone();
        between(&served(&base), &served(&head))
    }

    fn prompt(rest: &str) -> String {
        format!("id: p\nversion: 1.0.0\nvariables: []\n{rest}")
    }

    #[test]
    fn changes_are_shown_part_by_part() {
        let old = prompt("system: Be kind.\ntemplate: |\n  One.\n  Two.\n  Three.\n");
        let new = prompt("system: Be exhaustive.\ntemplate: |\n  One.\n  Three.\n");
        let want =
            "system\n@@ -1 +1 @@\n-Be kind.\n+Be exhaustive.\ntemplate\n@@ -1,3 +1,2 @@\n One.\n-Two.\n Three.\n";
        assert_eq!(wording(&old, &new).as_deref(), Some(want));
        assert_eq!(wording(&old, &(old.clone() + "description: x\n")), None, "nothing that is said");
    }

    #[test]
    fn messages_and_includes_are_wording_too() {
        let old = prompt("messages: [{role: user, content: 'Hi {% include \"_parts/tone.j2\" %}'}]\n");
        let new = prompt(
            "messages: [{role: user, content: 'Hi {% include \"_parts/tone.j2\" %}'}, {role: user, content: x}]\n",
        );
        let text = wording(&old, &new).unwrap();
        assert!(text.contains("message 2\n@@ -0,0 +1 @@\n+x\n"), "{text}");
        assert!(text.contains("include _parts/tone.j2\n@@ -1 +1 @@\n-Kind.\n+Brief.\n"), "{text}");
    }

    #[test]
    fn sec_25_long_wording_is_cut_or_not_compared() {
        let lines = |word: &str, n: usize| format!("template: |\n{}", format!("  {word}\n").repeat(n));
        let text = wording(&prompt(&lines("a", 900)), &prompt(&lines("b", 900))).unwrap();
        assert!(text.len() < SHOWN + 40 && text.ends_with(" more lines\n"), "{}", text.len());
        let text = wording(&prompt(&lines("a", 40_000)), &prompt(&lines("b", 40_000))).unwrap();
        assert_eq!(text, "template\n(more than 64 KiB: not compared)\n");
    }
}

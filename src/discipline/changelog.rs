//! A change log that does not mention a new version.
//!
//! The logs are the `CHANGELOG.md` of the folders between the prompts directory and the file, and the one of the prompts
//! directory itself, where a heading must name the prompt too. One entry in one of them is enough; without any log nothing
//! is asked for.

use super::{Breach, dir_of, folders, place};
use crate::diagnostic::Code;
use crate::prompt::Prompt;
use crate::side::Side;

const NAME: &str = "CHANGELOG.md";

pub(super) fn check(prompt: &Prompt, head: &Side) -> Option<Breach> {
    let dir = dir_of(prompt, head);
    let mut path = dir.clone();
    let mut logs = vec![(join(&path, NAME), Some(prompt.id.as_str()))];
    for folder in folders(prompt, &dir) {
        path = join(&path, folder);
        logs.push((join(&path, NAME), None));
    }
    let version = prompt.version.to_string();
    let mut nearest = None;
    for (log, id) in logs {
        let Some(text) = head.snapshot.read(&log).ok().flatten() else { continue };
        if has_entry(&String::from_utf8_lossy(&text), &version, id) {
            return None;
        }
        nearest = Some((log, id));
    }
    let (log, id) = nearest?;
    let message = format!("`{log}` has no entry for {version}");
    let at = place(head, prompt, &["version".into()]);
    let heading = id.map_or_else(|| version.clone(), |id| format!("{id} {version}"));
    Some(Breach::new(prompt, Code::ChangelogMissing, at, message).help(format!("add the heading `## {heading}` to it")))
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// Whether a heading names the version and, where it is given, the prompt.
fn has_entry(text: &str, version: &str, id: Option<&str>) -> bool {
    headings(text).any(|heading| {
        let Some(at) = find(heading, version, |before| matches!(before, 'v' | 'V' | '-')) else { return false };
        // The version's own characters are no part of the id beside it: `support-1.2.0`.
        let around = [&heading[..at], &heading[at + version.len()..]];
        id.is_none_or(|id| {
            around.iter().any(|part| {
                let part = part.strip_suffix(['v', 'V']).unwrap_or(part);
                find(part, id, |_| false).is_some()
            })
        })
    })
}

/// The headings of a Markdown text, outside of code blocks: `## …`, or a line underlined with `=` or `-`.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
            is_code ^= fence;
            !is_code && !fence
        })
        .collect();
    let underlined = |line: &str| {
        let line = line.trim();
        !line.is_empty() && (line.chars().all(|c| c == '=') || line.chars().all(|c| c == '-'))
    };
    let picked: Vec<&str> = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| {
            let marks = line.trim_start().chars().take_while(|c| *c == '#').count();
            let is_marked = (1..=6).contains(&marks) && line.trim_start()[marks..].starts_with([' ', '\t']);
            is_marked || lines.get(index + 1).is_some_and(|next| !line.trim().is_empty() && underlined(next))
        })
        .map(|(_, line)| *line)
        .collect();
    picked.into_iter()
}

/// Where `word` stands by itself: no letter, digit, `_`, `-` or `.` goes on with it, but one that `may_precede` allows.
fn find(text: &str, word: &str, may_precede: impl Fn(char) -> bool) -> Option<usize> {
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let mut before = text[..*at].chars().rev();
        let mut after = text[at + word.len()..].chars();
        let starts = match before.next() {
            Some(c) if may_precede(c) => c == '-' || !goes_on(before.next()),
            Some(c @ ('-' | '.')) => !goes_on(before.next()) && c != '.',
            other => !goes_on(other),
        };
        let ends = match after.next() {
            Some('-' | '.' | '+') => !goes_on(after.next()),
            other => !goes_on(other),
        };
        starts && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_heading_with_the_version() {
        for (text, want) in [
            ("## 1.2.0", true),
            ("## v1.2.0 – 2026-11-01", true),
            ("## [1.2.0] - 2026-11-01", true),
            ("### Version 1.2.0: shorter", true),
            ("## 1.2.0.", true),
            ("## support-1.2.0", true),
            ("## support/v1.2.0", true),
            ("1.2.0\n-----\n", true),
            ("1.2.0 is next", false),
            ("- 1.2.0", false),
            ("#1.2.0", false),
            ("## 11.2.0", false),
            ("## 0.1.2.0", false),
            ("## 1.2.01", false),
            ("## 1.2.0-rc.1", false),
            ("## 1.2.0.4", false),
            ("```\n## 1.2.0\n```\n", false),
            ("## rev1.2.0", false),
            ("", false),
        ] {
            assert_eq!(has_entry(text, "1.2.0", None), want, "{text}");
        }
    }

    #[test]
    fn a_shared_log_names_the_prompt_too() {
        for (text, want) in [
            ("## support 1.2.0", true),
            ("## 1.2.0 (support)", true),
            ("## support-1.2.0", true),
            ("## `support` v1.2.0", true),
            ("## support: 1.2.0", true),
            ("## supportv1.2.0", false),
            ("## 1.2.0", false),
            ("## support-chat 1.2.0", false),
            ("## my-support 1.2.0", false),
            ("## support\n\n## 1.2.0", false),
        ] {
            assert_eq!(has_entry(text, "1.2.0", Some("support")), want, "{text}");
        }
    }
}

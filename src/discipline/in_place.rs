//! A version that sends something else than before under the same number: its own file was edited, or a file it refers to.
//!
//! An edit of its own file counts for every version. A changed file that it only refers to counts where somebody may still
//! get it: for the version that serves, the ones that pointers name, and those above it, which are yet to serve. Old versions
//! that nothing points at share their includes with the new ones, and nobody would mend them.

use std::collections::BTreeSet;

use super::{Breach, document, place};
use crate::config::Pointer;
use crate::diagnostic::{Code, Place};
use crate::prompt::{Prompt, Use, references};
use crate::side::Side;
use crate::yaml::{Document, Step};

/// Compares two states of one version.
pub(super) fn check(before: &Prompt, after: &Prompt, head: &Side) -> Vec<Breach> {
    let (old, new) = (before.sent(), after.sent());
    let mut parts: BTreeSet<&str> =
        old.keys().chain(new.keys()).copied().filter(|part| old.get(part) != new.get(part)).collect();
    let mut found = Vec::new();
    for (use_, part) in [(Use::Include, "includes"), (Use::Tools, "tools"), (Use::OutputSchema, "output schema")] {
        let changed: Vec<&String> = after
            .files
            .iter()
            .filter(|(_, now)| now.use_ == use_)
            .filter(|(path, now)| before.files.get(*path).is_some_and(|was| was.object != now.object))
            .map(|(path, _)| path)
            .collect();
        // Which file it was says more than that a part differs.
        if !changed.is_empty() && parts.remove(part) && is_in_use(after, head) {
            found.extend(changed.into_iter().map(|path| of_file(after, use_, path, head)));
        }
    }
    if !parts.is_empty() {
        let parts: Vec<&str> = parts.into_iter().collect();
        let message =
            format!("{} was edited in place: {} changed under an unchanged version", after.version, parts.join(", "));
        let at = place(head, after, &["version".into()]);
        let help = "give the change a version of its own";
        found.push(Breach::new(after, Code::VersionEditedInPlace, at, message).help(help));
    }
    found
}

/// Whether somebody may get this version now or later.
fn is_in_use(prompt: &Prompt, head: &Side) -> bool {
    let Some(entry) = head.prompts.get(&prompt.id) else { return false };
    let names = |pointer: &Pointer| pointer.prompt == prompt.id && pointer.version.as_ref() == Some(&prompt.version);
    prompt.version >= entry.served || head.config.prompts.rollback.0.iter().any(names)
}

fn of_file(prompt: &Prompt, use_: Use, path: &str, head: &Side) -> Breach {
    let message = format!("`{path}` changed, and with it what {} sends under an unchanged version", prompt.version);
    let at = document(head, prompt).map_or_else(
        || Place::file(&*prompt.path),
        |document| {
            let dir = super::dir_of(prompt, head);
            let name = path.strip_prefix(&dir).unwrap_or(path).trim_start_matches('/');
            match use_ {
                Use::Include => tag(&document, prompt, name),
                Use::Tools => reference(&document, "tools", name),
                Use::OutputSchema => document.place(&["output_schema".into()]),
                Use::Prompt => document.place(&["version".into()]),
            }
        },
    );
    Breach::new(prompt, Code::IncludeEditedInPlace, at, message)
        .help("give the prompt a version of its own, and the changed text a file of its own")
}

/// The item of `key` that names a file, or `key` itself where it is that name.
fn reference(document: &Document, key: &str, name: &str) -> Place {
    let items = document.value().get(key).and_then(|value| value.as_array());
    let index = items.and_then(|items| items.iter().position(|item| item.as_str() == Some(name)));
    let path: Vec<Step> = std::iter::once(key.into()).chain(index.map(Step::Index)).collect();
    document.place(&path)
}

/// The tag by which a prompt's file includes `name`, itself or through others; its `version:` where no tag can be seen.
fn tag(document: &Document, prompt: &Prompt, name: &str) -> Place {
    let lines = || document.text().lines().zip(1..);
    // The tag that names the file itself says most.
    for wanted in [vec![name], reaching(prompt, name)] {
        for (line, number) in lines() {
            let quoted = wanted.iter().filter_map(|name| {
                let at = ["\"", "'"].iter().find_map(|quote| line.find(&format!("{quote}{name}{quote}")))? + 1;
                let opens = line[..at].rfind("{%")?;
                (!line[opens..at].contains("%}")).then_some((at, name.chars().count()))
            });
            if let Some((at, width)) = quoted.min() {
                let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                return Place {
                    file: document.path.clone(),
                    line: number,
                    column: count(line[..at].chars().count()) + 1,
                    width: count(width),
                    excerpt: line.to_owned(),
                };
            }
        }
    }
    document.place(&["version".into()])
}

/// The includes that include `name`, themselves or through others.
fn reaching<'a>(prompt: &'a Prompt, name: &str) -> Vec<&'a str> {
    let includes = |source: &str, wanted: &str| references("", source).is_ok_and(|names| names.contains_key(wanted));
    let mut found: Vec<&str> = Vec::new();
    let mut next = vec![name.to_owned()];
    while let Some(wanted) = next.pop() {
        for (path, source) in &prompt.includes {
            if !found.contains(&path.as_str()) && includes(source, &wanted) {
                found.push(path);
                next.push(path.clone());
            }
        }
    }
    found
}

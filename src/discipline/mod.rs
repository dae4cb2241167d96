//! Version discipline: what a prompt's files, versions and pointers must agree on, beyond being readable.
//!
//! Rules of one side need that side only and are computed prompt by prompt; rules of a change look only at versions that
//! differ between base and head. Both give diagnostics, placed where the mistake is mended. How much one weighs is decided
//! by [`crate::verdict`] alone.

mod changelog;
mod file_name;
mod folder;
mod in_place;
mod order;
mod pointers;
mod variables;

use semver::Version;

use crate::diagnostic::{Code, Diagnostic, Place};
use crate::id::Id;
use crate::policy::Policy;
use crate::prompt::{Prompt, VersionEntry};
use crate::side::Side;
use crate::yaml::{Document, Step};

/// A rule broken, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    pub diagnostic: Diagnostic,
    pub prompt: Id,
    /// `None` where it is about the prompt's pointers.
    pub version: Option<Version>,
    /// Whether base does not break it in the same way in the same file.
    pub new: bool,
}

impl Breach {
    fn new(prompt: &Prompt, code: Code, place: Place, message: impl Into<String>) -> Self {
        let diagnostic = Diagnostic::new(code, place, message);
        Self { diagnostic, prompt: prompt.id.clone(), version: Some(prompt.version.clone()), new: true }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.help(help);
        self
    }

    /// Whether it says of the same place, and better, what `diagnostic` says: that a pointer names nothing.
    fn replaces(&self, diagnostic: &Diagnostic) -> bool {
        let place = |one: &Diagnostic| (one.file.clone(), one.line, one.column);
        self.diagnostic.code == Code::DeletedWhilePointedAt
            && diagnostic.code == Code::PointerMissing
            && place(&self.diagnostic) == place(diagnostic)
    }
}

/// Whether one of `breaches` says better what `diagnostic` says.
pub fn replaced(breaches: &[Breach], diagnostic: &Diagnostic) -> bool {
    breaches.iter().any(|breach| breach.replaces(diagnostic))
}

/// What one side breaks by itself, in the prompts `ids` and in its pointers.
pub fn of_side<'a>(side: &Side, ids: impl IntoIterator<Item = &'a Id>) -> Vec<Breach> {
    let entries = ids.into_iter().filter_map(|id| side.prompts.get(id));
    let mut found: Vec<Breach> = entries
        .flat_map(|entry| entry.versions.values())
        .flat_map(|prompt| [file_name::check(prompt, side), folder::check(prompt, side)])
        .flatten()
        .collect();
    found.extend(pointers::active_is_rollback(side));
    found
}

/// What the change from base to head breaks in the prompts `ids`.
pub fn of_change<'a>(base: &Side, head: &Side, policy: &Policy, ids: impl IntoIterator<Item = &'a Id>) -> Vec<Breach> {
    let mut found = Vec::new();
    for id in ids {
        found.extend(pointers::deleted(id, base, head, policy));
        let Some(entry) = head.prompts.get(id) else { continue };
        for (version, prompt) in &entry.versions {
            match base.prompts.version(id, version) {
                Some(before) if before.files == prompt.files => {}
                Some(before) => {
                    found.extend(in_place::check(before, prompt, head));
                    found.extend(variables::check(before, prompt, head));
                }
                None => found.extend(of_new_version(prompt, base, head)),
            }
        }
    }
    found
}

fn of_new_version(prompt: &VersionEntry, base: &Side, head: &Side) -> Vec<Breach> {
    let mut found = Vec::new();
    if let Some(entry) = base.prompts.get(&prompt.id) {
        found.extend(order::check(prompt, entry, head));
        if let Some(before) = order::predecessor(&prompt.version, entry.versions.keys()) {
            found.extend(variables::check(&entry.versions[before], prompt, head));
        }
    }
    // Against the empty tree every version is new, and nobody wrote it just now.
    if base.snapshot.origin.commit.is_some() {
        found.extend(changelog::check(prompt, head));
    }
    found
}

/// All that head breaks: by itself and by its change, those that base breaks too marked as not new.
pub fn check<'a>(
    base: &Side,
    head: &Side,
    policy: &Policy,
    ids: impl IntoIterator<Item = &'a Id> + Clone,
) -> Vec<Breach> {
    let before = of_side(base, ids.clone());
    let mut found = of_side(head, ids.clone());
    for breach in &mut found {
        let file = &breach.diagnostic.file;
        let same_bytes = base.snapshot.id(file) == head.snapshot.id(file);
        breach.new = !(same_bytes && before.iter().any(|other| other.diagnostic == breach.diagnostic));
    }
    found.extend(of_change(base, head, policy, ids));
    found
}

/// Where in a prompt's file the value at `path` stands.
fn place(side: &Side, prompt: &Prompt, path: &[Step]) -> Place {
    document(side, prompt).map_or_else(|| Place::file(&*prompt.path), |document| document.place(path))
}

/// Read again only where there is something to show in it.
fn document(side: &Side, prompt: &Prompt) -> Option<Document> {
    let bytes = side.snapshot.read(&prompt.path).ok()??;
    Document::parse(&prompt.path, &bytes).ok()
}

/// The prompts directory that a prompt's file stands below; the innermost where they are nested.
fn dir_of(prompt: &Prompt, side: &Side) -> String {
    let dirs = side.config.prompts.dir.0.iter().map(|dir| crate::config::clean(dir));
    let holds = |dir: &String| dir.is_empty() || prompt.path.starts_with(&format!("{dir}/"));
    dirs.filter(holds).max_by_key(String::len).unwrap_or_default()
}

/// The folders between the prompts directory and a prompt's file, outermost first.
fn folders<'a>(prompt: &'a Prompt, dir: &str) -> Vec<&'a str> {
    let below = prompt.path.get(dir.len()..).unwrap_or_default().trim_start_matches('/');
    let mut parts: Vec<&str> = below.split('/').collect();
    parts.pop();
    parts
}

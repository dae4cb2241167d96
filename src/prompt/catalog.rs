//! All prompts of one side: which versions there are, which one serves, and what is wrong with the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use semver::Version;
use serde_json::Value;

use super::{Part, Prompt, Use, load};
use crate::config::{self, Config};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::id::Id;
use crate::side::Source;
use crate::snapshot::{EntryKind, Snapshot};
use crate::yaml::Document;

/// The prompts of one side, by id.
#[derive(Debug, Default)]
pub struct Prompts {
    by_id: BTreeMap<Id, Entry>,
    /// Ids named by files that did not load, by path; so that a broken prompt is not taken for a removed one.
    pub broken: BTreeMap<String, Option<Id>>,
    /// What is not quite right with files that loaded, by path.
    remarks: BTreeMap<String, Vec<Diagnostic>>,
    /// Prompts that are there, of which nothing was read.
    passed_over: BTreeSet<Id>,
}

/// One prompt.
#[derive(Debug)]
pub struct Entry {
    pub versions: BTreeMap<Version, VersionEntry>,
    pub served: Version,
}

pub type VersionEntry = Arc<Prompt>;

impl Prompts {
    pub fn get(&self, id: &Id) -> Option<&Entry> {
        self.by_id.get(id)
    }

    pub fn version(&self, id: &Id, version: &Version) -> Option<&VersionEntry> {
        self.by_id.get(id)?.versions.get(version)
    }

    pub fn served(&self, id: &Id) -> Option<&VersionEntry> {
        let entry = self.by_id.get(id)?;
        entry.versions.get(&entry.served)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Id, &Entry)> {
        self.by_id.iter()
    }

    /// Every id, also of prompts that were not read.
    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.by_id.keys().chain(&self.passed_over)
    }

    /// Whether a prompt is there, though it was not read.
    pub fn is_passed_over(&self, id: &Id) -> bool {
        self.passed_over.contains(id)
    }

    /// Whether some file that did not load says it is this prompt.
    pub fn is_broken(&self, id: &Id) -> bool {
        self.broken.values().flatten().any(|broken| broken == id)
    }

    /// Reads every prompt of a snapshot. What does not load is a diagnostic; the rest is there all the same. Where `known`,
    /// read under the same directories, has a prompt of the very same files, that one is taken over.
    pub fn read(source: Source<'_>, known: Option<&Self>) -> (Self, Vec<Diagnostic>) {
        let Source { snapshot, config, settings, only } = source;
        let mut diagnostics = Vec::new();
        let mut loaded = Vec::new();
        let mut prompts =
            Self { passed_over: only.map(|only| only.passed_over.clone()).unwrap_or_default(), ..Self::default() };
        let known = Known::of(known);
        for dir in config.prompts.dir.0.iter().map(|dir| config::clean(dir)) {
            let files: Vec<File> =
                paths(source, &dir).into_par_iter().map(|path| file(snapshot, &dir, path, &known)).collect();
            let referred: BTreeSet<String> =
                files.iter().flat_map(|file| &file.refers).map(|name| below(&dir, name)).collect();
            for File { path, id, prompt, found, .. } in files.into_iter().filter(|file| !referred.contains(&file.path))
            {
                diagnostics.extend_from_slice(&found);
                match prompt {
                    Some(prompt) => {
                        if !found.is_empty() {
                            prompts.remarks.insert(path, found);
                        }
                        loaded.push(prompt);
                    }
                    None => drop(prompts.broken.insert(path, id)),
                }
            }
        }
        prompts.arrange(snapshot, loaded, &mut diagnostics);
        prompts.point(config, settings, &mut diagnostics);
        (prompts, diagnostics)
    }

    fn arrange(&mut self, snapshot: &Snapshot, loaded: Vec<VersionEntry>, diagnostics: &mut Vec<Diagnostic>) {
        // Documents are not kept for the rare one that must be pointed into.
        let place = |path: &str, key: &str| match document(snapshot, path) {
            Ok(document) => document.place(&[key.into()]),
            Err(_) => Place::file(path),
        };
        let mut folded: BTreeMap<String, Id> = BTreeMap::new();
        for prompt in loaded {
            let known = folded.entry(prompt.id.folded()).or_insert_with(|| prompt.id.clone());
            if *known != prompt.id {
                let message = format!("the ids `{}` and `{known}` differ in case only", prompt.id);
                diagnostics.push(Diagnostic::new(Code::IdCase, place(&prompt.path, "id"), message));
                self.broken.insert(prompt.path.clone(), Some(prompt.id.clone()));
                continue;
            }
            let entry = self
                .by_id
                .entry(prompt.id.clone())
                .or_insert_with(|| Entry { versions: BTreeMap::new(), served: prompt.version.clone() });
            if let Some(earlier) = entry.versions.get(&prompt.version) {
                let message = format!("{} {} is declared in `{}` too", prompt.id, prompt.version, earlier.path);
                diagnostics.push(Diagnostic::new(Code::DuplicateVersion, place(&prompt.path, "version"), message));
                self.broken.insert(prompt.path.clone(), Some(prompt.id.clone()));
                continue;
            }
            entry.versions.insert(prompt.version.clone(), prompt);
        }
        for entry in self.by_id.values_mut() {
            // A pre-release serves only where there is nothing else.
            let releases = entry.versions.keys().filter(|version| version.pre.is_empty());
            if let Some(highest) = releases.max().or_else(|| entry.versions.keys().max()) {
                entry.served = highest.clone();
            }
        }
    }

    /// Follows the active pointers.
    fn point(&mut self, config: &Config, settings: Option<&Document>, diagnostics: &mut Vec<Diagnostic>) {
        for (key, pointers) in [("active", &config.prompts.active), ("rollback", &config.prompts.rollback)] {
            for (index, pointer) in pointers.0.iter().enumerate() {
                let place = || config::pointer_place(settings, key, index);
                let entry = self.by_id.get_mut(&pointer.prompt);
                let exists = match (&entry, &pointer.version) {
                    (Some(entry), Some(version)) => entry.versions.contains_key(version),
                    (Some(_), None) => true,
                    (None, _) => false,
                };
                let broken = self.broken.values().flatten().any(|id| *id == pointer.prompt);
                if !exists && !broken && !self.passed_over.contains(&pointer.prompt) {
                    let have = entry.map(|entry| entry.versions.keys().map(|v| format!("v{v}")).collect::<Vec<_>>());
                    let help = match have {
                        Some(versions) => format!("the versions are: {}", versions.join(", ")),
                        None => "no prompt has this id".to_owned(),
                    };
                    let message = format!("`{key}` points at {pointer}, which does not exist");
                    diagnostics.push(Diagnostic::new(Code::PointerMissing, place(), message).help(help));
                } else if exists
                    && key == "active"
                    && let (Some(entry), Some(version)) = (entry, &pointer.version)
                {
                    entry.served = version.clone();
                }
            }
        }
    }
}

/// Every YAML file below a prompts directory that may be a prompt or a part of one.
fn paths<'a>(source: Source<'a>, dir: &str) -> Vec<&'a str> {
    let Source { snapshot, config, .. } = source;
    let golden = format!("{}/", config::clean(&config.testing.dir));
    snapshot
        .below(dir)
        .filter(|(path, _)| {
            (path.ends_with(".yaml") || path.ends_with(".yml"))
                && !is_set_aside(dir, path)
                // Where prompts stand at the project's root, its other files stand there too.
                && !path.starts_with(&golden)
                && !matches!(*path, config::FILE | config::PRICES)
                && source.is_wanted(path)
        })
        .map(|(path, _)| path)
        .collect()
}

/// Whether a path lies in a folder that holds parts and never prompts.
pub fn is_set_aside(dir: &str, path: &str) -> bool {
    let skip = if dir.is_empty() { 0 } else { dir.len() + 1 };
    path.get(skip..).is_some_and(|inside| inside.split('/').rev().skip(1).any(|folder| folder.starts_with('_')))
}

/// A file that may be a prompt.
struct File {
    path: String,
    id: Option<Id>,
    prompt: Option<VersionEntry>,
    found: Vec<Diagnostic>,
    /// The files it uses as tools or as schema, and that are thus no prompts, as it names them.
    refers: Vec<String>,
}

fn file(snapshot: &Snapshot, dir: &str, path: &str, known: &Known<'_>) -> File {
    if let Some((prompt, remarks)) = known.same(snapshot, path) {
        let parts = prompt.files.iter().filter(|(_, part)| matches!(part.use_, Use::Tools | Use::OutputSchema));
        let refers = parts.map(|(path, _)| path.strip_prefix(dir).unwrap_or(path).trim_start_matches('/').to_owned());
        let (refers, id) = (refers.collect(), Some(prompt.id.clone()));
        return File { path: path.to_owned(), id, prompt: Some(Arc::clone(prompt)), found: remarks.to_vec(), refers };
    }
    let path = path.to_owned();
    let mut document = match document(snapshot, &path) {
        Ok(document) => document,
        Err(found) => return File { path, id: None, prompt: None, found: vec![*found], refers: Vec::new() },
    };
    let (prompt, mut found) = load(snapshot, dir, &mut document);
    found.extend(document.misread("id"));
    let (id, refers) = (declared_id(document.value()), refers(document.value()));
    File { path, id, prompt: prompt.map(Arc::new), found, refers }
}

fn document(snapshot: &Snapshot, path: &str) -> Result<Document, Box<Diagnostic>> {
    let gone = || Err(Box::new(Diagnostic::new(Code::Unreadable, Place::file(path), "it is not here")));
    Document::open(snapshot, path).unwrap_or_else(gone)
}

fn refers(value: &Value) -> Vec<String> {
    let (tools, schema) = (value.get("tools"), value.get("output_schema"));
    let names = match tools {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    names.into_iter().chain(schema).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn below(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

fn declared_id(value: &Value) -> Option<Id> {
    Id::new(value.get("id")?.as_str()?).ok()
}

/// Prompts that were read already, by path.
struct Known<'a>(BTreeMap<&'a str, (&'a VersionEntry, &'a [Diagnostic])>);

impl<'a> Known<'a> {
    fn of(prompts: Option<&'a Prompts>) -> Self {
        let with_remarks = |prompt: &'a VersionEntry| {
            let remarks = prompts.and_then(|prompts| prompts.remarks.get(&prompt.path)).map_or(&[][..], Vec::as_slice);
            (prompt.path.as_str(), (prompt, remarks))
        };
        Self(
            prompts
                .into_iter()
                .flat_map(|prompts| prompts.by_id.values())
                .flat_map(|entry| entry.versions.values())
                .map(with_remarks)
                .collect(),
        )
    }

    /// The prompt at `path`, if every file that it was made of is the same in `snapshot`.
    fn same(&self, snapshot: &Snapshot, path: &str) -> Option<(&'a VersionEntry, &'a [Diagnostic])> {
        let found = *self.0.get(path)?;
        let is_same = |(path, part): (&String, &Part)| {
            snapshot.entry(path).is_some_and(|entry| entry.kind == EntryKind::File && entry.id == part.object)
        };
        found.0.files.iter().all(is_same).then_some(found)
    }
}

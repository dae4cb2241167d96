//! All prompts of one side: which versions there are, which one serves, and what is wrong with the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use semver::Version;
use serde_json::Value;

use super::{Prompt, load};
use crate::config::{self, Config};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::id::Id;
use crate::snapshot::{EntryKind, Snapshot};
use crate::yaml::Document;

/// The prompts of one side, by id.
#[derive(Debug, Default)]
pub struct Prompts {
    by_id: BTreeMap<Id, Entry>,
    /// Ids named by files that did not load, by path; so that a broken prompt is not taken for a removed one.
    pub broken: BTreeMap<String, Option<Id>>,
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

    pub fn ids(&self) -> impl Iterator<Item = &Id> {
        self.by_id.keys()
    }

    /// Whether some file that did not load says it is this prompt.
    pub fn is_broken(&self, id: &Id) -> bool {
        self.broken.values().flatten().any(|broken| broken == id)
    }

    /// Reads every prompt of a snapshot. What does not load is a diagnostic; the rest is there all the same.
    pub fn read(snapshot: &Snapshot, config: &Config, settings: Option<&Document>) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut loaded = Vec::new();
        let mut broken = BTreeMap::new();
        for dir in config.prompts.dir.0.iter().map(|dir| config::clean(dir)) {
            let documents = documents(snapshot, &dir, config);
            let referred = referred(&dir, &documents);
            let results: Vec<_> = documents
                .into_par_iter()
                .filter(|(path, _)| !referred.contains(path))
                .map(|(path, document)| {
                    let id = document.as_ref().ok().and_then(|document| declared_id(document.value()));
                    let (prompt, found) = match document {
                        Ok(mut document) => {
                            let (prompt, found) = load(snapshot, &dir, &mut document);
                            (prompt.map(|prompt| (prompt, document)), found)
                        }
                        Err(diagnostic) => (None, vec![*diagnostic]),
                    };
                    (path, id, prompt, found)
                })
                .collect();
            for (path, id, prompt, found) in results {
                diagnostics.extend(found);
                match prompt {
                    Some(prompt) => loaded.push(prompt),
                    None => drop(broken.insert(path, id)),
                }
            }
        }
        let mut prompts = Self { by_id: BTreeMap::new(), broken };
        prompts.arrange(loaded, &mut diagnostics);
        prompts.point(config, settings, &mut diagnostics);
        (prompts, diagnostics)
    }

    fn arrange(&mut self, loaded: Vec<(Prompt, Document)>, diagnostics: &mut Vec<Diagnostic>) {
        let mut folded: BTreeMap<String, Id> = BTreeMap::new();
        for (prompt, document) in loaded {
            let known = folded.entry(prompt.id.folded()).or_insert_with(|| prompt.id.clone());
            if *known != prompt.id {
                let message = format!("the ids `{}` and `{known}` differ in case only", prompt.id);
                diagnostics.push(Diagnostic::new(Code::IdCase, document.place(&["id".into()]), message));
                self.broken.insert(prompt.path, Some(prompt.id));
                continue;
            }
            let entry = self
                .by_id
                .entry(prompt.id.clone())
                .or_insert_with(|| Entry { versions: BTreeMap::new(), served: prompt.version.clone() });
            if let Some(earlier) = entry.versions.get(&prompt.version) {
                let message = format!("{} {} is declared in `{}` too", prompt.id, prompt.version, earlier.path);
                diagnostics.push(Diagnostic::new(Code::DuplicateVersion, document.place(&["version".into()]), message));
                self.broken.insert(prompt.path, Some(prompt.id));
                continue;
            }
            entry.versions.insert(prompt.version.clone(), Arc::new(prompt));
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
                if !exists && !broken {
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

/// Every YAML document below a prompts directory that may be a prompt or a part of one.
fn documents(snapshot: &Snapshot, dir: &str, config: &Config) -> Vec<(String, Result<Document, Box<Diagnostic>>)> {
    let golden = format!("{}/", config::clean(&config.testing.dir));
    let skip = if dir.is_empty() { 0 } else { dir.len() + 1 };
    let paths: Vec<&str> = snapshot
        .below(dir)
        .filter(|(path, entry)| {
            entry.kind == EntryKind::File
                && (path.ends_with(".yaml") || path.ends_with(".yml"))
                && !path[skip..].split('/').rev().skip(1).any(|folder| folder.starts_with('_'))
                // Where prompts stand at the project's root, its other files stand there too.
                && !path.starts_with(&golden)
                && !matches!(*path, config::FILE | config::PRICES)
        })
        .map(|(path, _)| path)
        .collect();
    paths
        .into_par_iter()
        .map(|path| {
            let document = match snapshot.read(path) {
                Ok(bytes) => Document::parse(path, &bytes.unwrap_or_default()),
                Err(error) => Err(Box::new(Diagnostic::new(Code::Unreadable, Place::file(path), error.message))),
            };
            (path.to_owned(), document)
        })
        .collect()
}

/// The documents that prompts use as tool or schema files, and that are thus no prompts.
fn referred(dir: &str, documents: &[(String, Result<Document, Box<Diagnostic>>)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, document) in documents {
        let Ok(document) = document else { continue };
        let (tools, schema) = (document.value().get("tools"), document.value().get("output_schema"));
        let names = match tools {
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        found.extend(names.into_iter().chain(schema).filter_map(Value::as_str).map(|name| match dir {
            "" => name.to_owned(),
            dir => format!("{dir}/{name}"),
        }));
    }
    found
}

fn declared_id(value: &Value) -> Option<Id> {
    Id::new(value.get("id")?.as_str()?).ok()
}

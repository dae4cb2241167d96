//! Which prompts a difference between two sides can concern, before anything is read in full.
//!
//! Every file below the prompts and golden directories is looked at once for each content: whose it is, and which other files
//! it names. From what differs, a set of prompts follows that holds every one that may be affected, and perhaps more. Only
//! those are loaded; of the others nothing is known but that they are there. Where this cannot be told, all are.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{self, Config};
use crate::id::Id;
use crate::snapshot::{Entry, Snapshot};

mod look;
#[cfg(test)]
mod tests;

use look::{Area, Noted, Owner, below, inside, is_of_word, note_all};

/// A snapshot with the settings that say where its prompts and tasks are.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub snapshot: &'a Snapshot,
    pub config: &'a Config,
}

/// What of a snapshot is loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The prompt and task files to read.
    pub files: BTreeSet<String>,
    /// Prompts that are there and not read.
    pub passed_over: BTreeSet<Id>,
}

/// One snapshot as far as it was looked at.
struct Survey<'a> {
    area: &'a Area<'a>,
    files: BTreeMap<&'a str, &'a Noted>,
    naming: BTreeMap<&'a str, Vec<&'a str>>,
    owned: BTreeMap<String, Vec<&'a str>>,
}

/// The prompts and tasks of both sides and of the policy that a check of what differs between base and head needs, with
/// `wanted` in addition. `None` where everything must be read.
pub fn concerned(
    base: Place<'_>,
    head: Place<'_>,
    policy: Option<Place<'_>>,
    settings: &str,
    wanted: &[Id],
) -> Option<Vec<Selection>> {
    let changed = changed(base.snapshot, head.snapshot);
    let mut start = Start { ids: wanted.iter().map(Id::folded).collect(), words: BTreeSet::new() };
    if changed.contains(config::PRICES) || (changed.contains(settings) && !start.of_settings(base.config, head.config))
    {
        return None;
    }
    let places: Vec<Place<'_>> = [base, head].into_iter().chain(policy).collect();
    for place in &places {
        start.words.extend(
            place.config.testing.golden_tasks.iter().map(|overlay| overlay.id.as_str()).filter(|id| !id.contains('/')),
        );
    }
    let areas: Vec<Area<'_>> = places.into_iter().map(Area::of).collect();
    let noted = note_all(&areas, &start.words);
    let surveys: Vec<Survey<'_>> = areas.iter().map(|area| Survey::of(area, &noted)).collect();
    let reached = follow(&surveys[..2], changed, start)?;
    Some(surveys.iter().map(|survey| survey.select(&reached)).collect())
}

/// The paths at which two snapshots differ.
fn changed<'a>(base: &'a Snapshot, head: &'a Snapshot) -> BTreeSet<&'a str> {
    let differs = |(path, entry): &(&str, &Entry), other: &Snapshot| other.entry(path) != Some(entry);
    let of_head = head.below("").filter(|found| differs(found, base));
    let of_base = base.below("").filter(|found| differs(found, head));
    of_head.chain(of_base).map(|(path, _)| path).collect()
}

/// Where to begin, beside the paths that differ.
struct Start<'a> {
    /// Folded ids.
    ids: BTreeSet<String>,
    /// Tasks that overlays name without their prompt; whoever mentions one may be meant.
    words: BTreeSet<&'a str>,
}

impl Start<'_> {
    /// Takes in what differs between two settings; false where that may concern everything.
    fn of_settings(&mut self, base: &Config, head: &Config) -> bool {
        let shared = |config: &Config| (config.prompts.dir.clone(), config.testing.clone(), config.models.clone());
        if shared(base) != shared(head) {
            return false;
        }
        // Every name in a file that differs is looked up anew, so that what it names wrongly is told.
        for config in [base, head] {
            let pointers = config.prompts.active.0.iter().chain(&config.prompts.rollback.0);
            self.ids.extend(pointers.map(|pointer| pointer.prompt.folded()));
            let overlaid = config.testing.golden_tasks.iter().filter_map(|overlay| overlay.id.split_once('/'));
            self.ids.extend(overlaid.map(|(prompt, _)| prompt.to_ascii_lowercase()));
        }
        if base.traffic != head.traffic {
            self.ids.extend(base.traffic.keys().chain(head.traffic.keys()).map(Id::folded));
        }
        true
    }
}

/// What a difference leads to.
struct Reached<'a> {
    /// Folded ids of prompts.
    ids: BTreeSet<String>,
    /// Files that differ, and files that these concern.
    files: BTreeSet<&'a str>,
}

/// Follows what differs to the prompts it may concern; `None` where it cannot be followed.
fn follow<'a>(surveys: &[Survey<'a>], changed: BTreeSet<&'a str>, start: Start<'a>) -> Option<Reached<'a>> {
    let mut seen: BTreeSet<&str> = changed.clone();
    // What somebody begins or ceases to use as a part begins or ceases to be a prompt.
    for survey in surveys {
        seen.extend(changed.iter().flat_map(|path| survey.parts(path)));
        seen.extend(survey.files.iter().filter(|(_, noted)| noted.hides).map(|(path, _)| *path));
    }
    let mut pending: Vec<&str> = seen.iter().copied().collect();
    let mut ids = BTreeSet::new();
    let mut found: Vec<String> = start.ids.into_iter().collect();
    for survey in surveys {
        let mentioned = start.words.iter().filter_map(|word| survey.naming.get(word)).flatten();
        pending.extend(mentioned.copied().filter(|path| seen.insert(path)));
    }
    loop {
        while let Some(id) = found.pop() {
            if ids.insert(id.clone()) {
                // One of its files may be another's tool or schema file, and then it is no prompt.
                let owned = surveys.iter().filter_map(|survey| survey.owned.get(&id)).flatten();
                pending.extend(owned.copied().filter(|path| seen.insert(path)));
            }
        }
        let Some(path) = pending.pop() else { return Some(Reached { ids, files: seen }) };
        for survey in surveys {
            found.extend(survey.owners(path));
            for name in survey.names_of(path) {
                if !name.chars().all(is_of_word) {
                    return None;
                }
                let naming = survey.naming.get(name).into_iter().flatten();
                pending.extend(naming.copied().filter(|path| seen.insert(path)));
            }
        }
    }
}

impl<'a> Survey<'a> {
    fn of(area: &'a Area<'a>, noted: &'a BTreeMap<(&'a str, &'static str), Noted>) -> Self {
        let mut survey = Self { area, files: BTreeMap::new(), naming: BTreeMap::new(), owned: BTreeMap::new() };
        for (path, key) in area.files() {
            let Some(noted) = area.snapshot.id(path).and_then(|id| noted.get(&(id, key))) else { continue };
            survey.files.insert(path, noted);
            noted.names.iter().for_each(|name| survey.naming.entry(name.as_str()).or_default().push(path));
            if let Owner::Prompt(id) = &noted.owner {
                survey.owned.entry(id.folded()).or_default().push(path);
            }
        }
        survey
    }

    /// The folded ids that a path belongs to: by what the file says, or as a recording.
    fn owners(&self, path: &str) -> Vec<String> {
        let recorded = self.area.recorded(path).map(str::to_ascii_lowercase);
        let said = self.files.get(path).and_then(|noted| match &noted.owner {
            Owner::Prompt(id) => Some(id.folded()),
            Owner::Nobody | Owner::Part | Owner::Unclear => None,
        });
        recorded.into_iter().chain(said).collect()
    }

    /// How others may name the file at a path.
    fn names_of<'p>(&self, path: &'p str) -> Vec<&'p str> {
        self.area.dirs.iter().filter_map(|dir| inside(dir, path)).collect()
    }

    /// The files that the file at a path names and that could be prompts, were they not named.
    fn parts(&self, path: &str) -> Vec<&'a str> {
        let names = self.files.get(path).map_or(&[][..], |noted| &noted.names);
        let paths = names.iter().flat_map(|name| self.area.dirs.iter().map(move |dir| below(dir, name)));
        let found = paths.filter_map(|path| self.files.get_key_value(path.as_str()));
        found.filter(|(_, noted)| noted.owner != Owner::Part).map(|(path, _)| *path).collect()
    }

    fn select(&self, reached: &Reached<'_>) -> Selection {
        let mut selection = Selection::default();
        for (path, noted) in &self.files {
            let is_wanted = match &noted.owner {
                Owner::Prompt(id) => reached.ids.contains(&id.folded()),
                Owner::Nobody => reached.files.contains(path),
                Owner::Unclear => true,
                Owner::Part => false,
            };
            match &noted.owner {
                _ if is_wanted || noted.hides => drop(selection.files.insert((*path).to_owned())),
                Owner::Prompt(id) if !self.area.is_golden(path) => drop(selection.passed_over.insert(id.clone())),
                Owner::Prompt(_) | Owner::Nobody | Owner::Unclear | Owner::Part => {}
            }
        }
        // Of an id that is read in one spelling of it, nothing is passed over.
        selection.passed_over.retain(|id| !reached.ids.contains(&id.folded()));
        selection
    }
}

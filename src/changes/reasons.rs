//! Why a prompt is affected: its files, includes, tools, tasks, recordings, aliases, pointers, price and traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::golden::Task;
use crate::id::Id;
use crate::prompt::{Prompt, Use};
use crate::recording::DIR;
use crate::side::Side;

/// Why a prompt is affected, and which of its versions are.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// Short phrases, in the order they were found.
    pub(super) why: Vec<String>,
    /// Versions added or changed.
    pub(super) touched: BTreeSet<semver::Version>,
    /// Whether something changed that concerns the version that serves.
    pub(super) serving: bool,
    /// Whether nothing but pointers and recordings changed.
    pub(super) is_pointer_only: bool,
}

/// Collects the reasons of one prompt that head has.
pub(super) fn reasons(id: &Id, base: &Side, head: &Side) -> Reasons {
    let mut notes = Notes { base, head, id, why: Vec::new(), touched: BTreeSet::new(), serving: false };
    notes.versions();
    let versions = notes.why.len();
    notes.pointer();
    let pointer = notes.why.len() - versions;
    notes.recordings();
    let recordings = notes.why.len() - versions - pointer;
    notes.tasks();
    notes.aliases();
    notes.money();
    let Notes { why, touched, serving, .. } = notes;
    Reasons { is_pointer_only: why.len() == pointer + recordings, why, touched, serving }
}

struct Notes<'a> {
    base: &'a Side,
    head: &'a Side,
    id: &'a Id,
    why: Vec<String>,
    /// Versions added or changed.
    touched: BTreeSet<semver::Version>,
    /// Whether something changed that concerns the version that serves.
    serving: bool,
}

impl Notes<'_> {
    /// Notes a reason that is not an edit of one version.
    fn note(&mut self, why: String) {
        self.why.push(why);
        self.serving = true;
    }

    fn versions(&mut self) {
        let empty = BTreeMap::new();
        let before = self.base.prompts.get(self.id).map_or(&empty, |entry| &entry.versions);
        let after = self.head.prompts.get(self.id).map_or(&empty, |entry| &entry.versions);
        for (version, prompt) in after {
            let found = match before.get(version) {
                None => vec![format!("version {version} added")],
                Some(earlier) => differences(earlier, prompt),
            };
            if !found.is_empty() {
                self.touched.insert(version.clone());
                self.why.extend(found);
            }
        }
        for version in before.keys().filter(|version| !after.contains_key(version)) {
            self.why.push(format!("version {version} deleted"));
        }
    }

    fn pointer(&mut self) {
        let served = |side: &Side| side.prompts.get(self.id).map(|entry| entry.served.clone());
        if let (Some(before), Some(after)) = (served(self.base), served(self.head))
            && before != after
        {
            self.note(format!("serves {after} instead of {before}"));
        }
    }

    fn tasks(&mut self) {
        let tasks = |side: &Side| -> BTreeMap<Id, Arc<Task>> {
            let golden = side.suite.golden_of(self.id).iter().cloned();
            let own = side.prompts.served(self.id).map(|prompt| side.suite.tasks(prompt)).unwrap_or_default();
            golden.chain(own).map(|task| (task.id.clone(), task)).collect()
        };
        let (before, after) = (tasks(self.base), tasks(self.head));
        if self.base.prompts.get(self.id).is_none() {
            return; // All of a new prompt's tasks are new.
        }
        for (id, task) in &after {
            match before.get(id) {
                None => self.note(format!("task {id} added")),
                // Files that are the same on both sides are read once.
                Some(earlier) if Arc::ptr_eq(earlier, task) => {}
                Some(earlier) => task_differences(earlier, task).into_iter().for_each(|why| self.note(why)),
            }
        }
        for id in before.keys().filter(|id| !after.contains_key(*id)) {
            self.note(format!("task {id} removed"));
        }
    }

    fn recordings(&mut self) {
        let objects = |side: &Side| -> BTreeMap<String, String> {
            let golden = side.golden();
            let dir = format!("{golden}/{DIR}/{}", self.id);
            let dir = dir.trim_start_matches('/').to_owned();
            side.snapshot.below(&dir).map(|(path, entry)| (path[dir.len()..].to_owned(), entry.id.clone())).collect()
        };
        let (before, after) = (objects(self.base), objects(self.head));
        let changed: Vec<&String> =
            after.iter().filter(|(path, id)| before.get(*path) != Some(id)).map(|(path, _)| path).collect();
        let deleted: Vec<&String> = before.keys().filter(|path| !after.contains_key(*path)).collect();
        for (paths, word) in [(changed, "new or changed"), (deleted, "deleted")] {
            // Recordings of a version that is a candidate anyway say nothing about the one that serves.
            let version = |path: &str| semver::Version::parse(path.trim_start_matches('/').split('/').next()?).ok();
            self.serving |=
                paths.iter().any(|path| version(path).is_none_or(|version| !self.touched.contains(&version)));
            if !paths.is_empty() {
                self.why.push(format!("{} recording{} {word}", paths.len(), if paths.len() == 1 { "" } else { "s" }));
            }
        }
    }

    fn aliases(&mut self) {
        let Some(prompt) = self.head.prompts.served(self.id) else { return };
        let tasks = self.head.suite.tasks(prompt);
        let named = tasks.iter().flat_map(|task| self.head.models(prompt, task)).chain(self.head.serving(prompt));
        for alias in named.collect::<BTreeSet<_>>() {
            if let (Some(before), Some(after)) = (self.base.alias(alias), self.head.alias(alias))
                && before != after
            {
                self.note(format!("model alias {alias} changed"));
            }
        }
        if let Some(before) = self.base.prompts.served(self.id)
            && prompt.version == before.version
            && self.base.serving(before) != self.head.serving(prompt)
            && prompt.models == before.models
        {
            self.note("default models changed".to_owned());
        }
    }

    /// Prices and traffic are the policy's; head's take effect once they are merged.
    fn money(&mut self) {
        let traffic = |side: &Side| side.config.traffic.get(self.id).cloned();
        if self.base.prompts.get(self.id).is_none() {
            return;
        }
        if traffic(self.base) != traffic(self.head) {
            self.note("traffic changed (counts once merged)".to_owned());
        }
        let Some(prompt) = self.head.prompts.served(self.id) else { return };
        let prices = |side: &Side| -> BTreeMap<String, _> {
            let named = side.serving(prompt).iter().filter_map(|id| Some(side.alias(id)?.price_key(id)));
            let own: BTreeSet<String> = named.collect();
            let rates = side.prices.models().filter(|(key, _)| own.contains(*key));
            rates.map(|(key, rates)| (key.to_owned(), rates.clone())).collect()
        };
        if prices(self.base) != prices(self.head) {
            self.note("price changed (counts once merged)".to_owned());
        }
    }
}

/// How two files of one version differ.
fn differences(before: &Prompt, after: &Prompt) -> Vec<String> {
    let version = &after.version;
    let mut found = Vec::new();
    if before.path != after.path {
        found.push(format!("{version} moved from {} to {}", before.path, after.path));
    }
    let parts = |prompt: &Prompt, use_: Use| -> BTreeMap<String, String> {
        let of_use = prompt.files.iter().filter(|(_, part)| part.use_ == use_);
        of_use.map(|(path, part)| (path.clone(), part.object.clone())).collect()
    };
    for (use_, word) in [(Use::Include, "include"), (Use::Tools, "tool file"), (Use::OutputSchema, "schema file")] {
        let (old, new) = (parts(before, use_), parts(after, use_));
        let changed = old.keys().chain(new.keys()).collect::<BTreeSet<_>>();
        for path in changed.into_iter().filter(|path| old.get(*path) != new.get(*path)) {
            found.push(format!("{word} {path} of {version} changed"));
        }
    }
    let own = |prompt: &Prompt| prompt.files.get(&prompt.path).map(|part| part.object.clone());
    if own(before) != own(after) {
        let (old, new) = (before.sent(), after.sent());
        let sent: Vec<&str> = old
            .keys()
            .chain(new.keys())
            .copied()
            .filter(|part| *part != "includes" && old.get(part) != new.get(part))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let models = (before.models != after.models).then_some("models");
        let words: Vec<&str> = sent.into_iter().chain(models).collect();
        found.push(if words.is_empty() {
            format!("{version} edited, nothing that is sent changed")
        } else {
            format!("{} of {version} changed", words.join(", "))
        });
    }
    found
}

fn task_differences(before: &Task, after: &Task) -> Vec<String> {
    let id = &after.id;
    let mut found = Vec::new();
    let fixtures: BTreeSet<&String> = before.fixtures.keys().chain(after.fixtures.keys()).collect();
    for path in fixtures.into_iter().filter(|path| before.fixtures.get(*path) != after.fixtures.get(*path)) {
        found.push(format!("fixture {path} changed"));
    }
    if before.stimulus != after.stimulus && found.is_empty() {
        found.push(format!("input or stubs of task {id} changed"));
    }
    if before.expectation != after.expectation {
        found.push(format!("expectations of task {id} changed"));
    }
    let settings =
        |task: &Task| (task.models.clone(), task.samples, task.weight, task.critical, task.quarantine.clone());
    if settings(before) != settings(after) || before.script != after.script {
        found.push(format!("settings of task {id} changed"));
    }
    found
}

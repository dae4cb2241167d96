//! One side of a comparison: what a snapshot declares, without any threshold. What judges is the policy's.

mod suite;

pub use suite::Suite;

use crate::config::{self, Alias, Config, Unusable};
use crate::cost::Prices;
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::error::{Error, Result};
use crate::golden::Task;
use crate::id::Id;
use crate::limits;
use crate::prompt::{Prompt, Prompts};
use crate::recording::Shelf;
use crate::snapshot::Snapshot;
use crate::survey::Selection;
use crate::yaml::Document;

/// A snapshot with everything regild reads from it.
#[derive(Debug)]
pub struct Side {
    pub snapshot: Snapshot,
    pub config: Config,
    /// The settings file, where there is one that parses.
    pub settings: Option<Document>,
    pub prompts: Prompts,
    pub suite: Suite,
    /// The side's own price table; the policy's is the one that counts.
    pub prices: Prices,
    /// Everything wrong, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// What an unreadable settings file means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBadSettings {
    /// Nothing can be judged: exit 2.
    Stop,
    /// Built-in defaults and a warning; for commits nobody can mend any more.
    Default,
}

/// How much of a snapshot is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading<'a> {
    /// A side that was read already: what is the same in both is taken over.
    pub known: Option<&'a Side>,
    /// Nothing but this.
    pub only: Option<&'a Selection>,
}

/// What prompts and tasks are read from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub snapshot: &'a Snapshot,
    pub config: &'a Config,
    pub settings: Option<&'a Document>,
    pub only: Option<&'a Selection>,
}

impl Source<'_> {
    /// Whether a prompt or task file is to be read.
    pub fn is_wanted(&self, path: &str) -> bool {
        self.only.is_none_or(|only| only.files.contains(path))
    }
}

impl Side {
    /// Reads a snapshot whose settings are at `path`.
    pub fn read(snapshot: Snapshot, path: &str, on_bad: OnBadSettings) -> Result<Self> {
        Self::read_some(snapshot, path, on_bad, Reading::default())
    }

    /// Reads a snapshot as [`Side::read`] does, but not all of it where `reading` says so.
    pub fn read_some(snapshot: Snapshot, path: &str, on_bad: OnBadSettings, reading: Reading<'_>) -> Result<Self> {
        let mut diagnostics = Vec::new();
        // What is wrong with settings that cannot be used is told together with what is wrong elsewhere.
        let mut unusable = None;
        let (config, settings) = match config::load(&snapshot, path) {
            Ok(None) => (Config::default(), None),
            Ok(Some(loaded)) => {
                diagnostics.extend(loaded.remarks);
                (loaded.config, Some(loaded.document))
            }
            Err(Unusable { problems, rest }) if on_bad == OnBadSettings::Stop => {
                let stop = Error::config(format!("{path} cannot be used"), problems);
                let Some(rest) = rest else { return Err(stop) };
                unusable = Some(stop);
                let (config, document) = *rest;
                (config, Some(document))
            }
            Err(Unusable { problems, .. }) => {
                let warning = |one| Diagnostic { severity: Severity::Warning, ..one };
                diagnostics.extend(problems.into_iter().map(warning));
                (Config::default(), None)
            }
        };
        let Reading { known, only } = reading;
        let known = known.filter(|known| known.reads_like(&config));
        let source = Source { snapshot: &snapshot, config: &config, settings: settings.as_ref(), only };
        let (prompts, found) = Prompts::read(source, known.map(|known| &known.prompts));
        diagnostics.extend(found);
        let (suite, found) = Suite::read(source, &prompts, known.map(|known| &known.suite));
        diagnostics.extend(found);
        let prices = Prices::read(&snapshot).unwrap_or_else(|found| {
            diagnostics.extend(found);
            Prices::default()
        });
        diagnostic::sort(&mut diagnostics);
        if let Some(mut stop) = unusable {
            stop.diagnostics.extend(diagnostics.into_iter().filter(Diagnostic::is_error));
            return Err(stop);
        }
        let side = Self { snapshot, config, settings, prompts, suite, prices, diagnostics };
        let versions = side.prompts.iter().map(|(_, entry)| entry.versions.len() as u64).sum();
        let default = side.config.testing.samples;
        let samples = side.suite.golden().map(|task| u64::from(task.samples.unwrap_or(default))).sum();
        limits::side(versions, samples)?;
        Ok(side)
    }

    /// Whether equal files mean the same here and under `config`: they do where they are found from the same directories, and
    /// each from one of them.
    fn reads_like(&self, config: &Config) -> bool {
        let dirs = |config: &Config| {
            let prompts: Vec<String> = config.prompts.dir.0.iter().map(|dir| config::clean(dir)).collect();
            (prompts, config::clean(&config.testing.dir))
        };
        let (prompts, golden) = dirs(config);
        let is_within =
            |inner: &String, outer: &String| outer.is_empty() || format!("{inner}/").starts_with(&format!("{outer}/"));
        let apart = |(at, dir): (usize, &String)| {
            prompts.iter().enumerate().all(|(other, above)| at == other || !is_within(dir, above))
        };
        prompts.iter().enumerate().all(apart) && dirs(&self.config) == (prompts, golden)
    }

    /// The directory of golden tasks.
    pub fn golden(&self) -> String {
        config::clean(&self.config.testing.dir)
    }

    pub fn shelf(&self) -> Shelf<'_> {
        Shelf::new(&self.snapshot, &self.golden())
    }

    /// The aliases a task of a prompt runs on: those it names, each followed by what it falls back to, hop by hop.
    pub fn models<'a>(&'a self, prompt: &'a Prompt, task: &'a Task) -> Vec<&'a Id> {
        let named = match &task.models {
            Some(models) => models,
            None => self.serving(prompt),
        };
        let mut models: Vec<&Id> = Vec::new();
        let mut next: Vec<&Id> = named.iter().rev().collect();
        while let Some(id) = next.pop() {
            // A chain may come back to where it was.
            if !models.contains(&id) {
                models.push(id);
                next.extend(self.alias(id).into_iter().flat_map(|alias| alias.fallback.iter().rev()));
            }
        }
        models
    }

    /// The aliases of a prompt; the first one serves and is priced.
    pub fn serving<'a>(&'a self, prompt: &'a Prompt) -> &'a [Id] {
        if prompt.models.is_empty() { &self.config.testing.models } else { &prompt.models }
    }

    pub fn alias(&self, id: &Id) -> Option<&Alias> {
        self.config.models.get(id)
    }
}

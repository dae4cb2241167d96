//! `regild recordings`: what the recordings of the working tree are worth, and the care of their files.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use rayon::prelude::*;

use super::context::Context;
use crate::changes::{self, Scope};
use crate::cli::Global;
use crate::error::Result;
use crate::id::Id;
use crate::plan::{self, Cell, Gap};
use crate::recording::{Address, Evidence, Flaw, Shelf, Tree};
use crate::shelves::{Shelves, Trust};
use crate::side::Side;

mod apply;
mod prune;
mod rehash;
mod show;
mod status;

#[derive(Debug, Args)]
pub struct RecordingsArgs {
    #[command(subcommand)]
    pub command: RecordingsCommand,
}

#[derive(Debug, Subcommand)]
pub enum RecordingsCommand {
    /// Say of every task whether its recording answers today.
    Status(status::StatusArgs),
    /// Show recorded runs, step by step.
    Show(show::ShowArgs),
    /// Delete the recordings that nothing declares any more.
    Prune(prune::PruneArgs),
    /// Apply a patch of recordings, as the workflow that records for a pull request makes it.
    Apply(apply::ApplyArgs),
    /// Say that you edited a recording by hand.
    Rehash(rehash::RehashArgs),
}

pub fn run(global: &Global, args: RecordingsArgs) -> Result<u8> {
    match args.command {
        RecordingsCommand::Status(args) => status::run(global, &args),
        RecordingsCommand::Show(args) => show::run(global, &args),
        RecordingsCommand::Prune(args) => prune::run(global, &args),
        RecordingsCommand::Apply(args) => apply::run(global, &args),
        RecordingsCommand::Rehash(args) => rehash::run(global, &args),
    }
}

/// Head's cells with what the trees hold for them.
struct Survey {
    cells: Vec<(Cell, Evidence)>,
    gaps: Vec<Gap>,
}

impl Survey {
    /// Of these prompts; of all where there are none.
    fn of(context: &Context, prompts: &[Id]) -> Self {
        let Context { base, head, policy, .. } = context;
        let scope = if prompts.is_empty() { Scope::All } else { Scope::Only(prompts) };
        let changes = changes::between(base, head, policy, scope);
        let (cells, mut gaps) = plan::cells(&changes, base, head, policy, &[]);
        gaps.retain(|gap| matches!(gap, Gap::NoModel { .. } | Gap::UnknownAlias { .. }));
        let shelves = Shelves::new(base, head, policy);
        let with_evidence = |cell| {
            let evidence = shelves.evidence(&cell, Tree::Head, Trust::Head)?;
            Some((cell, evidence))
        };
        Self { cells: cells.into_par_iter().filter_map(with_evidence).collect(), gaps }
    }

    /// The addresses whose samples answer for a cell.
    fn used(&self) -> BTreeSet<Address> {
        let of_cell = |(cell, evidence): &(Cell, Evidence)| {
            let address = cell.address(Tree::Head);
            let version = |source: &str| source.strip_prefix("own:")?.parse().ok();
            let other = |source: &str| Some(Address { version: version(source)?, ..address.clone()? });
            evidence.answers.iter().filter_map(|answer| other(&answer.source)).collect::<Vec<_>>()
        };
        self.cells.iter().flat_map(of_cell).collect()
    }
}

/// A file that deserves a look.
#[derive(Debug, PartialEq, Eq)]
struct File {
    path: String,
    /// `orphan`, `edited`, `tampered`, …
    state: &'static str,
    why: String,
}

/// The recordings of head that it no longer declares, and that answer neither for another of its versions nor for base.
fn orphans(base: &Side, head: &Side, used: &BTreeSet<Address>) -> Vec<File> {
    let (before, after): (Shelf<'_>, Shelf<'_>) = (base.shelf(), head.shelf());
    let for_base =
        |address: &Address| undeclared(base, address).is_none() && before.object(address) != after.object(address);
    after
        .addresses()
        .filter(|address| !used.contains(address) && !for_base(address))
        .filter_map(|address| {
            Some(File { why: undeclared(head, &address)?, state: "orphan", path: after.path(&address) })
        })
        .collect()
}

/// What of an address a side does not declare; `None` where it declares all.
fn undeclared(side: &Side, address: &Address) -> Option<String> {
    let Address { prompt, version, task, alias } = address;
    let Some(entry) = side.prompts.get(prompt) else { return Some(format!("there is no prompt {prompt}")) };
    let Some(declared) = entry.versions.get(version) else { return Some(format!("{prompt} has no version {version}")) };
    let tasks = side.suite.tasks(declared);
    let Some(found) = tasks.iter().find(|known| known.id == *task) else {
        return Some(format!("{prompt} {version} has no task {task}"));
    };
    let runs = side.models(declared, found).contains(&alias);
    (!runs).then(|| format!("task {task} does not run on {alias}"))
}

/// The files of a shelf that cannot be used, or that a person edited.
fn flawed(shelf: &Shelf<'_>) -> Vec<File> {
    let file = |address| {
        let (state, why) = match shelf.read(&address)? {
            Ok(recording) if recording.provenance.edited => ("edited", "a person changed it and said so".to_owned()),
            Ok(_) => return None,
            Err(flaw @ Flaw::Conflicted) => ("conflicted", flaw.to_string()),
            Err(flaw @ Flaw::Tampered) => ("tampered", flaw.to_string()),
            Err(flaw @ Flaw::Unsupported(_)) => ("unsupported", flaw.to_string()),
        };
        Some(File { path: shelf.path(&address), state, why })
    };
    shelf.addresses().collect::<Vec<_>>().into_par_iter().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::OnBadSettings;
    use crate::snapshot::tests::snapshot;

    const PROMPT: &str = "id: support\nversion: 2.0.0\ntemplate: hi\nvariables: []\nmodels: [mini]\n";
    const TASKS: &str = "prompt: support\ntasks:\n  - {id: greet, input: {}, max_tokens: 9}\n";
    const SETTINGS: &str = "models: {mini: {provider: mock}, maxi: {provider: mock}}\n";

    fn side(recordings: &[&str]) -> Side {
        let mut files = vec![
            ("prompts/support/v2.0.0.yaml".to_owned(), PROMPT),
            ("golden/support.yaml".to_owned(), TASKS),
            ("regild.yaml".to_owned(), SETTINGS),
        ];
        files.extend(recordings.iter().map(|address| (format!("golden/recordings/{address}.json"), "{}")));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let side = Side::read(snapshot(&files), "regild.yaml", OnBadSettings::Stop).unwrap();
        assert!(side.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{:?}", side.diagnostics);
        side
    }

    #[test]
    fn an_orphan_is_what_nobody_declares() {
        let (none, used) = (side(&[]), BTreeSet::new());
        for (address, why) in [
            ("support/2.0.0/greet/mini", None),
            ("suport/2.0.0/greet/mini", Some("there is no prompt suport")),
            ("support/1.0.0/greet/mini", Some("support has no version 1.0.0")),
            ("support/2.0.0/wave/mini", Some("support 2.0.0 has no task wave")),
            ("support/2.0.0/greet/maxi", Some("task greet does not run on maxi")),
        ] {
            let found = orphans(&none, &side(&[address]), &used);
            assert_eq!(found.iter().map(|orphan| orphan.why.as_str()).collect::<Vec<_>>(), Vec::from_iter(why));
        }
    }

    #[test]
    fn what_answers_for_another_version_is_no_orphan() {
        let head = side(&["support/1.0.0/greet/mini"]);
        let address = head.shelf().addresses().next().unwrap();
        assert_eq!(orphans(&side(&[]), &head, &BTreeSet::from([address])), []);
    }
}

//! `regild recordings prune`: deletes what nothing declares any more, and only on a complete view of what is declared.

use std::sync::Arc;

use clap::Args;

use crate::cli::Global;
use crate::commands::context::Project;
use crate::error::{Error, Result};
use crate::golden::Task;
use crate::io::{console, files};
use crate::recording::Address;
use crate::report::escape;
use crate::side::Side;

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// List them and exit with 1 where there are any; delete nothing.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(global: &Global, args: &PruneArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let head = project.head(None)?;
    // A file that does not load may declare what looks orphaned.
    if let Some(diagnostic) = head.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        return Err(Error::config("the working tree has errors; nothing was pruned", vec![diagnostic.clone()])
            .hint("regild validate shows them all"));
    }
    let shelf = head.shelf();
    let orphans: Vec<String> =
        shelf.addresses().filter(|address| !is_declared(&head, address)).map(|address| shelf.path(&address)).collect();
    let root = project.repo.root_path().ok_or_else(|| Error::git("a bare repository has no working tree"))?;
    for path in &orphans {
        if !args.check {
            files::remove(&root.join(path))?;
        }
        console::print(&format!("{}\n", escape::line(path)))?;
    }
    let count = orphans.len();
    let summary = match (count, args.check) {
        (0, _) => "every recording belongs to a task\n".to_owned(),
        (count, true) => format!("{count} belong to no task; regild recordings prune deletes them\n"),
        (count, false) => format!("deleted {count}\n"),
    };
    console::print(&summary)?;
    Ok(u8::from(args.check && count > 0))
}

/// Whether head still has the prompt, the version, the task and the alias of a recording.
fn is_declared(head: &Side, address: &Address) -> bool {
    let Some(prompt) = head.prompts.version(&address.prompt, &address.version) else { return false };
    let runs = |task: &Arc<Task>| task.id == address.task && head.models(prompt, task).contains(&address.alias);
    head.suite.tasks(prompt).iter().any(runs)
}

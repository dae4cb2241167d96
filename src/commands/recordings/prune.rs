//! `regild recordings prune`: delete what nothing declares any more. Never on an incomplete view.

use clap::Args;

use super::super::context::Project;
use super::super::record::{RecordRefs, worktree};
use super::{Survey, orphans};
use crate::cli::Global;
use crate::error::{Error, Result};
use crate::io::{console, files};
use crate::recording::DIR;
use crate::report::{escape, numbers};

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Delete nothing; exit with 1 if there is something to delete.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub refs: RecordRefs,
}

pub fn run(global: &Global, args: &PruneArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let root = project.repo.root_path().ok_or_else(|| Error::git("a bare repository has no files to delete"))?;
    let context = worktree(&project, &args.refs)?;
    let errors: Vec<_> = context.head.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
    if !errors.is_empty() {
        let message = "the working tree has errors, so that not all it declares is known; nothing was deleted";
        return Err(Error::config(message, errors).hint("mend these first; regild validate shows them again"));
    }
    let survey = Survey::of(&context, &[]);
    if let Some(gap) = survey.gaps.first() {
        let message = format!("{}: {gap}, so that not all it declares is known; nothing was deleted", gap.prompt());
        return Err(Error::usage(message));
    }
    let found = orphans(&context.base, &context.head, &survey.used());
    let recordings = root.join(context.head.golden()).join(DIR);
    for orphan in &found {
        if !args.check {
            files::remove(&root.join(&orphan.path), &recordings)?;
        }
        console::print(&format!("{}\n", escape::line(&orphan.path)))?;
    }
    let count = numbers::counted(found.len(), "recording").replace(numbers::NBSP, " ");
    let (text, code) = match (found.len(), args.check) {
        (0, _) => ("there is nothing to delete\n".to_owned(), 0),
        (_, true) => (format!("{count} to delete; regild recordings prune deletes them\n"), 1),
        (_, false) => (format!("{count} deleted\n"), 0),
    };
    console::note(&text);
    Ok(code)
}

//! `regild init`: the first settings, prompt, golden tasks and workflow of a project, ready to check.

use clap::Args;

use super::context::Project;
use super::record::{RecordArgs, record, worktree};
use crate::cli::Global;
use crate::config::FILE;
use crate::error::{Error, Result};
use crate::init;
use crate::io::{clock, console, files};
use crate::report::escape;

#[derive(Debug, Args)]
pub struct InitArgs {}

pub fn run(global: &Global, _: &InitArgs) -> Result<u8> {
    let root = &global.dir;
    if files::exists(&root.join(FILE)) {
        return Err(Error::usage(format!("{FILE} is here already")).hint("regild validate says whether it is right"));
    }
    // Before anything is written: outside a repository there is nothing to compare.
    Project::open(global)?;
    let mut text = String::new();
    for (path, content) in init::files() {
        let full = root.join(&path);
        if files::exists(&full) {
            text.push_str(&format!("kept     {path}, which was there\n"));
        } else {
            files::write(&full, content.as_bytes())?;
            text.push_str(&format!("written  {path}\n"));
        }
    }
    let project = Project::open(global)?;
    let args = RecordArgs::default();
    let context = worktree(&project, &args.refs)?;
    let done = record(&project, &context, &args, &clock::now()?)?;
    text.push_str(&format!("recorded golden/recordings/: {} samples by `mock`, a stand-in\n", done.samples));
    let program = escape::line(&console::program());
    text.push_str(&format!(
        "\ntry next\n  {program} check      what a pull request with these files would get\n  {program} validate   every \
         mistake in what you edit\n  git add --all && git commit -m \"Gate prompts with regild\"\n"
    ));
    console::print(&text)?;
    Ok(0)
}

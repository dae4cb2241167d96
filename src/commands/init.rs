//! `regild init`: the first settings, prompt, golden tasks and workflow of a project, ready to check.

use clap::Args;

use super::context::Project;
use super::record::{RecordArgs, record, worktree};
use crate::cli::Global;
use crate::config::FILE;
use crate::error::{Error, Result};
use crate::init::{self, UNKNOWN_HOME, Workflow};
use crate::io::{clock, console, files};
use crate::report::escape;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Which GitHub workflows are written.
    #[arg(long, value_name = "KIND", default_value = "simple")]
    pub workflow: Workflow,
}

pub fn run(global: &Global, args: &InitArgs) -> Result<u8> {
    let root = &global.dir;
    if files::exists(&root.join(FILE)) {
        return Err(Error::usage(format!("{FILE} is here already")).hint("regild validate says whether it is right"));
    }
    // Before anything is written: outside a repository there is nothing to compare.
    Project::open(global)?;
    let mut text = String::new();
    let mut names_nobody = false;
    for (path, content) in init::files(args.workflow) {
        let full = root.join(&path);
        if files::exists(&full) {
            text.push_str(&format!("kept     {path}, which was there\n"));
        } else {
            files::write(&full, content.as_bytes())?;
            names_nobody |= content.contains(UNKNOWN_HOME);
            text.push_str(&format!("written  {path}\n"));
        }
    }
    let project = Project::open(global)?;
    let all = RecordArgs::default();
    let context = worktree(&project, &all.refs)?;
    let done = record(&project, &context, &all, &clock::now()?)?;
    text.push_str(&format!("recorded golden/recordings/: {} samples by `mock`, a stand-in\n", done.samples));
    if names_nobody {
        text.push_str(
            "\nto do: in .github/workflows/, write for OWNER who on GitHub has regild's repository; this build does not know\n",
        );
    }
    let program = escape::line(&console::program());
    // In a repository without a commit there is nothing yet to compare with.
    text.push_str(&format!(
        "\ntry next\n  git add --all && git commit -m \"Gate prompts with regild\"\n  {program} check --all   every prompt \
         judged, on the recorded answers\n  {program} validate      every mistake in what you edit\n"
    ));
    console::print(&text)?;
    Ok(0)
}

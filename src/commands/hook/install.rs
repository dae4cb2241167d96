//! `regild hook install`: git's own pre-push hook. Never writes over a hook that somebody else made.

use clap::Args;

use crate::cli::Global;
use crate::commands::context::Project;
use crate::error::{Error, Result};
use crate::io::hook::{self, Hooks};
use crate::io::{console, files};
use crate::report::escape;

/// By its second line regild knows a hook of its own again.
const SCRIPT: &str = include_str!("pre-push.sh");

const LINE: &str = "regild hook pre-push \"$@\"";

#[derive(Debug, Args)]
pub struct InstallArgs {
    /// Replace a pre-push hook that is not regild's.
    #[arg(long)]
    force: bool,
}

pub fn run(global: &Global, args: &InstallArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let dir = match hook::hooks(&project.repo)? {
        Hooks::Own(dir) => dir,
        Hooks::Elsewhere(dir) => {
            let dir = escape::line(&dir);
            return Err(Error::usage(format!("this repository's hooks are elsewhere: core.hooksPath is {dir}"))
                .hint(format!("Add a line to the pre-push hook there: {LINE}")));
        }
    };
    let path = dir.join("pre-push");
    let shown = escape::line(&path.display().to_string());
    let is_ours = |text: &str| text.lines().nth(1) == SCRIPT.lines().nth(1);
    if let Some(present) = files::read_if_any(&path)?.filter(|text| !is_ours(text))
        && !args.force
    {
        let error = Error::usage(format!("{shown} is a hook that regild did not write"));
        return Err(if present.contains("regild hook pre-push") {
            error.hint("It calls regild already; there is nothing to do.")
        } else {
            error.hint(format!("Add a line to it: {LINE}")).hint("Or replace it: regild hook install --force")
        });
    }
    files::write_program(&path, SCRIPT.as_bytes())?;
    console::print(&format!(
        "wrote {shown}\nBefore every push, regild judges the prompts that it brings; `git push --no-verify` passes by.\n"
    ))?;
    Ok(0)
}

//! `regild recordings apply`: recordings that were made elsewhere, into the working tree.
//!
//! The one place that holds keys records for a pull request and hands over a patch. A patch is somebody's file: it may put
//! recordings where recordings belong and nothing else anywhere, and all of it is looked at before any of it is written.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::context::Project;
use crate::cli::Global;
use crate::config;
use crate::error::{Error, Result};
use crate::io::git::Patched;
use crate::io::{console, files};
use crate::recording::{Address, DIR, Recording};
use crate::report::{escape, numbers};

/// Bytes of a patch.
const MAX_PATCH: u64 = 64 << 20;

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The patch, as `git diff --binary` writes it.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

pub fn run(global: &Global, args: &ApplyArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let root = project.repo.root_path().ok_or_else(|| Error::git("a bare repository has no files to write"))?;
    let settings = project.repo.worktree_file(&project.settings)?;
    let golden = match &settings {
        Some(text) => {
            config::parse(&project.settings, text).map(|loaded| loaded.config).unwrap_or_default().testing.dir
        }
        None => config::Config::default().testing.dir,
    };
    let golden = config::clean(&golden);
    let patch = files::read_bytes(&global.dir.join(&args.file), MAX_PATCH)?;
    let patched = project.repo.patched(&patch)?;
    for file in &patched {
        check(file, &golden)?;
        check_untouched(file, &root)?;
    }
    let recordings = root.join(&golden).join(DIR);
    for Patched { path, after, .. } in &patched {
        match after {
            Some(bytes) => files::write(&root.join(path), bytes)?,
            None => files::remove(&root.join(path), &recordings)?,
        }
        console::print(&format!("{}\n", escape::line(path)))?;
    }
    let count = numbers::counted(patched.len(), "recording").replace(numbers::NBSP, " ");
    console::note(&format!("{count} applied; commit them, and regild check replays them\n"));
    Ok(0)
}

/// Refuses whatever is no recording at its own place.
fn check(file: &Patched, golden: &str) -> Result<()> {
    let shown = file.path.escape_debug();
    let Some(address) = Address::of(golden, &file.path) else {
        return Err(Error::usage(format!("the patch changes {shown}, which is no recording"))
            .hint("Nothing was written: such a patch holds recordings and nothing else."));
    };
    let Some(bytes) = &file.after else { return Ok(()) };
    let recording = Recording::checked(bytes).map_err(|flaw| {
        Error::usage(format!("{shown} of the patch is no recording that can be used: {flaw}"))
            .hint("Nothing was written.")
    })?;
    let own =
        Address { prompt: recording.prompt, version: recording.version, task: recording.task, alias: recording.alias };
    if own == address {
        Ok(())
    } else {
        Err(Error::usage(format!("{shown} of the patch is the recording of something else")))
    }
}

/// Refuses to write over what is not in HEAD, and through links to somewhere else.
fn check_untouched(file: &Patched, root: &Path) -> Result<()> {
    if let Some(link) = files::link_on_the_way(root, &file.path) {
        return Err(Error::usage(format!(
            "{} is a link; recordings are not written through links",
            escape::line(&link)
        )));
    }
    // Git may have checked it out with the line ends of the machine; recordings themselves hold no carriage return.
    let present = files::read_if_any(&root.join(&file.path))?.map(|text| text.replace("\r\n", "\n").into_bytes());
    if present == file.before {
        return Ok(());
    }
    Err(Error::usage(format!("{} has changes that are not committed", file.path.escape_debug()))
        .hint("Commit them or take them back first: git restore golden/recordings"))
}

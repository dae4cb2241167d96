//! `regild recordings rehash`: makes an edited recording whole again, and keeps it on record that a person edited it.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Global;
use crate::commands::report::root_of;
use crate::error::{Error, Result};
use crate::io::{console, files};
use crate::recording::{Flaw, Recording};
use crate::report::escape;

#[derive(Debug, Args)]
pub struct RehashArgs {
    /// The recordings that were edited.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Says that the edit was meant; it stays visible in every report.
    #[arg(long, required = true)]
    i_edited_this: bool,
}

pub(super) fn run(global: &Global, args: &RehashArgs) -> Result<u8> {
    let root = root_of(global);
    for path in &args.paths {
        let shown = escape::line(&path.display().to_string());
        let path = root.join(path);
        let text = files::read_text(&path)?;
        let mut recording = Recording::from_bytes(text.as_bytes()).map_err(|flaw| unusable(&shown, &flaw))?;
        let digest = recording.digest();
        if digest == recording.content_sha256 {
            console::print(&format!("{shown}: nothing to do, its digest fits\n"))?;
            continue;
        }
        recording.content_sha256 = digest;
        recording.provenance.edited = true;
        files::write(&path, &recording.to_bytes())?;
        console::print(&format!("{shown}: marked as edited by hand\n"))?;
    }
    Ok(0)
}

fn unusable(path: &str, flaw: &Flaw) -> Error {
    match flaw {
        Flaw::Conflicted => {
            Error::usage(format!("{path} holds merge-conflict markers")).hint("record it again: regild record")
        }
        Flaw::Unsupported(why) => Error::usage(format!("{path} is not a recording: {why}")),
        Flaw::Tampered => Error::usage(format!("{path} was changed after it was recorded")),
    }
}

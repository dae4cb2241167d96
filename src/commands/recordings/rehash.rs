//! `regild recordings rehash`: a person edited a recording and says so. The file keeps saying it.

use std::path::PathBuf;

use clap::Args;

use super::super::report::root_of;
use crate::cli::Global;
use crate::error::{Error, Result};
use crate::io::{console, files};
use crate::recording::{Flaw, Recording};
use crate::report::escape;

#[derive(Debug, Args)]
pub struct RehashArgs {
    /// The edited files.
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Say that the edit was meant; every report will mention it.
    #[arg(long)]
    pub i_edited_this: bool,
}

pub fn run(global: &Global, args: &RehashArgs) -> Result<u8> {
    if !args.i_edited_this {
        return Err(Error::usage("rehash marks a recording as edited by hand, and every report will say so")
            .hint("if that is meant, add --i-edited-this; else record it again"));
    }
    let root = root_of(global);
    let mut edited = Vec::new();
    for path in &args.paths {
        let recording = rehashed(&files::read_text(&root.join(path))?)
            .map_err(|error| Error { message: format!("{}: {}", path.display(), error.message), ..error })?;
        edited.push((path, recording));
    }
    // All were read before the first is written.
    for (path, recording) in edited {
        let name = escape::line(&path.display().to_string());
        match recording {
            Some(recording) => {
                files::write(&root.join(path), &recording.to_bytes())?;
                console::print(&format!("{name}  marked as edited by hand\n"))?;
            }
            None => console::print(&format!("{name}  as it was recorded; left alone\n"))?,
        }
    }
    Ok(0)
}

/// The recording with a digest that fits and the mark of the edit; `None` where it fits already.
fn rehashed(text: &str) -> Result<Option<Recording>> {
    let mut recording = Recording::from_bytes(text.as_bytes()).map_err(|flaw| match flaw {
        Flaw::Conflicted => Error::usage("it holds merge-conflict markers; no edit can be told from the merge")
            .hint("take one side whole with `git checkout --ours` or `--theirs`, or record it again"),
        Flaw::Unsupported(why) => Error::usage(format!("it is no recording that this version reads: {why}")),
        Flaw::Tampered => Error::usage("its digest does not fit"),
    })?;
    let digest = recording.digest();
    if recording.content_sha256 == digest {
        return Ok(None);
    }
    recording.content_sha256 = digest;
    recording.provenance.edited = true;
    Ok(Some(recording))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Provider;
    use crate::recording::{Address, Provenance, Target};

    fn recording() -> Recording {
        let address = Address::of("golden", "golden/recordings/support/1.0.0/greet/mini.json").unwrap();
        let target = Target { provider: Provider::Mock, api: "mock".into(), model: "mini".into() };
        let provenance = Provenance {
            recorded_at: "2026-10-30T00:00:00Z".into(),
            by: "regild 0".into(),
            stand_in: true,
            edited: false,
        };
        Recording::new(&address, target, Vec::new(), provenance)
    }

    #[test]
    fn an_edit_is_marked_for_good() {
        let text = String::from_utf8(recording().to_bytes()).unwrap();
        assert_eq!(rehashed(&text).unwrap(), None);
        let edited = text.replace("\"model\": \"mini\"", "\"model\": \"maxi\"");
        let marked = rehashed(&edited).unwrap().unwrap();
        assert!(marked.provenance.edited);
        assert_eq!(Recording::checked(&marked.to_bytes()), Ok(marked));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (text, says) in [
            ("{\n<<<<<<< ours\n}", "merge-conflict"),
            ("{\"schema\": \"regild.recording/9\"}", "regild.recording/9"),
            ("not JSON", "no recording"),
        ] {
            let error = rehashed(text).unwrap_err();
            assert!(error.message.contains(says), "{}", error.message);
        }
    }
}

//! GitHub's runner: the files by which a step sets outputs and adds to the job's summary.
//!
//! Never the files that change the environment or the path of later steps. Where there is no such file, nothing happens.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::report::{SUMMARY_BYTES, step};

/// The runner drops a step's whole summary beyond 1 MiB; what an earlier command of the step wrote counts too.
const SUMMARIES_BYTES: usize = 1 << 20;

/// Sets outputs of this step.
pub fn set_outputs(outputs: &[(&str, String)]) -> Result<()> {
    let Some(path) = file("GITHUB_OUTPUT") else { return Ok(()) };
    append(&path, &step::encode(outputs, &delimiter()?)?)
}

/// Adds to the summary of this step what `render` makes for the bytes that are left.
pub fn add_summary(render: impl FnOnce(usize) -> Result<String>) -> Result<()> {
    let Some(path) = file("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    let used = std::fs::metadata(&path).map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
    let left = SUMMARIES_BYTES.saturating_sub(used).saturating_sub(1);
    let text = render(left.min(SUMMARY_BYTES))?;
    // What another command left without an end of line must not swallow the first line.
    append(&path, &if used > 0 { format!("\n{text}") } else { text })
}

fn file(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn append(path: &Path, text: &str) -> Result<()> {
    let open = std::fs::OpenOptions::new().append(true).create(true).open(path);
    let written = open.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Error::io(format_args!("cannot write {}", path.display()), &error))
}

/// 128 bits from the system: what is to be written cannot know them.
fn delimiter() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the system gives no random bytes: {error}")))?;
    Ok(format!("regild_{:032x}", u128::from_be_bytes(bytes)))
}

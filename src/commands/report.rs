//! `regild report`: any format again from `report.json`. And the delivery of reports, for every command that makes one.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::{Global, OutputArgs};
use crate::error::{Error, Result};
use crate::io::{console, files};
use crate::report::{Report, from_json, render};

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The report to read.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(global: &Global, args: &ReportArgs) -> Result<u8> {
    let root = root_of(global);
    let report = from_json(&files::read_text(&root.join(&args.from))?)?;
    deliver(&report, &args.output, global, &root)?;
    Ok(0)
}

/// The directory that paths on the command line are relative to.
pub fn root_of(global: &Global) -> PathBuf {
    global.dir.clone()
}

/// Renders every format before any is written; one that cannot be written stops no other.
pub fn deliver(report: &Report, output: &OutputArgs, global: &Global, root: &Path) -> Result<()> {
    let look = console::look(global.color);
    let shown = render(report, output.format, look)?;
    let plain = crate::report::Look { colour: false, ..look };
    let rendered = output.outputs.iter().map(|(format, path)| Ok((render(report, *format, plain)?, root.join(path))));
    let rendered: Vec<(String, PathBuf)> = rendered.collect::<Result<_>>()?;
    let printed = console::print(&shown);
    let written = rendered.iter().map(|(text, path)| files::write(path, text.as_bytes()));
    let mut failed: Vec<Error> = written.chain(std::iter::once(printed)).filter_map(Result::err).collect();
    match failed.len() {
        0 => Ok(()),
        1 => Err(failed.remove(0)),
        _ => {
            let messages: Vec<String> = failed.iter().map(ToString::to_string).collect();
            Err(Error::new(crate::error::ErrorKind::Io, messages.join("; ")))
        }
    }
}

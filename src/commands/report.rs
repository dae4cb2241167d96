//! `regild report`: any format again from `report.json`, and what GitHub's runner is told of it. And the delivery of reports,
//! for every command that makes one.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::{Global, OutputArgs};
use crate::error::{Error, Result};
use crate::io::{console, files, runner};
use crate::report::{Format, Report, escape, from_json, render, step, summary};

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The report to read.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Speak to GitHub's runner: annotations on standard output, this step's outputs, and its summary.
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    pub github: bool,
}

pub fn run(global: &Global, args: &ReportArgs) -> Result<u8> {
    let root = root_of(global);
    let report = from_json(&files::read_text(&root.join(&args.from))?)?;
    if args.github {
        speak(&report, args, global, &root)?;
    } else {
        deliver(&report, &args.output, global, &root)?;
    }
    Ok(0)
}

/// Tells the runner. What cannot be said in one way is still said in the others; only the summary may be missing.
fn speak(report: &Report, args: &ReportArgs, global: &Global, root: &Path) -> Result<()> {
    let output = OutputArgs { format: Format::Annotations, ..args.output.clone() };
    let delivered = deliver(report, &output, global, root);
    let path = |path: &Path| files::absolute(&root.join(path));
    let written = output.outputs.iter().map(|(format, file)| (*format, path(file)));
    let files: Vec<(Format, String)> = std::iter::once((Format::Json, path(&args.from))).chain(written).collect();
    let told = runner::set_outputs(&step::outputs(report, &files));
    if let Err(error) = runner::add_summary(|bytes| summary(report, bytes)) {
        console::note(&format!("warning: no summary: {}\n", escape::line(&error.message)));
    }
    delivered.and(told)
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
    let printed = match output.format {
        Format::Annotations => console::command(&shown),
        Format::Terminal
        | Format::Json
        | Format::Junit
        | Format::Markdown
        | Format::Html
        | Format::Sarif
        | Format::Costs => console::print(&shown),
    };
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

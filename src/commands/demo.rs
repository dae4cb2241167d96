//! `regild demo`: a small repository, a check of it, and what to try next.

use std::path::{Path, PathBuf};

use clap::Args;

use super::check::{JudgingArgs, judge};
use super::context::Project;
use super::record::{RecordArgs, record};
use super::report::{deliver, root_of};
use crate::cli::{Global, OutputArgs, RefArgs, SelectArgs};
use crate::demo::{BASE, File, HEAD, TIMES};
use crate::error::{Error, Result};
use crate::io::git::NewRepo;
use crate::io::{clock, console, files};
use crate::report::{Format, escape};

/// The branch that holds the changed prompt.
const BRANCH: &str = "exhaustive";

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The folder to write to; it must be empty or not there. `regild-demo`, where left out.
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(global: &Global, args: DemoArgs) -> Result<u8> {
    let root = root_of(global);
    let folder = folder(&root, args.folder)?;
    let inside = Global { dir: root.join(&folder), config: crate::config::FILE.to_owned(), ..global.clone() };
    build(&inside)?;
    let project = Project { is_apart: true, ..Project::open(&inside)? };
    let refs = RefArgs { base: Some("main".to_owned()), head: Some(BRANCH.to_owned()), ..RefArgs::default() };
    let report = judge(&project.context(&refs)?, &SelectArgs::default(), &JudgingArgs::default(), None)?;
    // What a program reads must be the report alone.
    let tell: fn(&str) -> Result<()> = match args.output.format {
        Format::Terminal => console::print,
        Format::Json
        | Format::Junit
        | Format::Markdown
        | Format::Html
        | Format::Annotations
        | Format::Sarif
        | Format::Costs => |text| {
            console::note(text);
            Ok(())
        },
    };
    let shown = escape::line(&folder.display().to_string());
    tell(&opening(&shown))?;
    deliver(&report, &args.output, global, &root)?;
    tell(&closing(&shown, &args.output))?;
    Ok(report.verdict.exit_code)
}

/// The folder asked for, or the first free name.
fn folder(root: &Path, asked: Option<PathBuf>) -> Result<PathBuf> {
    if let Some(folder) = asked {
        return if files::is_fresh(&root.join(&folder))? {
            Ok(folder)
        } else {
            Err(Error::usage(format!("{} is not empty", folder.display()))
                .hint("name a folder that does not exist yet"))
        };
    }
    let names = std::iter::once("regild-demo".to_owned()).chain((2..=99).map(|n| format!("regild-demo-{n}")));
    for name in names {
        if files::is_fresh(&root.join(&name))? {
            return Ok(PathBuf::from(name));
        }
    }
    Err(Error::usage("there are ninety-nine demos here").hint("remove some: rm -r regild-demo*"))
}

/// Writes, records and commits both versions.
fn build(inside: &Global) -> Result<()> {
    write(&inside.dir, BASE)?;
    let repo = NewRepo::init(&inside.dir)?;
    fill(inside, TIMES.0)?;
    repo.commit_all("Answer support questions from the knowledge base", TIMES.0)?;
    repo.start_branch(BRANCH)?;
    write(&inside.dir, HEAD)?;
    fill(inside, TIMES.1)?;
    repo.commit_all("Be exhaustive", TIMES.1)
}

fn write(dir: &Path, list: &[File]) -> Result<()> {
    list.iter().try_for_each(|(path, text)| files::write(&dir.join(path), text.as_bytes()))
}

/// Records what is missing, from the mock provider, as of a fixed time.
fn fill(inside: &Global, time: i64) -> Result<()> {
    let project = Project::open(inside)?;
    let args = RecordArgs::default();
    let context = super::record::worktree(&project, &args.refs)?;
    record(&project, &context, &args, &clock::at(time)).map(|_| ())
}

fn opening(folder: &str) -> String {
    format!(
        "A support bot in {folder}/, with ten golden tasks and two commits:\n  main        support v12, which keeps to the \
         knowledge base\n  {BRANCH}  support v13, told to be exhaustive\n\n$ regild check --base main --head {BRANCH}\n\n"
    )
}

fn closing(folder: &str, output: &OutputArgs) -> String {
    let program = console::program();
    let mut text =
        format!("\nwritten\n  {folder}/  prompts/, golden/, regild.yaml, prices.yaml; recordings by `mock`\n");
    for (_, path) in &output.outputs {
        text.push_str(&format!("  {}\n", escape::line(&path.display().to_string())));
    }
    text.push_str("\ntry next\n");
    for command in [
        format!("diff support/kb_lookup --base main --head {BRANCH}"),
        "changed --base main".to_owned(),
        "check --base main --output markdown=comment.md --output junit=junit.xml".to_owned(),
        "config".to_owned(),
    ] {
        text.push_str(&format!("  {program} -C {folder} {command}\n"));
    }
    text
}

//! `regild diff`: what base and head answer to the same tasks, side by side.

use clap::Args;

use super::check::{self, JudgingArgs};
use super::context::{Context, Project, selection, unknown};
use crate::changes::{self, Scope};
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::console;
use crate::plan::{self, Cell, Gap};
use crate::recording::{Evidence, Tree};
use crate::report::terminal::layout::Page;
use crate::report::{Report, Task};
use crate::shelves::{Shelves, Trust};

mod beside;
mod show;

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The prompt, or one task of it.
    #[arg(value_name = "PROMPT[/TASK]")]
    pub target: String,
    /// Only this alias.
    #[arg(long, value_name = "ALIAS")]
    pub model: Option<String>,
    /// The answers of every sample, not of the first alone.
    #[arg(long)]
    pub all_samples: bool,
    #[command(flatten)]
    pub refs: RefArgs,
}

/// A cell with what both trees hold for it, and what a check says of it.
struct Compared<'a> {
    planned: &'a Cell,
    base: Option<Evidence>,
    head: Option<Evidence>,
    judged: Option<&'a Task>,
}

pub fn run(global: &Global, args: &DiffArgs) -> Result<u8> {
    let context = Project::open(global)?.context(&args.refs)?;
    let select = target(&args.target);
    let (prompts, tasks) = selection(&select, &context)?;
    let report = check::judge(&context, &select, &JudgingArgs::default(), None)?;
    let Context { base, head, policy, .. } = &context;
    let changes = changes::between(base, head, policy, Scope::Only(&prompts));
    let (cells, gaps) = plan::cells(&changes, base, head, policy, &tasks);
    let cells = wanted(&cells, &gaps, &select, args.model.as_deref())?;
    let shelves = Shelves::new(base, head, policy);
    let mut page = Page::wide(console::look(global.color));
    for (nth, planned) in cells.into_iter().enumerate() {
        if nth > 0 {
            page.blank();
        }
        let evidence = |tree| shelves.evidence(planned, tree, Trust::Head);
        let (base, head) = (evidence(Tree::Base), evidence(Tree::Head));
        show::cell(&mut page, &Compared { planned, base, head, judged: judged(&report, planned) }, args.all_samples);
    }
    console::print(&page.finish())?;
    Ok(0)
}

/// `PROMPT` or `PROMPT/TASK`.
fn target(text: &str) -> SelectArgs {
    let (prompt, task) = match text.split_once('/') {
        Some((prompt, task)) => (prompt, Some(task.to_owned())),
        None => (text, None),
    };
    SelectArgs { prompts: vec![prompt.to_owned()], tasks: task.into_iter().collect(), all: true }
}

/// The cells to show; an error that says why where there are none.
fn wanted<'a>(cells: &'a [Cell], gaps: &[Gap], select: &SelectArgs, model: Option<&str>) -> Result<Vec<&'a Cell>> {
    let model = model.map(Id::new).transpose().map_err(Error::usage)?;
    let found: Vec<&Cell> = cells.iter().filter(|cell| model.as_ref().is_none_or(|id| cell.alias == *id)).collect();
    match (found.as_slice(), model, gaps) {
        ([_, ..], _, _) => Ok(found),
        ([], Some(model), _) if !cells.is_empty() => {
            Err(unknown("alias in use", &model, cells.iter().map(|cell| &cell.alias)))
        }
        ([], _, [Gap::UnknownAlias { task, alias, .. }, ..]) => {
            Err(Error::usage(format!("task {task} runs on `{alias}`, which regild.yaml does not declare")))
        }
        ([], _, _) => {
            let message =
                format!("there is nothing to compare for {}", [&select.prompts[..], &select.tasks].concat().join("/"));
            Err(Error::usage(message).hint(format!("regild plan --all --prompt {} shows its tasks", select.prompts[0])))
        }
    }
}

/// What the report says of a cell. It has one entry per candidate, and the report is about one prompt alone.
fn judged<'a>(report: &'a Report, cell: &Cell) -> Option<&'a Task> {
    let prompt = report.prompts.get(cell.candidate.1)?;
    prompt.tasks.iter().find(|task| task.id == cell.task.as_str() && task.model == cell.alias.as_str())
}

//! `regild mock-server`: the recordings of the working tree over loopback, for an application's own tests.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::context::{Context, Project, selection, unknown};
use crate::changes::{self, Scope};
use crate::cli::{Global, RefArgs, SelectArgs};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::{console, serve};
use crate::plan::{self, Cell};
use crate::report::escape;
use crate::serving::{Answer, Collected, Compare, Server, collect};
use crate::shelves::Shelves;

#[derive(Debug, Args)]
pub struct MockServerArgs {
    /// Listen on this port of 127.0.0.1; on any that is free, where it is 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Only this prompt; may be given several times.
    #[arg(long = "prompt", value_name = "ID")]
    pub prompts: Vec<String>,
    /// Only this task; may be given several times.
    #[arg(long = "task", value_name = "ID")]
    pub tasks: Vec<String>,
    /// Only this alias; may be given several times.
    #[arg(long = "model", value_name = "ALIAS")]
    pub models: Vec<String>,
    /// Answer only requests with the recorded parameters, such as temperature and max_tokens, and the very same tool results.
    #[arg(long)]
    pub strict: bool,
    /// Take the policy from REF instead of the tip of the default branch.
    #[arg(long, value_name = "REF", help_heading = "Refs")]
    pub policy: Option<String>,
}

pub fn run(global: &Global, args: &MockServerArgs) -> Result<u8> {
    let project = Project::open(global)?;
    // Nothing is compared: an empty base makes every version of the working tree one to serve.
    let refs = RefArgs { base: Some("none".to_owned()), policy: args.policy.clone(), ..RefArgs::default() };
    let context = project.context(&refs)?;
    if context.head.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error) {
        console::note("what does not load is left out; regild validate shows why\n");
    }
    let compare = if args.strict { Compare::Strict } else { Compare::Meaning };
    let cells = cells(&context, args)?;
    let Context { base, head, policy, .. } = &context;
    let collected = collect(&Shelves::new(base, head, policy), &cells, compare);
    if collected.index.answers().is_empty() {
        let message = format!("there is nothing to serve{}", left_out(&collected.left_out));
        let hint = "regild record asks for what is missing or stale; with --rewrite, also for what only base still has";
        return Err(Error::usage(message).hint(hint).hint("regild recordings status says more"));
    }
    let serves = serves(&collected);
    let server = Server::new(collected, compare);
    let ready = |port| {
        console::print(&format!(
            "listening on http://127.0.0.1:{port}\n{}  OPENAI_BASE_URL=http://127.0.0.1:{port}/v1\n  \
             ANTHROPIC_BASE_URL=http://127.0.0.1:{port}\n",
            escape::block(&serves)
        ))
    };
    serve::serve(args.port, ready, move |asked| server.answer(asked))?;
    Ok(0)
}

/// The cells of every version of the working tree, as far as they are wanted.
fn cells(context: &Context, args: &MockServerArgs) -> Result<Vec<Cell>> {
    let Context { base, head, policy, .. } = context;
    let select = SelectArgs { prompts: args.prompts.clone(), tasks: args.tasks.clone(), all: true };
    let (prompts, tasks) = selection(&select, context)?;
    let scope = if prompts.is_empty() { Scope::All } else { Scope::Only(&prompts) };
    let changes = changes::between(base, head, policy, scope);
    let (mut cells, _) = plan::cells(&changes, base, head, policy, &tasks);
    let models = args.models.iter().map(|model| Id::new(model).map_err(Error::usage)).collect::<Result<Vec<_>>>()?;
    if let Some(foreign) = models.iter().find(|model| !cells.iter().any(|cell| cell.alias == **model)) {
        return Err(unknown("alias in use", foreign, head.config.models.keys()));
    }
    cells.retain(|cell| models.is_empty() || models.contains(&cell.alias));
    Ok(cells)
}

/// What is served, in words.
fn serves(collected: &Collected) -> String {
    let Collected { index, tasks, left_out: out } = collected;
    let answers = index.answers();
    let name = |answer: &Answer| match answer.address.alias.as_str() {
        alias if alias == answer.model => alias.to_owned(),
        alias => format!("{alias} ({})", answer.model),
    };
    let names: BTreeSet<String> = answers.iter().map(name).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "serves {} of {} for {names}{}\n",
        count(answers.len(), "answer"),
        count(*tasks, "task"),
        left_out(out)
    );
    if answers.iter().any(|answer| answer.stand_in) {
        text.push_str("answers by `mock` are those of a stand-in for a model\n");
    }
    text
}

/// What is not served, and why.
fn left_out(states: &BTreeMap<String, usize>) -> String {
    if states.is_empty() {
        return String::new();
    }
    let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    format!("; left out: {}", states.join(", "))
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

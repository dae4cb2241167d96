//! `regild recordings show`: a recording as people read it, step by step.

use clap::Args;

use crate::cli::Global;
use crate::commands::context::Project;
use crate::config::loose_version;
use crate::error::{Error, Result};
use crate::io::console;
use crate::recording::{Address, Flaw, Recording, Sample, Shelf, Step};
use crate::report::escape;
use crate::wire::{self, Arguments};

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// PROMPT, PROMPT/TASK, or the path of a recording.
    #[arg(value_name = "PROMPT[/TASK]|PATH")]
    what: String,
    /// Only this version.
    #[arg(long, value_name = "V")]
    version: Option<String>,
    /// Only this alias.
    #[arg(long, value_name = "ALIAS")]
    model: Option<String>,
}

pub(super) fn run(global: &Global, args: &ShowArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let head = project.head(None)?;
    let shelf = head.shelf();
    let version = match args.version.as_deref() {
        Some(text) => Some(loose_version(text).ok_or_else(|| Error::usage(format!("{text:?} is not a version")))?),
        None => None,
    };
    let (prompt, task) = match args.what.split_once('/') {
        Some((prompt, task)) => (prompt, Some(task)),
        None => (args.what.as_str(), None),
    };
    let wanted = |address: &Address| {
        let named = address.prompt.as_str() == prompt && task.is_none_or(|task| address.task.as_str() == task);
        (named || shelf.path(address) == args.what)
            && version.as_ref().is_none_or(|version| address.version == *version)
            && args.model.as_deref().is_none_or(|model| address.alias.as_str() == model)
    };
    let found: Vec<Address> = shelf.addresses().filter(wanted).collect();
    if found.is_empty() {
        return Err(Error::usage(format!("nothing is recorded for `{}`", args.what))
            .hint("regild recordings status shows what there is"));
    }
    let mut text = String::new();
    for address in &found {
        text.push_str(&describe(&shelf, address));
    }
    console::print(&text)?;
    Ok(0)
}

fn describe(shelf: &Shelf<'_>, address: &Address) -> String {
    let heading = format!("── {address}\n");
    match shelf.read(address) {
        Some(Ok(recording)) => heading + &recorded(&recording),
        Some(Err(Flaw::Conflicted)) => heading + "  holds merge-conflict markers; record it again\n",
        Some(Err(Flaw::Tampered)) => heading + "  was changed after it was recorded; its digest does not fit\n",
        Some(Err(Flaw::Unsupported(why))) => format!("{heading}  cannot be read: {}\n", escape::line(&why)),
        None => heading,
    }
}

fn recorded(recording: &Recording) -> String {
    let provenance = &recording.provenance;
    let who =
        if provenance.stand_in { "by `mock`, a stand-in for a model" } else { recording.target.provider.as_str() };
    let edited = if provenance.edited { ", edited by hand" } else { "" };
    let mut text = format!(
        "  {who}; model {}, recorded {} by {}{edited}\n",
        escape::line(&recording.target.model),
        escape::line(&provenance.recorded_at),
        escape::line(&provenance.by)
    );
    for sample in &recording.samples {
        text.push_str(&trajectory(sample, &recording.target.api));
    }
    text
}

fn trajectory(sample: &Sample, api: &str) -> String {
    let outcome = &sample.outcome;
    let tokens = outcome.total_tokens.map_or_else(|| "unknown".to_owned(), |tokens| tokens.to_string());
    let mut text = format!(
        "  sample {}: {} after {} steps, {} tool calls, {tokens} tokens\n",
        sample.sample, outcome.stop, outcome.steps, outcome.tool_calls
    );
    for (index, step) in sample.steps.iter().enumerate() {
        text.push_str(&one_step(index, step, api));
    }
    text
}

fn one_step(index: usize, step: &Step, api: &str) -> String {
    let reply = match wire::decode(api, &step.reply) {
        Ok(reply) => reply,
        Err(error) => return format!("    {}. {}\n", index + 1, escape::line(&error.to_string())),
    };
    let count = |tokens: Option<u64>| tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string());
    let (input, output) = (count(reply.usage.input()), count(reply.usage.output));
    let mut text = format!("    {}. {input} tokens in, {output} out, {} ms\n", index + 1, step.latency_ms);
    for line in escape::block(&reply.text).lines() {
        text.push_str(&format!("       │ {line}\n"));
    }
    for call in &reply.tool_calls {
        let arguments = match &call.arguments {
            Arguments::Json(arguments) => arguments.to_string(),
            Arguments::Malformed(raw) => raw.clone(),
        };
        text.push_str(&format!("       → {}\n", escape::line(&format!("{} {arguments}", call.name))));
    }
    text
}

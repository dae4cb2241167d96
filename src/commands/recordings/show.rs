//! `regild recordings show`: recorded runs as people read them, step by step.

use std::path::Path;

use clap::Args;
use semver::Version;
use serde_json::Value;

use super::super::context::{Project, unknown};
use super::super::report::root_of;
use crate::cli::Global;
use crate::config::Provider;
use crate::diff::call_text;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::{console, files};
use crate::recording::{Address, Flaw, Judgement, Recording, Sample, Shelf, Step};
use crate::report::terminal::layout::{Page, Span, Tone, dim, plain, strong};
use crate::report::{numbers, sign, words};
use crate::side::Side;
use crate::wire::{self, Usage};

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A prompt, one task of it, or the path of a recording, which ends with `.json`.
    #[arg(value_name = "PROMPT[/TASK]|PATH")]
    pub target: String,
    /// The version; the one that serves, where left out.
    #[arg(long, value_name = "VERSION", value_parser = a_version)]
    pub version: Option<Version>,
    /// Only this alias.
    #[arg(long, value_name = "ALIAS")]
    pub model: Option<String>,
}

fn a_version(text: &str) -> Result<Version, String> {
    crate::config::loose_version(text).ok_or_else(|| "write a version, as in 1.2.0 or v13".to_owned())
}

pub fn run(global: &Global, args: &ShowArgs) -> Result<u8> {
    let mut page = Page::new(console::look(global.color));
    if args.target.ends_with(".json") {
        if args.version.is_some() || args.model.is_some() {
            return Err(Error::usage("--version and --model choose among the recordings of a prompt, not of a file"));
        }
        let path = root_of(global).join(Path::new(&args.target));
        file(&mut page, &args.target, files::read_text(&path)?.as_bytes());
    } else {
        let project = Project::open(global)?;
        let head = project.head(None)?;
        let shelf = head.shelf();
        for (nth, address) in wanted(&head, &shelf, args)?.iter().enumerate() {
            if nth > 0 {
                page.blank();
            }
            let path = shelf.path(address);
            file(&mut page, &path, &head.snapshot.read(&path)?.unwrap_or_default());
        }
    }
    console::print(&page.finish())?;
    Ok(0)
}

/// The recordings to show; an error that says what there is instead.
fn wanted(head: &Side, shelf: &Shelf<'_>, args: &ShowArgs) -> Result<Vec<Address>> {
    let id = |text: &str| Id::new(text).map_err(Error::usage);
    let (prompt, task) = match args.target.split_once('/') {
        Some((prompt, task)) => (id(prompt)?, Some(id(task)?)),
        None => (id(&args.target)?, None),
    };
    let model = args.model.as_deref().map(id).transpose()?;
    let of_prompt: Vec<Address> = shelf.addresses().filter(|address| address.prompt == prompt).collect();
    let Some(highest) = of_prompt.iter().map(|address| &address.version).max() else {
        let recorded: Vec<Id> = shelf.addresses().map(|address| address.prompt).collect();
        return Err(unknown("recording of the prompt", &prompt, recorded.iter()));
    };
    let served = head.prompts.get(&prompt).map(|entry| &entry.served);
    let version = args.version.as_ref().or(served).unwrap_or(highest);
    let fits = |wanted: &Option<Id>, id: &Id| wanted.as_ref().is_none_or(|wanted| wanted == id);
    let found = of_prompt
        .iter()
        .filter(|address| address.version == *version && fits(&task, &address.task) && fits(&model, &address.alias));
    let found: Vec<Address> = found.cloned().collect();
    if found.is_empty() {
        let near = of_prompt.iter().filter(|address| fits(&task, &address.task) && fits(&model, &address.alias));
        let near = near.map(|address| format!("{} {} [{}]", address.task, address.version, address.alias));
        let error = Error::usage(format!("there is no such recording of {prompt} {version}"));
        return Err(match near.take(5).collect::<Vec<_>>() {
            near if near.is_empty() => error.hint("regild recordings status lists what there is"),
            near => error.hint(format!("there are: {}", near.join(", "))),
        });
    }
    Ok(found)
}

fn file(page: &mut Page, path: &str, bytes: &[u8]) {
    let care =
        |page: &mut Page, tone, mark, text: &str| page.hang(2, &[sign(mark), plain(" ")], &[Span::new(tone, text)]);
    let recording = match Recording::from_bytes(bytes) {
        Ok(recording) => recording,
        Err(flaw) => {
            page.rule(&[strong(path)]);
            let why = match flaw {
                Flaw::Conflicted => "it holds merge-conflict markers".to_owned(),
                Flaw::Tampered => "its digest does not fit".to_owned(),
                Flaw::Unsupported(why) => format!("it cannot be read: {why}"),
            };
            return care(page, Tone::Open, words::OPEN, &why);
        }
    };
    let Recording { prompt, version, task, alias, target, samples, provenance, .. } = &recording;
    let subject = words::subject(Some(prompt.as_str()), Some(task.as_str()), Some(alias.as_str()));
    page.rule(&[strong(subject), plain(format!("  {version}"))]);
    page.line(2, &[dim(path)]);
    let by = format!("recorded {} by {}", provenance.recorded_at, provenance.by);
    page.hang(2, &[], &[dim(format!("{by}, from {} {} ({})", target.provider.as_str(), target.model, target.api))]);
    if provenance.stand_in {
        care(page, Tone::Care, words::CARE, "by `mock`, a stand-in for a model");
    }
    let replies = samples.iter().flat_map(|sample| &sample.steps).map(|step| &step.reply);
    let served = replies.filter_map(|reply| wire::decode_of(&target.api, reply).ok()).map(|reply| reply.served_model);
    let mut served = served.filter(|served| wire::is_unverified(served.as_deref(), &target.model));
    if target.provider == Provider::OpenaiCompatible && served.next().is_some() {
        care(
            page,
            Tone::Care,
            words::CARE,
            "served-unverified: the gateway only repeats the name that it was asked by",
        );
    }
    if provenance.edited {
        care(page, Tone::Care, words::CARE, "edited by hand");
    }
    if recording.digest() != recording.content_sha256 {
        care(page, Tone::Bad, words::BAD, "changed after it was recorded: its digest does not fit");
    }
    samples.iter().for_each(|one| sample(page, &target.api, one));
}

fn sample(page: &mut Page, api: &str, sample: &Sample) {
    let Sample { sample, prompt_id, steps, outcome, judgements } = sample;
    let tokens =
        outcome.total_tokens.map_or_else(|| "tokens unknown".to_owned(), |n| format!("{} tokens", numbers::count(n)));
    let latency: u64 = steps.iter().map(|step| step.latency_ms).sum();
    let counts = [
        outcome.stop.to_string(),
        numbers::counted(steps.len(), "step"),
        format!("{} tool call{}", outcome.tool_calls, if outcome.tool_calls == 1 { "" } else { "s" }),
        tokens,
        seconds(latency),
    ];
    page.blank();
    page.hang(2, &[], &[strong(format!("sample {sample}")), plain("  "), plain(counts.join(" · "))]);
    page.line(4, &[dim(prompt_id)]);
    for (nth, Step { reply, latency_ms, .. }) in steps.iter().enumerate() {
        said(page, &format!("step {}", nth + 1), (api, reply), *latency_ms);
    }
    for Judgement { judge, api, model, reply, latency_ms, .. } in judgements {
        said(page, &format!("judge {judge}, {model}"), (api, reply), *latency_ms);
    }
}

/// One reply, under the name of what it answers.
fn said(page: &mut Page, name: &str, (api, body): (&str, &Value), latency_ms: u64) {
    let reply = match wire::decode_of(api, body) {
        Ok(reply) => reply,
        // What a deployed API said stands as it came: how to read it is in settings that may have changed since.
        Err(_) if api == wire::HTTP => {
            page.hang(4, &[], &[dim(format!("{name}  {}", seconds(latency_ms)))]);
            return format!("{body:#}").lines().for_each(|line| page.hang(6, &[], &[plain(line)]));
        }
        Err(error) => {
            page.line(4, &[dim(name)]);
            return page.hang(6, &[sign(words::OPEN), plain(" ")], &[plain(error.to_string())]);
        }
    };
    let notes = [usage(&reply.usage), seconds(latency_ms), format!("stop: {}", reply.raw_stop)];
    let served = reply.served_model.map(|model| format!("served by {model}"));
    let notes: Vec<String> = notes.into_iter().chain(served).collect();
    page.hang(4, &[], &[dim(format!("{name}  {}", notes.join(" · ")))]);
    for line in reply.text.lines() {
        if line.trim().is_empty() {
            page.blank();
        } else {
            page.hang(6, &[], &[plain(line)]);
        }
    }
    for call in &reply.tool_calls {
        page.hang(6, &[Span::new(Tone::Dim, "→ ")], &[Span::new(Tone::Command, call_text(call))]);
    }
}

/// `1,224 tokens in (512 cached), 88 out`; a `?` is what the provider did not say.
fn usage(usage: &Usage) -> String {
    let count = |tokens: Option<u64>| tokens.map_or_else(|| "?".to_owned(), numbers::count);
    let beside = |tokens: Option<u64>, what: &str| {
        tokens
            .filter(|tokens| *tokens > 0)
            .map(|tokens| format!(" ({} {what})", numbers::count(tokens)))
            .unwrap_or_default()
    };
    let (cached, reasoning) = (beside(usage.cache_read, "cached"), beside(usage.reasoning, "reasoning"));
    format!("{} tokens in{cached}, {} out{reasoning}", count(usage.input()), count(usage.output))
}

/// `1.2 s`.
fn seconds(ms: u64) -> String {
    format!("{}.{}{}s", numbers::count(ms / 1_000), ms % 1_000 / 100, numbers::NBSP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_tokens_are_not_nothing() {
        let cached = Usage { input_uncached: Some(1_000), cache_read: Some(224), output: Some(8), ..Usage::default() };
        assert_eq!(usage(&cached), "1,224 tokens in (224 cached), 8 out");
        assert_eq!(usage(&Usage::default()), "? tokens in, ? out");
        assert_eq!(seconds(12_340).replace(numbers::NBSP, " "), "12.3 s");
    }

    #[test]
    fn sec_08_a_hostile_recording_stays_text() {
        use crate::report::Look;
        let mut page = Page::new(Look { width: 80, colour: false });
        let text = "{\"schema\": \"\\u001b]0;x\\u0007::error::y\"}";
        file(&mut page, "::set-output::\u{1b}[31m.json", text.as_bytes());
        let shown = page.finish();
        assert!(!shown.contains('\u{1b}') && shown.lines().all(|line| !line.trim_start().starts_with("::")), "{shown}");
    }
}

//! `regild recordings status`: of every task of the working tree, whether its recording answers today.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use super::super::changed::ChangedFormat;
use super::super::context::{Context, Project, selection};
use super::super::record::{RecordRefs, worktree};
use super::{File, Survey, flawed, orphans};
use crate::cli::{Global, SelectArgs};
use crate::compare::mend;
use crate::error::Result;
use crate::io::console;
use crate::outcome::Reason;
use crate::plan::{Cell, Gap};
use crate::recording::{Evidence, Tree};
use crate::report::terminal::layout::{self, Align, Page, Span, Tone, dim, plain, strong};
use crate::report::{Look, escape, help_line, sign, words};

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only this prompt; may be given several times.
    #[arg(long = "prompt", value_name = "ID")]
    pub prompts: Vec<String>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ChangedFormat,
    #[command(flatten)]
    pub refs: RecordRefs,
}

const HIT: &str = "hit";

/// What the recordings of a working tree are worth.
struct Status {
    rows: Vec<Row>,
    /// What no row speaks of.
    files: Vec<File>,
    /// Sentences about what has no row.
    unknown: Vec<String>,
}

/// One task on one alias.
struct Row {
    prompt: String,
    version: String,
    task: String,
    model: String,
    /// `hit`, `missing`, `stale`, …
    state: &'static str,
    samples: usize,
    wished: u32,
    source: Option<String>,
    stand_in: bool,
    /// The file that is at fault, where it is one.
    path: Option<String>,
    /// Why it is no hit, and what mends that.
    why: Option<(String, String)>,
}

pub fn run(global: &Global, args: &StatusArgs) -> Result<u8> {
    let context = worktree(&Project::open(global)?, &args.refs)?;
    let select = SelectArgs { prompts: args.prompts.clone(), tasks: Vec::new(), all: true };
    let (prompts, _) = selection(&select, &context)?;
    let mut status = Status::of(&context, &Survey::of(&context, &prompts));
    if !prompts.is_empty() {
        let named = |file: &File| prompts.iter().any(|prompt| file.path.split('/').any(|part| part == prompt.as_str()));
        status.files.retain(named);
    }
    console::print(&match args.format {
        ChangedFormat::Terminal => status.terminal(console::look(global.color)),
        ChangedFormat::Json => escape::json(&format!("{:#}\n", status.json())),
    })?;
    Ok(if status.is_complete() { 0 } else { 3 })
}

impl Status {
    fn of(context: &Context, survey: &Survey) -> Self {
        let Context { base, head, .. } = context;
        let mut files = orphans(base, head, &survey.used());
        files.extend(flawed(&head.shelf()));
        let rows: Vec<Row> = survey.cells.iter().filter_map(row).collect();
        let told = |file: &File| rows.iter().filter_map(|row| row.path.as_ref()).any(|path| *path == file.path);
        files.retain(|file| !told(file));
        files.sort_by(|a, b| (a.state, &a.why, &a.path).cmp(&(b.state, &b.why, &b.path)));
        let mut unknown: Vec<String> = survey.gaps.iter().map(|gap: &Gap| format!("{}: {gap}", gap.prompt())).collect();
        if head.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error) {
            unknown.push("what does not load is left out; regild validate shows why".to_owned());
        }
        Self { rows, files, unknown }
    }

    fn is_complete(&self) -> bool {
        self.unknown.is_empty() && self.rows.iter().all(|row| row.why.is_none())
    }

    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let Row { prompt, version, task, model, state, samples, wished, source, stand_in, why, path: _ } = row;
            json!({
                "prompt": prompt, "version": version, "task": task, "model": model, "state": state, "samples": samples,
                "wished": wished, "source": source, "stand_in": stand_in,
                "message": why.as_ref().map(|(message, _)| message), "help": why.as_ref().map(|(_, help)| help),
            })
        });
        let files =
            self.files.iter().map(|File { path, state, why }| json!({"path": path, "state": state, "message": why}));
        json!({
            "recordings": rows.collect::<Vec<_>>(), "files": files.collect::<Vec<_>>(), "unknown": self.unknown,
            "summary": {
                "recordings": counts(self.rows.iter().map(|row| row.state)),
                "files": counts(self.files.iter().map(|file| file.state)),
            },
        })
    }

    fn terminal(&self, look: Look) -> String {
        let mut page = Page::new(look);
        let same = |a: &Row, b: &Row| (&a.prompt, &a.version) == (&b.prompt, &b.version);
        for rows in self.rows.chunk_by(same) {
            page.rule(&[strong(&rows[0].prompt), plain("  "), plain(&rows[0].version)]);
            let cells: Vec<Vec<Span>> = rows.iter().map(Row::spans).collect();
            for (row, line) in rows.iter().zip(layout::columns(&cells, &[Align::Left; 5])) {
                page.line(2, &line);
                if let Some((why, _)) = &row.why {
                    page.hang(6, &[], &[dim(why)]);
                }
            }
            page.blank();
        }
        self.notes(&mut page);
        self.summary(&mut page);
        page.finish()
    }

    fn notes(&self, page: &mut Page) {
        for why in &self.unknown {
            page.hang(2, &[sign(words::OPEN), plain(" ")], &[plain(why)]);
        }
        for files in self.files.chunk_by(|a, b| (a.state, &a.why) == (b.state, &b.why)) {
            page.hang(
                2,
                &[sign(words::CARE), plain(" ")],
                &[plain(format!("{}: ", files[0].state)), plain(&files[0].why)],
            );
            files.iter().for_each(|file| page.line(6, &[dim(&file.path)]));
        }
        if !self.unknown.is_empty() || !self.files.is_empty() {
            page.blank();
        }
    }

    fn summary(&self, page: &mut Page) {
        let list = |states: Vec<&str>| {
            let mut counts: Vec<(&str, usize)> = counts(states.into_iter()).into_iter().collect();
            counts.sort_by_key(|(state, _)| *state != HIT);
            counts.iter().map(|(state, n)| format!("{n} {state}")).collect::<Vec<_>>().join(", ")
        };
        if self.rows.iter().any(|row| row.stand_in) {
            let stand_in = Span::new(Tone::Care, "what is by `mock` is by a stand-in for a model");
            page.hang(2, &[sign(words::CARE), plain(" ")], &[stand_in]);
        }
        let rows = list(self.rows.iter().map(|row| row.state).collect());
        let files = list(self.files.iter().map(|file| file.state).collect());
        page.line(2, &[strong(if rows.is_empty() { "no task needs a recording" } else { &rows })]);
        if !files.is_empty() {
            page.line(2, &[plain(format!("other files: {files}"))]);
        }
        self.helps().iter().for_each(|help| help_line(page, help));
    }

    /// The fewest steps that mend everything: one command records whatever can be recorded.
    fn helps(&self) -> Vec<String> {
        let helps = || self.rows.iter().filter_map(|row| Some((row, &row.why.as_ref()?.1)));
        let mut steps: Vec<String> =
            helps().map(|(_, help)| help.clone()).filter(|help| !help.starts_with("regild record ")).collect();
        let mut prompts: Vec<&str> = helps()
            .filter(|(_, help)| help.starts_with("regild record "))
            .map(|(row, _)| row.prompt.as_str())
            .collect();
        prompts.dedup();
        steps.extend(prompts.iter().map(|prompt| format!("regild record --prompt {prompt}")));
        if self.files.iter().any(|file| file.state == "orphan") {
            steps.push("regild recordings prune".to_owned());
        }
        steps.sort();
        steps.dedup();
        steps
    }
}

impl Row {
    fn spans(&self) -> Vec<Span> {
        let is_short = self.samples < self.wished as usize;
        let mark = match (&self.why, is_short) {
            (Some(_), _) => words::OPEN,
            (None, true) => words::CARE,
            (None, false) => words::GOOD,
        };
        let stand_in = if self.stand_in { "by `mock`" } else { "" };
        let source = self.source.as_deref().filter(|source| *source != "own");
        let detail = match (&self.why, source) {
            (Some(_), _) => String::new(),
            (None, Some(source)) => format!("{source}  {stand_in}"),
            (None, None) => stand_in.to_owned(),
        };
        vec![
            sign(mark),
            plain(words::subject(None, Some(&self.task), Some(&self.model))),
            Span::new(if self.why.is_some() { Tone::Open } else { Tone::Plain }, self.state),
            plain(format!("{} of {}", self.samples, self.wished)),
            dim(detail),
        ]
    }
}

fn row((cell, evidence): &(Cell, Evidence)) -> Option<Row> {
    let side = cell.head.as_ref()?;
    let Evidence { answers, reason, .. } = evidence;
    let reason = answers.is_empty().then(|| reason.as_ref().unwrap_or(&Reason::Missing));
    let wished = side.samples;
    Some(Row {
        prompt: cell.prompt.to_string(),
        version: side.prompt.version.to_string(),
        task: cell.task.to_string(),
        model: cell.alias.to_string(),
        state: reason.map_or(HIT, |reason| reason.code().trim_start_matches("recording-")),
        samples: answers.len().min(wished as usize),
        wished,
        source: answers.first().map(|answer| answer.source.clone()),
        stand_in: answers.iter().any(|answer| answer.stand_in),
        path: match reason {
            Some(Reason::Conflicted { path } | Reason::Tampered { path } | Reason::Unsupported { path, .. }) => {
                Some(path.clone())
            }
            _ => None,
        },
        why: reason.map(|reason| (reason.to_string(), mend(cell, Tree::Head, reason))),
    })
}

fn counts<'a>(states: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    states.for_each(|state| *counts.entry(state).or_default() += 1);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(why: Option<(&str, &str)>) -> Status {
        let row = Row {
            prompt: "support".into(),
            version: "1.0.0".into(),
            task: "greet".into(),
            model: "mini".into(),
            state: if why.is_some() { "missing" } else { HIT },
            samples: 2,
            wished: 3,
            source: Some("own:0.9.0".into()),
            stand_in: true,
            path: None,
            why: why.map(|(why, help)| (why.to_owned(), help.to_owned())),
        };
        Status { rows: vec![row], files: Vec::new(), unknown: Vec::new() }
    }

    #[test]
    fn one_command_mends_all_tasks_of_a_prompt() {
        let missing = status(Some(("no recording", "regild record --prompt support --task greet --model mini")));
        assert_eq!(missing.helps(), ["regild record --prompt support"]);
        assert!(!missing.is_complete());
        assert_eq!(missing.json()["summary"], json!({"recordings": {"missing": 1}, "files": {}}));
    }

    #[test]
    fn fewer_samples_are_a_hit_and_stand_ins_are_named() {
        let text = status(None).terminal(Look { width: 80, colour: false });
        assert!(text.contains("! greet [mini]  hit  2 of 3  own:0.9.0  by `mock`\n"), "{text}");
        assert!(text.contains("a stand-in for a model"), "{text}");
        assert!(status(None).is_complete());
    }
}

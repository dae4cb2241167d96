//! `regild traffic show`: the declared traffic, and how old it is.

use chrono::NaiveDate;
use clap::Args;
use serde_json::{Value, json};

use super::super::changed::ChangedFormat;
use super::super::context::Project;
use crate::cli::Global;
use crate::config::Volume;
use crate::error::Result;
use crate::id::Id;
use crate::io::{clock, console};
use crate::report::numbers::count;
use crate::report::terminal::layout::{self, Align, Page, Span, Tone, dim, plain, strong};
use crate::report::{Look, escape, sign, words};
use crate::side::Side;

/// Days after which a number is old.
const OLD: i64 = 90;

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Look at REF instead of the working tree.
    #[arg(long = "ref", value_name = "REF")]
    pub reference: Option<String>,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ChangedFormat,
}

/// One declared number.
struct Row {
    prompt: Id,
    environment: Option<Id>,
    requests: Volume,
    as_of: Option<NaiveDate>,
    /// Days since then; negative where that day is yet to come.
    age: Option<i64>,
    source: Option<String>,
}

/// The declarations of one tree.
struct Shown {
    rows: Vec<Row>,
    /// Prompts without a number.
    undeclared: Vec<Id>,
    /// Names with traffic that no prompt has.
    strangers: Vec<Id>,
}

pub fn run(global: &Global, args: &ShowArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let side = project.head(args.reference.as_deref())?;
    let shown = Shown::of(&side, clock::today()?);
    console::print(&match args.format {
        ChangedFormat::Terminal => shown.terminal(console::look(global.color)),
        ChangedFormat::Json => escape::json(&format!("{:#}\n", shown.json())),
    })?;
    Ok(0)
}

impl Shown {
    fn of(side: &Side, today: NaiveDate) -> Self {
        let traffic = &side.config.traffic;
        let is_known = |id: &Id| side.prompts.get(id).is_some() || side.prompts.is_broken(id);
        let mut rows = Vec::new();
        for (prompt, declared) in traffic {
            for (environment, requests) in declared.volumes() {
                let own = environment.and_then(|name| declared.environments.get(name));
                let as_of = own.and_then(|own| own.as_of).or(declared.as_of).map(|date| date.0);
                let source = own.and_then(|own| own.source.clone()).or_else(|| declared.source.clone());
                let age = as_of.map(|as_of| (today - as_of).num_days());
                rows.push(Row {
                    prompt: prompt.clone(),
                    environment: environment.cloned(),
                    requests,
                    as_of,
                    age,
                    source,
                });
            }
        }
        let declares = |id: &Id| rows.iter().any(|row| row.prompt == *id);
        let undeclared = side.prompts.ids().filter(|id| !declares(id)).cloned().collect();
        let strangers = traffic.keys().filter(|id| !is_known(id)).cloned().collect();
        Self { rows, undeclared, strangers }
    }

    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let Row { prompt, environment, requests: Volume { low, expected, high }, as_of, age, source } = row;
            json!({
                "prompt": prompt, "environment": environment,
                "requests_per_month": {"low": low, "expected": expected, "high": high},
                "as_of": as_of.map(|as_of| as_of.to_string()), "age_days": age, "source": source,
            })
        });
        json!({"traffic": rows.collect::<Vec<_>>(), "undeclared": self.undeclared, "no_such_prompt": self.strangers})
    }

    fn terminal(&self, look: Look) -> String {
        let mut page = Page::new(look);
        let header = ["", "prompt", "environment", "a month", "as of", "source"].map(dim).to_vec();
        let mut lines = vec![header];
        lines.extend(self.rows.iter().map(Row::spans));
        if !self.rows.is_empty() {
            use Align::{Left, Right};
            for line in layout::columns(&lines, &[Left, Left, Left, Right, Left, Left]) {
                page.line(0, &line);
            }
            page.blank();
        }
        let names = |ids: &[Id]| ids.iter().map(Id::as_str).collect::<Vec<_>>().join(", ");
        let mut care = |text: String| page.hang(2, &[sign(words::CARE), plain(" ")], &[plain(text)]);
        if !self.undeclared.is_empty() {
            care(format!("not declared, so that nobody knows what a month costs: {}", names(&self.undeclared)));
        }
        if !self.strangers.is_empty() {
            care(format!("declared, though there is no such prompt: {}", names(&self.strangers)));
        }
        if self.rows.iter().any(Row::is_old) {
            care(format!("older than {OLD} days: regild traffic pull --url URL measures it anew"));
        }
        if self.rows.is_empty() && self.undeclared.is_empty() && self.strangers.is_empty() {
            page.line(2, &[strong("there are no prompts")]);
        }
        page.finish()
    }
}

impl Row {
    fn is_old(&self) -> bool {
        self.age.is_some_and(|age| age > OLD)
    }

    fn spans(&self) -> Vec<Span> {
        let Self { prompt, environment, requests: Volume { low, expected, high }, as_of, age, source } = self;
        let range = if low == high { String::new() } else { format!(" ({} to {})", count(*low), count(*high)) };
        let age = match age {
            None => String::new(),
            Some(0) => ", today".to_owned(),
            Some(1) => ", yesterday".to_owned(),
            Some(days) if *days < 0 => ", yet to come".to_owned(),
            Some(days) => format!(", {} days ago", count(days.unsigned_abs())),
        };
        let as_of = as_of.map_or_else(|| "no date".to_owned(), |as_of| format!("{as_of}{age}"));
        let is_odd = self.is_old() || self.age.is_none_or(|age| age < 0);
        vec![
            if is_odd { sign(words::CARE) } else { plain(" ") },
            plain(prompt.as_str()),
            plain(environment.as_ref().map_or("", Id::as_str)),
            strong(format!("{}{range}", count(*expected))),
            Span::new(if is_odd { Tone::Care } else { Tone::Plain }, as_of),
            dim(source.as_deref().unwrap_or_default()),
        ]
    }
}

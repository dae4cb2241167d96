//! `regild traffic pull`: a Prometheus server's numbers as declared traffic. It prints or writes; what counts is what a team commits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use clap::Args;

use super::super::context::Project;
use super::super::report::root_of;
use crate::cli::Global;
use crate::config::Traffic;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::io::prometheus::{Access, Server};
use crate::io::{clock, console, files};
use crate::report::{escape, numbers};
use crate::side::Side;
use crate::traffic::{self, Answer, Answers, By, Counted, Counter, Label, Measured, Place, Uncovered, Window};

#[derive(Debug, Args)]
pub struct PullArgs {
    /// The server's address, without /api/v1/query.
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// The counter of requests, as in 'prompt_executions_total{env="production"}'.
    #[arg(long, value_name = "NAME", default_value = "prompt_executions_total")]
    pub metric: Counter,
    /// The label that holds the prompt_id or the prompt's id.
    #[arg(long, value_name = "NAME", default_value = "prompt_id")]
    pub label: Label,
    /// How long to look back, from 1h to 366d; what was counted is scaled to a month of 30 days.
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub window: Window,
    /// Declare all of it as this environment's.
    #[arg(long, value_name = "NAME", value_parser = Id::new, conflicts_with = "environment_label")]
    pub environment: Option<Id>,
    /// The label that holds the environment's name.
    #[arg(long, value_name = "NAME")]
    pub environment_label: Option<Label>,
    /// Ask this instead: requests of the window, by the labels. How much of the window is covered is then not known.
    #[arg(long, value_name = "PROMQL", conflicts_with_all = ["metric", "extrapolate"])]
    pub query: Option<String>,
    /// Look from the end of this day, or from this time, instead of now.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// Where data covers a part of the window only, take it for a sample of the whole.
    #[arg(long)]
    pub extrapolate: bool,
    /// The variable that holds the server's token.
    #[arg(long, value_name = "VARIABLE")]
    pub token_env: Option<String>,
    /// Log in as this user; the variable holds the password.
    #[arg(long, value_name = "NAME", requires = "token_env")]
    pub user: Option<String>,
    /// Authorities to believe beside the system's, as PEM.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Seconds to wait for each answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub timeout: u64,
    /// Put the section into this settings file, instead of printing it.
    #[arg(long, value_name = "FILE", conflicts_with = "print", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Print the section; the default.
    #[arg(long, help_heading = "Output")]
    pub print: bool,
}

/// Whom to ask, and for which time.
struct Inquiry {
    server: Server,
    /// In seconds since 1970.
    time: i64,
    /// The day that it is the end of, or lies in.
    day: NaiveDate,
    by: By,
}

/// The section to be, and what to know about it.
struct Section {
    traffic: BTreeMap<Id, Traffic>,
    text: String,
    told: Vec<String>,
}

pub fn run(global: &Global, args: &PullArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let side = project.head(None)?;
    let inquiry = Inquiry::new(args, global)?;
    let counted = inquiry.count(args, &side)?;
    let section = inquiry.section(args, &side, &counted)?;
    match &args.output {
        None => console::print(&escape::block(&section.text))?,
        Some(path) => {
            let full = root_of(global).join(path);
            let name = path.display().to_string();
            let made = match files::read_if_any(&full)? {
                Some(before) => traffic::put(&name, &before, &section.text, &section.traffic).map_err(Error::usage)?,
                None => section.text,
            };
            files::write(&full, made.as_bytes())?;
            let prompts = crate::text::counted(counted.prompts(), "prompt");
            console::print(&format!("wrote the traffic of {prompts} to {}\n", escape::line(&name)))?;
        }
    }
    section.told.iter().for_each(|one| console::note(&format!("{}\n", escape::line(one))));
    Ok(0)
}

impl Inquiry {
    fn new(args: &PullArgs, global: &Global) -> Result<Self> {
        let PullArgs { url, label, environment_label, as_of, token_env, user, ca_file, timeout, .. } = args;
        let ca_file = ca_file.as_ref().map(|path| root_of(global).join(path));
        let server = Server::new(Access {
            url,
            token_env: token_env.as_deref(),
            user: user.as_deref(),
            ca_file: ca_file.as_deref(),
            limit: Duration::from_secs(*timeout),
        })?;
        let (time, day) = moment(as_of.as_deref(), clock::seconds()?)?;
        let by = By { prompt: label.clone(), environment: environment_label.clone() };
        Ok(Self { server, time, day, by })
    }

    /// What is asked for requests.
    fn query(&self, args: &PullArgs) -> String {
        args.query.clone().unwrap_or_else(|| traffic::requests(&args.metric, &args.window, &self.by))
    }

    fn ask(&self, query: &str) -> Result<Answer> {
        let (status, body) = self.server.ask(query, self.time)?;
        let answer = traffic::read(status, &body, self.time).map_err(|why| {
            let error = Error::new(ErrorKind::Io, format!("{}: {}", self.server.host(), why));
            match status {
                401 | 403 => error.hint("name the variable that holds the server's token with --token-env"),
                _ => error.hint(format!("it was asked: {query}")),
            }
        })?;
        for info in &answer.infos {
            console::note(&format!("{}: {}\n", escape::line(&self.server.host()), escape::line(info)));
        }
        Ok(answer)
    }

    fn count(&self, args: &PullArgs, side: &Side) -> Result<Counted> {
        let with = args.token_env.iter().map(|variable| format!(" with {variable}")).collect::<String>();
        console::progress(&format!("{}\n", escape::line(&format!("asking {}{with}", self.server.host()))));
        let requests = self.ask(&self.query(args))?;
        let samples = match &args.query {
            _ if requests.series.is_empty() => None,
            Some(_) => None,
            None => {
                let PullArgs { metric, window, .. } = args;
                Some((
                    self.ask(&traffic::first(metric, window, &self.by))?,
                    self.ask(&traffic::last(metric, window, &self.by))?,
                ))
            }
        };
        let is_empty = requests.series.is_empty();
        let known = |id: &Id| side.prompts.get(id).is_some() || side.prompts.is_broken(id);
        let counted = traffic::count(&Answers { requests, samples }, &self.by, known);
        if counted.places.is_empty() {
            let what = if is_empty { "counted nothing" } else { "counted nothing of this project's prompts" };
            let message = format!("{} {what} in the {} up to {}", self.server.host(), args.window, self.day);
            let mut error = Error::usage(message).hint(format!("it was asked: {}", self.query(args)));
            error.hints.extend(left_out(&counted));
            return Err(error);
        }
        Ok(counted)
    }

    /// The project's traffic with what was counted.
    fn section(&self, args: &PullArgs, side: &Side, counted: &Counted) -> Result<Section> {
        let source = format!("Prometheus at {}: {}", self.server.host(), self.query(args));
        let uncovered = if args.extrapolate { Uncovered::Extrapolate } else { Uncovered::Keep };
        let mut remarks: BTreeMap<Place, Vec<String>> = BTreeMap::new();
        let mut measured: BTreeMap<Id, BTreeMap<Option<Id>, Measured>> = BTreeMap::new();
        for ((prompt, environment), count) in &counted.places {
            let month = traffic::month(count, &args.window, self.time, uncovered);
            let environment = environment.clone().or_else(|| args.environment.clone());
            let one = Measured { requests: month.requests, as_of: self.day, source: source.clone() };
            measured.entry(prompt.clone()).or_default().insert(environment.clone(), one);
            remarks.insert((prompt.clone(), environment), month.remarks);
        }
        let mut told = Vec::new();
        let mut all = side.config.traffic.clone();
        for (prompt, measured) in &measured {
            let declared = traffic::declare(all.get(prompt), prompt, measured, &mut told).map_err(|why| {
                Error::usage(why).hint(
                    "say which environment this is with --environment, or tell them apart with --environment-label",
                )
            })?;
            all.insert(prompt.clone(), declared);
        }
        for ((prompt, environment), remarks) in remarks.iter().filter(|(_, remarks)| !remarks.is_empty()) {
            let at = environment.as_ref().map_or_else(String::new, |environment| format!(" in {environment}"));
            told.push(format!("{prompt}{at}: {}", remarks.join("; ")));
        }
        told.extend(left_out(counted));
        let silent: Vec<&str> = side.prompts.ids().filter(|id| !measured.contains_key(*id)).map(Id::as_str).collect();
        if !silent.is_empty() {
            told.push(format!("nothing was counted of: {}", silent.join(", ")));
        }
        Ok(Section { text: traffic::section(&all, &remarks), traffic: all, told })
    }
}

/// Sentences about requests that stand in no number.
fn left_out(counted: &Counted) -> Vec<String> {
    let list = |requests: &BTreeMap<String, f64>| {
        let name = |name: &str| if name.is_empty() { "no name".to_owned() } else { format!("{name:?}") };
        let one = |(label, requests): (&String, &f64)| format!("{} ({})", name(label), numbers::measure("", *requests));
        requests.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let mut told = Vec::new();
    if !counted.strangers.is_empty() {
        told.push(format!("in no number, as no prompt here has this id: {}", list(&counted.strangers)));
    }
    if !counted.nowhere.is_empty() {
        told.push(format!("in no number, as this is no environment's name: {}", list(&counted.nowhere)));
    }
    told
}

/// The time that is meant, in seconds since 1970, and the day that it is the end of or lies in.
fn moment(as_of: Option<&str>, now: i64) -> Result<(i64, NaiveDate)> {
    let day_of =
        |time: i64| chrono::DateTime::from_timestamp(time, 0).map(|time| time.date_naive()).unwrap_or_default();
    let Some(text) = as_of else { return Ok((now, day_of(now))) };
    let refuse = |why: &str| Error::usage(format!("--as-of {text:?} {why}"));
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let end = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() + traffic::DAY.cast_signed();
        return if day > day_of(now) { Err(refuse("is yet to come")) } else { Ok((end.min(now), day)) };
    }
    let time = chrono::DateTime::parse_from_rfc3339(text);
    let time = time.map_err(|_| refuse("is no day: write YYYY-MM-DD"))?.timestamp();
    if time > now { Err(refuse("is yet to come")) } else { Ok((time, day_of(time))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_seen_from_its_end() {
        let now = 1_795_219_200;
        let of = |text: Option<&str>| moment(text, now).map(|(time, day)| (time, day.to_string()));
        let day = |text: &str| text.to_owned();
        assert_eq!(of(None).unwrap(), (now, day("2026-11-21")));
        assert_eq!(of(Some("2026-11-20")).unwrap(), (1_795_219_200, day("2026-11-20")));
        assert_eq!(of(Some("2026-11-21")).unwrap(), (now, day("2026-11-21")), "today has not ended");
        assert_eq!(of(Some("2026-11-20T12:00:00Z")).unwrap(), (now - 43_200, day("2026-11-20")));
        for (text, why) in
            [("2026-11-22", "yet to come"), ("2026-11-21T00:00:01Z", "yet to come"), ("today", "YYYY-MM-DD")]
        {
            assert!(of(Some(text)).unwrap_err().message.contains(why), "{text}");
        }
    }
}

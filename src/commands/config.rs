//! `regild config`: every setting as it counts, with where it comes from.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::context::{Context, Project};
use crate::cli::{Global, RefArgs};
use crate::config::origin::{Setting, of_head, of_policy};
use crate::error::Result;
use crate::io::console;
use crate::policy::PolicyOrigin;
use crate::report::escape;
use crate::side::{OnBadSettings, Side};

#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(flatten)]
    pub refs: RefArgs,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ConfigFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    Terminal,
    Json,
}

/// Settings of one side, and how they are called.
struct Group {
    name: &'static str,
    /// Where they are read: a short commit, or words.
    at: String,
    commit: Option<String>,
    file: String,
    settings: Vec<Setting>,
}

/// Columns that `key = value` takes at most before the origin is no longer lined up.
const MAX_COLUMN: usize = 60;

pub fn run(global: &Global, args: &ConfigArgs) -> Result<u8> {
    let project = Project::open(global)?;
    let context = project.context(&args.refs)?;
    let judge = judge(&project, &context)?;
    for remark in &context.policy.remarks {
        console::note(&format!("warning: {}\n", escape::line(remark)));
    }
    let groups = groups(&project, &context, judge.as_ref());
    let text = match args.format {
        ConfigFormat::Terminal => groups.iter().map(terminal).collect::<Vec<_>>().join("\n"),
        ConfigFormat::Json => json(&groups),
    };
    console::print(&text)?;
    Ok(0)
}

/// The side that the policy was read from, where it is neither base nor head.
fn judge(project: &Project, context: &Context) -> Result<Option<Side>> {
    let PolicyOrigin::Commit(id) = &context.policy.origin else { return Ok(None) };
    if context.base.snapshot.origin.commit.as_ref() == Some(id) {
        return Ok(None);
    }
    let snapshot = project.snapshot(&project.repo.resolve(id)?)?;
    project.side(snapshot, OnBadSettings::Default).map(Some)
}

fn groups(project: &Project, context: &Context, judge: Option<&Side>) -> [Group; 2] {
    let head = &context.head;
    let (policy, at, commit) = match &context.policy.origin {
        PolicyOrigin::Commit(id) => (judge.unwrap_or(&context.base), short(id).to_owned(), Some(id.clone())),
        PolicyOrigin::FirstAdoption => (head, "head, as no commit has a policy yet".to_owned(), None),
    };
    let at_head = match &head.snapshot.origin.commit {
        Some(id) => short(id).to_owned(),
        None => "the working tree".to_owned(),
    };
    let group = |name, at, commit, settings| Group { name, at, commit, file: project.settings.clone(), settings };
    [
        group("policy", at, commit, of_policy(&policy.config, policy.settings.as_ref())),
        group(
            "head",
            at_head,
            head.snapshot.origin.commit.clone(),
            of_head(&head.config, head.settings.as_ref(), &policy.config),
        ),
    ]
}

fn short(commit: &str) -> &str {
    escape::cut(commit, 7)
}

fn terminal(group: &Group) -> String {
    let Group { name, at, commit, file, settings } = group;
    let commit = commit.as_deref().map(|commit| format!(" at {}", short(commit))).unwrap_or_default();
    let rows: Vec<(String, String)> = settings
        .iter()
        .map(|setting| {
            let origin = match setting.line {
                Some(line) => format!("{file}:{line}{commit}"),
                None => "default".to_owned(),
            };
            (escape::line(&format!("{} = {}", setting.key(), setting.value)), escape::line(&origin))
        })
        .collect();
    let column = rows.iter().map(|(left, _)| left.width()).filter(|width| *width <= MAX_COLUMN).max().unwrap_or(0);
    let row = |(left, origin): &(String, String)| {
        format!("  {left}{}  {origin}\n", " ".repeat(column.saturating_sub(left.width())))
    };
    format!("{name}: {}\n{}", escape::line(at), rows.iter().map(row).collect::<String>())
}

fn json(groups: &[Group]) -> String {
    let mut all = serde_json::Map::new();
    for Group { name, at: _, commit, file, settings } in groups {
        let settings: Vec<Value> = settings
            .iter()
            .map(|setting| {
                let origin = setting.line.map(|line| json!({"file": file, "line": line}));
                json!({"key": setting.key(), "value": setting.value, "origin": origin})
            })
            .collect();
        all.insert((*name).to_owned(), json!({"commit": commit, "settings": settings}));
    }
    escape::json(&format!("{:#}\n", Value::Object(all)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FILE, origin::settings, parse};

    #[test]
    fn sec_08_a_setting_stays_on_its_line() {
        let text = "traffic:\n  support: {source: \"\\e[31m ##[error]\\u2028\"}\n";
        let loaded = parse(FILE, text.as_bytes()).unwrap();
        let group = Group {
            name: "policy",
            at: "0123456".to_owned(),
            commit: Some("0123456789".to_owned()),
            file: "a\u{1b}.yaml".to_owned(),
            settings: settings(&loaded.config, Some(&loaded.document)),
        };
        let shown = terminal(&group);
        let line = shown.lines().find(|line| line.contains("traffic.support.source")).unwrap();
        assert!(line.ends_with("  a␛.yaml:2 at 0123456"), "{line}");
        assert!(line.contains("\\u001b[31m # #[error]\\u{2028}"), "{line}");
    }
}

//! `regild prompts`: list, show and render what a tree declares. Judges nothing and asks no model.

use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use semver::Version;

use super::context::{Project, unknown};
use super::report::root_of;
use crate::cli::Global;
use crate::config::{Pointer, loose_version};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::io::console;
use crate::prompt::Prompt;
use crate::report::escape;
use crate::side::Side;
use crate::yaml::Document;

mod list;
mod render;
mod show;

#[derive(Debug, Args)]
pub struct PromptsArgs {
    /// Read REF instead of the working tree.
    #[arg(long, value_name = "REF", visible_alias = "head-ref", global = true)]
    pub head: Option<String>,
    #[command(subcommand)]
    pub command: PromptsCommand,
}

#[derive(Debug, Subcommand)]
pub enum PromptsCommand {
    /// List all prompts, with the version that serves.
    List(ListArgs),
    /// List the versions of a prompt.
    Versions(VersionsArgs),
    /// Show everything that a version declares.
    Show(Which),
    /// Render a version for the values given.
    Render(render::RenderArgs),
    /// Print the prompt_id and the fingerprint of a version.
    Id(Which),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "terminal")]
    pub format: ListFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Terminal,
    Json,
}

#[derive(Debug, Args)]
pub struct VersionsArgs {
    /// The prompt.
    #[arg(value_name = "ID", value_parser = Id::new)]
    pub prompt: Id,
}

/// One version of a prompt.
#[derive(Debug, Args)]
pub struct Which {
    /// The prompt, or one version of it, as in support:v13.
    #[arg(value_name = "ID", value_parser = parse_prompt)]
    pub prompt: Pointer,
    /// The version, as in 1.2.0, v13 or latest; the one that serves, where left out.
    #[arg(long, value_name = "V", value_parser = parse_version)]
    pub version: Option<Wanted>,
}

/// A version as typed; `None` is the one that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(Option<Version>);

fn parse_prompt(text: &str) -> Result<Pointer, String> {
    if text.contains(':') { text.parse() } else { Ok(Pointer { prompt: Id::new(text)?, version: None }) }
}

fn parse_version(text: &str) -> Result<Wanted, String> {
    match text {
        "latest" => Ok(Wanted(None)),
        text => {
            let version = loose_version(text).ok_or("write a version, as in 1.2.0 or v13, or `latest`")?;
            Ok(Wanted(Some(version)))
        }
    }
}

pub fn run(global: &Global, args: PromptsArgs) -> Result<u8> {
    let side = Project::open(global)?.head(args.head.as_deref())?;
    let text = Text::of_output();
    let shown = match args.command {
        PromptsCommand::List(ListArgs { format }) => {
            console::note(&list::not_loaded(&side));
            match format {
                ListFormat::Terminal => list::terminal(&side),
                ListFormat::Json => list::json(&side),
            }
        }
        PromptsCommand::Versions(VersionsArgs { prompt }) => list::versions(&side, entry(&side, &prompt)?.1),
        PromptsCommand::Show(which) => show::show(&side, which.find(&side)?, text),
        PromptsCommand::Render(args) => {
            let given = args.given(&root_of(global))?;
            render::render(args.which.find(&side)?, &given, text)?
        }
        PromptsCommand::Id(which) => id(which.find(&side)?),
    };
    console::print(&text.whole(shown))?;
    Ok(0)
}

fn id(prompt: &Prompt) -> String {
    format!("{}\nfingerprint {}\n", prompt.prompt_id(), prompt.fingerprint())
}

/// How text that comes from files is printed (SEC-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    /// As it is, for a program that reads it.
    Raw,
    /// For people: terminals and build logs obey what they are shown.
    Escaped,
}

impl Text {
    fn of_output() -> Self {
        if console::is_raw() { Self::Raw } else { Self::Escaped }
    }

    /// Several lines, the last one ended.
    fn block(self, text: &str) -> String {
        let mut shown = match self {
            Self::Raw => text.to_owned(),
            Self::Escaped => escape::block(text),
        };
        if !shown.ends_with('\n') {
            shown.push('\n');
        }
        shown
    }

    fn whole(self, text: String) -> String {
        match self {
            Self::Raw => text,
            Self::Escaped => escape::disarm(&text),
        }
    }
}

impl Which {
    /// The version meant, or an error that names those that are there.
    fn find<'a>(&self, side: &'a Side) -> Result<&'a Arc<Prompt>> {
        let Pointer { prompt, version } = &self.prompt;
        let version = match (version, &self.version) {
            (Some(_), Some(_)) => {
                return Err(Error::usage(format!("{} names a version already; leave --version out", self.prompt)));
            }
            (None, Some(Wanted(version))) => version.as_ref(),
            (version, None) => version.as_ref(),
        };
        let (_, entry) = entry(side, prompt)?;
        let version = version.unwrap_or(&entry.served);
        entry.versions.get(version).ok_or_else(|| {
            let known = entry.versions.keys().rev().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("the prompt `{prompt}` has no version {version}");
            Error::config(message, of_broken(side, prompt)).hint(format!("the versions are: {known}"))
        })
    }
}

/// A prompt by its id, or an error that says what is known of it.
fn entry<'a>(side: &'a Side, prompt: &Id) -> Result<(&'a Id, &'a crate::prompt::Entry)> {
    if let Some(found) = side.prompts.iter().find(|(id, _)| *id == prompt) {
        return Ok(found);
    }
    if side.prompts.is_broken(prompt) {
        return Err(Error::config(format!("the prompt `{prompt}` does not load"), of_broken(side, prompt)));
    }
    Err(unknown("prompt", prompt, side.prompts.ids()))
}

/// What is wrong with the files that say they are this prompt.
fn of_broken(side: &Side, prompt: &Id) -> Vec<Diagnostic> {
    let of_prompt = |file: &str| side.prompts.broken.get(file).is_some_and(|id| id.as_ref() == Some(prompt));
    side.diagnostics.iter().filter(|diagnostic| of_prompt(&diagnostic.file)).cloned().collect()
}

/// The file of a version, read again: what people say of a prompt is not kept with what is sent.
fn document(side: &Side, prompt: &Prompt) -> Option<Document> {
    let bytes = side.snapshot.read(&prompt.path).ok()??;
    Document::parse(&prompt.path, &bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::side::OnBadSettings;
    use crate::snapshot::tests::snapshot;

    /// A side with two versions of `support`, of which the older serves, and a prompt that does not load.
    pub(super) fn side() -> Side {
        let old = "id: support\nversion: 12.0.0\ndescription: \"Answers\\n::error::customers\"\nsystem: Be kind.\n\
            template: \"{{ question }} in {{ words }}\"\nvariables:\n  - {name: question, type: string}\n  \
            - {name: words, type: integer, required: false, default: 9}\n";
        let new = "id: support\nversion: 13.0.0\ntemplate: \"\\e[31mbrief\"\nvariables: []\n";
        let files = [
            ("regild.yaml", "prompts: {active: \"support:v12\", rollback: \"support:v12\"}\n"),
            ("prompts/support/v12.0.0.yaml", old),
            ("prompts/support/v13.0.0.yaml", new),
            ("prompts/broken.yaml", "id: broken\nversion: 1.0.0\n"),
        ];
        Side::read(snapshot(&files), crate::config::FILE, OnBadSettings::Stop).unwrap()
    }

    pub(super) fn which(prompt: &str, version: Option<&str>) -> Which {
        Which { prompt: parse_prompt(prompt).unwrap(), version: version.map(|version| parse_version(version).unwrap()) }
    }

    #[test]
    fn a_version_is_found_however_it_is_written() {
        let side = side();
        for (prompt, version, found) in [
            ("support", None, "12.0.0"),
            ("support", Some("latest"), "12.0.0"),
            ("support", Some("v13"), "13.0.0"),
            ("support", Some("13.0"), "13.0.0"),
            ("support:v13", None, "13.0.0"),
            ("support:latest", None, "12.0.0"),
        ] {
            let prompt = which(prompt, version).find(&side).unwrap();
            assert_eq!(prompt.version.to_string(), found);
        }
    }

    #[test]
    fn what_is_not_there_is_explained() {
        let side = side();
        for (prompt, version, says) in [
            ("suport", None, "did you mean `support`?"),
            ("support", Some("14"), "the versions are: 13.0.0, 12.0.0"),
            ("support:v12", Some("12"), "leave --version out"),
            ("broken", None, "does not load"),
        ] {
            let error = which(prompt, version).find(&side).unwrap_err();
            assert!(crate::commands::describe(&error).contains(says), "{prompt}: {error:?}");
        }
        assert!(parse_version("x").is_err() && parse_prompt("a:b:c").is_err() && parse_prompt("x;id").is_err());
    }
}

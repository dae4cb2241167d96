//! `regild prompts render`: what a version says for the values given.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::{Text, Which};
use crate::error::{Error, Result};
use crate::io::files;
use crate::prompt::{Prompt, Type, Variable, bind};
use crate::wire::Message;
use crate::yaml::Document;

#[derive(Debug, Args)]
pub struct RenderArgs {
    #[command(flatten)]
    pub which: Which,
    /// The value of a variable: text for a string, else YAML; may be given several times.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_var)]
    pub vars: Vec<(String, String)>,
    /// Values of variables, a YAML mapping; `--var` wins.
    #[arg(long = "vars", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

fn parse_var(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, as in question=hello")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Values as given: those of a file have types, those of the command line are text.
#[derive(Debug, Default)]
pub struct Given {
    file: BTreeMap<String, Value>,
    typed: Vec<(String, String)>,
}

impl RenderArgs {
    /// Reads the file of values, if there is one.
    pub fn given(&self, root: &Path) -> Result<Given> {
        let mut given = Given { typed: self.vars.clone(), ..Given::default() };
        if let Some(path) = &self.file {
            let shown = path.display().to_string();
            let bad = |diagnostic| Error::config(format!("{shown} cannot be used"), vec![diagnostic]);
            let text = files::read_text(&root.join(path))?;
            let document = Document::parse(&shown, text.as_bytes()).map_err(|diagnostic| bad(*diagnostic))?;
            given.file = document.read_as().map_err(|diagnostic| bad(*diagnostic))?;
        }
        Ok(given)
    }
}

/// The rendered system prompt and messages.
pub fn render(prompt: &Prompt, given: &Given, text: Text) -> Result<String> {
    let input = input(&prompt.variables, given)?;
    let bound = bind(&prompt.variables, &input).map_err(|misfits| {
        let messages: Vec<&str> = misfits.iter().map(|misfit| misfit.message.as_str()).collect();
        let error = Error::usage(messages.join("; "));
        let error = misfits.iter().filter_map(|misfit| misfit.help.clone()).fold(error, Error::hint);
        error.hint(format!("the variables are: {}", variables(&prompt.variables)))
    })?;
    let rendered = prompt
        .render(&bound)
        .map_err(|error| Error::usage(format!("{} {} does not render: {error}", prompt.id, prompt.version)))?;
    let system = rendered.system.iter().map(|system| ("system", system.as_str()));
    let messages = rendered.messages.iter().map(|message| match message {
        Message::System { content } => ("system", content.as_str()),
        Message::User { content } => ("user", content.as_str()),
        Message::Assistant { content, tool_calls: _ } => ("assistant", content.as_str()),
        Message::Tool { content, call_id: _, name: _, is_error: _ } => ("tool", content.as_str()),
    });
    let parts: Vec<String> =
        system.chain(messages).map(|(role, content)| format!("── {role} ──\n{}", text.block(content))).collect();
    Ok(parts.join("\n"))
}

/// The values by name, those typed read as their variables' types ask for.
fn input(variables: &[Variable], given: &Given) -> Result<BTreeMap<String, Value>> {
    let mut input = given.file.clone();
    for (index, (name, text)) in given.typed.iter().enumerate() {
        if given.typed[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(Error::usage(format!("--var {name} is given twice")));
        }
        let kind = variables.iter().find(|variable| variable.name == *name).map(|variable| variable.kind);
        let value = match kind {
            Some(Type::String) | None => Value::String(text.clone()),
            Some(Type::Integer | Type::Number | Type::Boolean | Type::Array | Type::Object) => {
                let document = Document::parse(&format!("--var {name}"), text.as_bytes());
                let document = document
                    .map_err(|diagnostic| Error::config(format!("--var {name} is no YAML"), vec![*diagnostic]))?;
                document.value().clone()
            }
        };
        input.insert(name.clone(), value);
    }
    Ok(input)
}

fn variables(variables: &[Variable]) -> String {
    if variables.is_empty() {
        return "none".to_owned();
    }
    let describe = |variable: &Variable| {
        let needed = if variable.required && variable.default.is_null() { ", required" } else { "" };
        format!("{} ({}{needed})", variable.name, variable.kind.as_str())
    };
    variables.iter().map(describe).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{side, which};
    use super::*;

    fn given(typed: &[(&str, &str)]) -> Given {
        let typed = typed.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Given { typed, ..Given::default() }
    }

    #[test]
    fn values_are_read_as_their_variables_types() {
        let side = side();
        let prompt = which("support", None).find(&side).unwrap();
        let shown = render(prompt, &given(&[("question", "42: yes"), ("words", "7")]), Text::Raw).unwrap();
        assert_eq!(shown, "── system ──\nBe kind.\n\n── user ──\n42: yes in 7\n");
        let mut both = given(&[("question", "typed")]);
        both.file = BTreeMap::from([("question".to_owned(), json!("file")), ("words".to_owned(), json!(1))]);
        assert!(render(prompt, &both, Text::Raw).unwrap().ends_with("typed in 1\n"));
    }

    #[test]
    fn misfits_are_named_with_what_fits() {
        let side = side();
        let prompt = which("support", None).find(&side).unwrap();
        for (typed, says) in [
            (given(&[]), "the required variable `question` is missing"),
            (given(&[]), "the variables are: question (string, required), words (integer)"),
            (given(&[("qestion", "x")]), "did you mean `question`?"),
            (given(&[("question", "x"), ("words", "many")]), "must be an integer"),
            (given(&[("question", "x"), ("words", "[")]), "--var words is no YAML"),
            (given(&[("question", "x"), ("question", "y")]), "given twice"),
        ] {
            let error = render(prompt, &typed, Text::Raw).unwrap_err();
            assert!(crate::commands::describe(&error).contains(says), "{error:?}");
        }
    }

    #[test]
    fn sec_04_a_template_sees_no_environment() {
        let text = "id: p\nversion: 1.0.0\ntemplate: \"{{ env.OPENAI_API_KEY }}\"\nvariables: []\n";
        let files = crate::snapshot::tests::snapshot(&[("prompts/p.yaml", text)]);
        let side = crate::side::Side::read(files, "regild.yaml", crate::side::OnBadSettings::Stop).unwrap();
        assert!(side.prompts.ids().next().is_none());
        assert_eq!(side.diagnostics[0].message, "`env` is not a variable of the prompt");
    }

    #[test]
    fn sec_08_what_people_are_shown_commands_nobody() {
        let side = side();
        let prompt = which("support", None).find(&side).unwrap();
        let given = given(&[("question", "\u{1b}[31m\n::error::x")]);
        let raw = render(prompt, &given, Text::Raw).unwrap();
        assert!(raw.contains("\u{1b}[31m\n::error::x"), "{raw:?}");
        let shown = Text::Escaped.whole(render(prompt, &given, Text::Escaped).unwrap());
        assert!(!shown.contains('\u{1b}') && shown.contains("\n: :error::x"), "{shown:?}");
    }
}

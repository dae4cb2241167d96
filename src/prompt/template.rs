//! Strict Jinja2: templates compiled from text of the snapshot, rendered under limits, without any way to the outside.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

/// Instructions a rendering may execute (SEC-07).
const FUEL: u64 = 2_000_000;
/// Bytes a rendering may produce (SEC-07).
const MAX_OUTPUT: usize = 1 << 20;
/// Templates that may include one another in a row (SEC-06).
pub const MAX_INCLUDE_DEPTH: usize = 8;

/// The compiled templates of one prompt version.
pub struct Templates {
    environment: Environment<'static>,
}

/// A template that does not compile or render.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The template's name: a part of the prompt file, or an included path.
    pub template: String,
    /// 1-based line inside the template; 0 where unknown.
    pub line: usize,
    /// The text the error is about, where the engine knows it.
    pub excerpt: Option<String>,
    pub message: String,
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (line {} of `{}`)", self.message, self.line, self.template)
    }
}

impl Templates {
    /// Compiles `sources`: template name to Jinja2 text. Includes find only what stands there.
    pub fn compile(sources: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        // It would print every variable, wherever a template smuggles it in.
        environment.remove_global("debug");
        let syntax = minijinja::syntax::SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("the default delimiters are valid"));
        for (name, source) in sources {
            environment
                .add_template_owned(name.clone(), source.clone())
                .map_err(|error| describe(&error, name, sources.get(name)))?;
        }
        Ok(Self { environment })
    }

    /// The variables that a template uses without setting them itself, sorted. Includes are not followed.
    pub fn undeclared(&self, name: &str) -> BTreeSet<String> {
        let globals: BTreeSet<&str> = self.environment.globals().map(|(global, _)| global).collect();
        let Ok(template) = self.environment.get_template(name) else { return BTreeSet::new() };
        let names = template.undeclared_variables(false).into_iter().filter(|name| !globals.contains(name.as_str()));
        names.collect()
    }

    /// Renders one template.
    pub fn render(
        &self,
        name: &str,
        context: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<String, TemplateError> {
        let template = self.environment.get_template(name).map_err(|error| describe(&error, name, None))?;
        let mut output = Bounded(Vec::new());
        let context = Value::from(Serde(context));
        template.render_captured_to(context, &mut output).map_err(|error| {
            let mut shown = describe(&error, name, None);
            if output.0.len() >= MAX_OUTPUT {
                shown.message = format!("the rendered text is larger than {MAX_OUTPUT} bytes");
            }
            shown
        })?;
        String::from_utf8(output.0).map_err(|_| TemplateError {
            template: name.to_owned(),
            line: 0,
            excerpt: None,
            message: "the rendered text is not UTF-8".to_owned(),
        })
    }
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Templates")
    }
}

/// A buffer that refuses to grow beyond the limit.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = MAX_OUTPUT - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(io::Error::other("output limit")) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The innermost error in our words: where, and what.
fn describe(error: &minijinja::Error, fallback: &str, source: Option<&String>) -> TemplateError {
    // An error in an include is the source of the error at the include tag.
    let mut inner = error;
    while let Some(next) = std::error::Error::source(inner).and_then(|source| source.downcast_ref::<minijinja::Error>())
    {
        inner = next;
    }
    let excerpt = inner.range().and_then(|range| {
        inner.template_source().or(source.map(String::as_str)).and_then(|text| text.get(range)).map(str::to_owned)
    });
    let kind = inner.kind().to_string();
    let message = match (inner.kind(), inner.detail(), &excerpt) {
        (minijinja::ErrorKind::UndefinedError, _, Some(name)) => format!("`{name}` is not defined"),
        (minijinja::ErrorKind::OutOfFuel, ..) => "the template does too much work".to_owned(),
        (_, Some(detail), _) => format!("{kind}: {detail}"),
        (_, None, _) => kind,
    };
    TemplateError {
        template: inner.name().unwrap_or(fallback).to_owned(),
        line: inner.line().unwrap_or(0),
        excerpt: excerpt.filter(|text| !text.contains('\n')),
        message,
    }
}

/// The 1-based line of the first place inside a tag where `source` uses a name.
pub fn line_of(source: &str, name: &str) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let uses = |line: &str| {
        line.match_indices(name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + name.len()..].chars().next();
            !before.is_some_and(|c| is_name(c) || c == '.') && !after.is_some_and(is_name)
        })
    };
    let tagged = source.lines().position(|line| line.contains('{') && uses(line));
    tagged.or_else(|| source.lines().position(uses)).map_or(0, |index| index + 1)
}

/// The names that a template sets for others: `set`, loops, macros and their arguments, imports.
pub fn assigned(source: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for tag in source.split("{%").skip(1).filter_map(|rest| rest.split("%}").next()) {
        let tag = tag.trim_matches(['-', '+', ' ', '\t', '\r', '\n']);
        let Some((keyword, rest)) = tag.split_once(char::is_whitespace) else { continue };
        let declares = match keyword {
            "set" => rest.split('=').next(),
            "for" => rest.split(" in ").next(),
            "macro" | "import" | "from" | "with" | "call" => Some(rest),
            _ => None,
        };
        let words = declares.unwrap_or_default().split(|c: char| !(c.is_alphanumeric() || c == '_'));
        names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
    names
}

/// The templates that `source` names in `include`, `import`, `from` and `extends` tags; an error where a tag computes the
/// name, since such a change could not be traced.
pub fn references(source: &str) -> Result<BTreeSet<String>, TemplateError> {
    let mut names = BTreeSet::new();
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let after = &rest[start + 2..];
        let end = after.find("%}").unwrap_or(after.len());
        let tag = after[..end].trim_matches(['-', '+', ' ', '\t', '\r', '\n']);
        let (keyword, arguments) = tag.split_once(|c: char| !c.is_ascii_alphabetic()).unwrap_or((tag, ""));
        if matches!(keyword, "include" | "import" | "from" | "extends") {
            let found = quoted(arguments);
            if found.is_empty() {
                return Err(TemplateError {
                    template: String::new(),
                    line: source[..source.len() - rest.len() + start].matches('\n').count() + 1,
                    excerpt: None,
                    message: format!("`{keyword}` must name its file in quotes, so that changes can be traced"),
                });
            }
            names.extend(found);
        }
        if keyword == "raw" {
            // What stands inside is text.
            rest = after[end..].find("endraw").map_or("", |skip| &after[end + skip..]);
            continue;
        }
        rest = &after[end..];
    }
    Ok(names)
}

fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['"', '\'']) {
        let quote = char::from(rest.as_bytes()[open]);
        let Some(close) = rest[open + 1..].find(quote) else { break };
        found.push(rest[open + 1..open + 1 + close].to_owned());
        rest = &rest[open + close + 2..];
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(sources: &[(&str, &str)], context: serde_json::Value) -> Result<String, TemplateError> {
        let sources = sources.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Templates::compile(&sources)?.render("template", context.as_object().unwrap())
    }

    #[test]
    fn renders_jinja2_as_prompts_use_it() {
        for (source, want) in [
            ("Hi {{ name }}\n", "Hi Ann\n"),
            ("{% if tone %}Tone: {{ tone }}{% endif %}.", "."),
            ("{{ name.upper() }} <b>", "ANN <b>"),
            ("{% for x in list %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2"),
            ("{% include 'part' %}!", "part Ann!"),
        ] {
            let got = render(
                &[("template", source), ("part", "part {{ name }}")],
                json!({"name": "Ann", "tone": null, "list": [1, 2]}),
            );
            assert_eq!(got.as_deref(), Ok(want), "{source}");
        }
    }

    #[test]
    fn errors_say_where() {
        for (source, template, line, says) in [
            ("a\n{{ nmae }}", "template", 2, "`nmae` is not defined"),
            ("a\n{% include 'part' %}", "part", 1, "`missing` is not defined"),
            ("a\n\n{% if %}", "template", 3, "syntax error"),
            ("{% include 'nope' %}", "template", 1, "nope"),
            ("{{ debug() }}", "template", 1, "unknown function"),
        ] {
            let error = render(&[("template", source), ("part", "{{ missing }}")], json!({})).unwrap_err();
            assert_eq!((error.template.as_str(), error.line), (template, line), "{source}: {error:?}");
            assert!(error.message.contains(says), "{source}: {error:?}");
        }
    }

    #[test]
    fn limits_hold() {
        let endless = "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}";
        assert!(render(&[("template", endless)], json!({})).is_err());
        let large = "{% for i in range(90000) %}0123456789abcdef{% endfor %}";
        let error = render(&[("template", large)], json!({})).unwrap_err();
        assert!(error.message.contains("larger than"), "{error:?}");
    }

    #[test]
    fn references_are_found_and_computed_names_refused() {
        let source = "{% include 'a.txt' %}{%- from \"b.txt\" import x %}{% include ['c', \"d\"] ignore missing %}
            {% raw %}{% include 'no' %}{% endraw %}{% if x %}'no'{% endif %}";
        let found: Vec<_> = references(source).unwrap().into_iter().collect();
        assert_eq!(found, ["a.txt", "b.txt", "c", "d"]);
        let error = references("x\n{% include name %}").unwrap_err();
        assert_eq!(error.line, 2);
    }
}

//! Templates: what they render, that they are the engine's, and that none of them gets far with too much.

mod hostile;
mod meaning;
mod names;

use serde_json::{Value, json};

use super::*;

/// Renders the first of the templates, with those after it to include.
fn render(sources: &[(&str, &str)], context: Value) -> Result<String, TemplateError> {
    let templates = sources.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Templates::new(templates).render(sources[0].0, context.as_object().unwrap())
}

#[test]
fn renders_jinja2_as_prompts_use_it() {
    for (source, want) in [
        ("Hi {{ name }}\n", "Hi Ann\n"),
        ("{% if tone %}Tone: {{ tone }}{% endif %}.", "."),
        ("{{ name.upper() }} <b>", "ANN <b>"),
        ("{% for x in list %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2"),
        ("{% include 'part' %}!", "part Ann!"),
        ("{% raw %}{{ x }} {% endraw %}{# gone #}\"\\'", "{{ x }} \"\\'"),
    ] {
        let context = json!({"name": "Ann", "tone": null, "list": [1, 2]});
        let got = render(&[("template", source), ("part", "part {{ name }}")], context);
        assert_eq!(got.as_deref(), Ok(want), "{source}");
    }
}

#[test]
fn errors_say_where() {
    for (source, template, line, at, says) in [
        ("a\n{{ nmae }}", "template", 2, "nmae", "`nmae` is not defined"),
        ("a\n{% include 'part' %}", "part", 1, "missing", "`missing` is not defined"),
        ("a\n\n{% if %}", "template", 3, "%}", "syntax error"),
        ("{{ 'open", "template", 1, "", "unexpected end of string"),
        ("{% include 'nope' %}", "template", 1, "'nope'", "nope"),
        ("{{ debug() }}", "template", 1, "debug()", "unknown function"),
        ("é{{ 1 + user.email }}", "template", 1, "user.email", "`user.email` is not defined"),
        ("{{ user.email ~ 'x' }}", "template", 1, "user.email", "`user.email` is not defined"),
        ("{{ -user.email }}", "template", 1, "user.email", "`user.email` is not defined"),
        ("{{ 'é' ~ (user.email == 2) }}", "template", 1, "user.email", "`user.email` is not defined"),
        ("{{ user['email'] }}", "template", 1, "user['email']", "`user['email']` is not defined"),
        ("{% for x in user.all %}{% endfor %}", "template", 1, "user.all", "`user.all` is not defined"),
        ("{{ [1, 2] - 'x' }}", "template", 1, "[1, 2] - 'x'", "`-` cannot be used on sequence and string"),
        ("{{ 1 / (2 - 2) }}", "template", 1, "1 / (2 - 2", "unable to calculate 1 / 0"),
        ("{{ user|nope }}", "template", 1, "user|nope", "unknown filter"),
        ("{{ 1 + not (2) }}", "template", 1, "not", "needs parentheses"),
        ("{{ 'x'.nope() }}", "template", 1, "'x'.nope()", "unknown method"),
    ] {
        let part = "{{ missing }}";
        let error = render(&[("template", source), ("part", part)], json!({"user": {}})).unwrap_err();
        assert_eq!((error.template.as_str(), error.line), (template, line), "{source}: {error:?}");
        assert!(error.message.contains(says), "{source}: {error:?}");
        let text = if template == "part" { part } else { source };
        assert_eq!(text.get(error.range.clone()), Some(at), "{source}: {error:?}");
    }
}

#[test]
fn references_are_found_and_computed_names_refused() {
    let source = "{% include 'a.txt' %}{%- from \"b.txt\" import x %}{% include ['c', \"d\"] ignore missing %}
        {% raw %}{% include 'no' %}{% endraw %}{% if x %}'no'{% endif %}{# {% include 'no' %} #}
        {% for x in y %}{% if z %}{% extends 'e' if x else 'f' %}{% endif %}{% endfor %}";
    let found: Vec<_> = references("t", source).unwrap().into_keys().collect();
    assert_eq!(found, ["a.txt", "b.txt", "c", "d", "e", "f"]);
    for computed in ["x\n{% include name %}", "x\n{% import 'a' ~ b as c %}", "x\n{% include ['a', b] %}"] {
        let error = references("t", computed).unwrap_err();
        assert_eq!(error.line, 2, "{computed}");
        assert!(error.message.contains("must name its file in quotes"), "{error:?}");
    }
}

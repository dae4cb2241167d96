//! Errors of templates stand where the text stands that they are about, whatever YAML makes of it.

use proptest::prelude::*;

use super::*;

#[test]
fn a_template_is_told_of_at_its_line_and_column() {
    for (yaml, at) in [
        ("template: |\n  one\n  {{ b }}\n", "7:6"),
        ("template: |2\n    one\n  {{ b }}\n", "7:6"),
        ("template: >-\n  one\n  two {{ b }}\n\n  three\n", "7:10"),
        ("template: >\n  one\n\n    more\n    {{ b }}\n  text\n", "9:8"),
        ("template: >+ # folded\n\n\n  {{ b }}\n\n", "8:6"),
        ("template: |\r\n  one\r\n  é {{ b }}\r\n", "7:8"),
        ("template: \"one\\n\\u00e9\\\"{{ b }}\"\n", "5:28"),
        ("template: \"one\n  two\\\n  {{ b }}\n\n  three\"\n", "7:6"),
        ("template: 'it''s\n\n  {{ b }}'\n", "7:6"),
        ("template: one\n  two {{ b }}\n  three\n", "6:10"),
        ("template: !!str &x\n  # not this {{ b }}\n  'x {{ b }}'\n", "7:9"),
        ("\"template\": \"\\ud83d\\ude00{{ b }}\"\n", "5:29"),
        ("? template\n: 'x {{ b }}'\n", "6:9"),
        ("messages:\n  - {role: user, content: 'x {{ b }}'}\n", "6:33"),
        (
            "messages:\n  - role: user\n    content: |\n      {{ a }}\n  - role: assistant\n    content: |+\n      a\n        {{ b }}\n\n",
            "12:12",
        ),
        ("system: |\n  {{ b }}\ntemplate: x\n", "6:6"),
    ] {
        let text = format!("id: a\nversion: 1.0.0\nvariables:\n  - {{name: a, type: string}}\n{yaml}");
        let (_, found) = loaded(&[("prompts/a.yaml", &text)]);
        let told = told(&found);
        let want = format!("prompts/a.yaml:{at} undeclared-variable: `b` is not a variable of the prompt [b]");
        assert_eq!(told.first().map(|first| first.replace(" (did you mean `a`?)", "")), Some(want), "{yaml}: {told:?}");
    }
}

#[test]
fn every_mistake_is_told_in_one_run() {
    let text = "id: a\nversion: 1.0.0\nvariables: []\nsystem: \"{% if %}\"\nmessages:\n  - {role: user, content: \"{{ x\"}\n  - role: user\n    content: |\n      {% include 'p' %}\n  - {role: user, content: \"{{ nobody }}\"}\n";
    let (_, found) = loaded(&[("prompts/a.yaml", text), ("prompts/p", "fine\n{% endfor %}\n")]);
    assert_eq!(
        told(&found),
        [
            "prompts/a.yaml:4:16 template: syntax error: unexpected end of block [%}]",
            "prompts/a.yaml:6:31 template: syntax error: unexpected end of input, expected end of variable block [x]",
            "prompts/a.yaml:10:31 undeclared-variable: `nobody` is not a variable of the prompt [nobody]",
            "prompts/p:2:4 template: syntax error: unknown statement endfor [endfor]",
        ]
    );
}

#[test]
fn variables_that_no_template_uses_are_told() {
    let text = |template: &str| {
        format!(
            "id: a\nversion: 1.0.0\nvariables:\n  - {{name: a, type: string}}\n  - {{name: b, type: string}}\nsystem: \"{{{{ b }}}}\"\ntemplate: \"{template}\"\n"
        )
    };
    let (prompt, found) = loaded(&[("prompts/a.yaml", &text("x"))]);
    assert_eq!(told(&found), ["prompts/a.yaml:4:12 unused-variable: no template uses the variable `a` [a]"]);
    assert!(prompt.is_some(), "a warning only");
    let (_, found) = loaded(&[("prompts/a.yaml", &text("{% include 'p' %}")), ("prompts/p", "{{ a }}")]);
    assert_eq!(told(&found), [""; 0]);
}

#[test]
fn asking_for_a_variable_is_using_it() {
    let text = "id: a\nversion: 1.0.0\nvariables: [{name: tone, type: string}]\ntemplate: \"{{ tone }}{{ xyz|default('x') }}\"\n";
    let (_, found) = loaded(&[("prompts/a.yaml", text)]);
    let told = told(&found);
    assert!(told[0].contains("`xyz` is not a variable of the prompt (variables are declared even where"), "{told:?}");
}

/// Characters that some style of scalar treats in a way of its own.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "word",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "'",
        "''",
        "\"",
        "\\",
        "\\n",
        "#",
        " #",
        ":",
        "é",
        "\u{1f600}",
        "-",
        "{",
        "%",
        "|",
        ">",
        ",",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// A YAML scalar of `text` in a style, under a key with the given indentation; `None` where the style cannot have it.
fn written(text: &str, style: usize, indent: usize, crlf: bool) -> Option<String> {
    let lines = |text: &str| {
        text.split('\n')
            .map(|l| if l.is_empty() { String::new() } else { format!("{}{l}", " ".repeat(indent + 2)) })
            .collect::<Vec<_>>()
            .join("\n")
    };
    let body = text.strip_suffix('\n').unwrap_or(text);
    let chomp = match (text.ends_with('\n'), body.ends_with('\n')) {
        (true, false) => "",
        (true, true) => "+",
        (false, _) => "-",
    };
    let yaml = match style {
        0 => format!("|2{chomp}\n{}\n", lines(body)),
        1 => format!(">2{chomp}\n{}\n", lines(&body.replace('\n', "\n\n"))),
        2 => format!("'{}'\n", text.replace('\'', "''").replace('\n', "\n\n")),
        3 => format!("{}\n", serde_json::to_string(text).unwrap()),
        4 => format!(
            "\"{}\"\n",
            text.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\t', "\\t")
                .replace('\n', "\\n\\\n     \\\n  ")
                .replace(' ', "\\ ")
        ),
        _ => format!("{text}\n"),
    };
    Some(if crlf { yaml.replace('\n', "\r\n") } else { yaml })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    /// A mark in any scalar of any style is found where it stands, or not at all; and of most it is found.
    #[test]
    fn a_mark_is_found_where_it_is(before in texts(), after in texts(), style in 0..6_usize, deep in any::<bool>(), crlf in any::<bool>()) {
        const MARK: &str = "MARK";
        let text = format!("{before}{MARK}{after}");
        let (head, indent) = if deep { ("x:\n  - y: 1\n    ", 4) } else { ("", 0) };
        let Some(scalar) = written(&text, style, indent, crlf) else { return Ok(()) };
        let yaml = format!("{head}key: {scalar}{}z: 1\n", " ".repeat(indent));
        let Ok(document) = Document::parse("f", yaml.as_bytes()) else { return Ok(()) };
        let path: Vec<Step> = if deep { vec!["x".into(), 0.into(), "key".into()] } else { vec!["key".into()] };
        let pointer = if deep { "/x/0/key" } else { "/key" };
        let Some(value) = document.value().pointer(pointer).and_then(|value| value.as_str()) else { return Ok(()) };
        let Some(at) = value.find(MARK) else { return Ok(()) };
        match scalar::source_range(&document, &path, value, &(at..at + MARK.len())) {
            Some(found) => prop_assert_eq!(&yaml[found], MARK),
            None => prop_assert!(false, "no place in {:?} for {:?}", yaml, value),
        }
    }
}

//! SEC-06: what a template may not include, each refusal at the name that asks for it.

use std::collections::BTreeMap;

use crate::snapshot::{Entry, Origin};

use super::*;

/// What is told of a prompt with this template, without what is told of its variables.
fn of(template: &str, files: &[(&str, &str)]) -> Vec<String> {
    let text = format!("id: a\nversion: 1.0.0\nvariables: []\ntemplate: |\n  {template}\n");
    let mut all = vec![("prompts/a.yaml", text.as_str())];
    all.extend_from_slice(files);
    let (prompt, found) = loaded(&all);
    assert_eq!(prompt.is_some(), !found.iter().any(Diagnostic::is_error), "{found:?}");
    told(&found)
}

#[test]
fn sec_06_a_name_leads_nowhere_but_below_the_prompts_directory() {
    for name in
        ["../../../../etc/passwd", "/etc/passwd", "prompts/../.git/config", "a//b", "./a", "c:\\\\x", "http://x", ""]
    {
        let found = of(&format!("{{% include '{name}' %}}"), &[("prompts/a/b", "")]);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        let at =
            format!("prompts/a.yaml:5:14 include: {:?} must be a path below `prompts/`", name.replace("\\\\", "\\"));
        assert!(found[0].starts_with(&at) && found[0].ends_with(&format!("['{name}']")), "{name}: {found:?}");
    }
    // A NUL in YAML itself is refused before; an escape of the template makes one.
    let found = of("{% include 'a\\0b' %}", &[]);
    assert!(found[0].contains(r#"include: "a\0b" must be a path"#), "{found:?}");
}

#[test]
fn sec_06_what_is_no_file_is_not_followed() {
    let mut files = snapshot(&[(
        "prompts/a.yaml",
        "id: a\nversion: 1.0.0\nvariables: []\ntemplate: \"{% include 'l' %}{% include 's' %}\"\n",
    )]);
    let entry = |kind| Entry { id: files.id("prompts/a.yaml").unwrap().to_owned(), kind };
    let mut entries: BTreeMap<String, Entry> = files.below("").map(|(path, e)| (path.to_owned(), e.clone())).collect();
    entries.insert("prompts/l".into(), entry(EntryKind::Symlink));
    entries.insert("prompts/s".into(), entry(EntryKind::Submodule));
    let text = files.read("prompts/a.yaml").unwrap().unwrap();
    let blobs = BTreeMap::from([(files.id("prompts/a.yaml").unwrap().to_owned(), text)]);
    let origin = Origin { reference: "t".into(), commit: None, tree: "t".into(), time: 0 };
    files = Snapshot::new(origin, entries, Arc::new(blobs));
    let found = told(&loaded_from(&files).1);
    assert_eq!(
        found,
        [
            "prompts/a.yaml:4:23 include: `prompts/l` is a symbolic link; regild reads files only ['l']",
            "prompts/a.yaml:4:40 include: `prompts/s` is a submodule; regild reads files only ['s']",
        ]
    );
}

#[test]
fn sec_06_case_tells_files_apart_and_must_not() {
    assert_eq!(
        of("{% include 'Part.j2' %}", &[("prompts/part.j2", "")]),
        ["prompts/a.yaml:5:14 include: there is no `prompts/Part.j2`; `prompts/part.j2` is written otherwise \
          (did you mean `part.j2`?) ['Part.j2']"]
    );
    assert_eq!(
        of("{% include 'part.j2' %}", &[("prompts/part.j2", ""), ("prompts/Part.j2", "")]),
        ["prompts/a.yaml:5:14 include: `prompts/part.j2` and `prompts/Part.j2` differ in case only; not every file \
          system can hold both ['part.j2']"]
    );
    assert_eq!(
        of("{% include 'pratial.j2' %}", &[("prompts/partial.j2", "")]),
        ["prompts/a.yaml:5:14 include: there is no `prompts/pratial.j2` (did you mean `partial.j2`?) ['pratial.j2']"]
    );
}

#[test]
fn circles_are_shown() {
    assert_eq!(
        of(
            "{% include 'x' %}",
            &[("prompts/x", "1\n{% include 'y' %}"), ("prompts/y", "{% if 1 %}{% include 'x' %}{% endif %}")]
        ),
        ["prompts/y:1:22 include-cycle: includes go round in a circle: `x` → `y` → `x` ['x']"]
    );
    assert_eq!(
        of("{% extends 'x' %}", &[("prompts/x", "{% import 'x' as x %}")]),
        ["prompts/x:1:11 include-cycle: includes go round in a circle: `x` → `x` ['x']"]
    );
}

#[test]
fn sec_06_chains_and_sizes_are_limited() {
    let chain = |length: usize| -> Vec<(String, String)> {
        (1..=length).map(|i| (format!("prompts/p{i}"), format!("{{% include 'p{}' %}}", i + 1))).collect()
    };
    let check = |length: usize| {
        let files = chain(length);
        let last = format!("prompts/p{}", length + 1);
        let mut all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        all.push((&last, "end"));
        of("{% include 'p1' %}", &all)
    };
    assert_eq!(check(7), [""; 0]);
    assert_eq!(check(8), ["prompts/p8:1:12 include: includes are nested deeper than 8 ['p9']"]);
    assert_eq!(check(3000), ["prompts/p8:1:12 include: includes are nested deeper than 8 ['p9']"]);
    // Reached first by a short way, then by a long one.
    let mut files = chain(8);
    files.push(("prompts/p9".into(), "end".into()));
    let all: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(of("{% include 'p5' %}{% include 'p1' %}", &all).len(), 1);
    let large = "x".repeat(600_000);
    let found = of("{% include 'x' %}{% include 'y' %}", &[("prompts/x", &large), ("prompts/y", &large)]);
    assert_eq!(found, ["prompts/a.yaml:5:31 include: the includes have more than 1048576 bytes ['y']"]);
}

#[test]
fn computed_names_and_our_own_are_refused() {
    assert_eq!(
        of("{% include 'a' ~ 1 %}", &[]),
        [
            "prompts/a.yaml:5:14 template: `include` must name its file in quotes, so that changes can be traced ['a' ~ 1]"
        ]
    );
    assert_eq!(
        of("{% include 'system' %}", &[("prompts/system", "")]),
        [
            "prompts/a.yaml:5:14 include: `system` is what the prompt's own text is called; give the file another name ['system']"
        ]
    );
}

#[test]
fn what_is_extended_is_part_of_the_prompt() {
    let text = "id: a\nversion: 1.0.0\nvariables: []\ntemplate: \"{% extends 'base' %}{% block b %}mine {{ super() }}{% endblock %}\"\n";
    let (prompt, found) = loaded(&[("prompts/a.yaml", text), ("prompts/base", "<{% block b %}base{% endblock %}>")]);
    let prompt = prompt.unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(prompt.files["prompts/base"].use_, Use::Include);
    assert_eq!(prompt.templates.render("template", &serde_json::Map::new()).unwrap(), "<mine base>");
}

#[test]
fn what_cannot_be_seen_in_an_include_is_told() {
    let file = "ok\u{7}\n\u{feff}a\u{202e}b\u{e0041}\0 می\u{200c}خواهم\n";
    let found = of("{% include 'p' %}", &[("prompts/p", file)]);
    let starts: Vec<&str> = found.iter().map(|one| one.split(" stands").next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "prompts/p:1:3 control-character: the control character U+0007",
            "prompts/p:2:1 control-character: the control character U+FEFF",
            "prompts/p:2:3 hidden-character: the hidden character U+202E",
            "prompts/p:2:5 hidden-character: the hidden character U+E0041",
            "prompts/p:2:6 control-character: the control character U+0000",
        ]
    );
    let found = of("{% include 'p' %}", &[("prompts/p", "\u{feff}x")]);
    assert!(found[0].starts_with("prompts/p:1:1 byte-order-mark: "), "{found:?}");
    assert_eq!(of("{% include 'p' %}", &[("prompts/p", "🏴\u{e0067}\u{e007f} fine\r\n")]), [""; 0]);
}

#[test]
fn an_include_must_be_utf_8() {
    let id = "x".to_owned();
    let text = "id: a\nversion: 1.0.0\nvariables: []\ntemplate: \"{% include 'p' %}\"\n";
    let entries = [("prompts/a.yaml", "a"), ("prompts/p", "x")]
        .map(|(path, id)| (path.to_owned(), Entry { id: id.to_owned(), kind: EntryKind::File }));
    let blobs = BTreeMap::from([("a".to_owned(), text.as_bytes().to_vec()), (id, b"ab\ncd\xff".to_vec())]);
    let origin = Origin { reference: "t".into(), commit: None, tree: "t".into(), time: 0 };
    let found = loaded_from(&Snapshot::new(origin, entries.into(), Arc::new(blobs))).1;
    assert_eq!(told(&found), ["prompts/p:2:3 not-utf-8: the file is not UTF-8 (byte 5) []"]);
}

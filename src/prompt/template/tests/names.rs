//! Which names of templates nobody declares, and which variables they use.

use std::collections::BTreeSet;

use super::*;

/// Traces the first template for a prompt that declares `a` and `b`: names nobody declares, as `template:text`, and what is used.
fn traced(sources: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let variables = BTreeSet::from(["a", "b"]);
    let templates = sources.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let usage = trace(&templates, &[sources[0].0.to_owned()], &variables);
    assert!(usage.flaws.is_empty(), "{:?}", usage.flaws);
    let shown = |one: &Undeclared| {
        let text = &templates[&one.template];
        assert_eq!(&text[one.range.clone()], one.name, "the place is the name's");
        format!("{}:{}", one.template, one.name)
    };
    (usage.undeclared.iter().map(shown).collect(), usage.used.into_iter().collect())
}

#[test]
fn names_are_followed_through_a_template() {
    for (template, undeclared, used) in [
        ("{{ a }} {{ x }} {{ x }}", vec!["t:x"], vec!["a"]),
        ("{% for x in a %}{{ x }}{{ loop.index }}{% else %}{{ x }}{% endfor %}", vec!["t:x"], vec!["a"]),
        ("{{ loop.index }}{% for x in x %}{% endfor %}", vec!["t:loop", "t:x"], vec![]),
        ("{% for x, (y, z) in a if y %}{{ z }}{% endfor %}{{ y }}", vec!["t:y"], vec!["a"]),
        ("{% for v in a if loop %}{% endfor %}", vec!["t:loop"], vec!["a"]),
        ("{{ x }}{% set x = x %}", vec!["t:x"], vec![]),
        ("{% set x = a %}{{ x }}{% if a %}{% set y = 1 %}{% endif %}{{ y }}", vec![], vec!["a"]),
        ("{% set a = b %}{{ a }}", vec![], vec!["b"]),
        ("{{ a }}{% set a = 1 %}", vec![], vec!["a"]),
        ("{% for v in [1] %}{% set x = 1 %}{% endfor %}{{ x }}", vec!["t:x"], vec![]),
        ("{% set x %}{{ y }}{% endset %}{{ x }}", vec!["t:y"], vec![]),
        ("{% with x = a, y = x %}{{ y }}{% endwith %}{{ y }}", vec!["t:y"], vec!["a"]),
        ("{% set ns = namespace(x=a) %}{% set ns.y = b %}{{ ns.y }}{% set no.x = 1 %}", vec!["t:no"], vec!["a", "b"]),
        (
            "{{ range(3) }}{{ dict(x=a) }}{{ examples }}{{ debug() }}{{ lipsum() }}",
            vec!["t:debug", "t:lipsum"],
            vec!["a"],
        ),
        ("{{ a.x.y[z].w }}{{ a|map(attribute='q')|join(sep) }}", vec!["t:sep", "t:z"], vec!["a"]),
        ("{{ x is defined }}{{ y|default(b) }}{{ z.w|d }}", vec!["t:x", "t:y", "t:z"], vec!["b"]),
        (
            "{% macro m(x, y=b) %}{{ x }}{{ y }}{{ caller() }}{{ z }}{{ later }}{% endmacro %}{% set later = 1 %}{{ m(a) }}{{ x }}",
            vec!["t:x", "t:z"],
            vec!["a", "b"],
        ),
        ("{{ varargs }}{{ caller() }}{% macro m() %}{{ m() }}{% endmacro %}", vec!["t:caller", "t:varargs"], vec![]),
        (
            "{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(x) m() %}{{ x }}{{ y }}{% endcall %}",
            vec!["t:y"],
            vec![],
        ),
        ("{% block x %}{{ super() }}{{ a }}{% endblock %}{{ self.x() }}{{ x }}", vec!["t:x"], vec!["a"]),
        ("{% raw %}{{ x }}{% endraw %}{# {{ y }} #}{{ '{{ z }}' }}", vec![], vec![]),
        ("{{ f(x=a, *b, **c) }}", vec!["t:c", "t:f"], vec!["a", "b"]),
        (
            "{{ a if x else b }}{{ 1 < y < 2 }}{{ -z }}{{ {k: v} }}{{ a[l:m:n] }}",
            vec!["t:k", "t:l", "t:m", "t:n", "t:v", "t:x", "t:y", "t:z"],
            vec!["a", "b"],
        ),
    ] {
        let (found, uses) = traced(&[("t", template)]);
        assert_eq!(found, undeclared, "{template}");
        assert_eq!(uses, used, "{template}");
    }
}

#[test]
fn includes_are_read_where_they_stand() {
    for (sources, undeclared, used) in [
        (vec![("t", "{% include 'p' %}"), ("p", "{{ a }}{{ x }}")], vec!["p:x"], vec!["a"]),
        (vec![("t", "{% set x = 1 %}{% include 'p' %}"), ("p", "{{ x }}")], vec![], vec![]),
        (vec![("t", "{% include 'p' %}{% set x = 1 %}"), ("p", "{{ x }}")], vec!["p:x"], vec![]),
        // Used twice, and only once with the name set.
        (
            vec![("t", "{% for x in a %}{% include 'p' %}{% endfor %}{% include 'p' %}"), ("p", "{{ x }}")],
            vec!["p:x"],
            vec!["a"],
        ),
        (
            vec![
                ("t", "{% for x in a %}{% include 'p' %}{% endfor %}"),
                ("p", "{% include 'q' %}"),
                ("q", "{{ x }}{{ loop.index }}"),
            ],
            vec![],
            vec!["a"],
        ),
        // What an include sets is set after it.
        (vec![("t", "{% include 'p' %}{{ x }}{% include 'p' %}{{ x }}"), ("p", "{% set x = 1 %}")], vec![], vec![]),
        (vec![("t", "{% macro m(x) %}{% include 'p' %}{% endmacro %}{{ m(a) }}"), ("p", "{{ x }}")], vec![], vec!["a"]),
        // A macro takes along what it names, and nothing else.
        (
            vec![
                ("t", "{% set x = 1 %}{% macro m() %}{% include 'p' %}{% endmacro %}{{ m() }}"),
                ("p", "{{ x }}{{ a }}"),
            ],
            vec!["p:x"],
            vec!["a"],
        ),
        (
            vec![
                ("t", "{% set x = 1 %}{% macro m() %}{{ x }}{% include 'p' %}{% endmacro %}{{ m() }}"),
                ("p", "{{ x }}"),
            ],
            vec![],
            vec![],
        ),
        (
            vec![
                ("t", "{% import 'p' as p %}{{ p.m(a) }}{{ m }}"),
                ("p", "{% macro m(x) %}{{ x }}{{ y }}{{ b }}{% endmacro %}"),
            ],
            vec!["p:y", "t:m"],
            vec!["a", "b"],
        ),
        (
            vec![
                ("t", "{% from 'p' import m as n %}{{ n(a) }}{{ m }}{{ z }}"),
                ("p", "{% set z = 1 %}{% macro m(x) %}{{ x }}{% endmacro %}"),
            ],
            vec!["t:m", "t:z"],
            vec!["a"],
        ),
        (
            vec![("t", "{% include ['p', 'q'] %}{% include 'p' if a else 'q' %}"), ("p", "{{ x }}"), ("q", "{{ b }}")],
            vec!["p:x"],
            vec!["a", "b"],
        ),
        // Inheritance: the child's names are set before its parent runs, and its blocks run inside the parent.
        (
            vec![
                ("t", "{% extends 'p' %}{% set x = a %}{% block c %}{{ y }}{{ z }}{% endblock %}"),
                ("p", "{{ x }}{% for y in b %}{% block c %}{{ w }}{% endblock %}{% endfor %}"),
            ],
            vec!["p:w", "t:z"],
            vec!["a", "b"],
        ),
        (vec![("t", "{% extends 'p' %}{% block unused %}{{ x }}{% endblock %}"), ("p", "{{ a }}")], vec![], vec!["a"]),
    ] {
        let (found, uses) = traced(&sources);
        assert_eq!(found, undeclared, "{sources:?}");
        assert_eq!(uses, used, "{sources:?}");
    }
}

#[test]
fn unknown_filters_and_tests_are_told_with_what_was_meant() {
    let template = "{{ a|uper }}{{ a is deffined }}{{ a|map('upper')|regild_add(1) }}";
    let usage =
        trace(&BTreeMap::from([("t".to_owned(), template.to_owned())]), &["t".to_owned()], &BTreeSet::from(["a"]));
    let told: Vec<_> = usage.flaws.iter().map(|(e, help)| (&template[e.range.clone()], help.as_deref())).collect();
    let upper = Some("did you mean `upper`?");
    let defined = Some("did you mean `defined`?");
    assert_eq!(&told[..2], [("uper", upper), ("deffined", defined)]);
    assert_eq!(told[2].0, "regild_add");
    assert_eq!(told.len(), 3, "{told:?}");
}

/// A scope for each way through many includes would be more than anyone can read.
#[test]
fn includes_that_multiply_are_told() {
    let level = |i: usize| {
        let sets = |n: usize| format!("{{% with v{i}_{n} = 1 %}}{{% include 'p{}' %}}{{% endwith %}}", i + 1);
        ("p".to_owned() + &i.to_string(), (0..10).map(sets).collect::<String>())
    };
    let mut sources: BTreeMap<String, String> = (0..8).map(level).collect();
    sources.insert("p8".to_owned(), "x".to_owned());
    let usage = trace(&sources, &["p0".to_owned()], &BTreeSet::new());
    assert_eq!(usage.flaws.len(), 1, "{:?}", usage.flaws);
    assert!(usage.flaws[0].0.message.contains("more than 2000 ways"), "{:?}", usage.flaws);
}

#[test]
fn the_names_of_filters_and_tests_are_the_engines() {
    let shown = format!("{:#?}", minijinja::Environment::new());
    let listed = |section: &str| -> BTreeSet<String> {
        let start = shown.find(&format!("{section}: [")).unwrap_or_else(|| panic!("{shown}"));
        let list = shown[start..].split(']').next().unwrap();
        list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let ours: BTreeSet<String> = filters::NAMES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(ours, listed("filters"));
    let tests: BTreeSet<String> = scope::TESTS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(tests, listed("tests"));
}

//! SEC-07, SEC-25: templates made to take all memory, all time or the whole stack end in an error, soon and small.

use std::time::{Duration, Instant};

use super::*;

/// Templates that would take more than there is, by what they misuse.
fn hostile() -> Vec<(&'static str, String)> {
    let forty = |step: &str| format!("{{% set s = 'xxxxxxxx' %}}{}{{{{ s|length }}}}", step.repeat(40));
    let namespace = |start: &str, step: &str| {
        format!(
            "{{% set ns = namespace(s={start}) %}}{{% for i in range(20000) %}}{step}{{% endfor %}}{{{{ ns.s|length }}}}"
        )
    };
    let nested = |open: &str, close: &str, n: usize| format!("{{{{ {}1{} }}}}", open.repeat(n), close.repeat(n));
    let long = "y".repeat(100_000);
    vec![
        ("~ forty times", forty("{% set s = s ~ s %}")),
        ("+ forty times", forty("{% set s = s + s %}")),
        ("* forty times", forty("{% set s = s * 9 %}")),
        ("one text", forty("{% set s = '%s%s'|format(s, s) %}")),
        ("a text of the method", forty("{% set s = '{0}{0}'.format(s) %}")),
        ("join of two", forty("{% set s = [s, s]|join %}")),
        ("method join of two", forty("{% set s = s.join([s, s, s]) %}")),
        ("replace each", forty("{% set s = s|replace('x', s) %}")),
        ("method replace each", forty("{% set s = s.replace('', s) %}")),
        ("captured twice", forty("{% set s %}{{ s }}{{ s }}{% endset %}")),
        ("filtered block", forty("{% set s %}{% filter upper %}{{ s }}{{ s }}{% endfilter %}{% endset %}")),
        (
            "macro of two",
            format!("{{% macro d(s) %}}{{{{ s }}}}{{{{ s }}}}{{% endmacro %}}{}", forty("{% set s = d(s) %}")),
        ),
        ("list of two", forty("{% set s = [s, s] %}").replace("s|length", "s")),
        ("list of two, compared", forty("{% set s = [s, s] %}").replace("s|length", "s == s")),
        ("list of two as a key", forty("{% set s = [s, s] %}").replace("s|length", "{s: 1}")),
        ("list added to itself", forty("{% set s = s|list + s|list %}")),
        ("tuples", forty("{% set s = (s, s) %}").replace("s|length", "s|string")),
        ("mapping of two", forty("{% set s = {'a': s, 'b': s} %}").replace("s|length", "s|tojson")),
        ("text in a loop", namespace("'x'", "{% set ns.s = ns.s ~ ns.s %}")),
        ("list in a loop", namespace("[0]", "{% set ns.s = ns.s + ns.s %}")),
        ("list that grows", namespace("[0]", "{% set ns.s = ns.s + [i] %}")),
        ("mapping that grows", namespace("{}", "{% set ns.s = dict(ns.s, **{i|string: i}) %}")),
        ("nested in a loop", namespace("[]", "{% set ns.s = [ns.s] %}")),
        ("slices of slices", namespace("[1, 2, 3]", "{% set ns.s = ns.s[0:] %}") + "{{ nope }}"),
        ("added nothing", namespace("[1]", "{% set ns.s = ns.s + [] %}") + "{{ nope }}"),
        ("times one", namespace("[1]", "{% set ns.s = ns.s * 1 %}") + "{{ nope }}"),
        (
            "items again",
            namespace("[1]", "{% set ns.s = ns.s|map('string')|select|unique|list|batch(9)|first|zip|map('first') %}")
                + "{{ nope }}",
        ),
        ("reversed again", namespace("[1, 2, 3]", "{% set ns.s = ns.s|reverse %}") + "{{ nope }}"),
        ("chained again", namespace("[1]", "{% set ns.s = ns.s|chain(ns.s) %}")),
        ("chained to nothing", namespace("[1]", "{% set ns.s = ns.s|chain([]) %}") + "{{ nope }}"),
        ("mappings chained", namespace("{}", "{% set ns.s = ns.s|chain({}) %}") + "{{ nope }}"),
        ("zipped again", namespace("[1]", "{% set ns.s = ns.s|zip(ns.s) %}")),
        ("repeated text", "{{ 'x' * 10**9 }}".into()),
        ("repeated text, often", format!("{{{{ [{}]|length }}}}", "'x' * 4000000, ".repeat(200))),
        ("repeated list", "{{ ([0] * 10**9)|length }}".into()),
        ("repeated list, made", "{{ ([0] * 90000000)|list|length }}".into()),
        ("repeated tuple", "{{ ((0,) * 90000000)|length }}".into()),
        ("folded constants", format!("{{{{ ({})|length }}}}", "'x' * 90000000 ~ ".repeat(60) + "''")),
        ("range", "{{ range(10**9)|list }}".into()),
        ("width", "{{ '%10000000000d'|format(1) }}".into()),
        ("width given", "{{ '%*d'|format(2000000000, 1) }}".into()),
        ("precision", "{{ '%.2000000000f'|format(1) }}".into()),
        ("width of the method", "{{ '{:2000000000}'.format(1) }}".into()),
        ("one argument, often", format!("{{{{ '{}'|format(a='{long}') }}}}", "%(a)s".repeat(10_000))),
        ("indent", "{{ 'a\nb'|indent(1000000000) }}".into()),
        ("indent by name", "{{ 'a\nb'|indent(width=1000000000) }}".into()),
        ("indent of many lines", format!("{{{{ '{}'|indent(100000) }}}}", "\n".repeat(10_000))),
        ("tojson", "{{ [[1]]|tojson(indent=1000000000) }}".into()),
        ("batch", "{{ [1]|batch(1000000000, 0)|list }}".into()),
        ("slice", "{{ [1]|slice(1000000000)|list }}".into()),
        ("replace nothing", format!("{{{{ '{long}'|replace('', '{long}')|length }}}}")),
        ("join letters", format!("{{{{ '{long}'|join('{long}')|length }}}}")),
        ("map of a filter", format!("{{{{ ['{long}']|map('replace', 'y', '{long}')|list|length }}}}")),
        ("sum of texts", format!("{{{{ ('{long}'|list)|sum(start='')|length }}}}")),
        ("loop of loops", "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}".into()),
        ("large output", "{% for i in range(90000) %}0123456789abcdef{% endfor %}".into()),
        (
            "text captured in a loop",
            format!("{{% set s %}}{{% for i in range(90000) %}}{long}{{% endfor %}}{{% endset %}}"),
        ),
        ("macros in one another", "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}".into()),
        (
            "macros in pairs",
            "{% macro a(n) %}{{ b(n) }}{{ b(n) }}{% endmacro %}{% macro b(n) %}{{ a(n) }}{% endmacro %}{{ a(0) }}"
                .into(),
        ),
        (
            "callers in one another",
            "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}".into(),
        ),
        ("recursive loop", "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}".into()),
        ("block in itself", "{% block a %}{{ self.a() }}{% endblock %}".into()),
        ("includes itself", "{% include 'template' %}".into()),
        ("extends itself", "{% extends 'template' %}".into()),
        ("namespace in itself", "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}".into()),
        ("namespace in its list", "{% set ns = namespace() %}{% set ns.x = [ns] %}{{ ns|string }}".into()),
        ("namespace in another", "{% set a = namespace() %}{% set b = namespace(a=a) %}{{ b }}".into()),
        (
            "namespace in its loop",
            "{% set ns = namespace() %}{% for x in [ns] %}{% set ns.l = loop %}{% endfor %}".into(),
        ),
        (
            "macro in a namespace",
            "{% set ns = namespace() %}{% macro m() %}{{ ns }}{% endmacro %}{% set ns.m = m %}".into(),
        ),
        (
            "compared in a loop",
            "{% set l = range(90000)|list %}{% for i in l %}{% if l == l %}{% endif %}{% endfor %}".into(),
        ),
        (
            "searched in a loop",
            "{% set l = range(90000)|list %}{% for i in l %}{% if -1 in l %}{% endif %}{% endfor %}".into(),
        ),
        ("sliced in a loop", "{% set l = range(90000)|list %}{% for i in l %}{{ l[1:][-1] }}{% endfor %}".into()),
        ("sorted in a loop", "{% set l = range(90000)|list %}{% for i in l %}{{ l|sort|first }}{% endfor %}".into()),
        (
            "spread in a loop",
            "{% set l = range(90000)|list %}{% for i in l %}{{ [0]|chain(*l)|first }}{% endfor %}".into(),
        ),
        ("iterated in a loop", "{% set l = dict.items %}{% for i in range(90000) %}{{ l }}{% endfor %}".into()),
        ("tested in a loop", "{% set l = range(90000)|list %}{% for i in l %}{{ 1 if l is eq(l) }}{% endfor %}".into()),
        ("brackets", nested("(", ")", 100_000)),
        ("lists", nested("[", "]", 100_000)),
        ("mappings", nested("{1: ", "}", 100_000)),
        ("calls", nested("f(", ")", 100_000)),
        ("not", nested("not ", "", 100_000)),
        ("minus", nested("- ", "", 100_000)),
        ("plus in a row", nested("1 + ", "", 100_000)),
        ("or in a row", nested("1 or ", "", 100_000)),
        ("if else", nested("1 if 0 else ", "", 100_000)),
        ("attributes", nested("", ".a", 100_000)),
        ("items", nested("", "[0]", 100_000)),
        ("calls of calls", nested("", "()", 100_000)),
        ("filters", nested("", "|abs", 100_000)),
        ("tests", nested("", " is odd", 100_000)),
        ("comparisons", nested("1 < ", "", 100_000)),
        ("targets", format!("{{% set {}a{} = 1 %}}", "(".repeat(100_000), ")".repeat(100_000))),
        ("elif", format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(100_000))),
        ("ifs", "{% if 1 %}".repeat(100_000)),
        ("fors", "{% for i in [1] %}".repeat(100_000)),
        ("blocks", (0..100_000).map(|i| format!("{{% block b{i} %}}")).collect()),
        ("filter blocks", format!("{{% filter {} %}}{{% endfilter %}}", vec!["upper"; 100_000].join("|"))),
    ]
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it is the time that is tested")]
fn sec_07_no_template_takes_all_there_is() {
    for (what, template) in hostile() {
        #[cfg(test)]
        if let Ok(dir) = std::env::var("HOSTILE_DIR") {
            let d = format!("{dir}/{}", what.replace([' ', '*', '~', '+', ','], "_"));
            std::fs::create_dir_all(format!("{d}/prompts")).unwrap();
            std::fs::write(format!("{d}/prompts/p.j2"), &template).unwrap();
            std::fs::write(format!("{d}/prompts/a.yaml"), "id: a\nversion: 1.0.0\nvariables: []\ntemplate: \"{% include 'p.j2' %}\"\nexamples: [{input: {}, output: x}]\n").unwrap();
            continue;
        }
        let start = Instant::now();
        // The program's main thread has this much stack; its workers have twice that.
        let worker = std::thread::Builder::new().stack_size(8 << 20);
        let end = worker.spawn(move || render(&[("template", &template)], json!({}))).unwrap().join().unwrap();
        // An unoptimised build on a busy machine; the program takes a tenth of it.
        assert!(start.elapsed() < Duration::from_secs(20), "{what} took {:?}", start.elapsed());
        let error = end.expect_err(what);
        assert!(!error.message.is_empty() && error.message.len() < 1000, "{what}: {error:?}");
    }
}

/// The limits are far from what prompts do.
#[test]
fn honest_templates_are_within_the_limits() {
    let rows: Vec<Value> = (0..1000).map(|i| json!({"id": i, "text": "word ".repeat(20)})).collect();
    let context = json!({"rows": rows, "article": "An article. ".repeat(20_000)});
    for template in [
        "{% for row in rows %}{{ loop.index }}. {{ row.text|trim|upper }} ({{ row.id * 2 + 1 }})\n{% endfor %}",
        "{% set ns = namespace(all=[], text='') %}{% for row in rows %}{% set ns.all = ns.all + [row.id] %}{% set ns.text = ns.text ~ row.id ~ ', ' %}{% endfor %}{{ ns.all|length }}{{ ns.text }}",
        "{{ rows|map(attribute='text')|join('\n')|indent(4) }}{{ rows|tojson(indent=2) }}",
        "{{ article|replace('article', 'text') }}{% for w in ['a', 'b'] %}{% if w in article %}{{ w }}{% endif %}{% endfor %}",
        "{{ article.split('. ')|length }} {{ article|length }} {{ article[:100] }} {{ '%-20s|%5d'|format('x', 3) }}",
        "{% for a in rows[:100] %}{% for b in rows[:100] %}{% if a.id == b.id %}x{% endif %}{% endfor %}{% endfor %}",
    ] {
        let rendered = render(&[("template", template)], context.clone());
        assert!(rendered.is_ok(), "{template}: {rendered:?}");
    }
}

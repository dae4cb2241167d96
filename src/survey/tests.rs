//! Whatever is edited, a check that reads only what is concerned comes to the same as one that reads everything.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::changes::{self, Scope};
use crate::limits::Deadline;
use crate::pipeline::{self, Input};
use crate::policy::Policy;
use crate::report::build::KeepAnswers;
use crate::side::{OnBadSettings, Reading, Side};
use crate::snapshot::tests::snapshot;
use crate::verdict::Acceptances;

type Files = BTreeMap<String, String>;

const SETTINGS: &str = "prompts: {dir: [prompts, more]}\ntesting: {golden_tasks: [{id: only, max_steps: 9}, {id: b/t, max_tokens: 99}]}\n\
    models: {m: {provider: mock}}\n";

fn prompt(id: &str, version: &str, rest: &str) -> String {
    format!("id: {id}\nversion: {version}\nmodels: [m]\nvariables: []\n{rest}\n")
}

/// A project in which files concern one another in every way that there is.
fn project() -> Files {
    let files = [
        ("regild.yaml", SETTINGS.to_owned()),
        ("prompts/a/v1.yaml", prompt("a", "1.0.0", "template: x")),
        ("prompts/a/v2.yaml", prompt("a", "2.0.0", "template: \"{% include 'outer.txt' %}\"")),
        ("prompts/b.yaml", prompt("b", "1.0.0", "template: |\n  {% include 'part' %}\ntools: tools.yaml")),
        (
            "prompts/c.yaml",
            prompt("c", "1.0.0", "template: \"{% include '\\u0070art' %}\"\noutput_schema: schema.yaml"),
        ),
        ("prompts/d.yaml", prompt("d", "1.0.0", "template: x\ntests: [{name: only, max_steps: 1}]")),
        ("prompts/outer.txt", "{% include 'inner.txt' %}".into()),
        ("prompts/inner.txt", "deep".into()),
        ("prompts/part", "part".into()),
        ("prompts/tools.yaml", "- name: t\n  input_schema: {}\n".into()),
        // It would be a prompt, if nobody used it.
        ("prompts/schema.yaml", "id: e\ntype: object\n".into()),
        ("prompts/broken.yaml", "id: [\n".into()),
        ("more/A.yaml", prompt("f", "1.0.0", "template: y")),
        ("golden/a.yaml", "prompt: a\ntasks: [{id: t, max_steps: 1}, {id: u, max_steps: 2}]\n".into()),
        ("golden/b.yaml", "{prompt: b, tasks: [{id: t, max_steps: 1, history: [{role: user, content: hi}]}]}\n".into()),
        ("golden/c.yaml", "prompt: c\ntasks:\n  - {id: t, max_steps: 1, tools: {t: [{returns: x}]}}\n".into()),
        ("golden/recordings/a/2.0.0/t/m.json", "{}".into()),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect()
}

#[derive(Debug, Clone)]
enum Edit {
    Append(usize, &'static str),
    Delete(usize),
    Move(usize, &'static str),
    Copy(usize, usize),
    Replace(usize, &'static str, &'static str),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = || 0..40_usize;
    let text = prop_oneof![
        Just("\n"),
        Just("\n# more\n"),
        Just("system: s\n"),
        Just("id: b\n"),
        Just("tools: tools.yaml\n"),
        Just("tools: a/v1.yaml\n"),
        Just("{% include 'part' %}"),
        Just("traffic: {a: {requests_per_month: 5}}\n"),
    ];
    let place = prop_oneof![
        Just("prompts/z.yaml"),
        Just("prompts/tools.yaml"),
        Just("prompts/a b.yaml"),
        Just("golden/z.yaml"),
        Just("prompts/_x/z.yaml"),
        Just("more/part"),
        Just("prompts/part"),
    ];
    let swap = prop_oneof![
        Just(("id: a", "id: b")),
        Just(("id: d", "id: D")),
        Just(("id: e", "id: a")),
        Just(("2.0.0", "1.0.0")),
        Just(("prompt: a", "prompt: b")),
        Just(("prompt: a", "prompt: nobody")),
        Just(("only", "t")),
        Just(("u,", "only,")),
        Just(("[prompts, more]", "[prompts, more], active: 'a:v1'")),
        Just(("[prompts, more]", "prompts")),
        Just(("max_steps: 9", "max_steps: 8")),
        Just(("inner", "part")),
        Just(("tools.yaml", "schema.yaml")),
        Just(("tools.yaml", "c.yaml")),
        Just(("template: x", "template: z")),
    ];
    let edit = prop_oneof![
        (at(), text).prop_map(|(at, text)| Edit::Append(at, text)),
        at().prop_map(Edit::Delete),
        (at(), place).prop_map(|(at, place)| Edit::Move(at, place)),
        (at(), at()).prop_map(|(from, to)| Edit::Copy(from, to)),
        (at(), swap).prop_map(|(at, (old, new))| Edit::Replace(at, old, new)),
    ];
    prop::collection::vec(edit, 0..4)
}

fn apply(files: &mut Files, edits: &[Edit]) {
    for edit in edits {
        let path = |at: usize, files: &Files| files.keys().nth(at % files.len().max(1)).cloned().unwrap_or_default();
        match edit {
            Edit::Append(at, text) => {
                let path = path(*at, files);
                files.entry(path).or_default().push_str(text);
            }
            Edit::Delete(at) => drop(files.remove(&path(*at, files))),
            Edit::Move(at, place) => {
                let text = files.remove(&path(*at, files)).unwrap_or_default();
                files.insert((*place).to_owned(), text);
            }
            Edit::Copy(from, to) => {
                let text = files.get(&path(*from, files)).cloned().unwrap_or_default();
                files.insert(path(*to, files), text);
            }
            Edit::Replace(at, old, new) => {
                let path = path(*at, files);
                let text = files.get(&path).cloned().unwrap_or_default().replace(old, new);
                files.insert(path, text);
            }
        }
    }
}

fn tree(files: &Files) -> Snapshot {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut tree = snapshot(&files);
    tree.origin.commit = Some("c".into());
    tree
}

/// What a check of base and head says, prompt by prompt.
fn check(base: &Side, head: &Side) -> String {
    let policy = Policy::first_adoption(base);
    let changes = changes::between(base, head, &policy, Scope::Affected);
    let input = Input {
        base,
        head,
        policy: &policy,
        scope: Scope::Affected,
        tasks: &[],
        acceptances: Acceptances::default(),
        trust_head: true,
        event: None,
        answers: KeepAnswers::Notable,
        live: None,
        log: None,
        deadline: Deadline(&|| false),
    };
    let report = pipeline::check(&input).unwrap().report;
    let reasons: Vec<_> = report.verdict.reasons.iter().filter(|reason| reason.prompt.is_some()).collect();
    let changes: Vec<_> = changes.iter().map(|change| (&change.id, change.status, &change.why)).collect();
    format!("{changes:#?}\n{:#?}\n{reasons:#?}", report.prompts)
}

fn compare(base: &Files, head: &Files) -> Result<(), TestCaseError> {
    let read = |files: &Files, known: Option<&Side>, only: Option<&Selection>| {
        Side::read_some(tree(files), config::FILE, OnBadSettings::Default, Reading { known, only }).unwrap()
    };
    let (of_base, of_head) = (read(base, None, None), read(head, None, None));
    let full = check(&of_base, &of_head);
    let selected = concerned(
        Place { snapshot: &of_base.snapshot, config: &of_base.config },
        Place { snapshot: &of_head.snapshot, config: &of_head.config },
        None,
        config::FILE,
        &[],
    );
    let Some(selected) = selected else { return Ok(()) };
    let some_head = read(head, None, selected.get(1));
    let some_base = read(base, Some(&some_head), selected.first());
    let some = check(&some_base, &some_head);
    let differs = |(a, b): &(&str, &str)| a != b;
    let first: Vec<_> = full.lines().zip(some.lines()).filter(differs).take(4).collect();
    prop_assert!(some == full, "{:#?}\n{:#?}", first, selected);
    // What is new is told in both.
    let is_new = |found: &&crate::diagnostic::Diagnostic| base.get(&found.file) != head.get(&found.file);
    let told = |side: &Side| -> Vec<String> {
        side.diagnostics.iter().filter(is_new).map(|found| format!("{} {}", found.file, found.message)).collect()
    };
    prop_assert_eq!(told(&some_head), told(&of_head));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_is_missed(first in edits(), second in edits()) {
        let mut base = project();
        apply(&mut base, &first);
        let mut head = base.clone();
        apply(&mut head, &second);
        compare(&base, &head)?;
    }
}

#[test]
fn what_nothing_changed_for_is_passed_over() {
    let base = project();
    let mut head = base.clone();
    head.insert("prompts/inner.txt".into(), "deeper".into());
    let (base, head) = (tree(&base), tree(&head));
    let config = config::parse(config::FILE, SETTINGS.as_bytes()).unwrap().config;
    let place = |snapshot| Place { snapshot, config: &config };
    let selected = concerned(place(&base), place(&head), None, config::FILE, &[]).unwrap();
    let passed: Vec<&str> = selected[1].passed_over.iter().map(Id::as_str).collect();
    assert_eq!(passed, ["b", "e", "f"], "{selected:#?}");
    assert!(selected[1].files.contains("prompts/a/v2.yaml") && selected[1].files.contains("golden/a.yaml"));
}

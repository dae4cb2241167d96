//! Every file format, in valid samples that somebody broke: reading never panics, every problem stands where it says, and
//! what is read without an error fits the schema.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::collection::vec;
use proptest::prelude::*;
use regild::config;
use regild::cost::PriceFile;
use regild::demo;
use regild::diagnostic::Diagnostic;
use regild::golden::file::TaskFile;
use regild::golden::{NoFixtures, Origin, resolve};
use regild::json_schema;
use regild::prompt::file::{PromptFile, ToolFile};
use regild::schema::Name;
use regild::yaml::{Document, Format, Step};
use serde_json::{Value, json};

use super::{assert_placed, cases, json, text};

const SETTINGS: &str = include_str!("../../../fuzz/seeds/settings/everything.yaml");
const TASKS: &str = include_str!("samples/tasks.yaml");
const PROMPT: &str = include_str!("samples/prompt.yaml");

fn of_demo(path: &str) -> &'static str {
    demo::BASE.iter().find(|(name, _)| *name == path).expect("the demo has it").1
}

/// One change to a text.
#[derive(Debug, Clone)]
enum Edit {
    Insert(String),
    Delete(usize),
    /// The line is there once more.
    Repeat,
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, Edit)>> {
    let pieces = [
        "\n", "  ", "- ", ": ", "'", "\"", "[", "}", "*a", "&a ", "|", "0", "-1", "null", "{}", "\t", "1.10", "é", "?",
    ];
    let edit = prop_oneof![
        proptest::sample::select(pieces.to_vec()).prop_map(|piece| Edit::Insert(piece.to_owned())),
        text().prop_map(Edit::Insert),
        (1..12_usize).prop_map(Edit::Delete),
        Just(Edit::Repeat),
    ];
    vec((any::<prop::sample::Index>(), edit), 1..4)
}

fn edited(sample: &str, edits: &[(prop::sample::Index, Edit)]) -> String {
    let mut text = sample.to_owned();
    for (index, edit) in edits {
        let at = text.floor_char_boundary(index.index(text.len() + 1));
        match edit {
            Edit::Insert(piece) => text.insert_str(at, piece),
            Edit::Delete(count) => drop(text.drain(at..text.floor_char_boundary(at + count))),
            Edit::Repeat => {
                let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
                let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline + 1);
                let line = text[start..end].to_owned();
                text.insert_str(end, &line);
            }
        }
    }
    text
}

/// One change to a tree: what stands at a place is replaced, removed, or gets a neighbour.
#[derive(Debug, Clone)]
enum Graft {
    Replace(Value),
    Remove,
    Rename(String),
    Add(Value),
}

fn grafts() -> impl Strategy<Value = Vec<(prop::sample::Index, Graft)>> {
    let near = [
        json!(0),
        json!(-1),
        json!(1001),
        json!(1.5),
        json!(""),
        json!([]),
        json!({}),
        json!("2026-02-30"),
        json!("a:v1"),
    ];
    let value = prop_oneof![proptest::sample::select(near.to_vec()), json(2)].boxed();
    let graft = prop_oneof![
        value.clone().prop_map(Graft::Replace),
        Just(Graft::Remove),
        "[a-z_$]{1,5}".prop_map(Graft::Rename),
        value.prop_map(Graft::Add),
    ];
    vec((any::<prop::sample::Index>(), graft), 1..3)
}

/// The way to every value.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    let below = |key: &str| format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &below(&index.to_string()), found));
        }
        Value::Object(entries) => entries.iter().for_each(|(key, item)| places(item, &below(key), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn grafted(sample: &str, grafts: &[(prop::sample::Index, Graft)]) -> String {
    let mut tree = Document::parse("f.yaml", sample.as_bytes()).unwrap().value().clone();
    for (index, graft) in grafts {
        let mut found = Vec::new();
        places(&tree, "", &mut found);
        let at = index.get(&found);
        // The root has neither neighbours nor a name.
        let Some((parent, key)) = at.rsplit_once('/') else { continue };
        let key = key.replace("~1", "/").replace("~0", "~");
        match (graft, tree.pointer_mut(parent)) {
            (Graft::Remove, Some(Value::Object(entries))) => drop(entries.shift_remove(&key)),
            (Graft::Remove, Some(Value::Array(items))) => drop(items.remove(key.parse().unwrap())),
            (Graft::Rename(name), Some(Value::Object(entries))) => {
                if let Some(value) = entries.shift_remove(&key) {
                    entries.insert(name.clone(), value);
                }
            }
            (Graft::Add(value), Some(Value::Array(items))) => items.push(value.clone()),
            (Graft::Add(value), Some(Value::Object(entries))) => {
                drop(entries.insert("tests".to_owned(), value.clone()))
            }
            (Graft::Replace(value), _) => *tree.pointer_mut(at).expect("a place of the tree") = value.clone(),
            _ => {}
        }
    }
    super::yaml::as_json(&tree)
}

fn compiled(name: Name) -> Validator {
    json_schema::compile(&name.schema().to_value()).unwrap()
}

fn check<T: Format>(schema: &Validator, text: &str) {
    let Ok(mut document) = Document::parse("f.yaml", text.as_bytes()) else { return };
    let fits = schema.is_valid(document.value());
    let reading = document.read::<T>();
    reading.problems.iter().for_each(|problem| assert_placed(problem, document.text()));
    if !reading.problems.iter().any(Diagnostic::is_error) {
        assert!(fits, "read without an error, and the schema refuses it: {text}");
        assert!(reading.value.is_some(), "not read, and nothing is said: {text}");
    }
}

/// Reads tasks as the suite does.
fn check_tasks(text: &str) {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| compiled(Name::Golden));
    check::<TaskFile>(&SCHEMA, text);
    let Ok(mut document) = Document::parse("f.yaml", text.as_bytes()) else { return };
    let Some(file) = document.read::<TaskFile>().value else { return };
    for (index, declared) in file.tasks.into_iter().enumerate() {
        let path: [Step; 2] = ["tasks".into(), index.into()];
        let task = resolve(declared, &file.prompt, &document, &path, Origin::golden("f.yaml"), &NoFixtures);
        for problem in task.err().into_iter().flatten() {
            assert_placed(&problem, document.text());
        }
    }
}

fn check_prompt(text: &str) {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| compiled(Name::Prompt));
    check::<PromptFile>(&SCHEMA, text);
}

fn check_small(text: &str) {
    static TOOLS: LazyLock<Validator> = LazyLock::new(|| compiled(Name::Tools));
    static PRICES: LazyLock<Validator> = LazyLock::new(|| compiled(Name::Prices));
    check::<ToolFile>(&TOOLS, text);
    check::<PriceFile>(&PRICES, text);
}

/// Settings are read, or refused with a reason; what is read can be shown and read again.
fn check_settings(text: &str) {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| compiled(Name::Config));
    match config::parse("f.yaml", text.as_bytes()) {
        Ok(loaded) => {
            assert!(!loaded.remarks.iter().any(Diagnostic::is_error));
            let value = loaded.document.value();
            assert!(value.is_null() || SCHEMA.is_valid(value), "read, and the schema refuses it: {text}");
            let shown = super::yaml::as_json(&serde_json::to_value(&loaded.config).unwrap());
            let again =
                config::parse("f.yaml", shown.as_bytes()).unwrap_or_else(|problems| panic!("{shown}: {problems:?}"));
            assert_eq!(again.config, loaded.config);
        }
        Err(unusable) => {
            assert!(unusable.problems.iter().any(Diagnostic::is_error), "refused without a reason: {text}");
            unusable.problems.iter().for_each(|problem| assert_placed(problem, text));
        }
    }
    let _ = config::roots("f.yaml", Some(text.as_bytes()));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn broken_tasks(edits in edits(), grafts in grafts()) {
        check_tasks(&edited(TASKS, &edits));
        check_tasks(&grafted(TASKS, &grafts));
    }

    #[test]
    fn broken_prompts(edits in edits(), grafts in grafts()) {
        check_prompt(&edited(PROMPT, &edits));
        check_prompt(&grafted(PROMPT, &grafts));
    }

    #[test]
    fn broken_tools_and_prices(edits in edits(), grafts in grafts()) {
        for sample in [of_demo("prompts/support/tools.yaml"), of_demo("prices.yaml")] {
            check_small(&edited(sample, &edits));
            check_small(&grafted(sample, &grafts));
        }
    }

    #[test]
    fn broken_settings(edits in edits(), grafts in grafts()) {
        for sample in [SETTINGS, of_demo("regild.yaml")] {
            check_settings(&edited(sample, &edits));
            check_settings(&grafted(sample, &grafts));
        }
    }
}

#[test]
fn the_samples_are_whole() {
    let errors = |text: &str, problems: &[Diagnostic]| {
        assert!(!problems.iter().any(Diagnostic::is_error), "{text}: {problems:#?}")
    };
    let parse = |text: &str| Document::parse("f.yaml", text.as_bytes()).unwrap();
    errors(TASKS, &parse(TASKS).read::<TaskFile>().problems);
    errors(PROMPT, &parse(PROMPT).read::<PromptFile>().problems);
    assert!(config::parse("f.yaml", SETTINGS.as_bytes()).is_ok());
}

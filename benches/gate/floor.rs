//! The floors: programs that read the same files with the same parsers on one thread, and do nothing else with them.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The word that every text is searched for. It stands nowhere, so that no search ends early.
const WORD: &str = "zebrafish";

/// Runs the floor called `what` over the files below `paths`.
pub fn run(what: &str, paths: &[&str]) {
    let mut files = Vec::new();
    paths.iter().for_each(|path| collect(path.as_ref(), &mut files));
    match what {
        "yaml" => files.iter().filter(|file| is(file, "yaml")).for_each(|file| drop(black_box(yaml(file)))),
        "replay" => {
            let mut found = 0;
            for file in &files {
                let value = match is(file, "yaml") {
                    true => yaml(file),
                    false => serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap(),
                };
                found += occurrences(&value);
            }
            assert_eq!(found, 0, "the word must not stand in the inputs");
        }
        "nothing" => {}
        other => panic!("there is no floor `{other}`"),
    }
}

fn yaml(file: &Path) -> Value {
    serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// How many texts inside `value` contain the word.
fn occurrences(value: &Value) -> usize {
    match value {
        Value::String(text) => usize::from(text.contains(WORD)),
        Value::Array(items) => items.iter().map(occurrences).sum(),
        Value::Object(entries) => entries.values().map(occurrences).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn is(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|own| own == extension)
}

/// The documents at and below `path`: YAML and JSON.
fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in path.read_dir().unwrap() {
            collect(&entry.unwrap().path(), into);
        }
    } else if is(path, "yaml") || is(path, "json") {
        into.push(path.to_owned());
    }
}

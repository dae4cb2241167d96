//! The list of assertion types against the directory, the schema and the examples.

use rust_decimal::Decimal;
use schemars::SchemaGenerator;
use serde_json::json;

use super::{answer, assertion, example_value};
use crate::assertion::{Assertion, NAMES, NoOpinions, Seen, catalogue};
use crate::yaml::Step;

/// What stands in the directory and is no assertion type.
const OTHERS: &[&str] = &["mod", "bounds", "observed", "text", "tests"];

#[test]
#[expect(clippy::disallowed_methods, reason = "this test is about the directory itself")]
fn the_list_is_the_directory() {
    let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/assertion"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !OTHERS.contains(&name.as_str()))
        .collect();
    files.sort();
    assert_eq!(files, NAMES, "src/assertion/*.rs and the list in mod.rs differ (keep the list sorted)");
}

#[test]
fn every_example_parses_as_its_own_type() {
    for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
        assert_eq!(assertion(example_value(example)).name, name, "{example}");
    }
}

#[test]
fn the_schema_accepts_every_example_and_no_typo() {
    let schema = schemars::schema_for!(Assertion).to_value();
    let schema = jsonschema::options().offline().build(&schema).unwrap();
    for (name, example, _) in catalogue(&mut SchemaGenerator::default()) {
        let mut declared = example_value(example);
        assert!(schema.is_valid(&declared), "{example}: {:?}", schema.validate(&declared));
        declared["typo"] = json!(1);
        assert!(!schema.is_valid(&declared), "{name}");
    }
}

#[test]
fn an_unknown_type_lists_the_types() {
    let problem = Assertion::parse(&json!({"type": "max_word_cuont", "value": 3})).unwrap_err();
    assert_eq!(problem.message, "unknown assertion type `max_word_cuont`");
    let help = problem.help.unwrap();
    assert!(help.starts_with("did you mean `max_word_count`? the types are: "), "{help}");
}

#[test]
fn a_wrong_field_is_named_where_it_stands() {
    let declared = json!({"type": "not", "assertion": {"type": "max_word_count", "valeu": 3}});
    let problem = Assertion::parse(&declared).unwrap_err();
    assert_eq!(problem.path, [Step::from("assertion"), Step::from("valeu")]);
    assert_eq!(problem.help.as_deref(), Some("did you mean `value`?"));
}

#[test]
fn what_was_found_fits_a_line() {
    let long = "x\n".repeat(9_999);
    for text in [&long, "```json", "{\"a\": 1}", ""] {
        // A judge has found nothing before somebody asked it.
        let counted = catalogue(&mut SchemaGenerator::default()).into_iter().filter(|(name, ..)| *name != "judge");
        for (_, example, _) in counted {
            let run = answer(text);
            let priced = Seen { run: &run, cost_usd: Some(Decimal::ONE), opinions: &NoOpinions };
            let seen = assertion(example_value(example)).observe(&priced).unwrap();
            assert!(seen.actual.chars().count() <= 201 && !seen.actual.is_empty(), "{example}: {seen:?}");
        }
    }
}

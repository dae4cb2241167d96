//! Properties of whatever reads what a pull request brings, tried on generated input: readers, small values, templates and
//! recordings. They go through public functions; the coverage-guided targets under `fuzz/` look further for the same.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use regild::diagnostic::Diagnostic;
use serde_json::Value;

mod documents;
mod recordings;
mod templates;
mod values;
mod writer;
mod yaml;

/// Few enough cases that the suite stays fast; `PROPTEST_CASES` asks for more. Each run draws others, and a failure prints the
/// input it was brought down to.
fn cases(count: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { count };
    ProptestConfig { failure_persistence: None, cases, ..asked }
}

/// Text of any characters, and of those that readers, terminals and line counts stumble over.
fn text() -> impl Strategy<Value = String> {
    let traps = [
        "\r",
        "\n",
        "\r\n",
        "\n\n",
        "\0",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{feff}",
        "\u{202e}",
        "\u{7f}",
        "\u{fffe}",
        "\t",
        " ",
        "'",
        "\"",
        "\\",
        ": ",
        " #",
        "- ",
        "{{",
        "%}",
        "$lines",
        "é",
        "語",
        "👩\u{200d}💻",
        "<<<<<<< ",
        "~",
        "1.10",
    ];
    let piece = prop_oneof![
        proptest::sample::select(traps.to_vec()).prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        "[a-z]{1,6}",
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// A scalar that JSON and YAML both have.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000_i64..1000).prop_map(Value::from),
        any::<f64>().prop_filter("JSON has finite numbers only", |number| number.is_finite()).prop_map(Value::from),
        text().prop_map(Value::from),
        "[a-z]{1,8}".prop_map(Value::from),
    ]
}

/// JSON of any shape, `depth` levels deep at most.
fn json(depth: u32) -> impl Strategy<Value = Value> {
    let key = prop_oneof!["[a-z]{1,4}", text(), Just("$lines".to_owned()), Just("<<".to_owned())];
    scalar().prop_recursive(depth, 24, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            btree_map(key.clone(), inner, 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// That a diagnostic stands where it says, in `text`, and can be shown.
fn assert_placed(diagnostic: &Diagnostic, text: &str) {
    let Diagnostic { line, column, width, excerpt, .. } = diagnostic;
    if *line == 0 {
        assert_eq!((*column, *width, excerpt.as_str()), (0, 0, ""), "{diagnostic:?}");
        return;
    }
    let Some(shown) = text.split('\n').nth(*line as usize - 1).map(|shown| shown.trim_end_matches('\r')) else {
        panic!("the text ends before {diagnostic:?}");
    };
    let columns = shown.chars().count() + 1;
    assert!((1..=columns).contains(&(*column as usize)) && *width >= 1, "{diagnostic:?}");
    assert!(excerpt == shown || (excerpt.is_empty() && shown.len() > 400), "{diagnostic:?} shows another line");
    assert!(!diagnostic.render().is_empty());
}

//! Templates of any text: compiling them, tracing what they include and use, and loading a prompt of them never panics.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use regild::prompt::Templates;
use regild::side::{OnBadSettings, Side};
use regild::snapshot::{Entry, EntryKind, Origin, Snapshot};

use serde_json::json;

use super::writer::quoted;
use super::{cases, text};

/// What templates are made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    let pieces = [
        "{{", "}}", "{%", "%}", "{%-", "-%}", "{#", "#}", " ", "\n", "\r\n", "name", "n", "list", "x", ".", "|", "(",
        ")", "[", "]", "=", "==", "~", "+", "1", "'a'", "\"", "'", ",", "if ", "elif ", "else", "endif", "for ",
        " in ", "endfor", "loop", "set ", "endset", "macro m(a)", "endmacro", "call ", "endcall", "block b",
        "endblock", "include 'part'", "include x", "extends \"part\"", "import 'part' as p", "from 'part' import q",
        "raw", "endraw", "filter upper", "endfilter", "with ", "endwith", "is defined", "not ", "upper", "join",
        "range(3)", "self", "debug()", "true", "none", "recursive", "do ", "break", "continue", "autoescape true",
        "endautoescape",
    ];
    vec(prop_oneof![6 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => text()], 0..20)
        .prop_map(|pieces| pieces.concat())
}

/// A project in memory.
fn side(files: &[(&str, String)]) -> Side {
    let (mut entries, mut blobs) = (BTreeMap::new(), BTreeMap::new());
    for (path, text) in files {
        entries.insert((*path).to_owned(), Entry { id: (*path).to_owned(), kind: EntryKind::File });
        blobs.insert((*path).to_owned(), text.clone().into_bytes());
    }
    let origin = Origin { reference: "test".into(), commit: None, tree: "test".into(), time: 0 };
    Side::read(Snapshot::new(origin, entries, Arc::new(blobs)), "regild.yaml", OnBadSettings::Default).unwrap()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_template_renders_or_says_where_not(template in soup(), part in soup()) {
        let sources = BTreeMap::from([("template".to_owned(), template), ("part".to_owned(), part)]);
        let given = json!({"n": 3, "name": "ada", "list": [1, "two", {"x": null}]});
        if let Err(error) = Templates::new(sources.clone()).render("template", given.as_object().unwrap()) {
            prop_assert!(!error.message.is_empty());
            let about = sources[&error.template].get(error.range.clone());
            prop_assert!(about.is_some(), "{error:?} is not about a part of the text");
        }
    }

    #[test]
    fn a_prompt_of_any_templates_loads_or_is_refused(system in soup(), message in soup(), part in soup()) {
        let prompt = format!(
            "id: p\nversion: 1.0.0\nsystem: {}\nmessages:\n  - role: user\n    content: {}\nvariables:\n  - {{name: n, type: string}}\n",
            quoted(&system),
            quoted(&message),
        );
        let side = side(&[("prompts/p/v1.0.0.yaml", prompt), ("prompts/part", part)]);
        for diagnostic in &side.diagnostics {
            prop_assert!(!diagnostic.render().is_empty());
        }
        prop_assert!(side.prompts.iter().count() == 1 || side.diagnostics.iter().any(|one| one.is_error()));
    }
}

//! What queries select, what they are refused for, and how long they may take.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn select(path: &str, document: &Value) -> Value {
    let path = JsonPath::parse(path).unwrap_or_else(|flaw| panic!("{path}: {flaw}"));
    path.select(document).unwrap().into_iter().cloned().collect()
}

/// An order as a model may give it, and what is found in it.
#[test]
fn every_selector_selects() {
    let order = json!({
        "id": 42,
        "paid": true,
        "note": null,
        "odd name": {"a'b": "x"},
        "items": [
            {"sku": "mug", "price": 9.5, "tags": ["new", "sale"]},
            {"sku": "cup", "price": 4, "tags": []},
            {"sku": "pot", "price": 30, "parts": {"lid": {"sku": "lid"}}},
        ],
    });
    for (path, found) in [
        ("$.id", json!([42])),
        ("$ .items [0]\n.sku", json!(["mug"])),
        ("$['odd name'][\"a'b\"]", json!(["x"])),
        ("$['odd\\u0020name']['a\\'b']", json!(["x"])),
        ("$.note", json!([null])),
        ("$.absent", json!([])),
        ("$.id.sku", json!([])),
        ("$.items[-1].sku", json!(["pot"])),
        ("$.items[3]", json!([])),
        ("$.items[-4]", json!([])),
        ("$.items[0, 'sku', 0].sku", json!(["mug", "mug"])),
        ("$.items[1:].sku", json!(["cup", "pot"])),
        ("$.items[:-1].sku", json!(["mug", "cup"])),
        ("$.items[::-1].sku", json!(["pot", "cup", "mug"])),
        ("$.items[2:0:-2].sku", json!(["pot"])),
        ("$.items[::0]", json!([])),
        ("$.items[*].price", json!([9.5, 4, 30])),
        ("$.items[0].*", json!(["mug", 9.5, ["new", "sale"]])),
        ("$..sku", json!(["mug", "cup", "pot", "lid"])),
        ("$..[0]", json!([order["items"][0], "new"])),
        ("$.items[?@.price > 5].sku", json!(["mug", "pot"])),
        ("$.items[?@.price >= 4 && @.price <= 9.5].sku", json!(["mug", "cup"])),
        ("$.items[?!@.parts || @.price == 30].sku", json!(["mug", "cup", "pot"])),
        ("$.items[?!(@.price < 9 || @.sku == 'pot')].sku", json!(["mug"])),
        ("$.items[?@.tags[?@ == 'sale']].sku", json!(["mug"])),
        ("$.items[?@.absent == @.gone].sku", json!(["mug", "cup", "pot"])),
        ("$.items[?@.absent == null].sku", json!([])),
        ("$.items[?@.absent < 1].sku", json!([])),
        ("$.items[?@.tags == $.items[1].tags].sku", json!(["cup"])),
        ("$.items[?@.sku < 'n'].sku", json!(["mug", "cup"])),
        ("$[?@ == true]", json!([true])),
        ("$[?@ == 42.0]", json!([42])),
        ("$.items[?length(@.tags) == 2].sku", json!(["mug"])),
        ("$.items[?length(@.sku) == 3 && length(@) == 3].sku", json!(["mug", "cup", "pot"])),
        ("$.items[?count(@.*) == 3 && count(@.tags.*) == 0].sku", json!(["cup", "pot"])),
        ("$.items[?value(@..tags) != value(@..absent)].sku", json!(["mug", "cup"])),
        ("$.items[?match(@.sku, 'm.g|cu')].sku", json!(["mug"])),
        ("$.items[?search(@.sku, '^[a-m]u')].sku", json!(["mug", "cup"])),
        ("$.items[?match(@.sku, 'mug)|(cup')].sku", json!([])),
        ("$.items[?match(@.price, '4')].sku", json!([])),
    ] {
        assert_eq!(select(path, &order), found, "{path}");
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    for (path, flaw) in [
        ("", "expected `$`, the root at character 1"),
        ("items", "expected `$`, the root at character 1"),
        ("$ ", "expected `.`, `..`, `[` or the end at character 2"),
        ("$.é.1", "expected a name or `*` at character 5"),
        ("$[01]", "not an index at character 3"),
        ("$[-0]", "not an index at character 3"),
        ("$[9007199254740992]", "not an index at character 3"),
        ("$[a]", "expected a name in quotes, an index, a slice, `*` or `?` at character 3"),
        ("$['a", "text without an end at character 3"),
        ("$['\\x']", "not an escape at character 5"),
        ("$[\"\\u", "not an escape at character 5"),
        ("$[\"\\uD83D\\u0041\"]", "half a surrogate pair at character 5"),
        ("$['\t']", "a control character, which must be escaped, at character 4"),
        ("$[?1]", "a value alone is no condition at character 4"),
        ("$[?@.* == 1]", "a query that may select several values cannot stand for one at character 4"),
        ("$[?@.a == 1.]", "not a number at character 11"),
        ("$[?@.a = 1]", "expected `,` or `]` at character 8"),
        ("$[?nope(@)]", "no function `nope`; there are length, count, match, search, value at character 4"),
        ("$[?count(1) > 0]", "expected a query at character 10"),
        ("$[?match(@, 'a') == true]", "a condition cannot stand for a value at character 4"),
    ] {
        assert_eq!(JsonPath::parse(path).map(drop), Err(flaw.to_owned()), "{path}");
    }
}

#[test]
fn sec_25_neither_depth_nor_breadth_stalls() {
    for (start, open, close) in [("", "(", ")"), ("", "!(", ")"), ("", "@[?", "]"), ("1 < ", "length(", ")")] {
        let nested = |depth| format!("$[?{start}{}@.a{}]", open.repeat(depth), close.repeat(depth));
        assert_eq!(JsonPath::parse(&nested(31)).map(drop), Ok(()), "{open}");
        for depth in [32, 100_000] {
            let flaw = JsonPath::parse(&nested(depth)).map(drop).unwrap_err();
            assert!(flaw.starts_with("nested more than 32 deep"), "{open} {flaw}");
        }
    }
    let wide: Value = (0..20_000).collect();
    let deep = (0..100).fold(json!(0), |inner, _| json!([inner]));
    let doubled = format!("${}", "[0,0]".repeat(25));
    for (path, document) in
        [("$[?count($.*) > 1]", &wide), ("$..[?$ == $]", &wide), ("$..*..*..*..*..*..*", &deep), (&doubled, &deep)]
    {
        assert_eq!(JsonPath::parse(path).unwrap().select(document), Err(Exhausted), "{path}");
    }
    let patterns: Value = (0..200).map(|i| format!("(\\w{{9}}){{{i}}}")).collect();
    assert_eq!(JsonPath::parse("$[?search('a', @)]").unwrap().select(&patterns), Err(Exhausted));
}

proptest! {
    /// Whatever is written, reading it comes to an end without a panic.
    #[test]
    fn any_text_is_read_or_refused(text in "\\$[\\[\\].?@*'\"\\\\uD8a0-9:,()!=<>&| length-]{0,60}|.{0,40}") {
        let document = json!({"a": [0, {"a": "u8"}], "length": null});
        if let Ok(path) = JsonPath::parse(&text) {
            prop_assert!(path.select(&document).is_ok());
        }
    }

    /// Every value is found by the name it has.
    #[test]
    fn any_name_can_be_written(name in any::<String>()) {
        let document = json!({ (name.clone()): 1 });
        let path = format!("$[{}]", Value::String(name));
        prop_assert_eq!(select(&path, &document), json!([1]));
    }
}

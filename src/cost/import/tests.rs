use proptest::prelude::*;

use super::*;
use crate::config::{Amount, Share};
use crate::cost::Prices;
use crate::cost::prices::{Batch, BatchRates, Per, Tier};

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 1).unwrap()
}

/// What a table of one model says of it, as the line that is written.
fn line(keeper: Keeper, text: &str, key: &str, free: &[String]) -> String {
    let imported = Upstream::read(text, keeper).unwrap().take([key], free, day());
    let told: Vec<String> = imported.refused.iter().chain(&imported.remarks).map(|(_, why)| why.clone()).collect();
    let origin = Origin { source: "test".into(), as_of: Date(day()), sha256: "0".repeat(64) };
    let text = yaml(&join(None, imported.models, origin));
    Prices::parse(text.as_bytes()).unwrap();
    let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{key}: ")));
    [line.unwrap_or("—")].into_iter().chain(told.iter().map(String::as_str)).collect::<Vec<_>>().join(" | ")
}

#[test]
fn litellms_traps_are_stepped_over() {
    let line = |entry: &str| {
        let text = format!("{{\"m\": {{\"litellm_provider\": \"openai\", \"mode\": \"chat\", {entry}}}}}");
        line(Keeper::Litellm, &text, "openai/m", &[])
    };
    for (entry, want) in [
        (r#""input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-7"#, r#"{input: "0.15", output: "0.6"}"#),
        // A zero may be a placeholder.
        (r#""input_cost_per_token": 0.0, "output_cost_per_token": 6e-7"#, "— | it has no price of input and output"),
        (
            r#""input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "cache_read_input_token_cost": 0, "cache_creation_input_token_cost": 0.0"#,
            r#"{input: "1", output: "2"} | 0 for cache_read, cache_write is left out: it may only mean that nobody looked it up"#,
        ),
        (r#""input_cost_per_token": -1e-6, "output_cost_per_token": 2e-6"#, "— | a price is -1"),
        (
            r#""input_cost_per_token": 3, "output_cost_per_token": 4"#,
            "— | a price above 1000000 US dollars is a mistake: look at `per`",
        ),
        (r#""input_cost_per_token": null, "output_cost_per_token": "2e-6""#, "— | it has no price of input and output"),
        // Tiers of any length; those of a batch beside them.
        (
            r#""input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "input_cost_per_token_above_333k_tokens": 3e-6, "output_cost_per_token_above_1m_tokens": 4e-6, "input_cost_per_token_batches": 5e-7, "input_cost_per_token_above_333k_tokens_batches": 1.5e-6, "input_cost_per_token_above_333k_tokens_priority": 9"#,
            r#"{input: "1", output: "2", tiers: [{above: 333000, input: "3"}, {above: 1000000, output: "4"}], batch: {input: "0.5", tiers: [{above: 333000, input: "1.5"}]}}"#,
        ),
        (
            r#""input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "cache_creation_input_token_cost_above_1hr": 2e-6, "output_cost_per_reasoning_token": 3e-6, "input_cost_per_request": 0.005, "input_cost_per_token_cache_hit": 1e-7, "max_input_tokens": 8000, "deprecation_date": "2027-02-28""#,
            r#"{input: "1", output: "2", cache_read: "0.1", cache_write_1h: "2", reasoning: "3", request: "0.005", max_input_tokens: 8000, deprecated: 2027-02-28}"#,
        ),
        (
            r#""input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "input_cost_per_token_cache_hit": 1e-7, "cache_read_input_token_cost": 2e-7, "deprecation_date": "soon", "max_input_tokens": "many""#,
            r#"{input: "1", output: "2", cache_read: "0.2"}"#,
        ),
        (
            r#""input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6, "tiered_pricing": [{"range": [0, 1]}]"#,
            "— | its `tiered_pricing` is no list of cliffs, and is not read",
        ),
    ] {
        assert_eq!(line(entry), want, "{entry}");
    }
    let paid = r#"{"m": {"litellm_provider": "openai", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0}}"#;
    let free = ["openai/m".to_owned()];
    assert_eq!(super::tests::line(Keeper::Litellm, paid, "openai/m", &free), "{free: true}");
}

#[test]
fn the_plain_name_is_the_providers_own() {
    let text = r#"{
        "openai/m": {"litellm_provider": "openai", "input_cost_per_token": 9e-6, "output_cost_per_token": 9e-6},
        "m": {"litellm_provider": "openai", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6},
        "openai/n": {"litellm_provider": "openai", "input_cost_per_token": 3e-6, "output_cost_per_token": 4e-6}
    }"#;
    assert_eq!(line(Keeper::Litellm, text, "openai/m", &[]), r#"{input: "1", output: "2"}"#);
    assert_eq!(line(Keeper::Litellm, text, "openai/n", &[]), r#"{input: "3", output: "4"}"#);
}

/// Provider `p` with one model `m`, whose prices and further fields are given.
fn genai(prices: &str, further: &str) -> String {
    format!(
        r#"[{{"id": "p", "name": "P", "api_pattern": "x", "models": [{{"id": "m", "match": {{"starts_with": "m"}}, "prices": {prices}{further}}}]}}]"#
    )
}

#[test]
fn genai_prices_are_those_of_the_day_and_of_any_hour() {
    let line = |prices: &str, further: &str| line(Keeper::GenaiPrices, &genai(prices, further), "p/m", &[]);
    let batch = r#", "price_variants": [{"when": {"processing": "batch"}, "prices": {"input_mtok": 0.5, "output_mtok": {"base": 1, "tiers": [{"start": 200000, "price": 2}]}}, "constraint": {"start_date": "2026-10-14"}}, {"when": {"service_tier": "flex"}, "prices": {"input_mtok": 7}}]"#;
    let tiered = r#"{"input_mtok": {"base": 1.25, "tiers": [{"start": 200000, "price": 2.50}]}, "output_mtok": 10, "web_searches_kcount": 35}"#;
    for (prices, further, want) in [
        (
            r#"{"input_mtok": 1, "output_mtok": 2, "requests_kcount": 12}"#,
            "",
            r#"{input: "1", output: "2", request: "0.012"}"#,
        ),
        (
            tiered,
            r#", "context_window": 1000000"#,
            r#"{input: "1.25", output: "10", tiers: [{above: 200000, input: "2.5"}], max_input_tokens: 1000000}"#,
        ),
        // A batch's price without tiers holds for every length.
        (
            tiered,
            batch,
            r#"{input: "1.25", output: "10", tiers: [{above: 200000, input: "2.5"}], batch: {input: "0.5", output: "1", tiers: [{above: 200000, input: "0.5", output: "2"}]}}"#,
        ),
        (
            r#"[{"prices": {"input_mtok": 10, "output_mtok": 40}}, {"constraint": {"start_date": "2025-06-10"}, "prices": {"input_mtok": 2, "output_mtok": 8}}, {"constraint": {"start_date": "2026-11-02"}, "prices": {"input_mtok": 1, "output_mtok": 4}}]"#,
            "",
            r#"{input: "2", output: "8"}"#,
        ),
        (
            r#"[{"prices": {"input_mtok": 1, "output_mtok": 2}}, {"constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}, "prices": {"input_mtok": 2, "output_mtok": 4}}]"#,
            "",
            "— | its price depends on the hour, and requests come at all hours",
        ),
        (
            r#"[{"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 2, "output_mtok": 4}}]"#,
            "",
            "— | it has no price yet",
        ),
        (r#"{"input_mtok": 1}"#, "", "— | it has no price of input and output"),
        ("7", "", "— | its prices cannot be read: invalid type: integer `7`, expected a map at line 1 column 1"),
        (
            r#"{"input_mtok": 1, "output_mtok": 2}"#,
            r#", "deprecated": true"#,
            r#"{input: "1", output: "2"} | it is deprecated, from a day that is not told"#,
        ),
    ] {
        assert_eq!(line(prices, further), want, "{prices}");
    }
}

#[test]
fn whose_table_it_is_is_found_out() {
    for (text, want) in [
        (r#"{"m": {"litellm_provider": "openai"}, "sample_spec": {}}"#, Some(Keeper::Litellm)),
        (r#"[{"id": "p", "models": []}]"#, Some(Keeper::GenaiPrices)),
        (r#"{"openai": {"models": {}}}"#, Some(Keeper::ModelsDev)),
        (r#"{"openai": {"models": []}}"#, None),
        ("[]", None),
        ("{}", None),
        ("{", None),
        ("3", None),
    ] {
        assert_eq!(Keeper::of(text), want, "{text}");
    }
}

#[test]
fn a_joined_table_is_as_old_as_what_stays_in_it() {
    let rates =
        |input: u32| Rates { input: Some(Amount(input.into())), output: Some(Amount(1.into())), ..Rates::default() };
    let table = |source: &str, day: &str, models: &[(&str, u32)]| PriceFile {
        as_of: Date(day.parse().unwrap()),
        source: source.into(),
        sha256: None,
        currency: Currency,
        models: models.iter().map(|(key, input)| ((*key).to_owned(), rates(*input))).collect(),
    };
    let origin = |source: &str| Origin { source: source.into(), as_of: Date(day()), sha256: "f".repeat(64) };
    let new = BTreeMap::from([("a/b".to_owned(), rates(5))]);
    let joined = join(Some(&table("ours", "2026-05-01", &[("a/b", 1), ("c/d", 2)])), new.clone(), origin("theirs"));
    assert_eq!((joined.as_of.to_string().as_str(), joined.sha256.clone()), ("2026-05-01", None));
    assert_eq!((joined.source.as_str(), joined.models.len()), ("theirs; before it: ours", 2));
    assert_eq!(joined.models["a/b"], rates(5));
    // Again from the same place, and then from another: each is named once.
    let again = join(Some(&joined), new.clone(), origin("theirs"));
    assert_eq!(again.source, "theirs; before it: ours");
    assert_eq!(join(Some(&again), new.clone(), origin("others")).source, "others; before it: theirs; before it: ours");
    // Where nothing stays, all of it is new.
    let whole = join(Some(&table("ours", "2026-05-01", &[("a/b", 1)])), new, origin("theirs"));
    assert_eq!((whole.source.as_str(), whole.as_of, whole.sha256), ("theirs", Date(day()), Some("f".repeat(64))));
}

fn amount() -> impl Strategy<Value = Option<Amount>> {
    proptest::option::of(
        (1u64..10_000_000, 0u32..8)
            .prop_map(|(digits, scale)| Amount(rust_decimal::Decimal::from_i128_with_scale(digits.into(), scale))),
    )
}

fn tiers() -> impl Strategy<Value = Vec<Tier>> {
    let tier = (1u64..5_000_000, amount(), amount(), amount()).prop_map(|(above, input, cache_read, reasoning)| Tier {
        above,
        input: input.or(Some(Amount(1.into()))),
        output: None,
        cache_read,
        cache_write: None,
        cache_write_1h: None,
        reasoning,
    });
    proptest::collection::vec(tier, 0..3).prop_map(|mut tiers| {
        tiers.sort_by_key(|tier| tier.above);
        tiers.dedup_by_key(|tier| tier.above);
        tiers
    })
}

prop_compose! {
    fn rates()(
        given in (amount(), amount(), amount(), amount(), amount(), amount(), amount()),
        tiers in tiers(),
        batch in proptest::option::of(prop_oneof![
            (1u32..=100).prop_map(|percent| Batch::Times(Share(rust_decimal::Decimal::new(percent.into(), 2)))),
            (amount(), tiers()).prop_map(|(output, tiers)| {
                Batch::Rates(Box::new(BatchRates { input: Some(Amount(1.into())), output, tiers, ..BatchRates::default() }))
            }),
        ]),
        is_per_thousand in any::<bool>(),
        max_input_tokens in proptest::option::of(1u64..10_000_000),
        is_deprecated in any::<bool>(),
    ) -> Rates {
        let (input, output, cache_read, cache_write, cache_write_1h, reasoning, request) = given;
        Rates {
            input: input.or(Some(Amount(1.into()))),
            output: output.or(Some(Amount(2.into()))),
            cache_read, cache_write, cache_write_1h, reasoning, request, tiers, batch,
            per: if is_per_thousand { Per::Thousand } else { Per::Million },
            free: false,
            max_input_tokens,
            deprecated: is_deprecated.then(|| Date(day())),
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(
        models in proptest::collection::btree_map("\\PC{1,20}(/\\PC{0,20})?", rates(), 0..4),
        source in "\\PC{0,40}",
    ) {
        let sha256 = Some("a".repeat(64));
        let file = PriceFile { as_of: Date(day()), source, sha256, currency: Currency, models };
        let text = yaml(&file);
        // A price that is a million is too much for a table, and no business of the writer.
        let Ok(prices) = Prices::parse(text.as_bytes()) else {
            prop_assert!(file.models.values().any(|rates| !crate::cost::prices::flaws_of(rates).is_empty()), "{}", text);
            return Ok(());
        };
        let read = prices.file().unwrap();
        prop_assert_eq!(&read.models, &file.models);
        prop_assert_eq!((&read.source, read.as_of, &read.sha256), (&file.source, file.as_of, &file.sha256));
        prop_assert_eq!(yaml(read), text);
    }

    /// Whatever a file holds, it is refused or read, and what is read makes a table.
    #[test]
    fn any_file_is_read_or_refused(text in "\\PC{0,200}", number in "[-+0-9.eE]{1,12}") {
        let entry = format!("{{\"m\": {{\"litellm_provider\": {text:?}, \"input_cost_per_token\": {number}, \"output_cost_per_token\": {number}}}}}");
        for text in [&text, &entry, &genai(&number, ""), &genai(&format!("{{\"input_mtok\": {number}, \"output_mtok\": 1}}"), "")] {
            for keeper in [Keeper::Litellm, Keeper::GenaiPrices, Keeper::ModelsDev] {
                if let Ok(upstream) = Upstream::read(text, keeper) {
                    let imported = upstream.take_all(&[], day());
                    for rates in imported.models.values() {
                        let flaws = crate::cost::prices::flaws_of(rates);
                        prop_assert!(flaws.is_empty(), "{flaws:?}");
                    }
                }
            }
        }
    }
}

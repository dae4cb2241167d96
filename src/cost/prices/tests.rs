use genai_prices::{Calculator, PriceRequest, Usage as Tokens};

use super::*;

const TABLE: &str = r#"
as_of: 2026-11-01
source: list prices
models:
  mock/mini: {input: "0.15", output: "0.60", cache_read: 0.075}
  mock/free: {free: true, max_input_tokens: 8000}
  mock/long:
    input: "1.25"
    output: 10
    cache_read: "0.125"
    tiers:
      - {above: 200000, input: "2.50", output: 15, cache_read: "0.25"}
      - {above: 500000, output: 30}
    batch: 0.5
    deprecated: 2027-01-31
    max_input_tokens: 1000000
  mock/all:
    input: 3
    output: 15
    cache_read: "0.3"
    cache_write: "3.75"
    cache_write_1h: 6
    reasoning: 20
    request: "0.01"
    batch: {input: 1, output: 5}
  mock/thousand: {input: "0.003", output: "0.015", per: 1K}
  mock/untold: {input: 1, output: 2, tiers: [{above: 1000, input: 2}], batch: {input: "0.5"}}
  mock/told: {input: 1, output: 2, tiers: [{above: 1000, input: 2, cache_read: 1}], batch: {input: "0.5", tiers: [{above: 1000, output: 3}]}}
"#;

const AT: i64 = 1_793_000_000; // 2026-10-26

fn usage(input: u64, output: u64) -> Usage {
    Usage { input_uncached: Some(input), output: Some(output), ..Usage::default() }
}

fn table() -> Prices {
    Prices::parse(TABLE.as_bytes()).unwrap()
}

fn text(price: Option<Decimal>) -> Option<String> {
    price.map(|price| price.normalize().to_string())
}

#[test]
fn prices_are_exact_and_unknown_is_unknown() {
    let prices = table();
    let price = |key, usage| text(prices.price(key, &usage, AT));
    assert_eq!(price("mock/mini", usage(1_000, 200)).as_deref(), Some("0.00027"));
    let cached = Usage { cache_read: Some(1_000), ..usage(0, 0) };
    assert_eq!(price("mock/mini", cached).as_deref(), Some("0.000075"));
    assert_eq!(price("mock/free", usage(5, 5)).as_deref(), Some("0"));
    assert_eq!(price("mock/thousand", usage(1_000, 1_000)).as_deref(), Some("0.018"));
    for (key, usage) in [
        ("mock/other", usage(5, 5)),
        ("nobody/nothing", usage(5, 5)),
        ("no-provider", usage(5, 5)),
        ("mock/mini", Usage::default()),
        ("mock/mini", Usage { output: None, ..usage(5, 5) }),
        // Parts that exceed their whole.
        ("mock/mini", Usage { reasoning: Some(6), ..usage(5, 5) }),
        ("mock/mini", Usage { cache_write: Some(1), cache_write_1h: Some(2), ..usage(5, 5) }),
        ("mock/mini", Usage { cache_write_1h: Some(2), ..usage(5, 5) }),
        ("mock/mini", Usage { cache_read: Some(u64::MAX), ..usage(5, 5) }),
    ] {
        assert_eq!(price(key, usage), None, "{key} {usage:?}");
    }
    assert!(price("mock/mini", usage(u64::MAX, u64::MAX)).is_some());
}

#[test]
fn a_bill_has_a_part_for_everything_and_no_token_twice() {
    let all = Usage {
        input_uncached: Some(1_000_000),
        cache_read: Some(2_000_000),
        cache_write: Some(3_000_000),
        cache_write_1h: Some(1_000_000),
        output: Some(5_000_000),
        reasoning: Some(1_000_000),
    };
    let prices = table();
    let bill = prices.bill("mock/all", &all, AT).unwrap();
    let dollars = |text: &str| Decimal::from_str_exact(text).unwrap();
    let want = Bill {
        input: dollars("3"),
        cache_read: dollars("0.6"),
        cache_write: dollars("13.5"),
        output: dollars("60"),
        reasoning: dollars("20"),
        request: dollars("0.01"),
    };
    assert_eq!(bill, want);
    assert_eq!(bill.total(), dollars("97.11"));
    // What is left out is the nearest wider kind of token, and never a multiplier.
    let bill = prices.bill("mock/mini", &all, AT).unwrap();
    assert_eq!((bill.cache_write, bill.output, bill.reasoning), (dollars("0.45"), dollars("2.4"), dollars("0.6")));
}

/// Notes: cost B2. The mean of a 150k and a 260k call is no call of 205k, and a tier is a cliff.
#[test]
fn the_whole_input_of_one_request_prices_all_of_it() {
    let prices = table();
    let price = |input| prices.price("mock/long", &usage(input, 0), AT).unwrap();
    let mean = (price(150_000) + price(260_000)) / Decimal::TWO;
    assert_eq!(mean, Decimal::from_str_exact("0.41875").unwrap());
    assert_eq!(price(200_000), Decimal::from_str_exact("0.25").unwrap());
    assert_eq!(price(200_001), Decimal::from_str_exact("0.5000025").unwrap());
    // Cached input counts, and output is re-priced; what the highest tier leaves out is the base's.
    let cached = Usage { cache_read: Some(199_000), ..usage(1_001, 1_000_000) };
    assert_eq!(text(prices.price("mock/long", &cached, AT)).as_deref(), Some("15.0522525"));
    let long = Usage { cache_read: Some(1_000_000), ..usage(0, 1_000_000) };
    assert_eq!(text(prices.price("mock/long", &long, AT)).as_deref(), Some("30.125"));
}

#[test]
fn a_batch_has_prices_of_its_own_or_none_that_anybody_knows() {
    let prices = table();
    let batch =
        |key, usage: Usage| text(prices.batch(key, AT).and_then(|tariff| tariff.bill(&usage)).map(|bill| bill.total()));
    let million = usage(100_000, 1_000_000);
    assert_eq!(batch("mock/long", million).as_deref(), Some("5.0625"));
    assert_eq!(batch("mock/long", usage(1_000_000, 0)).as_deref(), Some("0.625"));
    // Left out: the cache's prices, the reasoning's, and the fee of a request, which is that of any.
    let cached = Usage { cache_read: Some(1_000_000), reasoning: Some(500_000), ..usage(0, 1_000_000) };
    assert_eq!(batch("mock/all", cached).as_deref(), Some("12.81"));
    assert_eq!(batch("mock/free", million).as_deref(), Some("0"));
    assert_eq!(batch("mock/mini", million), None);
    assert_eq!(batch("mock/untold", usage(1_000, 0)).as_deref(), Some("0.0005"));
    assert_eq!(batch("mock/untold", usage(1_001, 0)), None, "nobody says what a long request costs in a batch");
    let long = Usage { cache_read: Some(1_000_000), ..usage(1_000_000, 1_000_000) };
    assert_eq!(
        batch("mock/told", long).as_deref(),
        Some("4.5"),
        "0.5 of the batch, 1 of the tier, 3 of the batch's tier"
    );
}

#[test]
fn what_the_table_says_beside_prices() {
    let prices = table();
    assert!(prices.is_free("mock/free") && !prices.is_free("mock/mini") && !prices.is_free("openai/gpt-4o-mini"));
    assert!(prices.has("mock/mini") && !prices.has("openai/gpt-4o-mini"));
    assert!(prices.knows("openai/gpt-4o-mini", AT) && !prices.knows("mock/none", AT));
    assert_eq!(prices.context("mock/long"), Some(1_000_000));
    assert_eq!((prices.context("openai/gpt-4o-mini"), prices.context("mock/mini")), (Some(128_000), None));
    assert_eq!(prices.deprecated("mock/long").map(|day| day.to_string()).as_deref(), Some("2027-01-31"));
    assert_eq!(prices.source_of("mock/long").1, "2026-11-01");
    assert_eq!(prices.source_of("openai/gpt-4o-mini").0, "genai-prices 0.2.1");
}

#[test]
fn a_zero_must_be_meant_and_terms_must_make_sense() {
    for (rates, says) in [
        ("{input: 0, output: 1}", "write `free: true`"),
        ("{input: 1, output: 1, cache_read: 0}", "write `free: true`"),
        ("{input: 1, output: 1, batch: 0}", "write `free: true`"),
        ("{input: 1, output: 1, tiers: [{above: 9, output: 0}]}", "write `free: true`"),
        ("{input: 1, output: 1, request: 0}", "write `free: true`"),
        ("{input: 1, output: 1, free: true}", "not both"),
        ("{batch: 0.5, free: true}", "not both"),
        ("{input: 1}", "needs `input` and `output`"),
        ("{input: 1, output: 1000001}", "above 1000000 US dollars"),
        ("{input: 1, output: 1, max_input_tokens: 0}", "lets no request through"),
        ("{input: 1, output: 1, tiers: [{above: 9, output: 2}, {above: 9, output: 3}]}", "tiers must rise"),
        ("{input: 1, output: 1, tiers: [{above: 0, output: 2}]}", "is every request"),
        ("{input: 1, output: 1, tiers: [{above: 7}]}", "a tier needs a price"),
        ("{input: 1, output: 1, batch: {}}", "a batch needs a price"),
        ("{input: 1, output: 1, batch: 1.5}", "1.5"),
        ("{input: 1, output: 1, batch: {inptu: 1}}", "unknown field `inptu`"),
        ("{input: 1, output: 1, batch: {input: 1, tiers: [{above: 7}]}}", "a tier needs a price"),
        ("{input: 1, output: 1, deprecated: soon}", "is not a day"),
    ] {
        let text = format!("as_of: 2026-11-01\nsource: y\nmodels:\n  a/b: {rates}\n");
        let found = Prices::parse(text.as_bytes()).unwrap_err();
        assert_eq!(found.len(), 1, "{rates}: {found:#?}");
        assert!(found[0].message.contains(says), "{rates}: {}", found[0].message);
        assert_eq!(found[0].line, 4, "{rates}");
    }
}

#[test]
fn a_table_says_when_it_was_looked_up_and_in_which_currency() {
    for (head, says) in [
        ("as_of: x", "\"x\" is not a day"),
        ("as_of: 2026-11-01\ncurrency: EUR", "\"EUR\" is another currency, and regild adds no currencies up"),
        ("as_of: 2026-11-01\nsha256: abc", "is not a SHA-256"),
    ] {
        let found = Prices::parse(format!("{head}\nsource: y\nmodels: {{}}\n").as_bytes()).unwrap_err();
        assert_eq!(found.len(), 1, "{head}: {found:#?}");
        assert!(found[0].message.contains(says), "{head}: {}", found[0].message);
    }
}

#[test]
fn the_table_inside_knows_common_models() {
    let prices = Prices::default();
    assert_eq!(prices.price("openai/gpt-4o-mini", &usage(1_000_000, 0), AT), Some(Decimal::new(15, 2)));
    let sonnet = prices.tariff("anthropic/claude-3-7-sonnet-latest", AT).unwrap();
    let per_million = [
        sonnet.prices.base.input,
        sonnet.prices.base.cache_read,
        sonnet.prices.base.cache_write,
        sonnet.prices.base.cache_write_1h,
        sonnet.prices.base.output,
        sonnet.prices.base.reasoning,
    ];
    assert_eq!(per_million.map(|price| price.to_string()), ["3", "0.3", "3.75", "6", "15", "15"]);
    let pro = prices.tariff("gemini/gemini-2.5-pro", AT).unwrap();
    let [(above, tier)] = pro.prices.tiers[..] else { panic!("{pro:?}") };
    assert_eq!((above, tier.input.to_string().as_str(), tier.output.to_string().as_str()), (200_000, "2.5", "15"));
    assert_eq!(pro.batch.as_ref().unwrap().tiers[0].1.output.to_string(), "7.5");
    // How a server is spoken to says nothing of who sends the bill.
    assert_eq!(prices.tariff("openai-compatible/gpt-4o", AT), None);
}

/// The parts of a bill add up to what the crate asks for the same request: for every model that it knows, in every tier.
#[test]
fn a_bill_by_the_table_inside_adds_up_to_the_crates_total() {
    use rayon::prelude::*;
    let providers = Calculator::bundled().providers();
    let models: Vec<_> = providers.flat_map(|one| one.models().map(move |model| (one.id(), model.id()))).collect();
    let tiers: Vec<usize> = models.par_iter().filter_map(|(provider, model)| adds_up(provider, model)).collect();
    let tiered = tiers.iter().filter(|tiers| **tiers > 0).count();
    assert!(tiers.len() > 1_500 && tiered > 50, "{} models, {tiered} with tiers", tiers.len());
}

/// Compares one model's bills with the crate's; gives how many tiers it has, `None` where it has no price.
fn adds_up(provider: &str, model: &str) -> Option<usize> {
    let tariff = Prices::default().tariff(&format!("{provider}/{model}"), AT)?;
    let tiers = &tariff.prices.tiers;
    let cliffs = tiers.iter().flat_map(|(above, _)| [above - above % 8, above - above % 8 + 8]);
    for input in [8, 99_992, 1_000_000].into_iter().chain(cliffs) {
        let usage = Usage {
            input_uncached: Some(input / 2),
            cache_read: Some(input / 4),
            cache_write: Some(input / 4),
            cache_write_1h: Some(input / 8),
            output: Some(1_000),
            reasoning: Some(300),
        };
        let ours = tariff.bill(&usage).unwrap().total();
        let theirs = crates_total(provider, model, &usage);
        assert!((ours - theirs).abs() <= Decimal::new(1, 9), "{provider}/{model} at {input}: {ours} is not {theirs}");
    }
    Some(tiers.len())
}

#[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
fn crates_total(provider: &str, model: &str, usage: &Usage) -> Decimal {
    let tokens: Tokens = [
        ("input_tokens", usage.input()),
        ("cache_read_tokens", usage.cache_read),
        ("cache_write_tokens", usage.cache_write),
        ("cache_write_1h_tokens", usage.cache_write_1h),
        ("output_tokens", usage.output),
        ("output_reasoning_tokens", usage.reasoning),
    ]
    .into_iter()
    .map(|(kind, tokens)| (kind, tokens.unwrap() as f64))
    .collect();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(AT.unsigned_abs());
    let request = PriceRequest::new(model, &tokens).with_provider_id(provider).with_timestamp(time);
    Decimal::from_f64_retain(genai_prices::calculate(&request).unwrap().total_price).unwrap()
}

//! The terms of traffic, each against a figure made by hand.

use super::*;

const PRICES: &str = "as_of: 2026-11-01
source: test
models:
  mock/m: {input: 10, output: 100, cache_read: 1, cache_write: '12.5', cache_write_1h: 20, batch: '0.5'}
  mock/n: {input: 2, output: 4, batch: {input: 1, output: 2}}
";

/// What a request costs on these terms, whose runs are one call of 100k input and 10k output tokens, or of what `usage` says.
fn costs(terms: &str, usage: Usage) -> Estimate {
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 1000, {terms}}}}}\n");
    let golden = tasks(&[("aa", ""), ("bb", "")]);
    let files = [("regild.yaml", settings.as_str()), ("prices.yaml", PRICES), ("golden/p.yaml", &golden)];
    Project::same(&files).estimate(|_, _, _| vec![vec![usage]])
}

fn usual() -> Usage {
    Usage { output: Some(10_000), ..input(100_000) }
}

#[test]
fn each_term_and_all_together() {
    for (terms, want) in [
        // 1 for input and 1 for output.
        ("", "2"),
        ("retry_rate: '0.02'", "2.04"),
        ("batch_share: '0.25'", "1.75"),
        // n costs 0.2 + 0.04.
        ("fallback: [{model: mock/n, share: '0.1'}]", "1.824"),
        ("fallback: [{model: mock/n, share: '0.1', primary_billed: true}]", "2.024"),
        ("fallback: [{model: mock/n, share: '0.1'}, {model: mock/m, share: '0.05', primary_billed: true}]", "1.924"),
        // In batches, m costs 1 and n 0.12.
        ("batch_share: 1, fallback: [{model: mock/n, share: '0.5'}]", "0.56"),
        ("retry_rate: 1, batch_share: '0.5', fallback: [{model: mock/n, share: 1}]", "0.36"),
    ] {
        let estimate = costs(terms, usual());
        assert_eq!(estimate.head.and_then(|bill| bill.sum()), Some(usd(want)), "{terms}: {:?}", estimate.unknown);
        assert_eq!(estimate.delta_month(), Some(usd("0")), "{terms}");
    }
}

/// `Say aa.` and `Say bb.` begin alike for 4 of 8 characters, line break included: a message ends with one.
#[test]
fn the_beginning_of_requests_is_cached_as_traffic_says() {
    for (terms, want) in [
        // 50k tokens read for 0.05, 50k fresh for 0.5, and output for 1.
        ("cache: {hit_rate: 1}", "1.55"),
        // Written for 0.625 or, for an hour, for 1.
        ("cache: {hit_rate: 0}", "2.125"),
        ("cache: {hit_rate: 0, ttl: 1h}", "2.5"),
        ("cache: {hit_rate: '0.6'}", "1.78"),
        ("cache: {hit_rate: '0.6'}, batch_share: '0.5'", "1.335"),
    ] {
        let estimate = costs(terms, usual());
        assert_eq!(estimate.head.and_then(|bill| bill.sum()), Some(usd(want)), "{terms}");
        assert_eq!(estimate.cacheable, Some((50_000, 50_000)), "{terms}");
        assert!(estimate.assumed[0].contains("share of their characters"), "{:?}", estimate.assumed);
        assert!(crate::report::build::cost(&estimate).basis.starts_with("estimated: the cacheable beginning"));
    }
}

#[test]
fn what_recordings_tell_of_caches_is_used_as_it_is() {
    let cached = Usage { input_uncached: Some(40_000), cache_read: Some(60_000), ..usual() };
    let estimate = costs("cache: {hit_rate: 1}", cached);
    assert_eq!(estimate.head.unwrap().sum(), Some(usd("1.46")));
    assert_eq!((estimate.cacheable, estimate.assumed.len()), (None, 0));
    assert!(estimate.remarks.iter().any(|remark| remark.contains("`cache` is not used")), "{:?}", estimate.remarks);
    // Without a word of traffic's nothing is assumed.
    assert_eq!(costs("", usual()).cacheable, None);
}

#[test]
fn one_task_does_not_tell_where_the_unchanging_part_ends() {
    let settings = format!("{SETTINGS}traffic: {{p: {{cache: {{hit_rate: 1}}}}}}\n");
    let golden = tasks(&[("aa", "")]);
    let files = [("regild.yaml", settings.as_str()), ("prices.yaml", PRICES), ("golden/p.yaml", &golden)];
    let estimate = Project::same(&files).estimate(|_, _, _| vec![vec![usual()]]);
    assert_eq!(estimate.head.unwrap().sum(), Some(usd("2")));
    assert!(estimate.remarks.iter().any(|remark| remark.starts_with("nothing is taken as cached")));
}

/// An edit near the beginning takes all that follows it out of the cache.
#[test]
fn an_early_edit_shortens_what_a_cache_can_hold() {
    let long = "x".repeat(490);
    let template =
        |text: &str| format!("id: p\nversion: 1.0.0\ntemplate: '{text}'\nvariables: [{{name: word, type: string}}]\n");
    let (late, early) = (template(&format!("{long} {{{{ word }}}}")), template(&format!("{{{{ word }}}} {long}")));
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 1000, cache: {{hit_rate: 1}}}}}}\n");
    let golden = tasks(&[("aaaaaaaa", ""), ("bbbbbbbb", "")]);
    let side = |prompt| {
        let prompt: (&str, &str) = ("prompts/p/v1.0.0.yaml", prompt);
        [("regild.yaml", settings.as_str()), ("prices.yaml", PRICES), ("golden/p.yaml", golden.as_str()), prompt]
    };
    let project = Project::new(&side(&late), &side(&early));
    let estimate = project.estimate(|_, _, _| vec![vec![input(5_000)]]);
    // 491 of 500 characters of base's requests are the same, and none of head's.
    assert_eq!(estimate.cacheable, Some((4_910, 0)));
    let parts = estimate.attribution().unwrap();
    // 4,910 tokens are no longer read at $1 but sent at $10 a million, a thousand times a month.
    assert_eq!((parts.input, parts.cache), (usd("49.1"), usd("-4.91")));
    assert_eq!(estimate.delta_month(), Some(usd("44.19")));
}

//! What is unknown stays unknown, says why, and never passes for nothing.

use super::*;

fn side<'a>(settings: &'a str, golden: &'a str, prices: &'a str) -> [(&'a str, &'a str); 3] {
    [("regild.yaml", settings), ("golden/p.yaml", golden), ("prices.yaml", prices)]
}

fn settings() -> String {
    format!("{SETTINGS}traffic: {{p: {{requests_per_month: 1000}}}}\n")
}

const OTHER: &str = "as_of: 2026-11-01\nsource: test\nmodels: {mock/other: {input: 3, output: 3}}\n";

#[test]
fn each_reason_is_named() {
    let settings = settings();
    let golden = tasks(&[("a", ""), ("b", "")]);
    let usage = |task: &str, other: Usage| if task == "a" { input(1_000) } else { other };
    let whole = |usage| vec![vec![usage]];
    let known = Project::same(&side(&settings, &golden, BLENDED));

    let estimate = Project::same(&side(&settings, &golden, OTHER)).by_input(|_, _| vec![1]);
    assert_eq!((estimate.base, estimate.unknown[0].as_str()), (None, "no price for mock/m"));

    let estimate = known.estimate(|_, task, _| whole(usage(task, Usage::default())));
    assert!(estimate.unknown[0].starts_with("a reply does not tell its token usage"), "{:?}", estimate.unknown);
    // What is known of it is known: 1,000 tokens at $3 a million in one of two tasks.
    assert_eq!((estimate.head, estimate.head_at_least), (None, Some(usd("0.0015"))));
    assert_eq!(estimate.at_least_month(Tree::Head), Some(usd("1.5")));

    let contradictory = Usage { reasoning: Some(9), output: Some(1), ..input(1) };
    let estimate = known.estimate(|_, task, _| whole(usage(task, contradictory)));
    assert_eq!(estimate.head, None);

    let estimate = known.by_input(|tree, task| match (tree, task) {
        (Tree::Base, _) => vec![],
        (Tree::Head, "a") => vec![1],
        (Tree::Head, _) => vec![],
    });
    assert_eq!(estimate.unknown, ["base not measured", "head not measured in 1 of 2 tasks"]);
    let report = crate::report::build::cost(&estimate);
    assert_eq!(report.basis, "unknown: base not measured; head not measured in 1 of 2 tasks");
    assert_eq!((report.delta_usd_month, report.ci95_usd_month, report.attribution), (None, None, None));

    let terms = |terms: &str| format!("{SETTINGS}traffic: {{p: {{{terms}}}}}\n");
    for (declared, why) in [
        ("batch_share: '0.5'", "no batch price for mock/m"),
        ("fallback: [{model: x/y, share: '0.5'}]", "no price for x/y"),
        ("retry_rate: 1e20", "one request would cost a million dollars or more"),
    ] {
        let settings = terms(declared);
        let estimate = Project::same(&side(&settings, &golden, BLENDED)).by_input(|_, _| vec![1_000]);
        assert_eq!((estimate.head, estimate.unknown[0].as_str()), (None, why));
    }
}

/// Nobody reviewed what head alone has; what the edit of a known price does is a figure of its own.
#[test]
fn an_edited_table_prices_nothing_and_shows_its_effect() {
    let settings = settings();
    let golden = tasks(&[("a", "")]);
    let edited = BLENDED.replace("input: 3", "input: 5");
    let project = Project::new(&side(&settings, &golden, BLENDED), &side(&settings, &golden, &edited));
    let estimate = project.by_input(|tree, _| vec![if tree == Tree::Base { 1_000 } else { 2_000 }]);
    assert_eq!((estimate.delta_month(), estimate.table_effect_month()), (Some(usd("3")), Some(usd("4"))));

    let project = Project::new(&side(&settings, &golden, OTHER), &side(&settings, &golden, BLENDED));
    let estimate = project.by_input(|_, _| vec![1_000]);
    assert_eq!((estimate.head, estimate.table_effect_month()), (None, None));
    let why = "unreviewed price: only head's prices.yaml has mock/m, which counts once merged";
    assert_eq!(estimate.unknown, [why]);

    // Head drops the price: that is no effect of nothing.
    let project = Project::new(&side(&settings, &golden, BLENDED), &side(&settings, &golden, OTHER));
    let estimate = project.by_input(|_, _| vec![1_000]);
    assert_eq!((estimate.delta_month(), estimate.table_effect_month()), (Some(usd("0")), None));
    assert!(estimate.remarks.iter().any(|remark| remark.contains("no longer has a price")), "{:?}", estimate.remarks);
}

#[test]
fn one_unknown_makes_a_sum_unknown_and_the_rest_at_least() {
    let settings = settings();
    let golden = tasks(&[("a", "")]);
    let known = Project::same(&side(&settings, &golden, BLENDED)).by_input(|_, _| vec![1_000]);
    let unknown = Project::same(&side(&settings, &golden, OTHER)).by_input(|_, _| vec![1_000]);
    let both = totals(&[&known, &unknown]);
    assert_eq!((both.base, both.head, both.delta(), both.spread()), (None, None, None, None));
    assert_eq!((both.base_at_least, both.head_at_least), (Some(usd("3")), Some(usd("3"))));
    assert_eq!(both.unknown, ["p1: no price for mock/m"]);
    let none = totals(&[&unknown]);
    assert_eq!((none.base, none.base_at_least), (None, None), "at least nothing says nothing");
    let alone = totals(&[&known]);
    assert_eq!((alone.base, alone.base_at_least), (Some(usd("3")), None));
}

/// Numbers as large as files may hold them end in "unknown", never in a panic.
#[test]
fn absurd_numbers_are_unknown() {
    let huge = "79228162514264337593543950335";
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 18446744073709551615}}}}\n");
    let golden = tasks(&[("a", &format!(", weight: '{huge}'")), ("b", &format!(", weight: '{huge}'"))]);
    let dear = BLENDED.replace('3', "1000000");
    let most = || vec![vec![Usage { output: Some(u64::MAX), ..input(u64::MAX) }]];
    let estimate = Project::same(&side(&settings, &golden, &dear)).estimate(|_, _, _| most());
    assert_eq!(estimate.head_month(), None);
    let estimate = Project::same(&side(&settings, &golden, BLENDED)).by_input(|_, _| vec![300_000_000_000]);
    assert_eq!((estimate.head_month(), totals(&[&estimate]).head), (None, None));
    let light = tasks(&[("a", "")]);
    let estimate = Project::same(&side(&settings, &light, BLENDED)).by_input(|_, _| vec![300_000_000_000]);
    assert!(totals(&[&estimate, &estimate]).head.is_some(), "no more than a decimal holds");
}

//! What a month costs, and what makes the difference: tiers, weights, environments, models, tasks that are left out.

use super::*;
use crate::config::Volume;

const TIERED: &str = "as_of: 2026-11-01
source: list prices of a model with a cliff
models: {mock/m: {input: '1.25', output: 10, tiers: [{above: 200000, input: '2.50', output: 15}]}}
";

/// Settings with the traffic of `p`.
fn traffic(terms: &str) -> String {
    format!("{SETTINGS}traffic: {{p: {{{terms}}}}}\n")
}

/// The mean of 150k and 260k input tokens is 205k, which nobody sent: each request has a tier of its own.
#[test]
fn every_request_has_its_own_tier() {
    let golden = tasks(&[("short", ""), ("long", "")]);
    let project = Project::same(&[("golden/p.yaml", &golden), ("prices.yaml", TIERED)]);
    let tokens = |task: &str| if task == "short" { 150_000 } else { 260_000 };
    let over_tasks = project.by_input(|_, task| vec![tokens(task)]);
    assert_eq!(over_tasks.head.unwrap().sum(), Some(usd("0.41875")));
    let over_samples = project.by_input(|_, _| vec![150_000, 260_000]);
    assert_eq!(over_samples.head.unwrap().sum(), Some(usd("0.41875")));
    // Two calls of one run are two requests to the provider.
    let over_calls = project.estimate(|_, _, _| vec![vec![input(150_000), input(260_000)]]);
    assert_eq!(over_calls.head.unwrap().sum(), Some(usd("0.8375")));
    // A tier prices the output too.
    let talkative = Usage { output: Some(1_000), ..input(260_000) };
    assert_eq!(project.estimate(|_, _, _| vec![vec![talkative]]).head.unwrap().sum(), Some(usd("0.665")));
}

#[test]
fn tasks_weigh_as_the_policy_says_and_samples_alike() {
    let golden = tasks(&[("a", ", weight: 3"), ("b", "")]);
    // Head would have b count for nothing.
    let head = tasks(&[("a", ", weight: 3"), ("b", ", weight: '0.001'")]);
    let project = Project::new(&[("golden/p.yaml", &golden)], &[("golden/p.yaml", &head)]);
    let estimate = project.by_input(|tree, task| match (tree, task) {
        (Tree::Base, _) => vec![1_000_000],
        (Tree::Head, "a") => vec![2_000_000, 4_000_000],
        (Tree::Head, _) => vec![9_000_000],
    });
    assert_eq!(estimate.base.unwrap().sum(), Some(usd("3")));
    // (3 × 3 M + 1 × 9 M) / 4 tokens at $3 a million.
    assert_eq!(estimate.head.unwrap().sum(), Some(usd("13.5")));
    assert_eq!(estimate.base_month(), None, "traffic is not declared");
    assert_eq!(estimate.unknown, ["traffic is not declared"]);
}

#[test]
fn environments_add_up() {
    let settings = traffic(
        "environments: {production: {requests_per_month: {low: 800000, expected: 1000000, high: 1500000}}, \
         staging: {requests_per_month: 20000}, shadow: {requests_per_month: 0}}",
    );
    let golden = tasks(&[("a", "")]);
    let project = Project::same(&[("regild.yaml", &settings), ("golden/p.yaml", &golden)]);
    let estimate = project.by_input(|tree, _| vec![if tree == Tree::Base { 1_000 } else { 2_000 }]);
    assert_eq!(estimate.requests(), Some(Volume { low: 820_000, expected: 1_020_000, high: 1_520_000 }));
    assert_eq!((estimate.base_month(), estimate.delta_month()), (Some(usd("3060")), Some(usd("3060"))));
    assert_eq!(estimate.range(estimate.requests().unwrap()), Some((usd("2460"), usd("4560"))));
    let names: Vec<_> = estimate.environments.iter().map(|one| one.name.as_ref().unwrap().as_str()).collect();
    assert_eq!(names, ["production", "shadow", "staging"]);
    // The rows of a report say the same, and one without requests costs nothing.
    let report = crate::report::build::cost(&estimate);
    let rows: Vec<_> = report.environments.iter().map(|row| row.delta_usd_month.as_deref().unwrap()).collect();
    assert_eq!(rows, ["3000", "0", "60"]);
    assert_eq!(report.environments[0].range_usd_month, Some(["2400".into(), "4500".into()]));
}

/// Head changes who serves: each side is priced on its own model, whichever others a task runs on.
#[test]
fn a_change_of_the_model_is_a_part_of_the_difference() {
    let prices = "as_of: 2026-11-01\nsource: test\nmodels: {mock/m: {input: 1, output: 2, request: '0.01'}, \
        mock/n: {input: 5, output: 20, cache_read: 1, cache_write: 8, reasoning: 30}}\n";
    let on = |models: &str| format!("{PROMPT}models: [{models}]\n");
    let golden = tasks(&[("a", ""), ("b", "")]);
    /// The files of a side with this prompt.
    fn side<'a>(prices: &'a str, golden: &'a str, prompt: &'a str) -> [(&'a str, &'a str); 3] {
        [("prices.yaml", prices), ("golden/p.yaml", golden), ("prompts/p/v1.0.0.yaml", prompt)]
    }
    let base_usage = Usage { reasoning: Some(200_000), output: Some(1_000_000), ..input(1_000_000) };
    let head_usage = Usage {
        input_uncached: Some(500_000),
        cache_read: Some(1_000_000),
        cache_write: Some(100_000),
        output: Some(1_500_000),
        reasoning: Some(500_000),
        ..Usage::default()
    };
    for (base, head) in [("m", "n"), ("m, n", "n, m"), ("m", "n, m")] {
        let (base, head) = (on(base), on(head));
        let project = Project::new(&side(prices, &golden, &base), &side(prices, &golden, &head));
        let estimate = project.estimate(|tree, _, alias| match (tree, alias) {
            (Tree::Base, "m") => vec![vec![base_usage]],
            (Tree::Head, "n") => vec![vec![head_usage]],
            // The others are of no account.
            _ => vec![vec![input(77)]],
        });
        assert_eq!(estimate.models, (Some("mock/m".into()), Some("mock/n".into())));
        assert_eq!(estimate.base.unwrap().sum(), Some(usd("3.01")));
        // 2.5 + 1 + 0.8 + 1.0 M × $20 + 0.5 M × $30.
        assert_eq!(estimate.head.unwrap().sum(), Some(usd("39.3")));
        let thousand = Estimate { environments: environment(1_000), ..estimate };
        let parts = thousand.attribution().unwrap();
        // Base's tokens at head's price: 5 + 16 + 6 dollars instead of 3.01.
        assert_eq!(parts.parts(), ["23990", "-2500", "4000", "9000", "1800", "0"].map(usd));
        assert_eq!(parts.parts().iter().sum::<Decimal>(), thousand.delta_month().unwrap());
    }
}

fn environment(requests: u64) -> Vec<super::super::Environment> {
    vec![super::super::Environment {
        name: None,
        requests: Volume { low: requests, expected: requests, high: requests },
    }]
}

#[test]
fn what_is_new_altered_or_removed_is_left_out_and_named() {
    let settings = traffic("requests_per_month: 1000") + "gate: {cost: {max_usd_per_request: 1}}\n";
    let base = tasks(&[("kept", ""), ("altered", ""), ("removed", "")]);
    let head = tasks(&[("kept", ""), ("altered", ", history: [{role: user, content: hi}]"), ("added", "")]);
    let side = |golden| [("regild.yaml", settings.as_str()), ("golden/p.yaml", golden)];
    let project = Project::new(&side(&base), &side(&head));
    let estimate = project.by_input(|tree, task| match (tree, task) {
        (_, "kept") => vec![1_000],
        (Tree::Base, _) => vec![10_000],
        (Tree::Head, _) => vec![1_000_000],
    });
    assert_eq!((estimate.delta_month(), estimate.base_month()), (Some(usd("0")), Some(usd("3"))));
    assert_eq!(estimate.left_out, ["added (new)", "altered (altered)", "removed (removed)"]);
    // What a request of head costs is another matter: all its tasks count.
    assert_eq!(estimate.head_alone, Some(usd("2.001")));
}

#[test]
fn a_new_prompt_costs_all_it_costs_and_a_deleted_one_saves_it() {
    let settings = traffic("requests_per_month: 1000");
    let golden = tasks(&[("a", ""), ("b", "")]);
    let with = [("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)];
    let other = PROMPT.replace("id: p", "id: q");
    let without = [("regild.yaml", settings.as_str()), ("prompts/p/v1.0.0.yaml", other.as_str())];
    let new = Project::new(&without, &with).by_input(|_, _| vec![1_000]);
    assert_eq!((new.base_month(), new.delta_month(), new.is_new), (Some(usd("0")), Some(usd("3")), true));
    assert_eq!(new.attribution().unwrap().input, usd("3"));
    let gone = Project::new(&with, &without).by_input(|_, _| vec![1_000]);
    assert_eq!((gone.head_month(), gone.delta_month(), gone.is_new), (Some(usd("0")), Some(usd("-3")), false));
    assert_eq!(gone.attribution().unwrap().input, usd("-3"));
}

#[test]
fn known_to_be_free_costs_nothing() {
    let free = "as_of: 2026-11-01\nsource: test\nmodels: {mock/m: {free: true}}\n";
    let settings = traffic("requests_per_month: 1000, batch_share: '0.5'");
    let golden = tasks(&[("a", "")]);
    let files = [("regild.yaml", settings.as_str()), ("prices.yaml", free), ("golden/p.yaml", &golden)];
    let estimate = Project::same(&files).by_input(|tree, _| vec![if tree == Tree::Base { 1 } else { 9 }]);
    assert_eq!((estimate.head_month(), estimate.delta_month()), (Some(usd("0")), Some(usd("0"))));
}

//! How far a difference may be off: the worked case of the notes, families, skew, samples, ranges, sums.

use rust_decimal::prelude::ToPrimitive as _;

use super::*;

pub const BASE: [u64; 10] = [3200, 4100, 2800, 5200, 3900, 6100, 4700, 3500, 7500, 4400];
pub const HEAD: [u64; 10] = [6100, 7600, 5900, 9800, 7300, 11600, 9100, 6900, 14200, 8500];
const NAMES: [&str; 10] = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"];

/// Ten tasks, `more` declared of each, on traffic's `terms`.
fn ten(terms: &str, more: &str) -> Project {
    let settings = format!("{SETTINGS}traffic: {{p: {{{terms}}}}}\n");
    let golden = tasks(&NAMES.map(|name| (name, more)));
    Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)])
}

fn nth(task: &str) -> usize {
    task[1..].parse().unwrap()
}

fn seed_case(project: &Project) -> Estimate {
    project.by_input(|tree, task| vec![if tree == Tree::Base { BASE } else { HEAD }[nth(task)]])
}

fn close(got: Decimal, want: f64, within: f64) {
    assert!((got.to_f64().unwrap() - want).abs() < within, "{got} instead of {want}");
}

/// notes: statistics, worked seed case: $3 a million, 100k runs a month.
#[test]
fn the_worked_case_of_the_notes() {
    let estimate = seed_case(&ten("requests_per_month: 100000", ""));
    assert_eq!((estimate.base_month(), estimate.delta_month()), (Some(usd("1362")), Some(usd("1248"))));
    let spread = estimate.spread_month().unwrap();
    // t(9) = 2.262157163 times $0.3 × 377.182537 tokens.
    close(spread.low, 992.027, 0.001);
    close(spread.high, 1503.973, 0.001);
    assert_eq!(estimate.remarks, ["the interval covers how tasks differ only: 1 sample of each"]);
}

#[test]
fn a_range_of_traffic_widens_the_interval_apart_from_chance() {
    let estimate = seed_case(&ten("requests_per_month: {low: 80000, expected: 100000, high: 150000}", ""));
    let (low, high) = estimate.range(estimate.requests().unwrap()).unwrap();
    close(low, 992.027 * 0.8, 0.001);
    close(high, 1503.973 * 1.5, 0.01);
    let sentence = crate::report::monthly::sentence(&crate::report::build::cost(&estimate)).unwrap();
    let want = "+$1,248/mo (95 % CI +$992 to +$1,504 at 100,000 requests; +$794 to +$2,256 over 80,000 to 150,000)";
    assert_eq!(sentence.replace('\u{a0}', " "), want);
    // Where savings are possible, most requests save most.
    let mixed = ten("requests_per_month: {low: 100, expected: 100, high: 200}", "");
    let mixed = mixed.by_input(|tree, task| match (tree, nth(task)) {
        (Tree::Base, _) | (_, 0..5) => vec![1_000_000],
        _ => vec![1_000_000 + nth(task) as u64 * 100_000],
    });
    let once = mixed.spread.unwrap();
    assert_eq!(mixed.range(mixed.requests().unwrap()).unwrap().1, once.high * usd("200"));
}

#[test]
fn one_task_or_one_family_gives_no_interval() {
    let golden = tasks(&[("a", "")]);
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 1}}}}\n");
    let one = Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)]);
    let estimate = one.by_input(|tree, _| vec![if tree == Tree::Base { 1 } else { 2 }]);
    assert_eq!((estimate.spread, estimate.remarks), (None, vec!["no interval: fewer than 2 tasks".to_owned()]));
    let family = seed_case(&ten("requests_per_month: 1", ", family: f"));
    assert_eq!((family.spread, family.remarks), (None, vec!["no interval: all tasks are of one family".to_owned()]));
    // What costs the same is no estimate, however few tasks there are.
    let same = one.by_input(|_, _| vec![7]);
    let spread = same.spread.unwrap();
    assert_eq!((spread.low, spread.high, same.remarks.len()), (usd("0"), usd("0"), 0));
}

/// Tasks that fail together are one: ten that say the same thing twice know no more than five.
#[test]
fn families_are_one_task_each() {
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 100000}}}}\n");
    let families = ["f0", "f1", "f2", "f3", "f4"].map(|family| format!(", family: {family}"));
    let declared: Vec<(&str, &str)> = NAMES.iter().map(|name| (*name, families[nth(name) / 2].as_str())).collect();
    let golden = tasks(&declared);
    let project = Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)]);
    let twice = project.by_input(|tree, task| match tree {
        Tree::Base => vec![1_000],
        Tree::Head => vec![2_000 + 300 * (nth(task) as u64 / 2)],
    });
    let five = tasks(&["t0", "t1", "t2", "t3", "t4"].map(|name| (name, "")));
    let project = Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &five)]);
    let once = project.by_input(|tree, task| match tree {
        Tree::Base => vec![1_000],
        Tree::Head => vec![2_000 + 300 * nth(task) as u64],
    });
    assert_eq!(twice.delta_month(), once.delta_month());
    assert_eq!(
        (twice.spread.unwrap().low, twice.spread.unwrap().high),
        (once.spread.unwrap().low, once.spread.unwrap().high)
    );
}

/// A few dear tasks: the interval leans to their side, as Student's t cannot.
#[test]
fn a_skewed_difference_is_drawn_from() {
    let project = ten("requests_per_month: 100000", "");
    let skewed = project.by_input(|tree, task| match (tree, nth(task)) {
        (Tree::Base, _) => vec![1_000],
        (Tree::Head, 9) => vec![20_000],
        (Tree::Head, n) => vec![1_100 + n as u64],
    });
    let (spread, point) = (skewed.spread_month().unwrap(), skewed.delta_month().unwrap());
    assert!(spread.high - point > (point - spread.low) * usd("1.2"), "{spread:?} around {point}");
    assert!(spread.low > usd("0"), "every task costs more: {spread:?}");
    assert_eq!(
        skewed,
        project.by_input(|tree, task| match (tree, nth(task)) {
            (Tree::Base, _) => vec![1_000],
            (Tree::Head, 9) => vec![20_000],
            (Tree::Head, n) => vec![1_100 + n as u64],
        }),
        "the same draws"
    );
}

/// Where tasks are all there is, only samples are chance: Σw²·s²/r on both sides.
#[test]
fn exhaustive_cases_count_how_samples_differ() {
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 1000000, cases: exhaustive}}}}\n");
    let golden = tasks(&[("a", ", weight: 3"), ("b", "")]);
    let project = Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)]);
    let estimate = project.by_input(|tree, task| match (tree, task) {
        (Tree::Base, "a") => vec![900, 1_000, 1_100],
        (Tree::Head, "a") => vec![1_900, 2_000, 2_100],
        (_, _) => vec![500, 500, 500],
    });
    assert_eq!(estimate.delta_month(), Some(usd("2250")));
    // Two variances of 100² in a task of weight 0.75: SE = 0.75 × √(2 × 100² / 3) tokens at $3; t(4) = 2.776445.
    let half = 0.75 * (2.0 * 100.0_f64.powi(2) / 3.0).sqrt() * 3.0 * 2.776_445_105;
    let spread = estimate.spread_month().unwrap();
    close(spread.low, 2250.0 - half, 0.01);
    close(spread.high, 2250.0 + half, 0.01);
    let once = project.by_input(|tree, _| vec![if tree == Tree::Base { 1 } else { 2 }]);
    assert_eq!(once.spread, None);
    assert!(once.remarks[0].starts_with("no interval: cases are exhaustive"), "{:?}", once.remarks);
}

#[test]
fn variances_of_prompts_add_up() {
    let project = ten("requests_per_month: 100000", "");
    let one = seed_case(&project);
    let same = project.by_input(|_, task| vec![BASE[nth(task)]]);
    let sum = |parts: &[&Estimate]| totals(parts).spread().unwrap();
    let alone = one.spread_month().unwrap();
    // What does not change adds no doubt.
    assert_eq!((sum(&[&one, &same]).low, sum(&[&one, &same]).high), (alone.low, alone.high));
    let both = sum(&[&one, &one]);
    // √2 times the standard error, and Welch and Satterthwaite's 18 degrees of freedom.
    let half = 2.0_f64.sqrt() * 377.182_537 * 0.3 * 2.100_922_040;
    close(both.low, 2496.0 - half, 0.001);
    close(both.high, 2496.0 + half, 0.001);
    let unsure = Estimate { spread: None, ..one.clone() };
    assert_eq!(totals(&[&one, &unsure]).spread(), None);
}

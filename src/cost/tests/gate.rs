//! The cost gate of the policy: what fails for certain, what may be chance, what an unknown price does not excuse.

use super::*;
use crate::finding::Kind;
use crate::verdict::money;

/// Ten tasks, of which head's cost between 0 and `up_to` thousand tokens more, at 100,000 requests a month; and what the gate
/// finds.
fn found(gate: &str, more: &[u64]) -> Vec<(Option<bool>, String)> {
    let names: Vec<String> = (0..more.len()).map(|n| format!("t{n}")).collect();
    let golden = tasks(&names.iter().map(|name| (name.as_str(), "")).collect::<Vec<_>>());
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 100000}}}}\ngate: {{cost: {{{gate}}}}}\n");
    let project = Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)]);
    let estimate = project.by_input(|tree, task| {
        let more = more[task[1..].parse::<usize>().unwrap()];
        vec![if tree == Tree::Base { 4_000 } else { more }]
    });
    said(&project, &totals(&[&estimate]))
}

fn said(project: &Project, totals: &Totals) -> Vec<(Option<bool>, String)> {
    let found = money::total(totals, project.policy());
    let certain = |kind: &Kind| match kind {
        Kind::Cost { certain } => Some(*certain),
        _ => None,
    };
    found.iter().map(|finding| (certain(&finding.kind), finding.message.clone())).collect()
}

#[test]
fn a_limit_is_broken_for_certain_or_straddled() {
    let steady = [6_000, 6_200, 5_800, 6_100, 5_900];
    let shaky = [3_000, 11_000, 2_000, 9_000, 5_000];
    for (gate, more, want) in [
        ("", steady, None),
        ("max_increase_usd_month: 700", steady, None),
        ("max_increase_usd_month: 500", steady, Some((true, "limit +$500.00"))),
        // The point is below the limit, and the upper end above it.
        ("max_increase_usd_month: 610", steady, Some((false, "limit +$610.00, which lies inside the interval"))),
        // The point is above the limit and the limit inside the interval; that it costs more is certain all the same.
        ("max_increase_usd_month: 590", steady, Some((true, "limit +$590.00"))),
        // The point is above the limit, and that anything costs more at all may be chance.
        ("max_increase_usd_month: 100", shaky, Some((false, "limit +$100.00, which may be chance"))),
        ("max_increase_percent: 49", steady, Some((true, "cost up 50 % a month"))),
        ("max_increase_percent: 51", steady, Some((false, "inside the interval"))),
        ("max_increase_percent: 70", steady, None),
    ] {
        let found = found(gate, &more);
        match want {
            None => assert_eq!(found, [], "{gate}"),
            Some((certain, words)) => {
                assert_eq!((found.len(), found[0].0), (1, Some(certain)), "{gate}: {found:?}");
                assert!(found[0].1.contains(words), "{gate}: {found:?}");
            }
        }
    }
    let message = &found("max_increase_usd_month: 500", &steady)[0].1;
    assert_eq!(message, "cost up $600.00 a month (95 % CI +$541.10 to +$658.90), limit +$500.00");
}

#[test]
fn one_task_decides_by_its_figure_and_says_so() {
    let found = found("max_increase_usd_month: 500", &[6_000]);
    let message = "cost up $600.00 a month (no interval, so the figure alone decides), limit +$500.00";
    assert_eq!(found, [(Some(true), message.to_owned())]);
}

fn parts(gate: &str) -> (Project, Estimate, Estimate) {
    let golden = tasks(&[("a", "")]);
    let settings = format!("{SETTINGS}traffic: {{p: {{requests_per_month: 100000}}}}\ngate: {{cost: {{{gate}}}}}\n");
    let project = Project::same(&[("regild.yaml", settings.as_str()), ("golden/p.yaml", &golden)]);
    let dearer = project.by_input(|tree, _| vec![if tree == Tree::Base { 4_000 } else { 6_000 }]);
    let unknown = project.by_input(|_, _| vec![]);
    (project, dearer, unknown)
}

/// An unknown price beside it must not turn a broken limit into a warning.
#[test]
fn what_is_known_to_be_over_is_over() {
    let (project, dearer, unknown) = parts("max_increase_usd_month: 500");
    let found = said(&project, &totals(&[&dearer, &unknown]));
    assert_eq!((found[0].0, found[1].0), (None, Some(true)), "{found:?}");
    assert!(found[0].1.starts_with("the monthly cost cannot be compared with the limit: p1: base not measured"));
    assert!(found[1].1.contains("for the 1 prompt whose cost is known, limit +$500.00"), "{found:?}");
    let found = said(&project, &totals(&[&unknown]));
    assert_eq!((found.len(), found[0].0), (1, None));
}

#[test]
fn a_share_of_nothing_is_no_number() {
    let (project, dearer, _) = parts("max_increase_percent: 10");
    let new = Estimate { is_new: true, ..dearer.clone() };
    assert_eq!(said(&project, &totals(&[&new])), []);
    let nothing = Estimate { base: Some(super::super::Bill::default()), ..dearer.clone() };
    assert_eq!(said(&project, &totals(&[&nothing])), []);
    let report = crate::report::build::totals(&totals(&[&nothing]), project.policy());
    assert_eq!(report.delta_percent, None);
    // A new prompt beside it is no part of the share.
    let found = said(&project, &totals(&[&new, &dearer]));
    assert!(found[0].1.starts_with("cost up 50 % a month"), "{found:?}");
}

#[test]
fn strict_makes_doubt_inconclusive() {
    use crate::finding::Finding;
    use crate::report::Status;
    use crate::verdict::{Acceptances, decide};
    for (strict, certain, want) in [
        (false, true, Status::Fail),
        (true, true, Status::Fail),
        (false, false, Status::Pass),
        (true, false, Status::Inconclusive),
    ] {
        let (project, ..) = parts(&format!("strict: {strict}"));
        let finding = Finding::new(Kind::Cost { certain }, "x");
        let verdict = decide(vec![finding], project.policy(), &Acceptances::default());
        assert_eq!(verdict.status, want, "strict {strict}, certain {certain}");
    }
}

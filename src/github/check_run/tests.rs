//! Check runs: what they say, and what becomes of one that is there.

use serde_json::{Value, json};

use super::*;
use crate::report::sample::{NASTY, hostile, nothing, sample};
use crate::report::{Reason, Task};

const HEAD: &str = "5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f";

fn check(report: &Report) -> Check {
    let marker = Marker { key: "default".parse().unwrap(), head: HEAD.into(), run: 5 };
    Check::of(report, "regild", marker).unwrap()
}

/// The run that `body` makes of GitHub.
fn run(body: &Value, id: u64, notes: usize) -> CheckRun {
    let mut run = body.clone();
    run["id"] = json!(id);
    run["output"]["annotations_count"] = json!(notes);
    serde_json::from_value(run).unwrap()
}

#[test]
fn what_could_not_be_judged_is_no_success() {
    let of = |report: &Report| check(report).creation().0;
    let fail = of(&sample());
    assert_eq!(
        (&fail["conclusion"], &fail["status"], &fail["head_sha"]),
        (&json!("failure"), &json!("completed"), &json!(HEAD))
    );
    let mut open = sample();
    open.verdict.status = Status::Inconclusive;
    assert_eq!(of(&open)["conclusion"], "failure");
    let pass = of(&nothing());
    assert_eq!((&pass["conclusion"], &pass["output"]["title"]), (&json!("success"), &json!("Pass: nothing failed")));
}

#[test]
fn sec_10_a_title_holds_no_text_of_a_report() {
    let title = |report: &Report| check(report).title;
    assert_eq!(title(&sample()), "Fail: 6 failing, 1 to accept, 1 not judged, 1 accepted, 2 warnings");
    let known = |c: char| c.is_ascii_alphanumeric() || " :,".contains(c);
    assert!(title(&hostile(NASTY)).chars().all(known), "{}", title(&hostile(NASTY)));
}

#[test]
fn notes_go_fifty_at_a_time_and_characters_fit() {
    let mut report = sample();
    let reason = report.verdict.reasons[0].clone();
    let task = report.prompts[1].tasks[0].clone();
    report.prompts[1].tasks = (0..700).map(|n| Task { id: format!("t{n}"), line: n + 1, ..task.clone() }).collect();
    report.verdict.reasons = (0..700).map(|n| Reason { task: Some(format!("t{n}")), ..reason.clone() }).collect();
    report.verdict.reasons[0].message = "a 👍 b".into();
    report.prompts[1].tasks[0].answers.head[0].text = "😀".repeat(4000);
    let (first, more) = check(&report).creation();
    assert_eq!(first["output"]["annotations"].as_array().unwrap().len(), 50);
    assert_eq!(more.len(), 9, "worst first, and an end");
    assert!(more.iter().all(|body| body["output"]["annotations"].as_array().unwrap().len() == 50));
    for body in more.iter().chain([&first]) {
        let text = body.to_string();
        assert!(text.chars().all(|c| u32::from(c) < 0x1_0000));
        assert!(body["output"]["summary"].as_str().unwrap().chars().count() <= 65_535);
    }
    assert!(first["output"]["annotations"][0]["message"].as_str().unwrap().contains("a \\U0001f44d b"));
}

#[test]
fn what_is_there_is_kept_amended_or_followed() {
    let check = check(&sample());
    let notes = check.notes.len();
    let (body, _) = check.creation();
    let mut other = body.clone();
    other["output"]["title"] = json!("Pass: nothing failed");
    let with = |change: &[(&str, Value)]| {
        let mut body = body.clone();
        for (key, value) in change {
            body[*key] = value.clone();
        }
        body
    };
    let external = |run: u64, head: &str| json!(Marker { run, head: head.into(), ..check.marker.clone() }.text());
    let step = |runs: Vec<CheckRun>| match check.decide(runs) {
        Step::Create => "create".to_owned(),
        Step::Amend(run, said) => format!("amend {} from {said}", run.id),
        Step::Keep(run) => format!("keep {}", run.id),
        Step::Yield(run) => format!("yield to {}", run.id),
    };
    assert!(notes > 2);
    assert_eq!(step(vec![]), "create");
    assert_eq!(step(vec![run(&body, 1, notes)]), "keep 1");
    assert_eq!(step(vec![run(&body, 1, 2)]), "amend 1 from 2");
    assert_eq!(step(vec![run(&other, 1, 0)]), "amend 1 from 0");
    assert_eq!(step(vec![run(&other, 1, 3)]), "create", "notes cannot be taken back");
    assert_eq!(step(vec![run(&other, 1, 3), run(&body, 2, notes)]), "keep 2");
    assert_eq!(step(vec![run(&with(&[("external_id", external(6, HEAD))]), 1, 0)]), "yield to 1");
    for foreign in [json!(null), json!("x"), json!(check.marker.text().replace("default", "other"))] {
        assert_eq!(step(vec![run(&with(&[("external_id", foreign)]), 1, 0)]), "create");
    }
}

//! The verdict as a check run, with notes in portions that GitHub takes.

use super::*;

/// As many findings as make three portions.
fn many(report: &mut Value) {
    let (reason, task) = (report["verdict"]["reasons"][0].clone(), report["prompts"][1]["tasks"][0].clone());
    let numbered = |one: &Value, key: &str| -> Value {
        let with = |n: u32| {
            let mut one = one.clone();
            one[key] = json!(format!("t{n}"));
            one
        };
        (0..120).map(with).collect()
    };
    report["prompts"][1]["tasks"] = numbered(&task, "id");
    report["verdict"]["reasons"] = numbered(&reason, "task");
    report["verdict"]["accepted"] = json!([]);
    report["diagnostics"] = json!([]);
}

fn check(scratch: &Scratch, hub: &Hub) -> Run {
    comment(scratch, hub, &["--mode", "never", "--check-run", "regild / prompts", "--require"])
}

#[test]
fn a_check_run_has_every_finding_fifty_at_a_time() {
    let scratch = Scratch::new();
    let hub = Hub::start(HEAD);
    report(&scratch, many);
    assert_eq!(check(&scratch, &hub).succeeds(), "https://github.com/o/r/runs/1\n");
    let writes = hub.writes();
    let portions: Vec<(&str, usize)> = writes
        .iter()
        .map(|one| (one.method.as_str(), one.body["output"]["annotations"].as_array().unwrap().len()))
        .collect();
    assert_eq!(portions, [("POST", 50), ("PATCH", 50), ("PATCH", 20)]);
    let run = hub.state.lock().unwrap().runs[0].clone();
    assert_eq!(
        (&run["conclusion"], &run["head_sha"], &run["output"]["annotations_count"]),
        (&json!("failure"), &json!(HEAD), &json!(120))
    );
    assert_eq!(run["external_id"], format!("regild:v1 key=default head={HEAD} run=50"));
    // The same again is not sent again, another verdict follows as a run of its own: notes cannot be taken back.
    check(&scratch, &hub).succeeds();
    assert_eq!(hub.writes().len(), 3);
    report(&scratch, nothing);
    assert_eq!(check(&scratch, &hub).succeeds(), "https://github.com/o/r/runs/2\n");
    assert_eq!(hub.state.lock().unwrap().runs[1]["conclusion"], "success");
    // Without notes it can be amended.
    report(&scratch, |report| {
        nothing(report);
        report["verdict"]["status"] = json!("inconclusive");
        report["verdict"]["exit_code"] = json!(3);
    });
    assert_eq!(check(&scratch, &hub).succeeds(), "https://github.com/o/r/runs/2\n");
    assert_eq!(hub.state.lock().unwrap().runs[1]["conclusion"], "failure", "never neutral");
}

#[test]
fn an_interrupted_check_run_is_completed() {
    let scratch = Scratch::new();
    let mut portions = 0;
    let hub = Hub::with(HEAD, move |received, _| {
        portions += usize::from(received.method == "PATCH");
        (received.method == "PATCH" && portions == 1).then(|| refusal(502, "lost"))
    });
    report(&scratch, many);
    check(&scratch, &hub).succeeds();
    let state = hub.state.lock().unwrap();
    assert_eq!((state.runs.len(), &state.runs[0]["output"]["annotations_count"]), (1, &json!(120)));
}

#[test]
fn a_check_run_stands_without_a_comment_and_a_comment_without_a_check_run() {
    let scratch = Scratch::new();
    report(&scratch, |_| {});
    let both = ["--check-run", "regild", "--require"];
    let hub = Hub::with(HEAD, |received, _| {
        received.path.ends_with("/check-runs").then(|| refusal(403, "Resource not accessible by integration"))
    });
    comment(&scratch, &hub, &both).refuses("permissions: {checks: write}");
    let hub = Hub::with(HEAD, |received, _| {
        (received.method == "GET" && received.path.contains("/comments")).then(|| refusal(403, "no"))
    });
    let run = comment(&scratch, &hub, &both);
    assert_eq!(run.stdout(), "https://github.com/o/r/runs/1\n");
    run.refuses("cannot comment on pull request 7");
    // A merge queue's entry has no comment, but a check run.
    report(&scratch, |report| report["event"]["name"] = json!("merge_group"));
    let hub = Hub::start(HEAD);
    assert_eq!(comment(&scratch, &hub, &both).succeeds(), "https://github.com/o/r/runs/1\n");
}

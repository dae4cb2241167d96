//! `--log-format json`: standard error is JSON lines throughout, one for each run, without personal data and keys.

use serde_json::{Value, json};

use crate::common::{Repository, Run, Scratch, regild};

/// A key that no shape gives away.
const SECRET: &str = "correct.horse.battery";

/// What the mock says: all that a log must not hold, and what it may.
const ANSWER: &str = "Mail bob@example.com or call +49 30 1234567. Card 4111 1111 1111 1111, key sk-ant-api03-0123456789abcdef, \
                      order 4111, due 2026-08-22. correct.horse.battery \\u001b[31m\\u202eevil\\n##[error]x";
/// The same as a log shows it.
const SHOWN: &str = "Mail [email] or call [phone]. Card [card], key [key], order 4111, due 2026-08-22. [key] \
                     \u{1b}[31m\u{202e}evil\n##[error]x";

/// A committed project of two tasks with two samples each, the first of which answers [`ANSWER`].
fn project(scratch: &Scratch, extra: &str) -> Repository {
    let repository = scratch.repository("project");
    repository.write(
        "regild.yaml",
        &format!(
            "prompts: {{active: \"p:v1\"}}\ntesting: {{models: [m], samples: 2}}\n\
             models: {{m: {{provider: mock, api_key_env: THE_KEY}}}}\n{extra}"
        ),
    );
    repository
        .write("prices.yaml", "as_of: 2026-01-01\nsource: test\nmodels: {mock/m: {input: \"1\", output: \"2\"}}\n");
    repository.write(
        "prompts/p/v1.0.0.yaml",
        "id: p\nversion: 1.0.0\ntemplate: Say {{ word }}.\nvariables: [{name: word, type: string}]\n",
    );
    repository.write(
        "golden/p.yaml",
        &format!(
            "prompt: p\ntasks:\n  - id: leaks\n    input: {{word: all}}\n    mock: [{{steps: [{{text: \"{ANSWER}\", \
             input_tokens: 1000, output_tokens: 100, latency_ms: 1200}}]}}]\n    assertions: [{{type: contains, value: Mail}}]\n  \
             - id: fails\n    input: {{word: no}}\n    assertions: [{{type: contains, value: yes}}]\n"
        ),
    );
    repository.commit("base");
    repository
}

fn logged(repository: &Repository, args: &[&str], threads: &str) -> (Run, Vec<Value>) {
    let mut command = regild(&["--log-format", "json"]);
    command.args(args).current_dir(&repository.root).env("THE_KEY", SECRET).env("RAYON_NUM_THREADS", threads);
    let run = Run(command.output().unwrap());
    let lines = events(&run);
    (run, lines)
}

/// Every line of standard error; each must be an event, and do nothing to whoever shows it.
#[track_caller]
fn events(run: &Run) -> Vec<Value> {
    let stderr = run.stderr();
    assert!(!stderr.contains(|c: char| c.is_control() && c != '\n'), "{stderr:?}");
    assert!(!stderr.contains('\u{202e}') && !stderr.contains("##["), "{stderr}");
    let event = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line.starts_with(&format!("{{\"event\":{}", value["event"])), "{line}");
        value
    };
    stderr.lines().map(event).collect()
}

fn runs(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["event"] == "run").collect()
}

/// Side, task, sample, outcome and reason of each line.
fn brief(events: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |run: &&Value| {
        let [side, task, outcome, reason] = ["side", "task", "outcome", "reason"].map(|key| word(&run[key]));
        format!("{side} {task} {} {outcome} {reason}", run["sample"])
    };
    runs(events).iter().map(line).collect()
}

#[test]
fn sec_13_runs_are_logged_without_what_is_personal_or_secret() {
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let (run, recorded) = logged(&repository, &["record"], "2");
    assert!(run.succeeds().starts_with("recorded 4 samples"));
    let sides: Vec<String> = brief(&recorded);
    assert_eq!(sides, ["head fails 0 - -", "head fails 1 - -", "head leaks 0 - -", "head leaks 1 - -"]);
    assert_eq!((&recorded[2]["source"], &recorded[2]["text"]), (&json!("live"), &json!(SHOWN)));
    repository.commit("recorded");

    let check = ["check", "--all", "--base-exact", "HEAD"];
    let (run, checked) = logged(&repository, &check, "4");
    assert_eq!(
        brief(&checked),
        [
            "base fails 0 fail -",
            "base fails 1 fail -",
            "head fails 0 fail -",
            "head fails 1 fail -",
            "base leaks 0 pass -",
            "base leaks 1 pass -",
            "head leaks 0 pass -",
            "head leaks 1 pass -",
        ]
    );
    let prompt_id = repository.regild(&["prompts", "id", "p"]).succeeds();
    let want = json!({
        "event": "run", "prompt": "p", "version": "1.0.0", "prompt_id": prompt_id.lines().next(), "task": "leaks", "model": "m", "sample": 1,
        "side": "head", "source": "own", "stand_in": true, "stop": "finish", "latency_ms": 1200, "input_tokens": 1000, "output_tokens": 100,
        "tool_calls": 0, "cost_usd": "0.0012", "outcome": "pass", "reason": null, "text": SHOWN,
        "redacted": {"email": 1, "phone": 1, "card": 1, "key": 2},
    });
    assert_eq!(checked[7], want);
    // The fields stand in this order.
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&checked[7]), keys(&want));

    // What is judged and printed is what it is without a log, and the order of lines is the plan's.
    let plain = Run(regild(&check).current_dir(&repository.root).output().unwrap());
    assert_eq!((plain.stdout(), plain.stderr(), plain.code()), (run.stdout(), String::new(), run.code()));
    assert_eq!(logged(&repository, &check, "1").1, checked);
}

#[test]
fn what_could_not_be_judged_has_a_line_that_says_why() {
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let (run, checked) = logged(&repository, &["check", "--all", "--base-exact", "HEAD", "--task", "leaks"], "2");
    assert_eq!(run.code(), 3);
    assert_eq!(
        brief(&checked)[2..],
        ["head leaks 0 unjudged recording-missing", "head leaks 1 unjudged recording-missing"]
    );
    assert_eq!(
        (&checked[3]["text"], &checked[3]["cost_usd"], &checked[3]["redacted"]),
        (&json!(null), &json!(null), &json!({}))
    );
    // One of the two that are wished for is there.
    repository.regild(&["record", "--samples", "1"]).succeeds();
    let (_, checked) = logged(&repository, &["check", "--all", "--base", "none", "--task", "leaks"], "2");
    assert_eq!(brief(&checked), ["head leaks 0 pass -", "head leaks 1 unjudged recording-missing"]);
}

#[test]
fn the_policy_says_whether_the_prompt_id_is_logged() {
    let scratch = Scratch::new();
    let repository = project(&scratch, "observability: {log_prompt_id: false}\n");
    repository.write(
        "regild.yaml",
        &std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap().replace("id: false", "id: true"),
    );
    let (_, recorded) = logged(&repository, &["record"], "2");
    let (_, checked) = logged(&repository, &["check", "--all", "--base-exact", "HEAD"], "2");
    let all: Vec<&Value> = runs(&recorded).into_iter().chain(runs(&checked)).collect();
    assert_eq!(all.len(), 12);
    assert!(all.iter().all(|run| run.get("prompt_id").is_none()), "{all:?}");
}

#[test]
fn errors_and_notes_are_events_too() {
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let (run, lines) = logged(&repository, &["check", "--base", "nobody@example.com"], "2");
    assert_eq!((run.code(), run.stdout().as_str(), lines.len()), (2, "", 1));
    let error = &lines[0];
    assert_eq!((&error["event"], &error["kind"]), (&json!("error"), &json!("git")), "{error}");
    assert!(error["message"].as_str().unwrap().contains("[email]"), "{error}");

    repository.write("regild.yaml", "gaet: {}\n");
    let (run, lines) = logged(&repository, &["check"], "2");
    let [error] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((run.code(), &error["kind"]), (2, &json!("config")));
    let found = &error["diagnostics"][0];
    assert_eq!((&found["code"], &found["line"]), (&json!("unknown-field"), &json!(1)), "{error}");

    for args in [&["check", "--nonsense", "--log-format=json"][..], &["--log-format", "json", "nonsense"]] {
        let run = Run(regild(args).output().unwrap());
        let [error] = &events(&run)[..] else { panic!("{}", run.stderr()) };
        assert_eq!((run.code(), &error["kind"]), (2, &json!("usage")));
        assert!(error["message"].as_str().unwrap().contains("nonsense"), "{error}");
    }
    let run = Run(regild(&["check", "--nonsense"]).output().unwrap());
    assert!(run.code() == 2 && run.stderr().starts_with("error: unexpected argument"), "{}", run.stderr());
    let run = Run(regild(&["--log-format", "json", "--help"]).output().unwrap());
    assert!(run.succeeds().contains("Usage:") && run.stderr().is_empty());
    // What is said beside a report that goes to standard output.
    let (_, notes) = logged(&repository, &["-C", "..", "demo", "new", "--format", "json"], "2");
    let of = |name: &str| notes.iter().filter(|line| line["event"] == name).count();
    assert!(of("note") == 2 && of("note") + of("run") == notes.len(), "{notes:?}");
}

/// What is redacted tells what stands in a variable, so that head alone must not choose which.
#[test]
fn sec_04_head_does_not_say_which_variables_are_read() {
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let settings = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    repository.write("regild.yaml", &settings.replace(", api_key_env: THE_KEY", ""));
    repository.commit("the policy names no variable");
    repository.write("regild.yaml", &settings);
    let (_, recorded) = logged(&repository, &["record"], "2");
    let text = recorded[2]["text"].as_str().unwrap();
    assert!(text.contains(SECRET) && text.contains("[email]"), "{text}");
}

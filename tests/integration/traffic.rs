//! `regild traffic`: what is asked of a Prometheus server, what comes of every answer, and what a settings file looks like after it.
//! The real server is asked by `.ci/prometheus`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{Repository, Run, Scratch, regild};
use crate::live::server::{Answer, Server};

/// The time that the binary takes for now: 2026-11-21.
const NOW: i64 = 1_795_219_200;
const DAY: i64 = 86_400;
const TOKEN: &str = "tk-canary-0123456789";

fn project(scratch: &Scratch, traffic: &str) -> Repository {
    let repository = scratch.repository("project");
    for name in ["support", "quiet"] {
        let text = format!("id: {name}\nversion: 1.0.0\ntemplate: hi\nvariables: []\n");
        repository.write(&format!("prompts/{name}/v1.0.0.yaml"), &text);
    }
    repository.write("regild.yaml", &format!("# ours\nmodels: {{m: {{provider: mock}}}}\n{traffic}"));
    repository.commit("base");
    repository
}

fn vector(series: &[(Value, String)]) -> Value {
    let one = |(metric, value): &(Value, String)| json!({"metric": metric, "value": [NOW, value]});
    json!({"status": "success", "data": {"resultType": "vector", "result": series.iter().map(one).collect::<Vec<_>>()}})
}

/// A server that counted `requests` of each series since `days` ago.
fn counting(series: &'static [(&'static str, &'static str, &'static str)], days: i64) -> Server {
    Server::start(move |_, received| {
        let body = received.text.clone();
        let value = |requests: &str| match () {
            () if body.starts_with("query=min") => (NOW - days * DAY).to_string(),
            () if body.starts_with("query=max") => NOW.to_string(),
            () => requests.to_owned(),
        };
        let labels = |prompt: &str, env: &str| match env {
            "" => json!({"prompt_id": prompt}),
            env => json!({"prompt_id": prompt, "env": env}),
        };
        let all: Vec<_> = series.iter().map(|(prompt, env, requests)| (labels(prompt, env), value(requests))).collect();
        Answer::json(200, &vector(&all))
    })
}

fn pull(repository: &Repository, url: &str, args: &[&str]) -> Run {
    let args = [&["traffic", "pull", "--url", url], args].concat();
    let run = Run(regild(&args).current_dir(&repository.root).env("PROM_TOKEN", TOKEN).output().unwrap());
    assert!(!run.stdout().contains(TOKEN) && !run.stderr().contains(TOKEN), "the token is said aloud");
    run
}

fn at(server: &Server) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

#[test]
fn what_was_counted_is_printed_as_a_section_to_paste() {
    let series = &[
        ("support:1.0.0:0123456789ab", "", "600000.2"),
        ("support:2.0.0:0123456789ab", "", "399999.9"),
        ("elsewhere", "", "12"),
    ];
    let server = counting(series, 30);
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let run = pull(&repository, &at(&server), &["--token-env", "PROM_TOKEN"]);
    let query = "sum by (prompt_id) (increase(prompt_executions_total[30d]))";
    assert_eq!(
        run.succeeds(),
        format!(
            "traffic:\n  support:\n    requests_per_month: 1000000\n    as_of: \"2026-11-21\"\n    \
             source: \"Prometheus at 127.0.0.1:{}: {query}\"\n",
            server.port
        )
    );
    let stderr = run.stderr();
    assert!(stderr.contains("in no number, as no prompt here has this id: \"elsewhere\" (12"), "{stderr}");
    assert!(stderr.contains("nothing was counted of: quiet\n"), "{stderr}");
    assert!(stderr.starts_with(&format!("asking 127.0.0.1:{} with PROM_TOKEN\n", server.port)), "{stderr}");
    let received = server.received();
    assert_eq!(received.len(), 3);
    for one in &received {
        assert_eq!((&*one.method, &*one.path), ("POST", "/api/v1/query"));
        assert_eq!(one.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
        assert_eq!(one.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert!(one.text.ends_with(&format!("&time={NOW}")), "{}", one.text);
    }
    assert!(
        received[0].text.starts_with("query=sum%20by%20%28prompt%5Fid%29%20%28increase%28"),
        "{}",
        received[0].text
    );
    // It is what it says: pasted, it is the declared traffic.
    repository.write("regild.yaml", &run.stdout());
    let shown = repository.regild(&["traffic", "show"]).succeeds();
    assert!(shown.contains("support") && shown.contains("1,000,000") && shown.contains("2026-11-21, today"), "{shown}");
    assert!(shown.contains("nobody knows what a month costs: quiet"), "{shown}");
}

#[test]
fn a_settings_file_gets_the_section_and_keeps_the_rest() {
    let server = counting(&[("support", "production", "900"), ("support", "a/b", "5"), ("quiet", "staging", "30")], 10);
    let scratch = Scratch::new();
    let traffic = "traffic:\n  support: {requests_per_month: {low: 1, expected: 2, high: 3}, retry_rate: 0.02}\n\n# the gate's\ngate: {}\n";
    let repository = project(&scratch, traffic);
    let args = ["--environment-label", "env", "--output", "regild.yaml"];
    let run = pull(&repository, &at(&server), &args);
    assert_eq!(run.succeeds(), "wrote the traffic of 2 prompts to regild.yaml\n");
    let text = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    let start = "# ours\nmodels: {m: {provider: mock}}\ntraffic:\n  quiet:\n    environments:\n      staging:\n        \
        requests_per_month: 30  # 10 of 30 days have data: a whole month may be 90 (--extrapolate)\n";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("    retry_rate: \"0.02\"\n\n# the gate's\ngate: {}\n"), "{text}");
    for said in [
        "support: its number without an environment had to go",
        "in no number, as this is no environment's name: \"a/b\" (5",
        "support in production: 10 of 30 days have data: a whole month may be 2,700 (--extrapolate)",
    ] {
        assert!(run.stderr().contains(said), "no {said:?} in {}", run.stderr());
    }
    let rows = repository.regild(&["traffic", "show", "--format", "json"]).succeeds();
    let rows: Value = serde_json::from_str(&rows).unwrap();
    let number = |n: usize| &rows["traffic"][n]["requests_per_month"]["expected"];
    assert_eq!(
        (number(0), number(1), &rows["traffic"][1]["environment"]),
        (&json!(30), &json!(900), &json!("production"))
    );
    pull(&repository, &at(&server), &[&args[..], &["--extrapolate"]].concat()).succeeds();
    let text = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    assert!(text.contains("requests_per_month: 2700  # extrapolated: 10 of 30 days have data\n"), "{text}");
    // Requests of all environments together cannot stand beside theirs.
    pull(&repository, &at(&server), &[]).refuses("traffic.quiet is declared by environment: staging");
    // A file that is no settings of ours is left alone.
    repository.write("other.yaml", "nothing: here\n");
    pull(&repository, &at(&server), &["--environment-label", "env", "--output", "other.yaml"])
        .refuses("cannot be used as it stands");
    assert_eq!(std::fs::read_to_string(repository.root.join("other.yaml")).unwrap(), "nothing: here\n");
    pull(&repository, &at(&server), &["--environment-label", "env", "--output", "new.yaml"]).succeeds();
    assert!(std::fs::read_to_string(repository.root.join("new.yaml")).unwrap().starts_with("traffic:\n"));
}

#[test]
fn a_month_can_be_measured_otherwise() {
    let server = counting(&[("support", "", "700")], 7);
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let week = pull(&repository, &at(&server), &["--window", "7d", "--environment", "production"]).succeeds();
    assert!(week.contains("    environments:\n      production:\n        requests_per_month: 3000\n"), "{week}");
    // A query of one's own: the window is not looked into.
    let before = server.received().len();
    let own = pull(&repository, &at(&server), &["--query", "sum by (prompt_id) (rate(x[1d])) * 2592000"]).succeeds();
    assert!(own.contains("requests_per_month: 700\n") && own.contains("(rate(x[1d])) * 2592000\""), "{own}");
    assert_eq!(server.received().len(), before + 1);
    for (args, says) in [
        (vec!["--window", "5m"], "from 1h to 366d"),
        (vec!["--metric", "a b"], "name of a counter"),
        (vec!["--label", "a-b"], "name of a label"),
        (vec!["--environment", "a/b"], "is not an id"),
        (vec!["--environment", "a", "--environment-label", "b"], "cannot be used with"),
        (vec!["--query", "x", "--metric", "y"], "cannot be used with"),
        (vec!["--as-of", "2026-11-22"], "yet to come"),
        (vec!["--as-of", "2026-11-01"], "it is stale: of another time than was asked for"),
        (vec!["--token-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
        (vec!["--ca-file", "none.pem"], "cannot read"),
        (vec!["--ca-file", "regild.yaml"], "holds no certificate"),
        (vec!["--output", "a", "--print"], "cannot be used with"),
    ] {
        pull(&repository, &at(&server), &args).refuses(says);
    }
}

#[test]
fn every_bad_answer_stops_with_a_reason() {
    let error = json!({"status": "error", "errorType": "execution", "error": "query timed out"});
    let vector_of = |value: &str| vector(&[(json!({"prompt_id": "support"}), value.to_owned())]);
    let told = |status, body: Value| Answer::json(status, &body);
    let full = |status, headers: &str, body: &str| Answer::Full(status, headers.to_owned(), body.to_owned());
    let mut warned = vector_of("1");
    warned["warnings"] = json!(["a store gave up"]);
    let matrix = json!({"status": "success", "data": {"resultType": "matrix", "result": []}});
    let cases: Vec<(Answer, &str)> = vec![
        (told(422, error.clone()), "422: execution: query timed out"),
        (told(200, error), "200: execution: query timed out"),
        (full(503, "", "<html>busy"), "503: no JSON but"),
        (full(200, "", "requests 12"), "200: no JSON but \"requests 12\""),
        (full(302, "Location: http://127.0.0.1:1/\r\n", ""), "redirects are not followed"),
        (full(401, "", "who are you"), "name the variable that holds the server's token with --token-env"),
        (told(200, warned), "it warns that the numbers may be wrong: a store gave up"),
        (told(200, matrix), "gives a matrix, and a vector is needed"),
        (told(200, vector(&[])), "counted nothing in the 30d up to 2026-11-21"),
        (told(200, vector(&[(json!({}), "5".into())])), "no name (5"),
        (told(200, vector_of("NaN")), "NaN is no number of requests"),
        (told(200, vector_of("+Inf")), "+Inf is no number of requests"),
        (told(200, vector_of("-3")), "-3 is no number of requests"),
        (told(200, json!({"hello": TOKEN})), "its answer repeats the token, and is not shown"),
        (Answer::Huge, "the answer is larger than 16 MiB"),
        (Answer::Truncated("{\"status\": \"success\"}".into()), "the connection broke"),
        (Answer::Hang(Duration::from_secs(3)), "timed out"),
        (Answer::Reset, "connection"),
    ];
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let before = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    for (answer, says) in cases {
        let told = answer.clone();
        let server = Server::start(move |_, _| told.clone());
        let args = ["--timeout", "1", "--token-env", "PROM_TOKEN", "--output", "regild.yaml"];
        pull(&repository, &at(&server), &args).refuses(says);
        // Nothing is tried again; a good answer leads to two more questions.
        let asked = if says.starts_with("no name") { 3 } else { 1 };
        assert_eq!(server.received().len(), asked, "{answer:?}");
        assert_eq!(std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap(), before, "{says}");
    }
    pull(&repository, "http://127.0.0.1:1", &[]).refuses("cannot connect");
}

#[test]
fn sec_08_what_a_server_says_drives_no_terminal_and_no_file() {
    let evil = "\u{1b}[31m\n::error::x\"\n  injected: {requests_per_month: 9}\u{202e}";
    let server = Server::start(move |_, _| {
        let series = [(json!({"prompt_id": "support"}), "5".to_owned()), (json!({"prompt_id": evil}), "6".to_owned())];
        let mut body = vector(&series);
        body["infos"] = json!([evil]);
        Answer::json(200, &body)
    });
    let scratch = Scratch::new();
    let repository = project(&scratch, "");
    let run = pull(&repository, &at(&server), &["--query", "x{a=\"\u{202e}\"}", "--output", "regild.yaml"]);
    let said = format!("{}{}", run.succeeds(), run.stderr());
    assert!(!said.contains(['\u{1b}', '\u{202e}']) && !said.lines().any(|line| line.starts_with("::")), "{said}");
    let text = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    assert!(text.contains("\\U0000202E") && !text.contains("injected"), "{text}");
    repository.regild(&["validate"]).succeeds();
}

#[test]
fn old_and_odd_declarations_are_shown_as_such() {
    let scratch = Scratch::new();
    let traffic = "traffic:\n  support:\n    requests_per_month: 5\n    as_of: 2026-08-01\n    environments:\n      \
        eu: {requests_per_month: {low: 800000, expected: 1000000, high: 1500000}, as_of: 2026-11-20, source: panel 12}\n  \
        gone: {requests_per_month: 1}\n";
    let repository = project(&scratch, traffic);
    let shown = repository.regild(&["traffic", "show"]).succeeds();
    for line in [
        "2026-08-01, 112 days ago",
        "1,000,000 (800,000 to 1,500,000)",
        "2026-11-20, yesterday",
        "panel 12",
        "no date",
        "! declared, though there is no such prompt: gone",
        "! older than 90 days: regild traffic pull",
    ] {
        assert!(shown.contains(line), "no {line:?} in {shown}");
    }
    let at_base = repository.regild(&["traffic", "show", "--ref", "main", "--format", "json"]).succeeds();
    let at_base: Value = serde_json::from_str(&at_base).unwrap();
    assert_eq!((&at_base["undeclared"], &at_base["no_such_prompt"]), (&json!(["quiet"]), &json!(["gone"])));
    assert_eq!(at_base["traffic"][1]["age_days"], 112);
    repository.regild(&["traffic", "show", "--ref", "nowhere"]).refuses("nowhere");
}

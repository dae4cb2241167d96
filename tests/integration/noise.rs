//! `regild noise`: the noise that recordings hold is measured, and what it does to the gate is what chance does.

use serde_json::{Value, json};

use crate::common::{Repository, Scratch};

const PROMPT: &str = "id: ask\nversion: 1.0.0\ntemplate: \"{{ q }}\"\nvariables: [{name: q, type: string}]\n";

/// Golden tasks t0 to t`tasks`, all of whose tokens are output, around 400 more in each; `limit` on them fails some runs.
fn project(scratch: &Scratch, tasks: usize, noise: f64, limit: Option<u64>, gate: &str) -> Repository {
    let repository = scratch.repository("project");
    repository.write("regild.yaml", &format!("models: {{m: {{provider: mock}}}}\ntesting: {{models: [m]}}\n{gate}"));
    repository.write("prompts/ask/v1.0.0.yaml", PROMPT);
    let limit = limit.map(|limit| format!("    max_tokens: {limit}\n")).unwrap_or_default();
    let task = |at: usize| {
        format!(
            "  - id: t{at}\n    input: {{q: task {at}}}\n{limit}    mock: [{{noise: {noise}, steps: [{{text: done, \
             input_tokens: 0, output_tokens: {}}}]}}]\n    assertions: [{{type: contains, value: done}}]\n",
            1_000 + 400 * at
        )
    };
    repository.write("golden/ask.yaml", &format!("prompt: ask\ntasks:\n{}", (0..tasks).map(task).collect::<String>()));
    repository.commit("base");
    repository
}

fn measured(repository: &Repository, args: &[&str]) -> Value {
    let args = [&["noise", "--format", "json", "--replications", "400"], args].concat();
    serde_json::from_str(&repository.regild(&args).succeeds()).unwrap()
}

fn metric<'a>(found: &'a Value, name: &str) -> &'a Value {
    let metrics = found["prompts"][0]["models"][0]["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["metric"] == name).unwrap()
}

/// The standard deviation of ln(1 + 0.3u) with u uniform from −1 to 1, which is how the mock provider varies.
fn deviation(noise: f64) -> f64 {
    let steps = 10_000;
    let at = |step: i32| (1.0 + noise * (2.0 * (f64::from(step) + 0.5) / f64::from(steps) - 1.0)).ln();
    let mean = (0..steps).map(at).sum::<f64>() / f64::from(steps);
    ((0..steps).map(|step| (at(step) - mean).powi(2)).sum::<f64>() / f64::from(steps)).sqrt()
}

#[test]
fn noise_is_recovered_from_fifty_samples() {
    let scratch = Scratch::new();
    let repository = project(&scratch, 4, 0.3, None, "");
    repository.regild(&["record", "--samples", "50"]).succeeds();
    let found = measured(&repository, &[]);
    let tokens = metric(&found, "total_tokens");
    let within = tokens["within"].as_f64().unwrap();
    assert!((within / deviation(0.3) - 1.0).abs() < 0.1, "{within} instead of {}", deviation(0.3));
    assert_eq!(tokens["scale"], "log");
    // Medians of 1000, 1400, 1800, 2200 tokens: by hand, a deviation of 0.340 on the log scale.
    let between = tokens["between"].as_f64().unwrap();
    assert!((between - 0.340).abs() < 0.05, "{between}");
    let model = &found["prompts"][0]["models"][0];
    assert_eq!((&model["tasks"], &model["samples"], &model["stand_in"]), (&json!(4), &json!(200), &json!(true)));
    assert_eq!(metric(&found, "steps")["within"], 0.0);
    // The settings ask for three samples, whatever was recorded once.
    assert_eq!(found["prompts"][0]["false_alarms"]["now"]["samples"], json!([3, 3]));
    // Four times the samples, half the noise of a mean: what is seen comes near the limit.
    let sees = |k: &str| measured(&repository, &["--samples", k])["prompts"][0]["sees"]["found"].as_f64().unwrap();
    assert!(sees("3") > sees("12") && sees("12") > 1.25, "{} {}", sees("3"), sees("12"));
}

#[test]
fn runs_that_never_differ_raise_no_alarm() {
    let scratch = Scratch::new();
    let repository = project(&scratch, 6, 0.0, None, "");
    repository.regild(&["record"]).succeeds();
    let found = measured(&repository, &[]);
    for metric in found["prompts"][0]["models"][0]["metrics"].as_array().unwrap() {
        assert_eq!(metric["within"], 0.0, "{metric}");
    }
    let alarms = &found["prompts"][0]["false_alarms"];
    for mode in ["replay", "live"] {
        for what in ["failed", "held_up", "warned"] {
            assert_eq!(alarms["now"][mode][what]["count"], 0, "{alarms}");
        }
    }
    assert_eq!(alarms["with_more"], Value::Null);
    let said = repository.regild(&["noise", "--replications", "100"]).succeeds();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("change nothing, none would fail or be held up, in replay as in live checks."), "{said}");
}

/// One task that passes now and then. Of 3 samples a side all pass on base and none on head in p³(1 − p)³ of cases, which fails; 3 and 1, or
/// 2 and 0, are held up; 2 and 1 are too little to hold anybody up.
#[test]
fn an_unsteady_task_is_as_wrong_as_chance_says() {
    let scratch = Scratch::new();
    let gate = "gate: {tokens: null, task_growth: null, tool_calls: null}\n";
    let repository = project(&scratch, 1, 0.3, Some(1_000), gate);
    repository.regild(&["record", "--samples", "50"]).succeeds();
    let said = repository.regild(&["noise", "--format", "json", "--replications", "4000", "--samples", "3"]).succeeds();
    let found: Value = serde_json::from_str(&said).unwrap();
    let passing = &found["prompts"][0]["models"][0]["passing"];
    let passed = passing["passed"].as_f64().unwrap();
    assert!((15.0..35.0).contains(&passed), "{passing}");
    assert_eq!(passing["unsteady"], json!([{"task": "t0", "passed": passed as u64, "samples": 50}]));
    // pass^3 of the worked formula: c(c−1)(c−2) / n(n−1)(n−2).
    let all = passed * (passed - 1.0) * (passed - 2.0) / (50.0 * 49.0 * 48.0);
    assert!((passing["all_of_k"]["share"].as_f64().unwrap() - all).abs() < 1e-5, "{passing}");
    let p = (passed + 0.5) / 51.0;
    let of_three = |k: i32| [1.0, 3.0, 3.0, 1.0][k as usize] * p.powi(k) * (1.0_f64 - p).powi(3 - k);
    let replay = &found["prompts"][0]["false_alarms"]["now"]["replay"];
    for (what, want) in
        [("failed", of_three(3) * of_three(0)), ("held_up", of_three(3) * of_three(1) + of_three(2) * of_three(0))]
    {
        let share = replay[what]["share"].as_f64().unwrap();
        let error = (want * (1.0 - want) / 4_000.0).sqrt();
        assert!((share - want).abs() < 3.5 * error, "{what}: {share} instead of {want}");
        let [low, high] = [0, 1].map(|at| replay[what]["ci95"][at].as_f64().unwrap());
        assert!(low < share && share < high, "{replay}");
    }
    assert!(found["prompts"][0]["sees"].is_null(), "tokens are not gated");
    // What is said of it in words, and twice the same.
    let words = repository.regild(&["noise", "--replications", "200"]).succeeds();
    assert!(words.contains(&format!("not steady: t0 ({passed} of 50)")), "{words}");
    assert!(words.contains("regild record --prompt ask --samples 5"), "{words}");
    assert_eq!(words, repository.regild(&["noise", "--replications", "200"]).succeeds());
}

#[test]
fn one_sample_says_nothing() {
    let scratch = Scratch::new();
    let repository = project(&scratch, 2, 0.3, None, "");
    repository.regild(&["noise"]).refuses("nothing is recorded that could tell noise");
    repository.regild(&["record", "--samples", "1"]).succeeds();
    let run = repository.regild(&["noise", "--prompt", "ask"]);
    run.refuses("one sample says nothing about noise");
    assert!(run.stderr().contains("help: regild record --prompt ask --samples 3"), "{}", run.stderr());
    // One task with more of them is enough to begin with; the other one is named.
    repository.regild(&["record", "--samples", "3", "--task", "t1"]).succeeds();
    let said = repository.regild(&["noise", "--replications", "100"]).succeeds();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("one sample says nothing about noise: t0."), "{said}");
    std::fs::remove_dir_all(repository.root.join("golden/recordings/ask/1.0.0/t0")).unwrap();
    let run = repository.regild(&["noise", "--replications", "100"]);
    run.succeeds();
    let command = "not recorded: ask t0 on m; regild record --prompt ask --task t0 --model m --samples 3";
    assert!(run.stderr().contains(command), "{}", run.stderr());
    for (args, why) in [
        (["--prompt", "aks"], "there is no prompt `aks`"),
        (["--task", "t9"], "there is no task `t9`"),
        (["--replications", "0"], "100..=1000000"),
        (["--samples", "0"], "1..=1000"),
        (["--ref", "nowhere"], "nowhere"),
    ] {
        repository.regild(&[&["noise"], &args[..]].concat()).refuses(why);
    }
}

const OPEN: &str = "<!-- noise: regild noise -->\n```text\n";
const CLOSE: &str = "```\n<!-- /noise -->\n";

/// The page shows what the command says of ten tasks whose runs differ by up to 30 %; `UPDATE=1` writes it anew.
#[test]
fn the_page_on_noise_shows_what_is_said() {
    let scratch = Scratch::new();
    let repository = project(&scratch, 10, 0.3, Some(4_500), "");
    repository.regild(&["record"]).succeeds();
    let real = repository.regild(&["noise"]).succeeds();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/noise.md");
    let page = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let start = page.find(OPEN).unwrap() + OPEN.len();
    let end = start + page[start..].find(CLOSE).unwrap();
    if page[start..end] != real && std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{}{real}{}", &page[..start], &page[end..])).unwrap();
        return;
    }
    assert_eq!(&page[start..end], real, "UPDATE=1 cargo test noise writes it");
}

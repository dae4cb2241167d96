//! `regild suggest budgets`: what it prints can be pasted, passes on the recordings it was made of, and fails what goes beyond.

use serde_json::Value;

use crate::common::{Repository, Run, Scratch, regild};

const PROMPT: &str = "id: NAME\nversion: 1.0.0\ntemplate: \"{{ q }}\"\nvariables: [{name: q, type: string}]\n\
    tools:\n  - {name: find, description: finds, input_schema: {type: object}}\n";

/// Two prompts, both with a task `greet`, on two aliases that take unlike numbers of tokens; `settings` follow the models.
fn project(scratch: &Scratch, settings: &str) -> Repository {
    let repository = scratch.repository("project");
    repository.write("regild.yaml", &settings_with(settings));
    for name in ["ask", "tell"] {
        repository.write(&format!("prompts/{name}/v1.0.0.yaml"), &PROMPT.replace("NAME", name));
    }
    let task = |id: &str, calls: usize, tokens: u64| {
        let call = "{name: find, args: {}}";
        let calls = vec![call; calls].join(", ");
        format!(
            "  - id: {id}\n    input: {{q: {id}}}\n    tools: {{find: [{{returns: x}}]}}\n    mock: [{{steps: [\
             {{tool_calls: [{calls}], input_tokens: 10, output_tokens: 10}}, \
             {{text: done, input_tokens: {tokens}, output_tokens: 1}}]}}]\n    assertions: [{{type: contains, value: done}}]\n"
        )
    };
    repository
        .write("golden/ask.yaml", &format!("prompt: ask\ntasks:\n{}{}", task("greet", 4, 5_099), task("wave", 1, 79)));
    repository.write("golden/tell.yaml", &format!("prompt: tell\ntasks:\n{}", task("greet", 2, 500)));
    repository.regild(&["record"]).succeeds();
    repository.commit("base");
    repository
}

fn settings_with(more: &str) -> String {
    format!("models: {{m: {{provider: mock}}, n: {{provider: mock}}}}\n{more}")
}

/// Puts suggested lines where they say they belong: after the line that they name, or at the end.
fn paste(repository: &Repository, block: &str) {
    let text = std::fs::read_to_string(repository.root.join("regild.yaml")).unwrap();
    let first = block.lines().next().unwrap();
    let at = match first.rsplit_once("regild.yaml:") {
        Some((_, line)) => text.match_indices('\n').nth(line.parse::<usize>().unwrap() - 1).unwrap().0 + 1,
        None => text.len(),
    };
    repository.write("regild.yaml", &format!("{}{block}{}", &text[..at], &text[at..]));
}

#[test]
fn what_is_suggested_can_be_pasted_and_passes_on_the_same_recordings() {
    for settings in [
        "testing: {models: [m]}\n",
        "testing:\n  models: [m]\n",
        "testing:\n  models: [m]\n  golden_tasks:\n    - {id: wave, max_steps: 9}\ngate: {tokens: null}\n",
    ] {
        let scratch = Scratch::new();
        let repository = project(&scratch, settings);
        let said = repository.regild(&["suggest", "budgets"]).succeeds();
        assert!(said.contains("# ask/greet on m: 3 samples, at most 4 tool calls, 5,120 tokens, 2 steps\n"), "{said}");
        assert!(
            said.contains("- id: \"ask/greet\"\n      max_tool_calls: 5\n      max_tokens: 6400\n      max_steps: 3\n"),
            "{said}"
        );
        assert!(said.contains("# wave (ask 1.0.0) on m: 3 samples"), "one prompt has it alone: {said}");
        if settings.contains("{models") {
            // A mapping on one line takes no lines of the other kind.
            repository.write("regild.yaml", &settings_with("testing:\n  models: [m]\n"));
        }
        paste(&repository, &said);
        repository.regild(&["validate"]).succeeds();
        let config = repository.regild(&["config", "--format", "json"]).succeeds();
        assert!(config.contains("\"value\": 6400"), "{config}");
        // Policy only from a commit on: then the pasted limits are base's too.
        repository.commit("limits");
        let checked = repository.regild(&["check", "--all", "--base-exact", "HEAD"]).succeeds();
        assert!(checked.contains("PASS"), "{checked}");
        let again = repository.regild(&["suggest", "budgets"]).succeeds();
        assert!(!again.contains("- id:") && again.contains("nothing to add"), "{again}");
        // One call more than the head-room is too many.
        let tasks = std::fs::read_to_string(repository.root.join("golden/ask.yaml")).unwrap();
        let call = "{name: find, args: {}}, ".repeat(2);
        repository.write("golden/ask.yaml", &tasks.replacen("tool_calls: [", &format!("tool_calls: [{call}"), 1));
        repository.regild(&["record", "--rewrite"]).succeeds();
        repository.write(
            "prompts/ask/v1.1.0.yaml",
            &PROMPT.replace("NAME", "ask").replace("1.0.0", "1.1.0").replace("{{ q }}", "Well: {{ q }}"),
        );
        repository.regild(&["record"]).succeeds();
        let run = repository.regild(&["check"]);
        assert_eq!(run.code(), 1, "{}", run.stdout());
        assert!(run.stdout().contains("at most 5 tool calls"), "{}", run.stdout());
    }
}

#[test]
fn limits_hold_on_every_alias_that_a_task_runs_on() {
    let scratch = Scratch::new();
    let repository = project(&scratch, "testing: {models: [m, n], samples: 2}\n");
    let run = repository.regild(&["suggest", "budgets", "--format", "json", "--prompt", "ask", "--task", "wave"]);
    let found: Value = serde_json::from_str(&run.succeeds()).unwrap();
    let task = &found["tasks"][0];
    assert_eq!((&task["models"], &task["samples"]), (&serde_json::json!(["m", "n"]), &4.into()));
    assert_eq!((&task["suggested"]["max_tool_calls"], found["tasks"].as_array().unwrap().len()), (&2.into(), 1));
    std::fs::remove_file(repository.root.join("golden/recordings/ask/1.0.0/wave/n.json")).unwrap();
    let run = repository.regild(&["suggest", "budgets", "--task", "wave"]);
    let said = run.succeeds();
    assert!(said.contains("# wave (ask 1.0.0) on m: 2 samples"), "{said}");
    assert!(
        said.contains("# so few samples say little") && said.contains("# not recorded on n, which may take more"),
        "{said}"
    );
    assert!(run.stderr().contains("1 task with fewer than 3 samples"), "{}", run.stderr());
    std::fs::remove_file(repository.root.join("golden/recordings/ask/1.0.0/wave/m.json")).unwrap();
    repository.regild(&["suggest", "budgets", "--task", "wave"]).refuses("nothing is recorded");
    let all = repository.regild(&["suggest", "budgets"]);
    let line = "no limit for ask wave on m: no recording; regild record --prompt ask --task wave --model m";
    assert!(all.succeeds().contains(&format!("# {line}\n")) && all.stderr().contains(line), "{}", all.stderr());
    // What a commit holds does not depend on the working tree.
    let before = repository.regild(&["suggest", "budgets", "--ref", "main", "--task", "wave"]).succeeds();
    assert!(before.contains("# wave (ask 1.0.0) on m, n: 4 samples"), "{before}");
}

#[test]
fn budgets_of_all_runs_are_suggested_where_wanted() {
    let scratch = Scratch::new();
    let repository = project(&scratch, "testing:\n  models: [m]\n");
    let said = repository.regild(&["suggest", "budgets", "--global", "--headroom", "2"]).succeeds();
    let (_, budgets) = said.split_once("\n\n").unwrap();
    assert!(
        budgets.contains("budgets:\n  max_steps: 4  # 25 until now\n  max_tool_calls: 8  # 12 until now\n"),
        "{said}"
    );
    assert!(budgets.contains("  max_seconds: 60\n  max_tokens: 11000  # 32,000 until now\n"), "{said}");
    paste(&repository, budgets);
    repository.commit("budgets");
    repository.regild(&["check", "--all", "--base-exact", "HEAD"]).succeeds();
    for (args, why) in [
        (vec!["--global", "--task", "wave"], "cannot be used with"),
        (vec!["--headroom", "0.5"], "a factor from 1 to 100"),
        (vec!["--task", "waev"], "there is no task `waev`"),
        (vec!["--prompt", "aks"], "there is no prompt `aks`"),
    ] {
        repository.regild(&[vec!["suggest", "budgets"], args].concat()).refuses(why);
    }
}

const OPEN: &str = "<!-- suggested: regild suggest budgets -->\n```yaml\n";
const CLOSE: &str = "```\n<!-- /suggested -->\n";

/// The page shows what the demo's recordings speak for; `UPDATE=1` writes it anew.
#[test]
fn the_page_on_budgets_shows_what_is_suggested() {
    let scratch = Scratch::new();
    let demo = scratch.path("demo");
    let demo = demo.to_str().unwrap();
    assert_eq!(Run(regild(&["demo", demo]).output().unwrap()).code(), 1);
    let tasks = ["--task", "kb_lookup", "--task", "lost_parcel_opens_ticket"];
    let args = ["-C", demo, "suggest", "budgets", "--ref", "main"];
    let real = Run(regild(&[&args[..], &tasks[..]].concat()).output().unwrap()).succeeds();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/budgets.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let start = page.find(OPEN).unwrap() + OPEN.len();
    let end = start + page[start..].find(CLOSE).unwrap();
    if page[start..end] != real && std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{}{real}{}", &page[..start], &page[end..])).unwrap();
        return;
    }
    assert_eq!(&page[start..end], real, "UPDATE=1 cargo test suggest writes it");
}

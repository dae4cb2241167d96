//! `regild prices import` on tables cut out of those that others keep.

use super::{Repository, SETTINGS, Scratch, project};

/// A table beside this file.
fn table(name: &str) -> String {
    format!("{}/tests/integration/prices/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn import(repository: &Repository, name: &str, further: &[&str]) -> crate::common::Run {
    let table = table(name);
    repository.regild(&[&["prices", "import", table.as_str()], further].concat())
}

fn models(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("  ")).collect()
}

#[test]
fn the_models_of_the_projects_aliases_are_imported() {
    let scratch = Scratch::new();
    let repository = project(&scratch, SETTINGS, None);
    for (name, sonnet, pro) in [
        (
            "litellm.json",
            r#"anthropic/claude-sonnet-4-5-20250929: {input: "3", output: "15", cache_read: "0.3", cache_write: "3.75", cache_write_1h: "6", batch: {input: "1.5", output: "7.5", cache_read: "0.15", cache_write: "1.875"}, max_input_tokens: 200000, deprecated: 2026-11-30}"#,
            r#"gemini/gemini-2.5-pro: {input: "1.25", output: "10", cache_read: "0.125", tiers: [{above: 200000, input: "2.5", output: "15", cache_read: "0.25"}], batch: {input: "0.625", output: "5", cache_read: "0.125", tiers: [{above: 200000, input: "1.25", output: "7.5", cache_read: "0.25"}]}, max_input_tokens: 1048576}"#,
        ),
        (
            "genai-prices.json",
            r#"anthropic/claude-sonnet-4-5-20250929: {input: "3", output: "15", cache_read: "0.3", cache_write: "3.75", cache_write_1h: "6", tiers: [{above: 200000, input: "6", output: "22.5", cache_read: "0.6", cache_write: "7.5", cache_write_1h: "12"}], batch: {input: "1.5", output: "7.5", cache_read: "0.15", cache_write: "1.875", cache_write_1h: "3", tiers: [{above: 200000, input: "3", output: "11.25", cache_read: "0.3", cache_write: "3.75", cache_write_1h: "6"}]}, max_input_tokens: 200000}"#,
            r#"gemini/gemini-2.5-pro: {input: "1.25", output: "10", cache_read: "0.125", tiers: [{above: 200000, input: "2.5", output: "15", cache_read: "0.25"}], batch: {input: "0.625", output: "5", tiers: [{above: 200000, input: "1.25", output: "7.5"}]}}"#,
        ),
    ] {
        let run = import(&repository, name, &["--as-of", "2026-11-01"]);
        assert_eq!(run.code(), 0, "{}", run.stderr());
        let mini = r#"openai/gpt-4o-mini: {input: "0.15", output: "0.6", cache_read: "0.075", batch: {input: "0.075", output: "0.3"}, max_input_tokens: 128000}"#;
        assert_eq!(models(&run.stdout()), [sonnet, pro, mini], "{name}");
    }
}

#[test]
fn models_dev_knows_its_day_and_calls_geminis_owner_by_name() {
    let scratch = Scratch::new();
    let repository = project(&scratch, SETTINGS, None);
    let run = import(&repository, "models-dev.json", &["--output", "prices.yaml"]);
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert_eq!(run.stdout(), "prices.yaml has 2 models from models.dev; as of 2026-09-30\n");
    let said = run.stderr();
    assert!(
        said.contains("note: anthropic/claude-sonnet-4-5-20250929 is left out: the table does not have it\n"),
        "{said}"
    );
    assert!(said.contains("note: gemini/gemini-2.5-pro: the table has it as google/gemini-2.5-pro\n"), "{said}");
    let text = std::fs::read_to_string(repository.root.join("prices.yaml")).unwrap();
    let digest = "sha256: \"";
    assert!(text.contains("source: \"models.dev, models-dev.json\"\n") && text.contains(digest), "{text}");
    assert_eq!(
        models(&text),
        [
            r#"gemini/gemini-2.5-pro: {input: "1.25", output: "10", cache_read: "0.31", tiers: [{above: 200000, input: "2.5", output: "15", cache_read: "0.625"}], max_input_tokens: 1048576}"#,
            r#"openai/gpt-4o-mini: {input: "0.15", output: "0.6", cache_read: "0.075", max_input_tokens: 128000}"#,
        ]
    );
    let run = import(&repository, "models-dev.json", &["--all", "--free", "openai/gpt-plan"]);
    let long = r#"openai/gpt-long: {input: "5", output: "30", cache_read: "0.5", reasoning: "32", tiers: [{above: 272000, input: "10", output: "45", cache_read: "1"}], max_input_tokens: 922000}"#;
    let all = run.stdout();
    assert!(models(&all).contains(&long), "{all}");
    assert!(models(&all).contains(&"openai/gpt-plan: {free: true, max_input_tokens: 8000}"), "{all}");
    assert!(!all.contains("gpt-odd"), "{all}");
    assert!(
        run.stderr().contains("gpt-odd is left out: its tiers are not those of a request's length"),
        "{}",
        run.stderr()
    );
}

#[test]
fn what_stands_in_the_table_stays_and_is_named() {
    let scratch = Scratch::new();
    let own = "as_of: 2026-05-01\nsource: \"our contract\"\nmodels:\n  openai/gpt-4o-mini: {input: \"9\", output: \"9\"}\n  own/model: {input: \"0.002\", output: \"0.004\", per: 1K}\n";
    let repository = project(&scratch, SETTINGS, Some(own));
    let run = import(
        &repository,
        "litellm.json",
        &["--as-of", "2026-11-01", "--model", "openai/gpt-4o-mini", "--output", "prices.yaml"],
    );
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert_eq!(
        run.stdout(),
        "prices.yaml has 1 model from LiteLLM, beside 1 that stay as they were; as of 2026-05-01\n"
    );
    let text = std::fs::read_to_string(repository.root.join("prices.yaml")).unwrap();
    assert!(text.contains("source: \"LiteLLM, litellm.json; before it: our contract\"\n"), "{text}");
    assert!(!text.contains("sha256"), "{text}");
    assert_eq!(models(&text)[1], r#"own/model: {input: "0.002", output: "0.004", per: 1K}"#);
    // The same again changes nothing.
    assert_eq!(
        import(
            &repository,
            "litellm.json",
            &["--as-of", "2026-11-01", "--model", "openai/gpt-4o-mini", "--output", "prices.yaml"]
        )
        .code(),
        0
    );
    assert_eq!(std::fs::read_to_string(repository.root.join("prices.yaml")).unwrap(), text);
}

#[test]
fn an_import_that_cannot_be_right_writes_nothing() {
    let scratch = Scratch::new();
    let repository = project(&scratch, SETTINGS, None);
    repository.write("broken.yaml", "as_of: 2026-11-01\nsource: x\nmodels: {a/b: {input: 0, output: 1}}\n");
    repository.write("other.json", "{\"a\": 1}");
    let other = repository.root.join("other.json").display().to_string();
    let litellm = table("litellm.json");
    for (args, says) in [
        (vec![litellm.as_str()], "does not say of which day it is"),
        (vec![&litellm, "--as-of", "soon"], "is not a day: write YYYY-MM-DD"),
        (
            vec![&litellm, "--as-of", "2026-11-01", "--model", "openai/gpt-9"],
            "openai/gpt-9 cannot be imported: the table does not have it",
        ),
        (
            vec![&litellm, "--as-of", "2026-11-01", "--model", "codestral/codestral-latest"],
            "codestral/codestral-latest cannot be imported: it has no price of input and output",
        ),
        (vec![&litellm, "--as-of", "2026-11-01", "--output", "broken.yaml"], "cannot be used, and would be lost"),
        (vec![&litellm, "--as-of", "2026-11-01", "--from", "genai-prices"], "is no table of genai-prices"),
        (vec![&other, "--as-of", "2026-11-01"], "is no table that regild knows"),
        (vec!["nowhere.json"], "cannot read"),
    ] {
        let run = repository.regild(&[&["prices", "import"], args.as_slice()].concat());
        assert_eq!(run.code(), 2, "{args:?}: {}", run.stderr());
        assert!(run.stderr().contains(says), "{args:?}: {}", run.stderr());
    }
    assert!(!repository.root.join("prices.yaml").exists());
    assert!(std::fs::read_to_string(repository.root.join("broken.yaml")).unwrap().contains("input: 0"));
}

#[test]
fn every_model_for_text_is_imported_and_the_rest_is_told() {
    let scratch = Scratch::new();
    let repository = project(&scratch, SETTINGS, None);
    let run = import(
        &repository,
        "litellm.json",
        &["--as-of", "2026-11-01", "--all", "--free", "codestral/codestral-latest"],
    );
    let (text, said) = (run.stdout(), run.stderr());
    for line in [
        "azure/container is left out: it has no price of input and output",
        "dashscope/qwen-flash is left out: its `tiered_pricing` is no list of cliffs, and is not read",
        "deepseek/deepseek-chat: 0 for cache_write is left out: it may only mean that nobody looked it up",
        "1 model for images, sound and the like left out",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    for line in [
        r#"codestral/codestral-latest: {free: true"#,
        // Floats made 2.9999900000000002e-06 of it.
        r#"databricks/databricks-claude-sonnet-4-1: {input: "2.99999", output: "15.00002""#,
        r#"reasoning: "0.5""#,
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("sample_spec") && !text.contains("embedding"), "{text}");
}

/// SEC-08: text of a table that anybody may write reaches a terminal and a log without commands in it.
#[test]
fn sec_08_a_table_gives_no_commands() {
    let scratch = Scratch::new();
    let repository = project(&scratch, SETTINGS, None);
    let evil = "::error::x\\u001b[31m\\u202e";
    repository.write(
        "evil.json",
        &format!("{{\"{evil}\": {{\"litellm_provider\": \"openai\", \"input_cost_per_token\": 1e-6, \"output_cost_per_token\": 1e-6, \"cache_read_input_token_cost\": 0}}}}"),
    );
    let path = repository.root.join("evil.json").display().to_string();
    let args = ["prices", "import", path.as_str(), "--as-of", "2026-11-01", "--all"];
    let run = repository.regild(&[&args[..], &["--source", "a\u{1b}\u{202e}b\"\n::error::"]].concat());
    assert_eq!(run.code(), 0, "{}", run.stderr());
    for text in [run.stdout(), run.stderr()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && !text.lines().any(|line| line.starts_with("::")), "{text}");
    }
    assert!(
        run.stdout().contains("source: \"a\\U0000001B\\U0000202Eb\\\"\\U0000000A::error::\"\n"),
        "{}",
        run.stdout()
    );
}

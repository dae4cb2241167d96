//! `regild prices` through the real binary: what is shown and checked here, what is imported in the files beside this one.

use serde_json::Value;

use crate::common::{Repository, Scratch};

mod imports;
mod real;

const SETTINGS: &str = "\
models:
  mini: {provider: openai, model: gpt-4o-mini}
  pro: {provider: gemini, model: gemini-2.5-pro}
  sonnet: {provider: anthropic, model: claude-sonnet-4-5-20250929}
  gateway: {provider: openai-compatible, base_url: \"http://127.0.0.1:1/v1\", model: x, price_as: openai/gpt-4o-mini}
  mock: {provider: mock}
testing: {models: [mini]}
";

const PROMPT: &str = "id: support\nversion: 1.0.0\ntemplate: Hello\nvariables: []\n";

/// A project whose commit was made on 21 November 2026.
fn project(scratch: &Scratch, settings: &str, prices: Option<&str>) -> Repository {
    let repository = scratch.repository("project");
    repository.write("regild.yaml", settings);
    repository.write("prompts/support/v1.0.0.yaml", PROMPT);
    if let Some(prices) = prices {
        repository.write("prices.yaml", prices);
    }
    repository.commit("Begin");
    repository
}

#[test]
fn each_alias_is_shown_with_its_price_and_where_that_stands() {
    let scratch = Scratch::new();
    let prices = "as_of: 2026-11-01\nsource: list\nmodels:\n  gemini/gemini-2.5-pro: {input: \"1.25\", output: 10, tiers: [{above: 200000, input: 2.5}], batch: {input: 1}, request: 0.001, deprecated: 2027-01-31}\n  mock/mock: {free: true}\n";
    let repository = project(&scratch, SETTINGS, Some(prices));
    let text = repository.regild(&["prices", "show", "pro", "mock", "openai/gpt-4o-mini", "nobody/x"]).succeeds();
    assert_eq!(
        text,
        "pro  gemini/gemini-2.5-pro
  US dollars per million tokens
  input 1.25, output 10
  above 200,000 input tokens: input 2.5, output 10
  in a batch: input 1, output 10
  in a batch, above 200,000 input tokens: unknown
  and $0.001 a request
  deprecated from 2027-01-31
  prices.yaml (list), as of 2026-11-01

mock  mock/mock
  free
  prices.yaml (list), as of 2026-11-01

openai/gpt-4o-mini
  US dollars per million tokens
  input 0.15, output 0.6, cache read 0.075
  in a batch: input 0.075, output 0.3
  at most 128,000 input tokens in a request
  genai-prices 0.2.1, as of 2026-10-30

nobody/x
  unknown: no table has a price for it
"
    );
    let json: Value =
        serde_json::from_str(&repository.regild(&["prices", "show", "--format", "json"]).succeeds()).unwrap();
    let all = json["models"].as_array().unwrap();
    let names: Vec<&str> = all.iter().map(|model| model["alias"].as_str().unwrap()).collect();
    assert_eq!(names, ["gateway", "mini", "mock", "pro", "sonnet"]);
    assert_eq!(all[0]["usd_per_million_tokens"]["cache_read"], "0.075");
    assert_eq!(all[3]["usd_per_million_tokens"]["tiers"][0]["above"], 200_000);
    assert_eq!((&all[3]["batch"]["up_to"], &all[3]["usd_per_request"]), (&200_000.into(), &"0.001".into()));
    assert_eq!((&all[2]["free"], &all[2]["usd_per_million_tokens"]), (&true.into(), &Value::Null));
    let wrong = repository.regild(&["prices", "show", "mnii"]);
    assert_eq!(wrong.code(), 2);
    assert!(wrong.stderr().contains("did you mean `mini`?"), "{}", wrong.stderr());
}

#[test]
fn a_check_finds_what_nobody_can_price_and_what_is_old() {
    let scratch = Scratch::new();
    let serves = SETTINGS.replace("models: [mini]", "models: [own]").replace(
        "  mock:",
        "  own: {provider: openai-compatible, model: own, base_url: \"http://127.0.0.1:1/v1\", fallback: [mock]}\n  mock:",
    );
    let prices = "as_of: 2026-05-01\nsource: list\nmodels:\n  anthropic/claude-sonnet-4-5-20250929: {input: 3, output: 15, deprecated: 2026-11-21}\n  gemini/gemini-2.5-pro: {input: 1, output: 2, deprecated: 2026-11-22}\n  unused/model: {input: 1, output: 2}\n";
    let repository = project(&scratch, &serves, Some(prices));
    let run = repository.regild(&["prices", "check"]);
    assert_eq!(run.code(), 1, "{}{}", run.stdout(), run.stderr());
    assert_eq!(
        run.stdout(),
        "✗ mock serves, and no table has a price for mock/mock
✗ own serves, and no table has a price for openai-compatible/own
! anthropic/claude-sonnet-4-5-20250929 is deprecated since 2026-11-21: move to
  another model
! prices.yaml (list) is 204 days old: look its prices up again, and write the
  day in `as_of`
? gemini/gemini-2.5-pro will be deprecated on 2026-11-22
? unused/model has a price, and no alias uses it
give these models a price in prices.yaml, or take one with regild prices import
"
    );
    repository.write(
        "prices.yaml",
        "as_of: 2026-11-01\nsource: list\nmodels:\n  openai-compatible/own: {input: 1, output: 2}\n  mock/mock: {free: true}\n",
    );
    assert_eq!(repository.regild(&["prices", "check"]).succeeds(), "all 2 models that serve have a price\n");
    for (table, says) in [
        (
            "as_of: 2026-11-01\nsource: list\nmodels:\n  openai-compatible/own: {input: 0, output: 2}\n",
            "write `free: true`",
        ),
        ("as_of: 2026-11-01\nsource: list\ncurrency: EUR\nmodels: {}\n", "regild adds no currencies up"),
        ("models: [\n", "prices.yaml"),
    ] {
        repository.write("prices.yaml", table);
        let run = repository.regild(&["prices", "check"]);
        assert_eq!(run.code(), 1, "{table}");
        assert!(
            run.stdout().contains(says) && run.stdout().ends_with("prices.yaml cannot be used\n"),
            "{}",
            run.stdout()
        );
    }
}

/// docs/prices.md shows a table and what regild makes of it.
#[test]
fn the_page_shows_what_is_so() {
    let page = std::fs::read_to_string(format!("{}/docs/prices.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let block = |opening: &str| page.split(opening).nth(1).unwrap().split("```").next().unwrap().to_owned();
    let scratch = Scratch::new();
    let settings = "models:\n  long: {provider: gemini, model: gemini-2.5-pro}\ntesting: {models: [long]}\n";
    let repository = project(&scratch, settings, Some(&block("```yaml\n# prices.yaml\n")));
    assert_eq!(block("```text\n$ regild prices show\n"), repository.regild(&["prices", "show"]).succeeds());
    assert_eq!(block("```text\n$ regild prices check\n"), repository.regild(&["prices", "check"]).succeeds());
}

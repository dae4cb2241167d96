//! Whole tables as their keepers publish them, where REGILD_REAL=1: installed from PyPI, imported with --all, checked, and a few
//! models priced against values worked out by hand from the keepers' own numbers.

use std::path::{Path, PathBuf};
use std::process::Command;

use regild::cost::Prices;
use regild::wire::Usage;
use serde_json::Value;

use super::{Repository, SETTINGS, Scratch, project};

/// Unpacks a wheel, which is kept for the next run, and gives the file in it.
fn of_wheel(requirement: &str, file: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prices").join(requirement);
    if !dir.join(file).is_file() {
        let run = |program: &Path, args: &[&str]| {
            let done = Command::new(program).args(args).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        let target = dir.display().to_string();
        let venv = dir.join("venv");
        run(Path::new("python3"), &["-m", "venv", "--clear", &venv.display().to_string()]);
        let pip = ["--quiet", "--disable-pip-version-check", "download", "--no-deps", "--only-binary=:all:", "--dest"];
        run(&venv.join("bin/pip"), &[&pip[..], &[&target, requirement]].concat());
        let unpack = "import pathlib, sys, zipfile\nwheel, = pathlib.Path(sys.argv[1]).glob('*.whl')\nzipfile.ZipFile(wheel).extract(sys.argv[2], sys.argv[1])\n";
        run(Path::new("python3"), &["-c", unpack, &target, file]);
    }
    dir.join(file)
}

fn shown(repository: &Repository, models: &[&str]) -> Vec<Value> {
    let args = [&["prices", "show", "--format", "json"], models].concat();
    let json: Value = serde_json::from_str(&repository.regild(&args).succeeds()).unwrap();
    json["models"].as_array().unwrap().clone()
}

#[test]
fn the_whole_of_litellms_table_is_imported() {
    if std::env::var("REGILD_REAL").as_deref() != Ok("1") {
        println!("skipped: LiteLLM's whole table, which REGILD_REAL=1 installs");
        return;
    }
    let table = of_wheel("litellm==1.109.1", "litellm/model_prices_and_context_window_backup.json");
    let scratch = Scratch::new();
    let repository = project(&scratch, SETTINGS, None);
    let table = table.display().to_string();
    let said = repository
        .regild(&["prices", "import", &table, "--all", "--as-of", "2026-11-01", "--output", "prices.yaml"])
        .succeeds();
    assert_eq!(said, "prices.yaml has 3,210 models from LiteLLM; as of 2026-11-01\n");
    assert_eq!(repository.regild(&["prices", "check"]).code(), 0);
    let found =
        shown(&repository, &["gemini/gemini-2.5-pro", "openai/gpt-5.5", "anthropic/claude-sonnet-4-5-20250929"]);
    assert!(found.iter().all(|model| model["source"].as_str().unwrap().starts_with("prices.yaml")), "{found:#?}");
    // 1.25e-06, 2.5e-06 and 1.5e-05 a token; 7.5e-06 a token of a long answer in a batch.
    assert_eq!(found[0]["usd_per_million_tokens"]["input"], "1.25");
    assert_eq!(found[0]["usd_per_million_tokens"]["tiers"][0]["input"], "2.5");
    assert_eq!(found[0]["usd_per_million_tokens"]["tiers"][0]["output"], "15");
    assert_eq!(found[0]["batch"]["tiers"][0]["output"], "7.5");
    assert_eq!(found[1]["usd_per_million_tokens"]["tiers"][0]["above"], 272_000);
    assert_eq!(found[2]["usd_per_million_tokens"]["cache_write_1h"], "6");
    assert_eq!(found[2]["deprecated"], "2026-11-30");
    let written = std::fs::read(repository.root.join("prices.yaml")).unwrap();
    priced_as_by_hand(&Prices::parse(&written).unwrap());
}

/// Requests against what they cost by the prices on the providers' pages, worked out with pencil and paper.
fn priced_as_by_hand(prices: &Prices) {
    let usage = |input_uncached, cache_read, cache_write, cache_write_1h, output| Usage {
        input_uncached: Some(input_uncached),
        cache_read: Some(cache_read),
        cache_write: Some(cache_write),
        cache_write_1h: Some(cache_write_1h),
        output: Some(output),
        reasoning: None,
    };
    for (model, usage, want) in [
        // 150,000 × 1.25 + 10,000 × 10, by the million
        ("gemini/gemini-2.5-pro", usage(150_000, 0, 0, 0, 10_000), "0.2875"),
        // 200,000 × 2.5 + 60,000 × 0.25 + 10,000 × 15
        ("gemini/gemini-2.5-pro", usage(200_000, 60_000, 0, 0, 10_000), "0.665"),
        // 1,000 × 3 + 2,000 × 0.3 + 2,000 × 3.75 + 1,000 × 6 + 500 × 15
        ("anthropic/claude-sonnet-4-5-20250929", usage(1_000, 2_000, 3_000, 1_000, 500), "0.0246"),
        // 1,000 × 0.15 + 200 × 0.6
        ("openai/gpt-4o-mini", usage(1_000, 0, 0, 0, 200), "0.00027"),
    ] {
        let found = prices.price(model, &usage, 0).unwrap();
        assert_eq!(found.normalize().to_string(), want, "{model}");
    }
}

#[test]
fn the_whole_of_genai_prices_table_is_imported_and_is_the_one_in_the_binary() {
    if std::env::var("REGILD_REAL").as_deref() != Ok("1") {
        println!("skipped: genai-prices' whole table, which REGILD_REAL=1 asks cargo for");
        return;
    }
    // The crate that the binary has its table from ships it as a file too.
    let registry = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&registry.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages.iter().find(|package| package["name"] == "genai-prices").unwrap();
    let manifest = Path::new(found["manifest_path"].as_str().unwrap()).to_path_buf();
    let table = manifest.with_file_name("data").join("prices.json").display().to_string();
    let scratch = Scratch::new();
    let repository = project(&scratch, SETTINGS, None);
    let names = [
        "openai/o3",
        "google/gemini-2.5-pro",
        "anthropic/claude-sonnet-4-5",
        "anthropic/claude-sonnet-4-6",
        "openai/gpt-4o-mini",
        "azure/gpt-4o",
        "perplexity/sonar",
    ];
    let inside = shown(&repository, &names);
    let import = |further: &[&str]| {
        let args = ["prices", "import", &table, "--as-of", "2026-11-21", "--output", "prices.yaml"];
        repository.regild(&[&args[..], further].concat()).succeeds()
    };
    assert_eq!(import(&["--all"]), "prices.yaml has 1,980 models from genai-prices; as of 2026-11-21\n");
    import(&names.iter().flat_map(|name| ["--model", name]).collect::<Vec<_>>());
    assert_eq!(repository.regild(&["prices", "check"]).code(), 0);
    let written = std::fs::read(repository.root.join("prices.yaml")).unwrap();
    let prices = Prices::parse(&written).unwrap();
    // 1,000 × 1 + 100 × 1 by the million, and 12 by the thousand requests
    let usage = Usage { input_uncached: Some(1_000), output: Some(100), ..Usage::default() };
    let price = prices.price("perplexity/sonar", &usage, 0).unwrap();
    assert_eq!(price.normalize().to_string(), "0.0131");
    for (mut inside, mut imported) in inside.into_iter().zip(shown(&repository, &names)) {
        for model in [&mut inside, &mut imported] {
            for name in ["source", "as_of"] {
                model.as_object_mut().unwrap().remove(name);
            }
        }
        assert_eq!(inside, imported);
    }
}

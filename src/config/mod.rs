//! `regild.yaml` as declared: one struct a section, whose `Default` is the documented default.
//!
//! Nothing here judges. What judges is [`crate::policy::Policy`], built from the same type read at the policy commit.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Place};
use crate::id::Id;
use crate::snapshot::Snapshot;
use crate::yaml::{Document, Reading};

mod alias;
mod gate;
pub mod origin;
mod reach;
mod scalar;
mod severity;
mod traffic;

pub use alias::{Alias, OpenaiApi, Provider};
pub use gate::{Allowance, CostGate, EvidenceGate, Fall, Gate, Growth, Level, Waiver};
pub use scalar::{Amount, Date, OneOrMany, Pointer, Share, Volume, loose_version};
pub use traffic::{CacheLife, CacheTerms, Cases, EnvironmentTraffic, Fallback, Traffic};

/// The settings file's usual name, at the project root.
pub const FILE: &str = "regild.yaml";
/// The price table's name, at the project root.
pub const PRICES: &str = "prices.yaml";
/// What decides how and whether regild runs at all; only looked at for changes.
pub const WORKFLOWS: &str = ".github";

/// A `regild.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "regild.yaml")]
pub struct Config {
    /// Where prompts live and which versions serve.
    pub prompts: PromptsSection,
    /// Golden tasks and what they run on.
    pub testing: Testing,
    /// Models by alias.
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Id" }))]
    pub models: BTreeMap<Id, Alias>,
    /// Limits that stop a run.
    pub budgets: Budgets,
    /// What one regild run may spend.
    pub spend: Spend,
    /// Declared traffic by prompt id.
    #[schemars(extend("propertyNames" = { "$ref": "#/$defs/Id" }))]
    pub traffic: BTreeMap<Id, Traffic>,
    /// What fails, warns or awaits acceptance.
    pub gate: Gate,
    /// Logs and alerts.
    pub observability: Observability,
}

/// Where prompts live and which versions serve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PromptsSection {
    /// The directory of prompts, or several.
    pub dir: OneOrMany<String>,
    /// Pointers `<id>:v<version>` to the versions that serve; without one, the highest release serves.
    pub active: OneOrMany<Pointer>,
    /// Pointers to the versions to fall back to.
    pub rollback: OneOrMany<Pointer>,
    /// Whether a recording must carry the prompt_id of the prompt it answers.
    pub require_prompt_id: bool,
}

impl Default for PromptsSection {
    fn default() -> Self {
        Self {
            dir: OneOrMany(vec!["prompts".to_owned()]),
            active: OneOrMany::default(),
            rollback: OneOrMany::default(),
            require_prompt_id: false,
        }
    }
}

/// Golden tasks and what they run on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Testing {
    /// The directory of golden tasks.
    pub dir: String,
    /// Aliases for prompts and tasks that name none.
    pub models: Vec<Id>,
    /// How often each task is run, where it does not say.
    #[serde(deserialize_with = "scalar::samples")]
    #[schemars(range(min = 1, max = 1000))]
    pub samples: u32,
    /// Expectations added to tasks that exist.
    pub golden_tasks: Vec<Overlay>,
}

impl Default for Testing {
    fn default() -> Self {
        Self { dir: "golden".to_owned(), models: Vec::new(), samples: 3, golden_tasks: Vec::new() }
    }
}

/// Expectations added to the task `id`, or `prompt/id` where several prompts have one of that name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    pub id: String,
    #[serde(default)]
    pub expect_stop_reason: Option<crate::stop::Stop>,
    #[serde(default)]
    pub max_tool_calls: Option<u64>,
    #[serde(default)]
    pub max_tokens: Option<u64>,
    #[serde(default)]
    pub max_steps: Option<NonZeroU64>,
    #[serde(default)]
    #[schemars(with = "Vec<crate::assertion::Assertion>")]
    pub assertions: Vec<Value>,
}

/// Limits that stop a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Budgets {
    /// Model replies.
    pub max_steps: u32,
    /// Tool calls requested, run or not.
    pub max_tool_calls: u32,
    /// Recorded latency and virtual tool time together.
    pub max_seconds: u32,
    /// Input and output tokens of all steps together.
    pub max_tokens: u64,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { max_steps: 25, max_tool_calls: 12, max_seconds: 60, max_tokens: 32_000 }
    }
}

impl Budgets {
    /// The stricter of two sets, limit by limit.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        Self {
            max_steps: self.max_steps.min(other.max_steps),
            max_tool_calls: self.max_tool_calls.min(other.max_tool_calls),
            max_seconds: self.max_seconds.min(other.max_seconds),
            max_tokens: self.max_tokens.min(other.max_tokens),
        }
    }
}

/// What one regild run may spend on models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spend {
    pub max_usd: Option<Amount>,
    /// 2000 where it is not given; a model without a known price wants it given.
    #[schemars(range(min = 1))]
    pub max_calls: Option<u64>,
    pub max_tokens: u64,
    pub max_seconds: u64,
    pub max_concurrency: u32,
}

impl Spend {
    /// Calls that a run may make where nobody says how many.
    pub const USUAL_CALLS: u64 = 2_000;
}

impl Default for Spend {
    fn default() -> Self {
        Self { max_usd: None, max_calls: None, max_tokens: 5_000_000, max_seconds: 1_800, max_concurrency: 16 }
    }
}

/// Logs and alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Observability {
    /// Whether log lines carry the prompt_id.
    pub log_prompt_id: bool,
    /// Whether token growth beyond the gate fails (true) or warns (false).
    pub alert_on_token_spike: bool,
}

impl Default for Observability {
    fn default() -> Self {
        Self { log_prompt_id: true, alert_on_token_spike: true }
    }
}

/// A settings file that was found and read.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    pub document: Document,
    /// What is not wrong enough to keep them from being used.
    pub remarks: Vec<Diagnostic>,
}

/// Settings that cannot be used.
#[derive(Debug)]
pub struct Unusable {
    /// Everything that is wrong with them.
    pub problems: Vec<Diagnostic>,
    /// What they say where nothing is wrong, so that the other files can be read for their own mistakes.
    pub rest: Option<Box<(Config, Document)>>,
}

/// Reads the settings at `path`; `None` where there are none.
pub fn load(snapshot: &Snapshot, path: &str) -> Result<Option<Loaded>, Unusable> {
    Document::open(snapshot, path).map(read).transpose()
}

/// Parses settings.
pub fn parse(path: &str, bytes: &[u8]) -> Result<Loaded, Unusable> {
    read(Document::parse(path, bytes))
}

fn read(document: Result<Document, Box<Diagnostic>>) -> Result<Loaded, Unusable> {
    let mut document = document.map_err(|one| Unusable { problems: vec![*one], rest: None })?;
    // An empty file is a file without settings.
    if document.value().is_null() {
        return Ok(Loaded { config: Config::default(), document, remarks: Vec::new() });
    }
    let Reading { value, mut problems } = document.read::<Config>();
    let Some(config) = value else { return Err(Unusable { problems, rest: None }) };
    // Recordings are files named by alias, and not every file system tells case apart.
    let mut folded = BTreeMap::new();
    for alias in config.models.keys() {
        if let Some(twin) = folded.insert(alias.folded(), alias) {
            let message = format!("the aliases `{alias}` and `{twin}` differ in case only");
            let place = document.key_place(&["models".into(), alias.as_str().into()]);
            problems.push(Diagnostic::new(Code::IdCase, place, message));
        }
    }
    for (id, alias) in &config.models {
        let under = ["models".into(), id.as_str().into()];
        let misfits = reach::misfits(alias).into_iter().map(|misfit| misfit.under(&under));
        problems.extend(misfits.filter_map(|misfit| document.tell(Code::Invalid, &misfit)));
    }
    for (id, traffic) in &config.traffic {
        let under = ["traffic".into(), id.as_str().into()];
        problems.extend(traffic.misfit().and_then(|misfit| document.tell(Code::Invalid, &misfit.under(&under))));
    }
    if problems.iter().any(Diagnostic::is_error) {
        return Err(Unusable { problems, rest: Some(Box::new((config, document))) });
    }
    Ok(Loaded { config, document, remarks: problems })
}

/// Where settings declare the pointer `index` of `prompts.active` or `prompts.rollback`.
pub fn pointer_place(settings: Option<&Document>, key: &str, index: usize) -> Place {
    let Some(document) = settings else { return Place::file(FILE) };
    let mut path = vec!["prompts".into(), key.into()];
    if document.value()["prompts"][key].is_array() {
        path.push(index.into());
    }
    document.place(&path)
}

/// The files and directories of a project that regild reads, given the text of its settings, if it has any. Settings that
/// do not parse count as none here: what is wrong with them is said where they are used.
pub fn roots(path: &str, text: Option<&[u8]>) -> Vec<String> {
    let config = text.and_then(|text| parse(path, text).ok()).map(|loaded| loaded.config).unwrap_or_default();
    let mut roots = vec![path.to_owned(), PRICES.to_owned(), WORKFLOWS.to_owned(), clean(&config.testing.dir)];
    roots.extend(config.prompts.dir.0.iter().map(|dir| clean(dir)));
    roots.sort();
    roots.dedup();
    roots
}

/// A declared directory as snapshots name it: no leading `./`, no trailing slash.
pub fn clean(dir: &str) -> String {
    let dir = dir.trim_start_matches("./").trim_end_matches('/');
    if dir == "." { String::new() } else { dir.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = r#"
prompts:
  active: "support:v13"
  rollback: "support:v12"
  require_prompt_id: true
testing:
  golden_tasks:
    - id: "kb_lookup"
      expect_stop_reason: "finish"
      max_tool_calls: 6
      max_tokens: 9000
budgets:
  max_steps: 25
  max_tool_calls: 12
  max_seconds: 60
observability:
  log_prompt_id: true
  alert_on_token_spike: true
"#;

    #[test]
    fn the_founding_configuration_loads_unchanged() {
        let config = parse(FILE, SEED.as_bytes()).unwrap().config;
        assert_eq!(config.prompts.active.0[0].to_string(), "support:v13.0.0");
        assert!(config.prompts.require_prompt_id);
        assert_eq!(config.testing.golden_tasks[0].max_tokens, Some(9000));
        assert_eq!(config.budgets.max_tokens, 32_000);
    }

    #[test]
    fn a_mistake_is_shown_where_it_stands() {
        for (text, line, column, says) in [
            ("promtps: {}\n", 1, 1, "unknown field `promtps`"),
            ("models:\n  mini: {provider: opena, model: x}\n", 2, 20, "unknown value \"opena\""),
            ("prompts: {active: support}\n", 1, 19, "<id>:v<version>"),
            ("traffic:\n  support: {requests_per_month: -1}\n", 2, 33, "at least 0"),
            (
                "traffic:\n  support:\n    fallback: [{model: a/b, share: 0.6}, {model: a/c, share: 0.5}]\n",
                3,
                5,
                "1.1 of the requests",
            ),
            ("gate: {cost: {max_increase_usd_month: ten}}\n", 1, 39, "amount"),
            ("models: {\"a/b\": {provider: mock}}\n", 1, 10, "is not an id"),
            ("models:\n  Mini: {provider: mock}\n  mini: {provider: mock}\n", 3, 3, "differ in case only"),
            ("testing: {samples: 0}\n", 1, 20, "1 to 1000"),
            ("gate: {min_pass: 1.5}\n", 1, 18, "must be 0 to 1"),
            ("gate: {evidence: {fail_confidence: 99}}\n", 1, 36, "must be 0.5 to 0.9999"),
            ("gate: {tokens: {fail: 25}}\n", 1, 23, "must be 1 to 10"),
            ("gate: {severity: {id-folder: off, yam: off}}\n", 1, 35, "unknown field `yam`"),
            ("gate: {severity: {zzz: off}}\n", 1, 19, "unknown field `zzz`"),
            ("gate: {severity: {yaml: loud}}\n", 1, 25, "unknown value \"loud\""),
        ] {
            let shown = parse(FILE, text.as_bytes()).unwrap_err().problems.remove(0);
            assert!(shown.message.contains(says), "{text}: {}", shown.message);
            assert_eq!((shown.line, shown.column), (line, column), "{text}: {shown:?}");
        }
    }

    #[test]
    fn roots_name_every_directory_once() {
        assert_eq!(roots(FILE, None), [".github", "golden", "prices.yaml", "prompts", "regild.yaml"]);
        let text = b"prompts: {dir: [./a/, b]}\ntesting: {dir: b}\n";
        assert_eq!(roots(FILE, Some(text)), [".github", "a", "b", "prices.yaml", "regild.yaml"]);
    }
}

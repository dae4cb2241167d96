//! Recordings: stored trajectories, reviewed in git like any other file (DESIGN 3.5).
//!
//! One file holds all samples of a (prompt, version, task, alias). Its digest finds accidents, not forgers: whoever can
//! write the file can compute it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Provider;
use crate::id::Id;
use crate::stop::Stop;
use crate::trajectory::Trajectory;
use crate::wire::{Key, Parts, digest};

mod address;
mod lines;
mod replay;
mod shelf;
mod wanted;

pub use address::Address;
pub use replay::{Answer, Ask, Evidence, LIVE, Note, Tree, gather, replay};
pub use shelf::Shelf;
pub use wanted::{Keep, lacking, merge, target};

/// The format this version writes and reads.
pub const SCHEMA: &str = "regild.recording/1";
/// The directory of recordings below the golden directory.
pub const DIR: &str = "recordings";

/// A recording file. Fields that change with every recording stand last, so that diffs stay near what matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "recording")]
pub struct Recording {
    pub schema: String,
    pub prompt: Id,
    #[schemars(with = "String")]
    pub version: semver::Version,
    pub task: Id,
    pub alias: Id,
    pub target: Target,
    pub samples: Vec<Sample>,
    /// SHA-256 of the canonical JSON of everything above.
    pub content_sha256: String,
    pub provenance: Provenance,
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub provider: Provider,
    pub api: String,
    pub model: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// 0-based; names the sample, and is no part of any key.
    pub sample: u32,
    pub prompt_id: String,
    pub steps: Vec<Step>,
    pub outcome: Ended,
    /// What judges said of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judgements: Vec<Judgement>,
}

/// What a judge was asked about an answer, and said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The judge's name; redundant, for readers.
    pub judge: Id,
    pub api: String,
    pub model: String,
    pub key: Key,
    /// The judging model's reply body, as it came.
    pub reply: Value,
    pub latency_ms: u64,
}

/// One request answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub key: Key,
    pub parts: Parts,
    /// The provider's reply body, as it came.
    pub reply: Value,
    pub latency_ms: u64,
}

/// How the run ended when it was recorded; redundant, for readers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    pub stop: Stop,
    pub steps: u64,
    pub tool_calls: u64,
    pub total_tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// RFC 3339, UTC.
    pub recorded_at: String,
    /// The tool and its version.
    pub by: String,
    /// Whether the answers come from a stand-in, not a model.
    pub stand_in: bool,
    /// Whether a person changed the file and said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
}

impl Provenance {
    /// When it was recorded, in seconds since 1970; `None` where that is no time.
    pub fn seconds(&self) -> Option<i64> {
        chrono::DateTime::parse_from_rfc3339(&self.recorded_at).ok().map(|time| time.timestamp())
    }
}

/// Why a file is not a usable recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// Merge-conflict markers.
    Conflicted,
    /// Its digest does not fit.
    Tampered,
    /// Not this format, or not readable at all.
    Unsupported(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflicted => f.write_str("it holds merge-conflict markers"),
            Self::Tampered => f.write_str("it was changed after it was recorded"),
            Self::Unsupported(why) => f.write_str(why),
        }
    }
}

impl Sample {
    /// The stored form of a run.
    pub fn of(sample: u32, prompt_id: &str, run: &Trajectory) -> Self {
        let steps = run.exchanges.iter().map(|exchange| Step {
            key: exchange.key.clone(),
            parts: exchange.parts.clone(),
            reply: exchange.body.clone(),
            latency_ms: exchange.latency_ms,
        });
        Self {
            sample,
            prompt_id: prompt_id.to_owned(),
            steps: steps.collect(),
            outcome: Ended {
                stop: run.stop,
                steps: run.exchanges.len() as u64,
                tool_calls: run.tool_calls().count() as u64,
                total_tokens: run.total_tokens().ok(),
            },
            judgements: Vec::new(),
        }
    }
}

impl Recording {
    /// A recording of `samples`, with its digest.
    pub fn new(address: &Address, target: Target, mut samples: Vec<Sample>, provenance: Provenance) -> Self {
        samples.sort_by_key(|sample| sample.sample);
        let Address { prompt, version, task, alias } = address.clone();
        let content_sha256 = String::new();
        let mut recording = Self {
            schema: SCHEMA.to_owned(),
            prompt,
            version,
            task,
            alias,
            target,
            samples,
            content_sha256,
            provenance,
        };
        recording.content_sha256 = recording.digest();
        recording
    }

    /// The digest of the content, provenance apart.
    pub fn digest(&self) -> String {
        let Self { schema, prompt, version, task, alias, target, samples, content_sha256: _, provenance: _ } = self;
        digest(&(schema, prompt, version, task, alias, target, samples))
    }

    /// The file's bytes: pretty JSON in fixed order, line breaks shown as lines, one newline at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).expect("a recording has string keys and finite numbers");
        let mut text = serde_json::to_string_pretty(&lines::split(value)).expect("a JSON value serialises");
        text.push('\n');
        text.into_bytes()
    }

    /// Reads a file's bytes, whatever its digest says.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Flaw> {
        Self::at_once(bytes).map_or_else(|| Self::step_by_step(bytes), Ok)
    }

    /// Reads a file in which nothing is wrong and only replies have line breaks, which is nearly every one, without the
    /// detour over a tree of values.
    fn at_once(bytes: &[u8]) -> Option<Self> {
        let mut recording: Self = serde_json::from_slice(bytes).ok().filter(|read: &Self| read.schema == SCHEMA)?;
        for step in recording.samples.iter_mut().flat_map(|sample| &mut sample.steps) {
            step.reply = lines::join(step.reply.take())?;
        }
        for judgement in recording.samples.iter_mut().flat_map(|sample| &mut sample.judgements) {
            judgement.reply = lines::join(judgement.reply.take())?;
        }
        Some(recording)
    }

    /// Reads any file, and says what is wrong with it.
    fn step_by_step(bytes: &[u8]) -> Result<Self, Flaw> {
        let unsupported = |why: String| Flaw::Unsupported(why);
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            let marked = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
            if bytes.split(|byte| *byte == b'\n').any(marked) {
                Flaw::Conflicted
            } else {
                unsupported(error.to_string())
            }
        })?;
        match value.get("schema").and_then(Value::as_str) {
            Some(SCHEMA) => {}
            Some(other) => return Err(unsupported(format!("its schema is {other:?}, this regild reads {SCHEMA:?}"))),
            None => return Err(unsupported("it has no `schema`".to_owned())),
        }
        let value = lines::join(value).ok_or_else(|| unsupported("a `$lines` does not hold lines".to_owned()))?;
        serde_path_to_error::deserialize(value)
            .map_err(|error| unsupported(format!("{} at {}", error.inner(), error.path())))
    }

    /// Reads a file's bytes and checks its digest.
    pub fn checked(bytes: &[u8]) -> Result<Self, Flaw> {
        let recording = Self::from_bytes(bytes)?;
        if recording.content_sha256 == recording.digest() { Ok(recording) } else { Err(Flaw::Tampered) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn recording(text: &str) -> Recording {
        let id = |text| Id::new(text).unwrap();
        let address =
            Address { prompt: id("p"), version: semver::Version::new(1, 0, 0), task: id("t"), alias: id("m") };
        let key = serde_json::from_value(json!(format!("sha256:{}", "0".repeat(64)))).unwrap();
        let part = || "00000000".to_owned();
        let parts =
            Parts { model: part(), system: part(), messages: part(), tools: part(), format: part(), params: part() };
        let step = Step { key, parts, reply: json!({"text": text, text: [text]}), latency_ms: 7 };
        let outcome = Ended { stop: Stop::Finish, steps: 1, tool_calls: 0, total_tokens: Some(9) };
        let judge = Id::new("j").unwrap();
        let (api, model, key) = ("mock".to_owned(), text.to_owned(), step.key.clone());
        let judgement = Judgement { judge, api, model, key, reply: json!(text), latency_ms: 7 };
        let judgements = vec![judgement];
        let sample = Sample { sample: 0, prompt_id: text.to_owned(), steps: vec![step], outcome, judgements };
        let target = Target { provider: Provider::Mock, api: "mock".into(), model: "m".into() };
        let provenance = Provenance {
            recorded_at: "2026-01-01T00:00:00Z".into(),
            by: "regild".into(),
            stand_in: true,
            edited: false,
        };
        Recording::new(&address, target, vec![sample], provenance)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in any::<String>()) {
            let written = recording(&text);
            let bytes = written.to_bytes();
            prop_assert_eq!(Recording::step_by_step(&bytes), Ok(written.clone()));
            prop_assert_eq!(Recording::at_once(&bytes).unwrap_or_else(|| written.clone()), written.clone());
            prop_assert_eq!(Recording::checked(&bytes), Ok(written));
            prop_assert_eq!(bytes.last(), Some(&b'\n'));
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in any::<Vec<u8>>()) {
            prop_assert!(Recording::checked(&bytes).is_err());
        }
    }

    #[test]
    fn every_flaw_has_its_name() {
        let good = String::from_utf8(recording("a\nb").to_bytes()).unwrap();
        let flaw = |text: String| Recording::checked(text.as_bytes()).unwrap_err();
        assert_eq!(flaw(good.replace("\"b\"", "\"c\"")), Flaw::Tampered);
        assert_eq!(flaw(format!("<<<<<<< HEAD\n{good}>>>>>>> other\n")), Flaw::Conflicted);
        assert!(
            matches!(flaw(good.replace("recording/1", "recording/2")), Flaw::Unsupported(why) if why.contains("recording/2"))
        );
        assert!(matches!(flaw("{}".into()), Flaw::Unsupported(_)));
        // Who recorded it, and when, is no part of the content.
        assert!(Recording::checked(good.replace("2026-01-01", "2027-01-01").as_bytes()).is_ok());
    }
}

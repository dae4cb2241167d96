//! `judge`: a model reads the answer and scores it by a rubric.
//!
//! The opinion itself was asked for elsewhere (`panel`); here it is only held against the score that is wanted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Check, Declared, Observed, Seen};
use crate::id::Id;
use crate::outcome::Reason;
use crate::yaml::{Problem, Step, read_value};

/// Another model scores the answer by a rubric, from 0 to 1, and `min_score` is enough. The policy's word counts: where the
/// policy commit has a judge of this name in this task, it is its rubric, model, choices and score that hold. What the judge
/// says is recorded beside the answer; an opinion that cannot be read, or lies outside of 0 to 1, judges nothing. It stands
/// beside the other assertions, not inside `not`, `any_of` or `all_of`: no opinion outweighs what can be counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// What it is called, once in a task.
    pub name: Id,
    /// What a good answer is like, in words for the judging model.
    pub rubric: String,
    /// The alias of the judging model.
    pub model: Id,
    /// The lowest score that is enough, from 0 to 1.
    pub min_score: f64,
    /// The words that the judge chooses from, and the score of each; without them it gives a number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choices: BTreeMap<String, f64>,
}

/// What a judge said of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// From 0 to 1.
    pub score: f64,
    /// The word that was chosen, where it was to choose.
    pub choice: Option<String>,
    pub reason: String,
}

/// Where opinions come from.
pub trait Opinions: std::fmt::Debug {
    /// What `judge` said of the answer at hand.
    fn opinion(&self, judge: &Judge) -> Result<Opinion, Reason>;
}

/// Nobody was asked.
#[derive(Debug, Clone, Copy)]
pub struct NoOpinions;

impl Opinions for NoOpinions {
    fn opinion(&self, judge: &Judge) -> Result<Opinion, Reason> {
        Err(Reason::NotJudged { judge: judge.name.to_string() })
    }
}

impl Check for Judge {
    fn expected(&self) -> String {
        format!("a score of at least {} from the judge `{}`", self.min_score, self.name)
    }

    fn observe(&self, run: &Seen<'_>) -> Result<Observed, Reason> {
        run.answer()?;
        let Opinion { score, choice, reason } = run.opinions.opinion(self)?;
        let choice = choice.map_or_else(String::new, |choice| format!(", {choice}"));
        Ok(Observed::new(score >= self.min_score, format!("{score}{choice}: {reason}")))
    }

    fn as_judge(&self) -> Option<&Judge> {
        Some(self)
    }
}

impl Declared for Judge {
    const EXAMPLE: &'static str = "{type: judge, name: tone, rubric: The answer is friendly and promises nothing., model: mini, \
                                   min_score: 0.7, choices: {friendly: 1, neutral: 0.7, rude: 0}}";

    fn parse(fields: &Value) -> Result<Self, Problem> {
        let parsed: Self = read_value(fields)?;
        let in_range = |score: &f64| (0.0..=1.0).contains(score);
        if parsed.rubric.trim().is_empty() {
            return Err(Problem::new(vec![Step::from("rubric")], "`rubric` says nothing"));
        }
        if !in_range(&parsed.min_score) {
            return Err(Problem::new(vec![Step::from("min_score")], "`min_score` must be from 0 to 1"));
        }
        if let Some((word, _)) = parsed.choices.iter().find(|(_, score)| !in_range(score)) {
            let path = vec![Step::from("choices"), Step::from(word.as_str())];
            return Err(Problem::new(path, "the score of a choice must be from 0 to 1"));
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assertion::tests::{answer, assertion, refused, run};
    use crate::stop::Stop;

    #[derive(Debug)]
    struct Says(f64);

    impl Opinions for Says {
        fn opinion(&self, _: &Judge) -> Result<Opinion, Reason> {
            Ok(Opinion { score: self.0, choice: None, reason: "so so".into() })
        }
    }

    #[test]
    fn a_score_is_held_against_the_least() {
        let declared = json!({"type": "judge", "name": "j", "rubric": "good", "model": "m", "min_score": 0.5});
        let judge = assertion(declared);
        let text = answer("a");
        for (score, want) in [(0.5, true), (0.49, false), (1.0, true)] {
            let seen = judge.observe(&Seen { run: &text, cost_usd: None, opinions: &Says(score) }).unwrap();
            assert_eq!(seen.holds, want, "{score}");
            assert!(seen.actual.ends_with(": so so"), "{}", seen.actual);
        }
        let stopped = run(Stop::Timeout, &[("a", &[], None)]);
        let seen = judge.observe(&Seen { run: &stopped, cost_usd: None, opinions: &Says(1.0) });
        assert!(matches!(seen, Err(Reason::StoppedEarly { .. })), "{seen:?}");
        let nobody = judge.observe(&Seen { run: &text, cost_usd: None, opinions: &NoOpinions });
        assert_eq!(nobody, Err(Reason::NotJudged { judge: "j".into() }));
    }

    #[test]
    fn refuses_what_no_judge_can_hold() {
        let declared = |field: &str, value: Value| {
            let mut declared = json!({"type": "judge", "name": "j", "rubric": "good", "model": "m", "min_score": 0.5});
            declared[field] = value;
            declared
        };
        refused(declared("rubric", json!(" ")), "rubric", "says nothing");
        refused(declared("min_score", json!(7)), "min_score", "from 0 to 1");
        refused(declared("choices", json!({"good": 2})), "choices/good", "from 0 to 1");
        let inside = json!({"type": "not", "assertion": declared("name", json!("k"))});
        refused(inside, "assertion/type", "stands beside the other assertions");
    }
}

//! What of a run a report can show: the answer and how it came about, cut to size.
//!
//! Made when a sample is judged, before its run is let go of. Nothing is judged by it, and nothing here escapes text.

use crate::trajectory::{Exchange, ToolResult, Trajectory};
use crate::wire::{Arguments, ToolCall};

/// Bytes kept of an answer's text.
const MAX_ANSWER: usize = 4 << 10;
/// Bytes kept of each text in a step.
const MAX_TEXT: usize = 1 << 10;
/// Bytes kept of all steps of one run together.
const MAX_STEPS: usize = 16 << 10;
/// What a step or a call counts beside its texts.
const FIXED: usize = 32;

/// What a run said, and how it got there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub text: String,
    pub stop: String,
    pub truncated: bool,
    pub tools: Vec<String>,
    /// The first steps; the last one of a run does not repeat `text`.
    pub steps: Vec<Step>,
    /// How many steps came after those.
    pub more_steps: u32,
}

/// One reply, and the tools it called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub text: String,
    pub calls: Vec<Call>,
    pub tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub arguments: String,
    pub result: Option<String>,
    pub failed: bool,
}

impl Answer {
    pub fn of(run: &Trajectory) -> Self {
        let text = run.text();
        let kept = text.floor_char_boundary(MAX_ANSWER);
        let steps = steps(&run.exchanges);
        Self {
            text: text[..kept].to_owned(),
            stop: run.stop.to_string(),
            truncated: kept < text.len(),
            tools: run.tool_calls().map(|call| call.name.clone()).collect(),
            more_steps: u32::try_from(run.exchanges.len() - steps.len()).unwrap_or(u32::MAX),
            steps,
        }
    }
}

/// As many of the first steps as there is room for.
fn steps(exchanges: &[Exchange]) -> Vec<Step> {
    let mut room = MAX_STEPS;
    let mut kept = Vec::new();
    for (nth, exchange) in exchanges.iter().enumerate() {
        let is_last = nth + 1 == exchanges.len();
        let step = Step {
            text: if is_last { String::new() } else { cut(&exchange.reply.text) },
            calls: exchange
                .reply
                .tool_calls
                .iter()
                .enumerate()
                .map(|(nth, asked)| call(asked, exchange.results.get(nth)))
                .collect(),
            tokens: exchange.reply.usage.total(),
        };
        let Some(left) = room.checked_sub(step.size()) else { break };
        room = left;
        kept.push(step);
    }
    kept
}

impl Step {
    fn size(&self) -> usize {
        let call =
            |call: &Call| FIXED + call.name.len() + call.arguments.len() + call.result.as_ref().map_or(0, String::len);
        FIXED + self.text.len() + self.calls.iter().map(call).sum::<usize>()
    }
}

fn call(asked: &ToolCall, result: Option<&ToolResult>) -> Call {
    let arguments = match &asked.arguments {
        Arguments::Json(value) => cut(&value.to_string()),
        Arguments::Malformed(raw) => cut(raw),
    };
    Call {
        name: cut(&asked.name),
        arguments,
        result: result.map(|result| cut(&result.content)),
        failed: result.is_some_and(|result| result.is_error),
    }
}

/// The start of `text`; an ellipsis says that there was more.
fn cut(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_TEXT - '…'.len_utf8());
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::assertion::tests::run;
    use crate::stop::Stop;

    #[test]
    fn shows_how_an_answer_came_about() {
        let calls = [("search", json!({"q": "order 42"})), ("track", json!({}))];
        let steps = [("Let me look.", &calls[..], Some((7, 3))), ("Shipped.", &[], None)];
        let mut trajectory = run(Stop::Finish, &steps);
        trajectory.exchanges[0].results[1].is_error = true;
        trajectory.exchanges[0].reply.tool_calls[1].arguments = Arguments::Malformed("{q".into());
        let answer = Answer::of(&trajectory);
        let call = |name: &str, arguments: &str, failed| Call {
            name: name.into(),
            arguments: arguments.into(),
            result: Some("ok".into()),
            failed,
        };
        let first = vec![call("search", r#"{"q":"order 42"}"#, false), call("track", "{q", true)];
        assert_eq!(
            answer.steps,
            [
                Step { text: "Let me look.".into(), calls: first, tokens: Some(10) },
                Step { text: String::new(), calls: Vec::new(), tokens: None },
            ]
        );
        assert_eq!((answer.text.as_str(), answer.more_steps, answer.truncated), ("Shipped.", 0, false));
        trajectory.exchanges[0].results.clear();
        assert_eq!(Answer::of(&trajectory).steps[0].calls[0].result, None, "a budget stopped the run before the tool");
    }

    #[test]
    fn sec_25_keeps_a_bounded_part_of_a_long_run() {
        let long = "é".repeat(5_000);
        let calls: Vec<(&str, Value)> = (0..4).map(|_| ("search", json!({ "q": long }))).collect();
        let answer = Answer::of(&run(Stop::Finish, &vec![(long.as_str(), &calls[..], None); 50]));
        let kept: usize = answer.steps.iter().map(Step::size).sum();
        assert!(kept <= MAX_STEPS && kept > MAX_STEPS / 2, "{kept}");
        assert_eq!(answer.steps.len() + answer.more_steps as usize, 50);
        assert!(answer.steps[0].text.len() <= MAX_TEXT && answer.steps[0].text.ends_with('…'));
        assert!(answer.text.len() <= MAX_ANSWER && answer.truncated);
    }
}

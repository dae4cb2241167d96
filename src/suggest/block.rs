//! Suggested limits as lines to paste into `regild.yaml`. What is not YAML stands in comments, so that the whole can be pasted.
//!
//! Names are ids and versions, and numbers are numbers: none of them can end a comment's line or a quoted text.

use super::{FEW, Headroom, Limits, Suggestion};
use crate::config::Budgets;
use crate::report::numbers::count;

/// How much of the way to a section stands in the settings already, and in which line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// Nothing: the lines are a section of their own.
    Nowhere,
    /// `testing:`, without `golden_tasks:`.
    Testing(u32),
    /// `testing.golden_tasks:`.
    GoldenTasks(u32),
}

/// Entries of `testing.golden_tasks`, with the lines above them that are missing at `spot`.
pub fn tasks(suggestions: &[Suggestion], headroom: Headroom, spot: Spot, file: &str) -> String {
    let mut text = format!("# Limits {headroom} times what the recorded runs took at most");
    text.push_str(&match spot {
        Spot::Nowhere => format!("; for the end of {file}\ntesting:\n  golden_tasks:\n"),
        Spot::Testing(line) => format!("; for `testing:`, {file}:{line}\n  golden_tasks:\n"),
        Spot::GoldenTasks(line) => format!("; for `testing.golden_tasks:`, {file}:{line}\n"),
    });
    suggestions.iter().for_each(|one| text.push_str(&entry(one)));
    text
}

fn entry(suggestion: &Suggestion) -> String {
    let Suggestion { prompt, version, models, seen, overlay, unseen, .. } = suggestion;
    let mut text = String::new();
    let mut comment = |words: &str| text.push_str(&format!("    # {words}\n"));
    let samples = counted(seen.samples as u64, "sample");
    let tokens =
        seen.tokens.map_or_else(|| "an unknown number of tokens".to_owned(), |tokens| counted(tokens, "token"));
    let (calls, steps) = (counted(seen.tool_calls, "tool call"), counted(seen.steps, "step"));
    let task = if overlay.contains('/') { String::new() } else { format!(" ({prompt} {version})") };
    comment(&format!("{overlay}{task} on {}: {samples}, at most {calls}, {tokens}, {steps}", models.join(", ")));
    if seen.samples < FEW {
        comment(&format!(
            "so few samples say little: regild record --prompt {prompt} --task {} --samples {FEW}",
            suggestion.task
        ));
    }
    if seen.stopped > 0 {
        comment(&format!("not counted: {}, which a budget stopped", counted(seen.stopped as u64, "run")));
    }
    if !unseen.is_empty() {
        comment(&format!("not recorded on {}, which may take more", unseen.join(", ")));
    }
    present(suggestion).iter().for_each(|words| comment(words));
    let added = suggestion.added();
    if added == Limits::default() {
        comment("nothing to add");
    } else {
        text.push_str(&format!("    - id: \"{overlay}\"\n"));
        for (name, value) in added.named() {
            text.push_str(&value.map(|value| format!("      {name}: {value}\n")).unwrap_or_default());
        }
    }
    text
}

/// How what the task declares compares with what is suggested and with what was seen.
fn present(suggestion: &Suggestion) -> Vec<String> {
    let Suggestion { seen, declared, limits, .. } = suggestion;
    let seen = [Some(seen.tool_calls), seen.tokens, Some(seen.steps)];
    let rows = declared.named().into_iter().zip(limits.named()).zip(seen);
    rows.filter_map(|(((name, declared), (_, suggested)), seen)| {
        let (declared, words) = (declared?, suggested.map(count));
        Some(match (suggested, seen) {
            (_, Some(seen)) if seen > declared => {
                format!("{name}: {} stands there, and {} was seen: it is broken today", count(declared), count(seen))
            }
            (None, _) => format!("{name}: {} stands there; what runs took is not known", count(declared)),
            (Some(new), _) if declared > new => {
                format!("{name}: {} stands there, looser than {}", count(declared), words.unwrap_or_default())
            }
            (Some(new), _) if declared < new => {
                format!(
                    "{name}: {} stands there, tighter than {}, and stays",
                    count(declared),
                    words.unwrap_or_default()
                )
            }
            (Some(_), _) => format!("{name}: {} stands there already", count(declared)),
        })
    })
    .collect()
}

/// The section `budgets:` as a whole. `line` is where the settings have one.
pub fn budgets(suggested: Budgets, present: Budgets, headroom: Headroom, line: Option<u32>, file: &str) -> String {
    let spot =
        line.map_or_else(|| format!("for the end of {file}"), |line| format!("instead of `budgets:`, {file}:{line}"));
    let mut text =
        format!("# {headroom} times what any recorded run took at most; {spot}. Time is left as it is\nbudgets:\n");
    let Budgets { max_steps, max_tool_calls, max_seconds, max_tokens } = suggested;
    let rows = [
        ("max_steps", max_steps.into(), present.max_steps.into()),
        ("max_tool_calls", max_tool_calls.into(), present.max_tool_calls.into()),
        ("max_seconds", max_seconds.into(), present.max_seconds.into()),
        ("max_tokens", max_tokens, present.max_tokens),
    ];
    for (name, value, before) in rows {
        let before: u64 = before;
        let change = if before == value { String::new() } else { format!("  # {} until now", count(before)) };
        text.push_str(&format!("  {name}: {value}{change}\n"));
    }
    text
}

fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, FILE};
    use crate::suggest::Seen;

    fn suggestion(seen: Seen, declared: Limits) -> Suggestion {
        let headroom = "1.25".parse().unwrap();
        Suggestion {
            prompt: "support".into(),
            version: "12.0.0".into(),
            task: "kb_lookup".into(),
            overlay: "kb_lookup".into(),
            models: vec!["mini".into()],
            unseen: Vec::new(),
            seen,
            declared,
            limits: Limits::above(&seen, headroom),
        }
    }

    const SEEN: Seen = Seen { samples: 3, stopped: 0, tool_calls: 4, steps: 5, tokens: Some(5_120) };

    #[test]
    fn an_entry_says_what_it_is_made_of() {
        let text = entry(&suggestion(SEEN, Limits::default()));
        assert_eq!(
            text,
            "    # kb_lookup (support 12.0.0) on mini: 3 samples, at most 4 tool calls, 5,120 tokens, 5 steps\n    \
             - id: \"kb_lookup\"\n      max_tool_calls: 5\n      max_tokens: 6400\n      max_steps: 7\n"
        );
    }

    #[test]
    fn what_stands_there_is_compared_and_not_repeated() {
        let declared = Limits { tool_calls: Some(5), tokens: Some(9_000), steps: Some(4) };
        let text = entry(&suggestion(SEEN, declared));
        for line in [
            "# max_tool_calls: 5 stands there already",
            "# max_tokens: 9,000 stands there, looser than 6,400",
            "# max_steps: 4 stands there, and 5 was seen: it is broken today",
        ] {
            assert!(text.contains(line), "no {line:?} in {text}");
        }
        assert!(text.ends_with("    - id: \"kb_lookup\"\n      max_tokens: 6400\n"), "{text}");
        let tighter = Limits { tool_calls: Some(4), tokens: Some(5_200), steps: Some(5) };
        let text = entry(&suggestion(SEEN, tighter));
        assert!(text.contains("max_tokens: 5,200 stands there, tighter than 6,400, and stays\n"), "{text}");
        assert!(text.ends_with("    # nothing to add\n"), "{text}");
    }

    #[test]
    fn doubts_are_said() {
        let seen = Seen { samples: 2, stopped: 1, tokens: None, ..SEEN };
        let mut one = suggestion(seen, Limits { tokens: Some(9), ..Limits::default() });
        one.unseen = vec!["maxi".into()];
        one.overlay = "support/kb_lookup".into();
        let text = entry(&one);
        for line in [
            "# support/kb_lookup on mini: 2 samples, at most 4 tool calls, an unknown number of tokens, 5 steps",
            "# so few samples say little: regild record --prompt support --task kb_lookup --samples 3",
            "# not counted: 1 run, which a budget stopped",
            "# not recorded on maxi, which may take more",
            "# max_tokens: 9 stands there; what runs took is not known",
        ] {
            assert!(text.contains(line), "no {line:?} in {text}");
        }
        assert!(!text.contains("max_tokens: 9\n") && text.contains("- id: \"support/kb_lookup\"\n"), "{text}");
    }

    #[test]
    fn the_lines_fit_where_they_say() {
        let (all, headroom) = ([suggestion(SEEN, Limits::default())], "1.25".parse().unwrap());
        for (spot, before) in [
            (Spot::Nowhere, ""),
            (Spot::Testing(1), "testing:\n  samples: 5\n"),
            (Spot::GoldenTasks(2), "testing:\n  golden_tasks:\n    - {id: other, max_steps: 2}\n"),
        ] {
            let text = format!("{before}{}", tasks(&all, headroom, spot, FILE));
            let config = config::parse(FILE, text.as_bytes()).unwrap().config;
            let overlay = config.testing.golden_tasks.last().unwrap();
            assert_eq!((overlay.id.as_str(), overlay.max_tokens), ("kb_lookup", Some(6_400)), "{text}");
        }
        let present = Budgets::default();
        let suggested = super::super::budgets(&all, headroom, present);
        let text = budgets(suggested, present, headroom, None, FILE);
        assert_eq!(config::parse(FILE, text.as_bytes()).unwrap().config.budgets, suggested);
        assert_eq!((suggested.max_steps, suggested.max_seconds, suggested.max_tokens), (7, 60, 6_400));
        assert!(text.contains("  max_tool_calls: 5  # 12 until now\n  max_seconds: 60\n"), "{text}");
    }
}

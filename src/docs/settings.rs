//! The table of the settings that weigh evidence, with the default that the type has and the reason for it.

use serde_json::Value;

use crate::config::Gate;

/// Each setting below `gate:`, as a JSON pointer, and why its default is what it is.
const SETTINGS: &[(&str, &str)] = &[
    ("/min_pass", "null is two thirds: one bad sample of three is usual, two are not"),
    ("/evidence/flip_p_value", "3/3 → 0/3 is as sure as that, and the least that three samples can prove"),
    ("/evidence/flip_by_noise", "of 50 tasks that pass nine times in ten, one suite in 28 shows a 3/3 → 0/3 by chance"),
    (
        "/evidence/flip_min_drop",
        "smaller falls are chance more often the more samples there are, since ⌈2k/3⌉ is not the same share for every k",
    ),
    ("/evidence/fail_confidence", "with 0.95, noise fails about 2 of 100 changes that change nothing in small suites"),
    ("/evidence/warn_confidence", "a warning holds nobody up, and may be wrong more often"),
    (
        "/evidence/growth_floor",
        "growth that may be as small as 5 % is not worth a failure, however large it was measured",
    ),
    ("/evidence/min_tasks", "below five tasks nobody knows how much tasks differ; then the samples of each must tell"),
    ("/pass_rate/warn", "one sample in twenty more that fails, over all tasks"),
    ("/pass_rate/fail", "one in ten; single tasks that break fail by themselves"),
    ("/tokens/warn", "what a longer instruction costs"),
    ("/tokens/fail", "a quarter more spend and latency is a decision, not a side effect"),
    ("/output_tokens", "part of `tokens`; gate it where output is what costs"),
    ("/tool_calls/warn", "as for tokens"),
    ("/tool_calls/fail", "as for tokens"),
    ("/tool_calls/min_delta", "a ratio of small counts is large at once: 0.2 → 0.4 calls is no incident"),
    ("/steps", "follows tool calls in most prompts"),
    ("/latency", "recorded on some machine on some day; gate it only where recordings are made alike"),
    ("/task_growth", "one task of many, which the mean hides; fails only where the task is critical"),
    ("/not_comparable", "somebody decides, since neither pass nor fail would be true"),
    ("/max_days_between", "providers change models behind a name within months"),
    ("/cost/max_increase_usd_month", "nobody else knows what is much for you ([cost](cost.md))"),
    ("/cost/max_increase_percent", "the same"),
    ("/cost/max_usd_per_request", "the same"),
    ("/cost/unknown", "an unknown price is no reason to hold a change up, unless there is a limit"),
    ("/cost/strict", "where the interval leaves open whether the limit is broken, a warning; strict holds up"),
];

/// The section.
pub(super) fn section() -> String {
    let gate = serde_json::to_value(Gate::default()).expect("settings are plain data");
    let mut text =
        "## Every setting\n\nBelow `gate:` in the policy's `regild.yaml`. Head's own count once they are merged.\n\n\
        | setting | default | why |\n|---|---|---|\n"
            .to_owned();
    for (pointer, why) in SETTINGS {
        let default = gate.pointer(pointer).unwrap_or(&Value::Null);
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        text.push_str(&format!("| `{}` | {default} | {why} |\n", pointer.trim_start_matches('/').replace('/', ".")));
    }
    text.push_str(
        "\nWhat each finding weighs (`regression`, `new_failure`, `still_failing`, `expectation_changed`, `untested`, `base_unmeasured`) \
        is `fail`, `accept`, `warn` or `off`; `regild explain CODE` says which code each is.\n\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths of all values that are no mapping.
    fn leaves(value: &Value, at: &str, into: &mut Vec<String>) {
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                entries.iter().for_each(|(name, value)| leaves(value, &format!("{at}/{name}"), into));
            }
            _ => into.push(at.to_owned()),
        }
    }

    #[test]
    fn every_setting_has_a_reason() {
        let levels =
            ["regression", "new_failure", "still_failing", "expectation_changed", "untested", "base_unmeasured"];
        let elsewhere = ["severity", "waivers", "approvers"];
        let mut all = Vec::new();
        leaves(&serde_json::to_value(Gate::default()).unwrap(), "", &mut all);
        all.retain(|path| !levels.iter().chain(&elsewhere).any(|name| path == &format!("/{name}")));
        let told: Vec<&str> = SETTINGS.iter().map(|(pointer, _)| *pointer).collect();
        for path in &all {
            assert!(told.contains(&path.as_str()), "{path} has no reason");
        }
        assert_eq!(told.len(), all.len(), "{told:?} {all:?}");
    }
}

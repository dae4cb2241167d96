//! What is to be said of a prompt's tasks together, beside the table of its metrics: how often samples pass, and what so many
//! tasks and samples can show at all.

use super::numbers;
use super::{MetricStatus, Prompt, words};

/// Notes with their marks, for every renderer.
pub fn notes(prompt: &Prompt) -> Vec<(&'static str, String)> {
    pass_rate(prompt).into_iter().chain(sees(prompt)).collect()
}

/// How often samples pass, where that changed.
fn pass_rate(prompt: &Prompt) -> Option<(&'static str, String)> {
    let rate = prompt.pass_rate.as_ref().filter(|rate| rate.base != rate.head)?;
    let mark = match rate.status {
        MetricStatus::Fail => words::BAD,
        MetricStatus::Warn | MetricStatus::Inconclusive => words::CARE,
        MetricStatus::Pass | MetricStatus::Info | MetricStatus::Unknown => " ",
    };
    Some((mark, words::pass_rate(rate)))
}

/// The least growth that these tasks and samples would have shown, where nothing was shown and that is more than the limit.
fn sees(prompt: &Prompt) -> Option<(&'static str, String)> {
    let seen = ["total_tokens", "tool_calls"].into_iter().filter_map(|name| {
        let metric = prompt.metrics.get(name).filter(|metric| metric.status != MetricStatus::Fail)?;
        let (least, limit) = (metric.detectable?, metric.limit?);
        (least > limit).then(|| format!("{} from {}", words::metric(name), numbers::change(least)))
    });
    let seen: Vec<String> = seen.collect();
    let said = format!("so many tasks and samples show growth of {} on; more samples show less", seen.join(", of "));
    (!seen.is_empty()).then_some((" ", said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::PassRate;
    use crate::report::sample::sample;

    #[test]
    fn what_cannot_be_seen_is_said_and_what_is_unchanged_is_not() {
        let mut prompt = sample().prompts.remove(0);
        prompt.metrics.clear();
        assert_eq!(notes(&prompt), []);
        let mut metric = sample().prompts[1].metrics["total_tokens"].clone();
        (metric.status, metric.limit, metric.detectable) = (MetricStatus::Pass, Some(1.25), Some(1.6));
        prompt.metrics.insert("total_tokens".into(), metric.clone());
        let rate =
            PassRate { base: 0.98, head: 0.91, ci95: None, p_value: 0.01, status: MetricStatus::Warn, limit: None };
        prompt.pass_rate = Some(rate.clone());
        let said: Vec<String> = notes(&prompt).into_iter().map(|(_, text)| text.replace(numbers::NBSP, " ")).collect();
        assert_eq!(
            said,
            [
                "samples that pass: 98 % → 91 %",
                "so many tasks and samples show growth of tokens from +60 % on; more samples show less"
            ]
        );
        prompt.pass_rate = Some(PassRate { head: 0.98, ..rate });
        metric.detectable = Some(1.25);
        prompt.metrics.insert("total_tokens".into(), metric);
        assert_eq!(notes(&prompt), []);
    }
}

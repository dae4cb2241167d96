//! What a prompt's suite comes to under the gate: its findings, each a sentence to act on, and the figures a report shows.

use super::growth::{self, Standings, limit, of_task, standings};
use crate::compare::{Cell, Measured, Metric, PassRate, Suite, TaskGrown, Tolerance, suite};
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::policy::Policy;
use crate::report::MetricStatus;
use crate::report::numbers::{self, NBSP};
use crate::stats::Interval;

/// A suite that was weighed.
#[derive(Debug)]
pub struct Weighed<'a> {
    pub suite: Suite<'a>,
    pub standings: Standings,
}

/// Compares the cells of a candidate, and weighs what that comes to.
pub fn weigh<'a>(cells: &[&Cell<'a>], policy: &Policy) -> Weighed<'a> {
    let suite = suite(cells, tolerance(policy), policy.gate.evidence.min_tasks);
    let standings = standings(&suite, policy);
    Weighed { suite, standings }
}

/// What two sides may differ in besides the prompt.
pub fn tolerance(policy: &Policy) -> Tolerance {
    Tolerance { max_days: policy.gate.max_days_between }
}

impl Weighed<'_> {
    /// The findings about a prompt's suite.
    pub fn findings(&self, prompt: &Id, policy: &Policy) -> Vec<Finding> {
        let mut found = Vec::new();
        for (why, count) in &self.suite.left_out {
            let message = format!("{}: {why}", numbers::counted(*count, "task"));
            let help = format!("regild record --prompt {prompt} --side both --rewrite");
            found.push(Finding::new(Kind::NotComparable, message).of(prompt).help(help));
        }
        if let (Some(rate), MetricStatus::Fail | MetricStatus::Warn) = (&self.suite.pass_rate, self.standings.pass_rate)
        {
            found.push(
                Finding::new(Kind::PassRate(self.standings.pass_rate), fell(rate, self.standings.pass_rate, policy))
                    .of(prompt),
            );
        }
        for (metric, status) in &self.standings.metrics {
            let measured = &self.suite.metrics[metric];
            let told = match measured.untold > 0 && *status == MetricStatus::Inconclusive {
                true => Some(untold(*metric, measured)),
                false => grew(*metric, measured, policy),
            };
            if let (true, Some(message)) = (speaks(*status), told) {
                let finding = Finding::new(Kind::Growth(*metric, *status), message).of(prompt);
                let awaits_samples = *status == MetricStatus::Inconclusive;
                found.push(if awaits_samples { finding.help(more_samples(prompt)) } else { finding });
            }
        }
        for grown in &self.suite.tasks {
            let status = of_task(grown, self.told(grown.metric), policy);
            if speaks(status) {
                found.push(Finding::new(Kind::TaskGrowth(grown.metric, status), task_grew(grown)).at(grown.planned));
            }
        }
        found
    }

    /// How a metric over all tasks stands, and its ratio, where a finding tells it.
    fn told(&self, metric: Metric) -> Option<(MetricStatus, f64)> {
        let (grown, status) = (self.suite.metrics.get(&metric)?.grown.as_ref()?, self.standings.metrics[&metric]);
        speaks(status).then_some((status, grown.ratio))
    }

    /// The smallest ratio of a metric that this suite would find beyond the gate in four of five cases.
    pub fn detectable(&self, metric: Metric, policy: &Policy) -> Option<f64> {
        let limit = growth::limit(metric, policy)?;
        let test = self.suite.metrics.get(&metric)?.grown.as_ref()?.test.as_ref()?;
        let evidence = &policy.gate.evidence;
        Some(test.detectable(evidence.growth_floor, evidence.fail_confidence)?.max(limit))
    }
}

fn speaks(status: MetricStatus) -> bool {
    match status {
        MetricStatus::Fail | MetricStatus::Warn | MetricStatus::Inconclusive => true,
        MetricStatus::Pass | MetricStatus::Info | MetricStatus::Unknown => false,
    }
}

/// "tokens per run: head does not tell them in 1 of 10 tasks, base does"
fn untold(metric: Metric, measured: &Measured) -> String {
    let all = measured.tasks + if measured.grown.is_some() { measured.untold } else { 0 };
    format!(
        "{}: not told by some run of head's in {} of {all} tasks, and told by base's",
        metric.words(),
        measured.untold
    )
}

/// "tokens per run up 92 % (95 % CI +88 % to +98 %, 10 tasks × 3 samples), limit +25 %"
fn grew(metric: Metric, measured: &Measured, policy: &Policy) -> Option<String> {
    let grown = measured.grown.as_ref()?;
    let change = match grown.ratio {
        ratio if ratio.is_infinite() => "up from nothing".to_owned(),
        ratio if ratio >= 1.0 => format!("up {:.0}{NBSP}%", (ratio - 1.0) * 100.0),
        ratio => format!("down {:.0}{NBSP}%", (1.0 - ratio) * 100.0),
    };
    let means = if metric.is_count() {
        format!("{:.1} → {:.1}, ", measured.base_mean?, measured.head_mean?)
    } else {
        String::new()
    };
    let interval = grown.ci95.map_or_else(String::new, |ci| match ci {
        Interval { low, high } if high - low < 1e-9 => "without any noise, ".to_owned(),
        ci => format!("{}, ", interval(ci, numbers::change)),
    });
    let limit = limit(metric, policy).map_or_else(String::new, |limit| format!(", limit {}", numbers::change(limit)));
    let untested = if grown.test.is_none() { "; too few samples to tell from chance" } else { "" };
    Some(format!("{} {change} ({means}{interval}{}){limit}{untested}", metric.words(), size(measured)))
}

/// "95 % CI +88 % to +98 %"
fn interval(ci: Interval, shown: impl Fn(f64) -> String) -> String {
    format!("95{NBSP}% CI {} to {}", shown(ci.low), shown(ci.high))
}

/// "10 tasks × 3 samples"
fn size(measured: &Measured) -> String {
    let tasks = numbers::counted(measured.tasks, "task");
    match measured.samples {
        (least, most) if least == most => format!("{tasks} × {}", numbers::counted(most, "sample")),
        (least, most) => format!("{tasks} × {least} to {}", numbers::counted(most, "sample")),
    }
}

/// "91 % of samples pass, 99 % on base (95 % CI of the change −12 % to −4 %, 20 tasks), limit −10 points"
fn fell(rate: &PassRate, status: MetricStatus, policy: &Policy) -> String {
    let share = |share: f64| format!("{:.0}{NBSP}%", share * 100.0);
    let points = |share: f64| format!("{:+.0}", share * 100.0).replace('-', "−");
    let ci = rate.ci95.map_or_else(String::new, |ci| format!("{} points, ", interval(ci, points)));
    let limit = policy.gate.pass_rate.and_then(|fall| fall.fail.or(fall.warn));
    let is_beyond = limit.is_some_and(|limit| rate.fall() > limit);
    let doubt = match status {
        MetricStatus::Warn if is_beyond => format!(
            "; surer than {}, a failure takes {}",
            share(policy.gate.evidence.warn_confidence),
            share(policy.gate.evidence.fail_confidence)
        ),
        _ => String::new(),
    };
    let limit = limit.map_or_else(String::new, |limit| format!(", limit {} points", points(-limit)));
    format!(
        "{} of samples pass, {} did on base ({} points, {ci}{}){limit}{doubt}",
        share(rate.head),
        share(rate.base),
        points(-rate.fall()),
        numbers::counted(rate.tasks, "task")
    )
}

/// "tokens per run up 140 % (2,100 → 5,040, 3 samples)"
fn task_grew(grown: &TaskGrown<'_>) -> String {
    let shown = |value: f64| numbers::measure(grown.metric.as_str(), value);
    let (base, head) = (shown(grown.base_mean), shown(grown.head_mean));
    let samples = numbers::counted(grown.samples, "sample");
    let change = (grown.ratio - 1.0) * 100.0;
    format!("{} up {change:.0}{NBSP}% ({base} → {head}, {samples})", grown.metric.words())
}

fn more_samples(prompt: &Id) -> String {
    format!("regild record --prompt {prompt} --samples 3 --side both")
}

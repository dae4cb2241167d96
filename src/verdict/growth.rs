//! Growth of what runs take, and falls of the pass rate, against the gate.
//!
//! A failure needs three things: an effect beyond the limit, a difference that matters at all, and evidence that holds though
//! several things were tested (Holm). Why these, and what they do to false alarms: docs/verdict.md.

use std::collections::BTreeMap;

use super::EPSILON;
use crate::compare::{Measured, Metric, PassRate, Suite, TaskGrown};
use crate::config::Growth;
use crate::policy::Policy;
use crate::report::MetricStatus;
use crate::stats::holm;

/// Runs on each side that latency needs before it is gated: providers and regions vary more than prompts do.
const LATENCY_RUNS: usize = 30;

/// How the suite of a prompt stands to the gate.
#[derive(Debug)]
pub struct Standings {
    pub metrics: BTreeMap<Metric, MetricStatus>,
    pub pass_rate: MetricStatus,
}

/// The limits of a gated metric, and the smallest difference that counts.
#[derive(Debug, Clone, Copy)]
struct Limits {
    growth: Growth,
    min_delta: f64,
}

/// What is tested together, so that testing more makes no more false alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    PassRate,
    Metric(Metric),
}

/// Weighs a suite.
pub fn standings(suite: &Suite<'_>, policy: &Policy) -> Standings {
    let evidence = &policy.gate.evidence;
    let mut families: Vec<(Family, f64)> = Vec::new();
    if let Some(rate) = suite.pass_rate.as_ref().filter(|rate| policy.gate.pass_rate.is_some() && rate.fall() != 0.0) {
        families.push((Family::PassRate, rate.p_fall));
    }
    for (metric, measured) in &suite.metrics {
        let test = measured.grown.as_ref().and_then(|grown| grown.test.as_ref()).filter(|test| !test.is_unchanged());
        if let (Some(test), Some(_)) = (test, limits(*metric, policy)) {
            families.push((Family::Metric(*metric), test.p_beyond(evidence.growth_floor)));
        }
    }
    let adjusted = holm(&families.iter().map(|(_, p_value)| *p_value).collect::<Vec<_>>());
    let sure: BTreeMap<Family, bool> = families
        .iter()
        .zip(adjusted)
        .map(|((family, _), p_value)| (*family, p_value <= 1.0 - evidence.fail_confidence + EPSILON))
        .collect();
    let is_sure = |family| sure.get(&family).copied().unwrap_or(false);
    Standings {
        metrics: suite
            .metrics
            .iter()
            .map(|(metric, measured)| (*metric, of_metric(*metric, measured, is_sure(Family::Metric(*metric)), policy)))
            .collect(),
        pass_rate: suite
            .pass_rate
            .as_ref()
            .map_or(MetricStatus::Unknown, |rate| of_pass_rate(rate, is_sure(Family::PassRate), policy)),
    }
}

fn of_metric(metric: Metric, measured: &Measured, is_sure: bool, policy: &Policy) -> MetricStatus {
    let Some(Limits { growth, min_delta }) = limits(metric, policy) else { return MetricStatus::Info };
    // What head does not tell, and base does, may be anything.
    let is_hidden = measured.untold > 0 && metric != Metric::LatencyMs;
    let Some(grown) = &measured.grown else {
        return if is_hidden { MetricStatus::Inconclusive } else { MetricStatus::Unknown };
    };
    let runs = measured.tasks * measured.samples.0;
    if metric == Metric::LatencyMs && runs < LATENCY_RUNS {
        return MetricStatus::Info;
    }
    if grown.delta < min_delta {
        return if is_hidden { MetricStatus::Inconclusive } else { MetricStatus::Pass };
    }
    let beyond = |limit: Option<f64>| limit.is_some_and(|limit| grown.ratio > limit + EPSILON);
    let warns = |p_value: f64| p_value <= 1.0 - policy.gate.evidence.warn_confidence + EPSILON;
    let standing = match &grown.test {
        // The founding configuration's alert decides whether a token spike fails or warns.
        Some(_) if is_sure && beyond(growth.fail) => {
            let warns_only = metric == Metric::TotalTokens && !policy.alert_on_token_spike;
            if warns_only { MetricStatus::Warn } else { MetricStatus::Fail }
        }
        // Few tasks, whose samples differ so much that they prove nothing: more samples would tell.
        Some(test) if test.is_of_samples() && beyond(growth.fail) => MetricStatus::Inconclusive,
        Some(test) if (beyond(growth.warn) || beyond(growth.fail)) && warns(test.p_beyond(1.0)) => MetricStatus::Warn,
        Some(_) => MetricStatus::Pass,
        None if beyond(growth.fail) => MetricStatus::Inconclusive,
        None if beyond(growth.warn) => MetricStatus::Warn,
        None => MetricStatus::Pass,
    };
    if is_hidden && standing != MetricStatus::Fail { MetricStatus::Inconclusive } else { standing }
}

fn of_pass_rate(rate: &PassRate, is_sure: bool, policy: &Policy) -> MetricStatus {
    let Some(fall) = policy.gate.pass_rate else { return MetricStatus::Info };
    let beyond = |limit: Option<f64>| limit.is_some_and(|limit| rate.fall() > limit + EPSILON);
    let likely = rate.p_fall <= 1.0 - policy.gate.evidence.warn_confidence + EPSILON;
    if is_sure && beyond(fall.fail) {
        MetricStatus::Fail
    } else if likely && beyond(fall.warn) {
        MetricStatus::Warn
    } else {
        MetricStatus::Pass
    }
}

/// How one task's growth stands, beside that of all tasks together where it is told. Who grew with all others is not named
/// again; a critical task is, where all together only warn.
pub fn of_task(grown: &TaskGrown<'_>, told: Option<(MetricStatus, f64)>, policy: &Policy) -> MetricStatus {
    let (Some(limit), Some(Limits { min_delta, .. })) = (policy.gate.task_growth, limits(grown.metric, policy)) else {
        return MetricStatus::Info;
    };
    let evidence = &policy.gate.evidence;
    let is_critical = grown.planned.critical;
    let sure = |confidence: f64| grown.p_value <= 1.0 - confidence + EPSILON;
    let is_told =
        told.is_some_and(|(status, all)| grown.ratio <= all * limit && (status == MetricStatus::Fail || !is_critical));
    if is_told || grown.ratio <= limit + EPSILON || grown.delta < min_delta {
        MetricStatus::Pass
    } else if is_critical && sure(evidence.fail_confidence) {
        MetricStatus::Fail
    } else if sure(evidence.warn_confidence) {
        MetricStatus::Warn
    } else {
        MetricStatus::Pass
    }
}

/// The ratio beyond which a metric fails the gate, or warns where it never fails; `None` where it is not gated.
pub fn limit(metric: Metric, policy: &Policy) -> Option<f64> {
    limits(metric, policy).and_then(|limits| limits.growth.fail.or(limits.growth.warn))
}

/// What growth of a metric must show before the gate speaks of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The ratio that must be exceeded.
    pub limit: f64,
    /// The ratio that must be exceeded for sure, and how surely.
    pub floor: f64,
    pub confidence: f64,
    /// Whether it fails, so that all that is tested shares the confidence; or only warns.
    pub fails: bool,
}

/// What a metric must show to fail the gate, or to be warned of where it never fails; `None` where it is not gated.
pub fn bar(metric: Metric, policy: &Policy) -> Option<Bar> {
    let Limits { growth, min_delta: _ } = limits(metric, policy)?;
    let evidence = &policy.gate.evidence;
    let warns_only = metric == Metric::TotalTokens && !policy.alert_on_token_spike;
    match growth.fail.filter(|_| !warns_only) {
        Some(limit) => {
            Some(Bar { limit, floor: evidence.growth_floor, confidence: evidence.fail_confidence, fails: true })
        }
        None => {
            let limit = growth.warn.or(growth.fail)?;
            Some(Bar { limit, floor: 1.0, confidence: evidence.warn_confidence, fails: false })
        }
    }
}

fn limits(metric: Metric, policy: &Policy) -> Option<Limits> {
    let gate = &policy.gate;
    let ratio = |growth: Option<Growth>| growth.map(|growth| Limits { growth, min_delta: 0.0 });
    let count = |allowed: Option<crate::config::Allowance>| {
        let limits = |allowed: crate::config::Allowance| Limits {
            growth: Growth { warn: allowed.warn, fail: allowed.fail },
            min_delta: allowed.min_delta,
        };
        allowed.map(limits)
    };
    match metric {
        Metric::TotalTokens => ratio(gate.tokens),
        Metric::OutputTokens => ratio(gate.output_tokens),
        Metric::ToolCalls => count(gate.tool_calls),
        Metric::Steps => count(gate.steps),
        Metric::LatencyMs => ratio(gate.latency),
        // What a run costs follows from its tokens; `gate.cost` limits it per month.
        Metric::CostUsd => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Grown, Test};
    use crate::side::{OnBadSettings, Side};
    use crate::snapshot::tests::snapshot;
    use crate::stats::Estimate;

    fn policy(settings: &str) -> Policy {
        Policy::first_adoption(
            &Side::read(snapshot(&[("regild.yaml", settings)]), "regild.yaml", OnBadSettings::Stop).unwrap(),
        )
    }

    /// A metric that grew from 100 by this ratio, with this standard error of the log-ratio; untested where there is none.
    fn measured(ratio: f64, se: Option<f64>) -> Measured {
        let test = se.map(|se| Test::LogRatios(Estimate { mean: ratio.ln(), se, df: 9.0 }, Vec::new()));
        let delta = 100.0 * (ratio - 1.0);
        let grown = Grown { ratio, delta, ci95: None, test };
        Measured { base_mean: Some(100.0), grown: Some(grown), tasks: 10, samples: (3, 3), ..Measured::default() }
    }

    fn status(settings: &str, metric: Metric, measured: Measured) -> MetricStatus {
        let mut suite = Suite {
            metrics: Metric::ALL.into_iter().map(|metric| (metric, Measured::default())).collect(),
            pass_rate: None,
            tasks: Vec::new(),
            left_out: BTreeMap::new(),
        };
        suite.metrics.insert(metric, measured);
        standings(&suite, &policy(settings)).metrics[&metric]
    }

    #[test]
    fn growth_needs_size_and_evidence() {
        use MetricStatus::{Fail, Inconclusive, Info, Pass, Unknown, Warn};
        let tokens = Metric::TotalTokens;
        for (settings, metric, ratio, se, want) in [
            ("", tokens, 1.92, Some(0.01), Fail),
            ("", tokens, 1.25, Some(0.001), Warn),
            ("", tokens, 1.26, Some(0.001), Fail),
            ("", tokens, 1.10, Some(0.001), Pass),
            ("", tokens, 1.12, Some(0.001), Warn),
            // Large, and may be chance.
            ("", tokens, 1.5, Some(0.3), Pass),
            ("", tokens, 1.5, Some(0.2), Warn),
            // Real, and may be as small as the floor.
            ("gate: {evidence: {growth_floor: 1.4}}", tokens, 1.5, Some(0.05), Warn),
            ("gate: {evidence: {fail_confidence: 0.9}}", tokens, 1.5, Some(0.2), Fail),
            ("", tokens, 1.5, None, Inconclusive),
            ("", tokens, 1.2, None, Warn),
            ("", tokens, 0.5, Some(0.01), Pass),
            ("gate: {tokens: null}", tokens, 9.0, Some(0.01), Info),
            ("observability: {alert_on_token_spike: false}", tokens, 9.0, Some(0.01), Warn),
            ("gate: {tool_calls: {min_delta: 500}}", Metric::ToolCalls, 3.0, Some(0.01), Pass),
            ("", Metric::Steps, 9.0, Some(0.01), Info),
            ("gate: {steps: {fail: 2}}", Metric::Steps, 9.0, Some(0.01), Fail),
            ("gate: {output_tokens: {}}", Metric::OutputTokens, 9.0, Some(0.01), Fail),
            ("", Metric::LatencyMs, 9.0, Some(0.01), Info),
            ("gate: {latency: {fail: 2}}", Metric::LatencyMs, 9.0, Some(0.01), Fail),
            ("gate: {latency: {fail: 2}}", Metric::CostUsd, 9.0, Some(0.01), Info),
        ] {
            assert_eq!(status(settings, metric, measured(ratio, se)), want, "{settings} {metric:?} {ratio} {se:?}");
        }
        assert_eq!(status("", tokens, Measured::default()), Unknown);
        let few = Measured { tasks: 9, ..measured(9.0, Some(0.01)) };
        assert_eq!(status("gate: {latency: {fail: 2}}", Metric::LatencyMs, few), Info);
    }

    #[test]
    fn what_else_is_tested_raises_the_bar() {
        // p is about 0.006: enough alone, and not beside another test that finds nothing.
        let borderline = || measured(1.3, Some(0.068));
        assert_eq!(status("", Metric::TotalTokens, borderline()), MetricStatus::Fail);
        let mut suite = Suite {
            metrics: Metric::ALL.into_iter().map(|metric| (metric, Measured::default())).collect(),
            pass_rate: None,
            tasks: Vec::new(),
            left_out: BTreeMap::new(),
        };
        suite.metrics.insert(Metric::TotalTokens, borderline());
        suite.metrics.insert(Metric::ToolCalls, measured(1.01, Some(0.5)));
        assert_eq!(standings(&suite, &policy("")).metrics[&Metric::TotalTokens], MetricStatus::Warn);
    }
}

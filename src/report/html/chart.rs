//! One metric drawn: base above head, mean in a full bar, 95th percentile in a pale one, the limit and the interval as lines.
//!
//! Yields positions for the template's SVG, and the same in words for whoever does not see it.

use serde::Serialize;

use crate::report::{Metric, numbers, words};

/// Units from the left to the right edge of the drawing; the template's `viewBox` is a little wider.
const WIDTH: f64 = 300.0;

#[derive(Debug, Serialize)]
pub struct Chart {
    label: String,
    bars: Vec<Bar>,
    /// Where the gate's limit stands.
    limit: Option<String>,
    interval: Option<Interval>,
}

#[derive(Debug, Serialize)]
struct Bar {
    side: &'static str,
    y: &'static str,
    mean: String,
    p95: Option<String>,
}

/// Between which values head's mean lies.
#[derive(Debug, Serialize)]
struct Interval {
    low: String,
    high: String,
}

/// `None` where there is nothing to draw.
pub fn chart(name: &str, metric: &Metric) -> Option<Chart> {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite() && *value >= 0.0);
    let [base, head] = [metric.base_mean, metric.head_mean].map(finite);
    let [base_p95, head_p95] = [metric.base_p95, metric.head_p95].map(finite);
    let of_base = |ratio: f64| finite(base.map(|base| base * ratio));
    let limit = metric.limit.and_then(of_base);
    let ends = metric.ci95.and_then(|[low, high]| Some((of_base(low)?, of_base(high)?)));
    let drawn = [base, head, base_p95, head_p95, limit, ends.map(|(_, high)| high)];
    let most = drawn.into_iter().flatten().fold(0.0, f64::max);
    if most <= 0.0 || base.or(head).is_none() {
        return None;
    }
    let at = |value: f64| format!("{:.1}", value / most * WIDTH);
    let bar = |side, y, mean: Option<f64>, p95: Option<f64>| {
        mean.map(|mean| Bar { side, y, mean: at(mean), p95: p95.filter(|p95| *p95 > mean).map(at) })
    };
    Some(Chart {
        label: label(name, metric),
        bars: [bar("base", "4", base, base_p95), bar("head", "20", head, head_p95)].into_iter().flatten().collect(),
        limit: limit.map(at),
        interval: ends.map(|(low, high)| Interval { low: at(low), high: at(high) }),
    })
}

/// `tokens: base 4,540, 95th percentile 7,500; head 8,700, …; limit +25 %`.
fn label(name: &str, metric: &Metric) -> String {
    let side = |side: &str, mean: Option<f64>, p95: Option<f64>| {
        let p95 = p95.map(|p95| format!(", 95th percentile {}", numbers::observed(name, p95))).unwrap_or_default();
        mean.map_or_else(
            || format!("{side} not measured"),
            |mean| format!("{side} {}{p95}", numbers::measure(name, mean)),
        )
    };
    let mut parts =
        vec![side("base", metric.base_mean, metric.base_p95), side("head", metric.head_mean, metric.head_p95)];
    parts.extend(metric.limit.map(|limit| format!("limit {}", numbers::change(limit))));
    parts.extend(interval(metric).map(|ends| format!("95{}% interval {ends}", numbers::NBSP)));
    format!("{}: {}", words::metric(name), parts.join("; "))
}

/// `+88 % to +98 %`.
pub fn interval(metric: &Metric) -> Option<String> {
    let [low, high] = metric.ci95?.map(numbers::change);
    Some(format!("{low} to {high}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn the_longest_value_fills_the_drawing() {
        let metric = sample().prompts[1].metrics["total_tokens"].clone();
        let chart = chart("total_tokens", &metric).unwrap();
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.side, bar.mean.as_str(), bar.p95.as_deref())).collect();
        assert_eq!(bars, [("base", "95.9", Some("158.5")), ("head", "183.8", Some("300.0"))]);
        assert_eq!(chart.limit.as_deref(), Some("119.9"));
        let interval = chart.interval.unwrap();
        assert_eq!((interval.low.as_str(), interval.high.as_str()), ("180.3", "189.9"));
        assert_eq!(
            chart.label.replace(numbers::NBSP, " "),
            "tokens: base 4,540, 95th percentile 7,500; head 8,700, 95th percentile 14,200; limit +25 %; \
             95 % interval +88 % to +98 %"
        );
    }

    #[test]
    fn what_cannot_be_drawn_is_not() {
        let mut metric = sample().prompts[1].metrics["steps"].clone();
        metric.base_mean = Some(f64::INFINITY);
        let only_head = chart("steps", &metric).unwrap();
        assert!(only_head.bars.len() == 1 && only_head.limit.is_none());
        metric.head_mean = Some(-1.0);
        assert!(chart("steps", &metric).is_none());
        (metric.base_mean, metric.head_mean, metric.base_p95, metric.head_p95) = (Some(0.0), Some(0.0), None, None);
        assert!(chart("steps", &metric).is_none());
        metric.base_mean = Some(f64::MAX);
        let huge = chart("steps", &metric).unwrap();
        assert!(huge.limit.is_none(), "beyond all numbers");
    }
}

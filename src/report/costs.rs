//! `costs_report.json`, the cost report of the founding documents: five fields, amounts as JSON numbers, null where unknown.
//!
//! For scripts written against that format. Everything else about cost is in `report.json`.

use serde::Serialize;

use super::{PromptStatus, Report, escape, numbers};

#[derive(Serialize)]
struct CostsReport<'a> {
    changed_prompts: Vec<Changed<'a>>,
    current_monthly_cost: Option<f64>,
    projected_monthly_cost: Option<f64>,
    delta: Option<f64>,
    delta_percent: Option<f64>,
}

#[derive(Serialize)]
struct Changed<'a> {
    id: &'a str,
    version: &'a str,
}

pub fn render(report: &Report) -> String {
    let cost = &report.cost;
    let costs = CostsReport {
        changed_prompts: changed(report),
        current_monthly_cost: usd(cost.base_usd_month.as_deref()),
        projected_monthly_cost: usd(cost.head_usd_month.as_deref()),
        delta: usd(cost.delta_usd_month.as_deref()),
        delta_percent: cost.delta_percent.filter(|percent| percent.is_finite()),
    };
    let text = serde_json::to_string_pretty(&costs).expect("texts and finite numbers are JSON");
    escape::json(&text) + "\n"
}

/// The prompts that differ, with the version they change to; a removed one with the version it had.
fn changed(report: &Report) -> Vec<Changed<'_>> {
    report
        .prompts
        .iter()
        .filter(|prompt| match prompt.status {
            PromptStatus::Added | PromptStatus::Modified | PromptStatus::Removed | PromptStatus::IdChanged => true,
            PromptStatus::Unchanged => false,
        })
        .filter_map(|prompt| {
            let version = prompt.head.as_ref().or(prompt.base.as_ref())?;
            Some(Changed { id: &prompt.id, version: &version.version })
        })
        .collect()
}

/// Whole cents, as a number.
fn usd(text: Option<&str>) -> Option<f64> {
    f64::try_from(
        numbers::decimal(text)?.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero),
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn has_the_five_fields_as_numbers() {
        let value: Value = serde_json::from_str(&render(&sample())).unwrap();
        let versions = [("refund-letter", "1.0.0"), ("support", "13.0.0"), ("triage", "2.1.0")];
        let expected = json!({
            "changed_prompts": versions.map(|(id, version)| json!({"id": id, "version": version})),
            "current_monthly_cost": 756.0, "projected_monthly_cost": 1449.0, "delta": 693.0,
            "delta_percent": 91.66666666666667,
        });
        assert_eq!(value, expected);
    }

    #[test]
    fn unknown_is_null_and_unchanged_prompts_are_left_out() {
        let mut report = sample();
        report.cost.head_usd_month = None;
        report.cost.delta_usd_month = None;
        report.cost.delta_percent = Some(f64::NAN);
        report.cost.base_usd_month = Some("0.125".into());
        report.prompts.iter_mut().for_each(|prompt| prompt.status = PromptStatus::Unchanged);
        let value: Value = serde_json::from_str(&render(&report)).unwrap();
        let expected = json!({"changed_prompts": [], "current_monthly_cost": 0.13, "projected_monthly_cost": null,
            "delta": null, "delta_percent": null});
        assert_eq!(value, expected);
    }
}

//! Limits on money: findings where a known cost is over one, or where an unknown one would have to be compared.

use rust_decimal::Decimal;

use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::policy::Policy;

/// Judges the sum over all affected, served prompts.
pub fn total(base: Option<Decimal>, head: Option<Decimal>, unknown: &[String], policy: &Policy) -> Vec<Finding> {
    let gate = &policy.gate.cost;
    let limited = gate.max_increase_usd_month.is_some() || gate.max_increase_percent.is_some();
    let (Some(base), Some(head)) = (base, head) else {
        if !limited || unknown.is_empty() {
            return Vec::new();
        }
        let message = format!("the monthly cost cannot be compared with the limit: {}", unknown.join("; "));
        return vec![Finding::new(Kind::CostUnknown, message)];
    };
    let delta = head - base;
    let mut findings = Vec::new();
    if let Some(limit) = gate.max_increase_usd_month
        && delta > limit.0
    {
        let message = format!("cost up ${} a month, limit +${}", delta.round_dp(2), limit.0);
        findings.push(Finding::new(Kind::Cost, message));
    }
    if let Some(limit) = gate.max_increase_percent
        && !base.is_zero()
        && let Some(limit) = Decimal::from_f64_retain(limit)
    {
        let percent = delta / base * Decimal::ONE_HUNDRED;
        if percent > limit {
            let message =
                format!("cost up {} % a month, limit +{} %", percent.round_dp(1), limit.round_dp(2).normalize());
            findings.push(Finding::new(Kind::Cost, message));
        }
    }
    findings
}

/// Judges what one request of a prompt costs.
pub fn request(prompt: &Id, head: Option<Decimal>, policy: &Policy) -> Option<Finding> {
    let limit = policy.gate.cost.max_usd_per_request?;
    let finding = match head {
        Some(head) if head > limit.0 => {
            Finding::new(Kind::Cost, format!("${} a request, limit ${}", head.round_dp(6).normalize(), limit.0))
        }
        Some(_) => return None,
        None => Finding::new(Kind::CostUnknown, "what a request costs is not known"),
    };
    Some(finding.of(prompt))
}

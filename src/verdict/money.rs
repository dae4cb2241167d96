//! Limits on money: findings where a known cost is over one, or where an unknown one would have to be compared.

use rust_decimal::Decimal;

use crate::cost::{Known, Totals};
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::policy::Policy;
use crate::report::numbers::{self, Sign};

/// Judges the sums over all affected, served prompts.
pub fn total(totals: &Totals, policy: &Policy) -> Vec<Finding> {
    let gate = &policy.gate.cost;
    let percent = gate.max_increase_percent.and_then(Decimal::from_f64_retain).map(|limit| limit.round_dp(9));
    let mut findings = Vec::new();
    if gate.max_increase_usd_month.is_some() || percent.is_some() {
        let is_unknown = totals.delta().is_none() && !totals.unknown.is_empty();
        findings.extend(is_unknown.then(|| {
            let message = format!("the monthly cost cannot be compared with the limit: {}", totals.unknown.join("; "));
            Finding::new(Kind::CostUnknown, message)
        }));
    }
    // What is known counts, whatever is not: an unknown price must excuse nothing.
    if let Some(limit) = gate.max_increase_usd_month {
        let words = format!("limit {}", numbers::money(limit.0, Sign::Always));
        findings.extend(over(totals, &totals.known, limit.0, |known| up(known.delta), &words));
    }
    findings.extend(gate.max_increase_usd_month.and_then(|limit| over_already(totals, limit.0)));
    // A share of nothing is no number, and what is new has nothing to be a share of.
    if let Some(limit) = percent
        && !totals.existing.base.is_zero()
        && let Some(allowed) =
            totals.existing.base.checked_mul(limit).and_then(|part| part.checked_div(Decimal::ONE_HUNDRED))
    {
        let words = format!("limit +{}\u{a0}%", limit.round_dp(2).normalize());
        let share = |known: &Known| {
            let percent = known.delta.checked_div(known.base).and_then(|share| share.checked_mul(Decimal::ONE_HUNDRED));
            percent.map_or_else(
                || up(known.delta),
                |percent| format!("cost up {}\u{a0}% a month", percent.round_dp(1).normalize()),
            )
        };
        findings.extend(over(totals, &totals.existing, allowed, share, &words));
    }
    findings.into_iter().map(|finding| Finding { message: finding.message.replace('\u{a0}', " "), ..finding }).collect()
}

/// What is known of head alone may be over the limit, whatever the rest costs.
fn over_already(totals: &Totals, limit: Decimal) -> Option<Finding> {
    let least = totals.head_at_least.filter(|_| totals.head.is_none())?.checked_sub(totals.base?)?;
    let words = format!("{} at least, limit {}", up(least), numbers::money(limit, Sign::Always));
    (least > limit).then(|| Finding::new(Kind::Cost { certain: true }, words))
}

fn up(delta: Decimal) -> String {
    let verb = if delta.is_sign_negative() { "down" } else { "up" };
    format!("cost {verb} {} a month", numbers::money(delta.abs(), Sign::Negative))
}

/// Holds a difference against a limit in US dollars. It is over it for certain where the difference is, and some difference is
/// for certain; where the limit lies between the ends of the interval, it may be.
fn over(
    totals: &Totals,
    known: &Known,
    limit: Decimal,
    say: impl Fn(&Known) -> String,
    words: &str,
) -> Option<Finding> {
    let is_over = known.delta > limit;
    let certain = match known.spread {
        None => is_over,
        Some(spread) => is_over && spread.low > Decimal::ZERO,
    };
    let may_be = known.spread.is_some_and(|spread| spread.low <= limit && limit < spread.high);
    if known.prompts == 0 || !(is_over || may_be) {
        return None;
    }
    let ends = |end| numbers::money(end, Sign::Always);
    let interval = match known.spread {
        Some(spread) if spread.low == spread.high => String::new(),
        Some(spread) => format!(" (95\u{a0}% CI {} to {})", ends(spread.low), ends(spread.high)),
        None => " (no interval, so the figure alone decides)".to_owned(),
    };
    let of_known = match (totals.delta(), known.prompts) {
        (Some(_), _) => String::new(),
        (None, prompts) => format!(", for the {} whose cost is known", numbers::counted(prompts, "prompt")),
    };
    let doubt = match (certain, is_over) {
        (true, _) => "",
        (false, true) => ", which may be chance",
        (false, false) => ", which lies inside the interval",
    };
    Some(Finding::new(Kind::Cost { certain }, format!("{}{interval}{of_known}, {words}{doubt}", say(known))))
}

/// Judges what one request of a prompt costs.
pub fn request(prompt: &Id, head: Option<Decimal>, policy: &Policy) -> Option<Finding> {
    let limit = policy.gate.cost.max_usd_per_request?;
    let finding = match head {
        Some(head) if head > limit.0 => {
            let kind = Kind::Cost { certain: true };
            Finding::new(kind, format!("${} a request, limit ${}", head.round_dp(6).normalize(), limit.0))
        }
        Some(_) => return None,
        None => Finding::new(Kind::CostUnknown, "what a request costs is not known"),
    };
    Some(finding.of(prompt))
}

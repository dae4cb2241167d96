//! A monthly cost in sentences: by how much it changes, how sure that is, what makes it, and what it rests on.
//!
//! Texts are not escaped; whoever prints them does that. Nothing is computed here but signs and shares.

use rust_decimal::Decimal;

use super::numbers::{self, NBSP, Sign};
use super::words::{CARE, OPEN};
use super::{Attribution, Cost, CostTotal, Prompt, Report};

/// What must be said beside a prompt's cost, each with its mark.
pub fn notes(cost: &Cost) -> Vec<(&'static str, String)> {
    let mut notes = Vec::new();
    let unknown = cost.basis.strip_prefix("unknown").map(|why| why.trim_start_matches([':', ' ']));
    notes.extend(unknown.map(|why| match why {
        "" => (OPEN, "cost unknown".to_owned()),
        why => (OPEN, format!("cost unknown: {why}")),
    }));
    match sentence(cost) {
        Some(sentence) => notes.push((" ", format!("change: {sentence}"))),
        None if unknown.is_none() => {
            let note = "monthly: traffic not declared, so only the cost of 1,000 requests is known";
            notes.push((CARE, note.to_owned()));
        }
        None => {}
    }
    for (side, known) in [("base", &cost.at_least_usd_month.base), ("head", &cost.at_least_usd_month.head)] {
        let known = numbers::decimal(known.as_deref());
        notes.extend(known.map(|usd| (OPEN, format!("a month of {side} costs {} at least", amount(usd)))));
    }
    notes.extend(cost.attribution.as_ref().and_then(made_of).map(|parts| (" ", parts)));
    if let (Some(base), Some(head)) = (&cost.models.base, &cost.models.head)
        && base != head
    {
        notes.push((" ", format!("priced as {base} on base, as {head} on head")));
    }
    notes.extend(cost.cacheable_tokens.map(|[base, head]| {
        (" ", format!("cacheable prefix {} → {} tokens (estimated)", numbers::count(base), numbers::count(head)))
    }));
    let assumed = cost.basis.strip_prefix("estimated").map(|how| how.trim_start_matches([':', ' ']));
    notes.extend(assumed.map(|how| (" ", format!("estimated: {how}"))));
    notes.extend(table_effect(cost.price_table_effect_usd_month.as_deref()).map(|effect| (CARE, effect)));
    if !cost.left_out.is_empty() {
        notes.push((" ", format!("not in the difference: {}", cost.left_out.join(", "))));
    }
    notes.extend(cost.remarks.iter().map(|remark| (" ", format!("note: {remark}"))));
    notes
}

/// `+$693/mo (95 % CI +$440 to +$945 at 1,000,000 requests; +$352 to +$1,418 over 800,000 to 1,500,000)`. `None` where traffic is
/// not declared.
pub fn sentence(cost: &Cost) -> Option<String> {
    let requests = grouped(cost.requests_per_month.as_deref()?);
    let requests = format!("{requests} request{}", if requests == "1" { "" } else { "s" });
    let Some(delta) = numbers::decimal(cost.delta_usd_month.as_deref()) else {
        return Some(format!("unknown at {requests} a month"));
    };
    let delta = format!("{}/mo", numbers::short_money(delta, Sign::Always));
    let interval = interval(cost.ci95_usd_month.as_ref()).map(|ends| format!("95{NBSP}% CI {ends} at {requests}"));
    let range = ends(cost.range_usd_month.as_ref()).zip(cost.requests_range.as_ref());
    let range = range.map(|(ends, [low, high])| format!("{ends} over {} to {}", grouped(low), grouped(high)));
    Some(match (interval, range) {
        _ if requests.starts_with("0 ") => format!("{delta}, for no request is sent"),
        (Some(interval), Some(range)) => format!("{delta} ({interval}; {range})"),
        (Some(interval), None) => format!("{delta} ({interval})"),
        (None, Some(range)) => format!("{delta} at {requests} ({range})"),
        (None, None) => format!("{delta} at {requests}"),
    })
}

/// A number of requests as people read it.
fn grouped(requests: &str) -> String {
    requests.parse().map_or_else(|_| requests.to_owned(), numbers::count)
}

/// `+$440 to +$945`.
fn ends(ends: Option<&[String; 2]>) -> Option<String> {
    let [low, high] = ends?.each_ref().map(|end| numbers::decimal(Some(end)));
    let [low, high] = [low?, high?].map(|end| numbers::short_money(end, Sign::Always));
    Some(format!("{low} to {high}"))
}

/// The same of an interval that is more than one point: what surely differs by so much needs none.
fn interval(both: Option<&[String; 2]>) -> Option<String> {
    let [low, high] = both?;
    (low != high).then(|| ends(both)).flatten()
}

/// `of which input +$12.00, output +$681.00`: the parts that are not nothing, the largest first.
fn made_of(attribution: &Attribution) -> Option<String> {
    let Attribution { price, input, output, reasoning, cache, request } = attribution;
    let named = [
        ("price", price),
        ("input", input),
        ("output", output),
        ("reasoning", reasoning),
        ("cache", cache),
        ("request fees", request),
    ];
    let known = named.into_iter().filter_map(|(name, usd)| Some((name, numbers::decimal(Some(usd))?)));
    let mut parts: Vec<(&str, Decimal)> = known.filter(|(_, usd)| !usd.is_zero()).collect();
    parts.sort_by_key(|(_, usd)| std::cmp::Reverse(usd.abs()));
    let said: Vec<String> =
        parts.iter().map(|(name, usd)| format!("{name} {}", numbers::short_money(*usd, Sign::Always))).collect();
    (!said.is_empty()).then(|| format!("of which {}", said.join(", ")))
}

/// What an edited price table does by itself.
fn table_effect(effect: Option<&str>) -> Option<String> {
    let effect = numbers::decimal(effect).filter(|effect| !effect.is_zero())?;
    let usd = numbers::short_money(effect, Sign::Always);
    Some(format!("price-table effect: {usd} a month by head's prices.yaml, which counts once merged"))
}

fn amount(usd: Decimal) -> String {
    numbers::money(usd, Sign::Negative)
}

/// One side of a sum: what it comes to, or what of it is known.
pub fn side(known: Option<&str>, at_least: Option<&str>) -> String {
    match (numbers::decimal(known), numbers::decimal(at_least)) {
        (Some(usd), _) => amount(usd),
        (None, Some(usd)) => format!("≥{NBSP}{}", amount(usd)),
        (None, None) => "unknown".to_owned(),
    }
}

/// `$756.00 → $1,449.00`.
pub fn amounts(cost: &CostTotal) -> String {
    let known = &cost.at_least_usd_month;
    let base = side(cost.base_usd_month.as_deref(), known.base.as_deref());
    format!("{base} → {}", side(cost.head_usd_month.as_deref(), known.head.as_deref()))
}

/// What is to be said beside the sums: how sure they are, and what an edited price table does.
pub fn total_notes(cost: &CostTotal) -> Vec<String> {
    let interval = interval(cost.ci95_usd_month.as_ref()).map(|ends| format!("95{NBSP}% CI {ends} a month"));
    let range = ends(cost.range_usd_month.as_ref()).map(|ends| format!("{ends} over the declared ranges of traffic"));
    let sure: Vec<String> = interval.into_iter().chain(range).collect();
    let sure = (!sure.is_empty()).then(|| sure.join("; "));
    sure.into_iter().chain(table_effect(cost.price_table_effect_usd_month.as_deref())).collect()
}

/// Whether one prompt is all there is: its own table has its sums, and its notes what they lack.
pub fn tells_its_own(report: &Report) -> bool {
    matches!(&report.prompts[..], [Prompt { cost: Some(_), .. }])
}

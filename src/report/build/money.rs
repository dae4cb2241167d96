//! Money as a report carries it: decimal strings, exact, so that parts still add up to their sums.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::config::Volume;
use crate::cost::{self, Estimate, Spread, Totals};
use crate::policy::Policy;
use crate::recording::Tree;
use crate::report::{Attribution, Cost, CostTotal, Environment, Pair, PriceTable};

/// A prompt's cost.
pub fn cost(estimate: &Estimate) -> Cost {
    let thousand =
        |side: Option<cost::Bill>| side.and_then(|bill| bill.sum()?.checked_mul(Decimal::ONE_THOUSAND)).map(money);
    let requests = estimate.requests();
    let is_range = requests.filter(|requests| requests.low != requests.high);
    Cost {
        base_usd_month: estimate.base_month().map(money),
        head_usd_month: estimate.head_month().map(money),
        delta_usd_month: estimate.delta_month().map(money),
        ci95_usd_month: estimate.spread_month().map(ends),
        basis: basis(estimate),
        usd_per_1k_requests: Pair { base: thousand(estimate.base), head: thousand(estimate.head) },
        requests_per_month: requests.map(|requests| requests.expected.to_string()),
        requests_range: is_range.map(|Volume { low, high, .. }| [low, high].map(|end| end.to_string())),
        range_usd_month: requests.and_then(|requests| estimate.range(requests)).map(range),
        at_least_usd_month: Pair {
            base: estimate.at_least_month(Tree::Base).map(money),
            head: estimate.at_least_month(Tree::Head).map(money),
        },
        environments: estimate.environments.iter().filter_map(|one| environment(estimate, one)).collect(),
        attribution: estimate.attribution().map(attribution),
        models: Pair { base: estimate.models.0.clone(), head: estimate.models.1.clone() },
        cacheable_tokens: estimate.cacheable.map(|(base, head)| [base, head]),
        price_table_effect_usd_month: estimate.table_effect_month().map(money),
        left_out: estimate.left_out.clone(),
        remarks: estimate.remarks.clone(),
    }
}

fn basis(estimate: &Estimate) -> String {
    match (estimate.is_measured(), estimate.assumed.as_slice()) {
        (false, _) => format!("unknown: {}", estimate.unknown.join("; ")),
        (true, []) => "measured".to_owned(),
        (true, assumed) => format!("estimated: {}", assumed.join("; ")),
    }
}

/// A named environment's month.
fn environment(estimate: &Estimate, environment: &cost::Environment) -> Option<Environment> {
    let name = environment.name.as_ref()?.to_string();
    let Volume { low, expected, high } = environment.requests;
    let only = Estimate { environments: vec![environment.clone()], ..estimate.clone() };
    Some(Environment {
        name,
        requests_per_month: [low, expected, high].map(|requests| requests.to_string()),
        base_usd_month: only.base_month().map(money),
        head_usd_month: only.head_month().map(money),
        delta_usd_month: only.delta_month().map(money),
        ci95_usd_month: only.spread_month().map(ends),
        range_usd_month: only.range(environment.requests).map(range),
    })
}

fn attribution(parts: cost::Attribution) -> Attribution {
    let [price, input, output, reasoning, cache, request] = parts.parts().map(money);
    Attribution { price, input, output, reasoning, cache, request }
}

/// The sums over all affected, served prompts.
pub fn totals(totals: &Totals, policy: &Policy) -> CostTotal {
    let percent = totals.base.filter(|base| !base.is_zero()).zip(totals.delta());
    let percent = percent
        .and_then(|(base, delta)| delta.checked_div(base)?.checked_mul(Decimal::ONE_HUNDRED)?.round_dp(4).to_f64());
    let (source, as_of) = policy.prices.source();
    CostTotal {
        base_usd_month: totals.base.map(money),
        head_usd_month: totals.head.map(money),
        delta_usd_month: totals.delta().map(money),
        delta_percent: percent,
        ci95_usd_month: totals.spread().map(ends),
        range_usd_month: totals.range.map(range),
        at_least_usd_month: Pair { base: totals.base_at_least.map(money), head: totals.head_at_least.map(money) },
        price_table_effect_usd_month: totals.table_effect.map(money),
        limit_usd_month: policy.gate.cost.max_increase_usd_month.map(|limit| money(limit.0)),
        unknown: totals.unknown.clone(),
        price_table: PriceTable { source, as_of },
    }
}

fn ends(spread: Spread) -> [String; 2] {
    [spread.low, spread.high].map(money)
}

fn range((low, high): (Decimal, Decimal)) -> [String; 2] {
    [low, high].map(money)
}

/// Exact: what was divided has twelve decimals at most.
fn money(amount: Decimal) -> String {
    amount.round_dp(12).normalize().to_string()
}

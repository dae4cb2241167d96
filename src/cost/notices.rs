//! What is to be said of what a monthly cost rests on: old traffic, models that are withdrawn, requests too long for them.

use crate::compare::Cell;
use crate::config::Traffic;
use crate::finding::{Finding, Kind};
use crate::id::Id;
use crate::plan;
use crate::policy::Policy;
use crate::recording::Tree;
use crate::report::numbers;

/// Days after which declared traffic is not relied upon without a word.
const OLD: i64 = 90;

/// About the traffic of a prompt that serves.
pub fn about_traffic(prompt: &Id, policy: &Policy) -> Option<Finding> {
    let old = old(policy.traffic.get(prompt)?, policy)?;
    Some(Finding::new(Kind::TrafficOld, old).of(prompt).help("measure it again, and write the day into `as_of`"))
}

/// The sentence about the oldest traffic, where that is too old.
pub(super) fn old(traffic: &Traffic, policy: &Policy) -> Option<String> {
    let named = traffic.environments.iter().map(|(name, own)| (format!(" of {name}"), own.as_of.or(traffic.as_of)));
    let unnamed = traffic.requests_per_month.map(|_| (String::new(), traffic.as_of));
    let dated = named.chain(unnamed).filter_map(|(whose, as_of)| Some((as_of?, whose)));
    let (as_of, whose) = dated.min()?;
    let days = (policy.today() - as_of.0).num_days();
    (days > OLD).then(|| format!("the traffic{whose} was measured {days} days ago, on {as_of}"))
}

/// About the models that serve head: whether they are promised no longer, and whether what was sent to them fits.
pub fn about_models(cells: &[&Cell<'_>], policy: &Policy) -> Vec<Finding> {
    let mut found = Vec::new();
    let serving = |cell: &&&Cell<'_>| cell.planned.head.as_ref().is_some_and(|side| side.serves);
    for cell in cells.iter().filter(serving) {
        let Some(key) = key(cell.planned, Tree::Head) else { continue };
        if let Some(last) = policy.prices.deprecated(&key).filter(|day| day.0 <= policy.today())
            && !found.iter().any(|known: &Finding| known.kind == Kind::ModelDeprecated)
        {
            let message = format!("{key}, which serves, is deprecated since {last}");
            found.push(Finding::new(Kind::ModelDeprecated, message).of(&cell.planned.prompt));
        }
        found.extend(too_long(cell, &key, policy));
    }
    found
}

fn key(planned: &plan::Cell, tree: Tree) -> Option<String> {
    Some(planned.side(tree)?.alias.price_key(&planned.alias))
}

/// Whether a request of a task has more input than its model takes.
fn too_long(cell: &Cell<'_>, key: &str, policy: &Policy) -> Option<Finding> {
    let most = policy.prices.context(key)?;
    let longest = |tree| {
        let calls = cell.side(tree)?.samples.iter().flat_map(|sample| &sample.measures.calls);
        calls.filter_map(crate::wire::Usage::input).max()
    };
    let input = longest(Tree::Head).filter(|input| *input > most)?;
    // The same task on the same model, which was too long before, is nobody's doing now.
    let was = self::key(cell.planned, Tree::Base).is_some_and(|base| base == key) && longest(Tree::Base) > Some(most);
    // What a provider has answered did fit, whatever the table inside says; the project's own limit is meant.
    let own = policy.prices.tariff(key, policy.now).is_some_and(|tariff| tariff.max_input_tokens == Some(most));
    let is_own = own && policy.prices.has(key);
    let (input, most) = (numbers::count(input), numbers::count(most));
    let message = format!("would not fit: a request has {input} input tokens, and {key} takes {most}");
    Some(Finding::new(Kind::TooLong { new: is_own && !was }, message).at(cell.planned))
}

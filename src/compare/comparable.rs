//! Whether the two sides of a cell differ by the prompt alone. Where something else differs too, what flips or grows between
//! them is nobody's doing, and is no regression.

use super::Cell;
use crate::outcome::Reason;

/// What two sides may differ in besides the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// The days that may lie between the answers of both; `None` is any number.
    pub max_days: Option<u64>,
}

/// Why the sides of a cell cannot be compared, where both have samples of the same task and yet cannot.
pub fn incomparable(cell: &Cell<'_>, tolerance: Tolerance) -> Option<Reason> {
    let (base, head) = cell.pair()?;
    let (Some(before), Some(now)) = (&cell.planned.base, &cell.planned.head) else { return None };
    // A stand-in says what the task scripts, whenever it is asked.
    if base.stand_in && head.stand_in {
        return None;
    }
    let not = |why: String| Some(Reason::NotComparable { why });
    let list = |names: Vec<&str>| names.join(", ");
    let (ours, theirs) = (&base.origins, &head.origins);
    if ours.providers != theirs.providers {
        let name = |providers: &std::collections::BTreeSet<&'static str>| list(providers.iter().copied().collect());
        return not(format!("{} answered on base, {} on head", name(&ours.providers), name(&theirs.providers)));
    }
    // A model that head declares is head's doing; one that the provider put in its place is not.
    let is_declared = before.alias.model != now.alias.model;
    if !is_declared && !ours.served.is_empty() && !theirs.served.is_empty() && ours.served != theirs.served {
        let name = |served: &std::collections::BTreeSet<String>| list(served.iter().map(String::as_str).collect());
        return not(format!("{} answered on base, {} on head", name(&ours.served), name(&theirs.served)));
    }
    let days = ours.days_between(theirs).filter(|days| tolerance.max_days.is_some_and(|most| *days > most))?;
    not(format!("base's answers are {days} days from head's"))
}

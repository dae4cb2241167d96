//! What all tasks of a prompt come to, side by side: weighted means, what of them is known, and why the rest is not.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::Bill;
use super::estimate::By;
use super::tasks::{Priced, Sides, TaskCost};
use super::terms::Lack;

/// The means of every side.
#[derive(Debug)]
pub(super) struct Collected {
    pub base: Folded,
    pub base_at_head: Folded,
    pub head: Folded,
    pub head_at_own: Folded,
    /// Why something is unknown, as sentences.
    pub unknown: Vec<String>,
}

/// What a side's requests cost on average.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// `None` where a task's cost is unknown.
    pub bill: Option<Bill>,
    /// What is known of it where not all is; more than nothing.
    pub at_least: Option<Decimal>,
    unmeasured: usize,
    lacks: BTreeSet<Lack>,
}

/// One of the amounts of a task.
type Side = for<'t, 'a> fn(&'t TaskCost<'a>) -> Option<&'t Priced>;

impl Collected {
    pub(super) fn of(tasks: &[TaskCost<'_>], sides: Sides, by: By<'_>) -> Self {
        let fold = |side: Side| Folded::of(tasks, side);
        let absent = || Folded { bill: Some(Bill::default()), ..Folded::default() };
        let (base, base_at_head) = match sides {
            Sides::OnlyHead => (absent(), absent()),
            Sides::Both | Sides::OnlyBase => (fold(|task| task.base.as_ref()), fold(|task| task.base_at_head.as_ref())),
        };
        let head = if sides == Sides::OnlyBase { absent() } else { fold(|task| task.head.as_ref()) };
        let mut found =
            Self { base, base_at_head, head, head_at_own: fold(|task| task.head_at_own.as_ref()), unknown: Vec::new() };
        if tasks.is_empty() {
            let why = match sides {
                Sides::Both => "no task runs on both sides alike, on the models that serve",
                Sides::OnlyHead | Sides::OnlyBase => "no task runs on the model that serves",
            };
            found.unknown.push(why.to_owned());
            found.base.bill = found.base.bill.filter(|_| sides == Sides::OnlyHead);
            found.head.bill = found.head.bill.filter(|_| sides == Sides::OnlyBase);
        }
        for (side, folded) in [("base", &found.base), ("head", &found.head)] {
            match folded.unmeasured {
                0 => {}
                all if all == tasks.len() => found.unknown.push(format!("{side} not measured")),
                some => found.unknown.push(format!("{side} not measured in {some} of {} tasks", tasks.len())),
            }
        }
        let lacks: BTreeSet<Lack> =
            found.base.lacks.iter().chain(&found.head.lacks).map(|lack| lack.seen(by)).collect();
        found.unknown.extend(lacks.iter().map(Lack::to_string));
        found
    }
}

impl Lack {
    /// Told apart from a price that head alone has.
    fn seen(&self, by: By<'_>) -> Self {
        match self {
            Self::Price(key) if by.edited.is_some_and(|prices| prices.knows(key, by.policy.now)) => {
                Self::Unreviewed(key.clone())
            }
            Self::Price(_)
            | Self::Unreviewed(_)
            | Self::BatchPrice(_)
            | Self::Usage
            | Self::FallbackShares
            | Self::Beyond => self.clone(),
        }
    }
}

impl Folded {
    fn of(tasks: &[TaskCost<'_>], side: Side) -> Self {
        let mut folded = Self::default();
        let mut bills = Vec::new();
        for task in tasks {
            match side(task).map(|priced| &priced.bill) {
                Some(Ok(bill)) => bills.push((task.weight, *bill)),
                Some(Err(lack)) => drop(folded.lacks.insert(lack.clone())),
                None => folded.unmeasured += 1,
            }
        }
        if bills.len() == tasks.len() {
            folded.bill = mean(&bills);
        } else {
            let unknown = tasks.iter().filter(|task| side(task).is_none_or(|priced| priced.bill.is_err()));
            bills.extend(unknown.map(|task| (task.weight, Bill::default())));
            folded.at_least = mean(&bills).and_then(|known| known.sum()).filter(|known| !known.is_zero());
        }
        folded
    }
}

/// The mean by weight; `None` of nothing, and where a sum is beyond what a decimal holds.
pub(super) fn mean(bills: &[(Decimal, Bill)]) -> Option<Bill> {
    let mut sum = Bill::default();
    let mut weights = Decimal::ZERO;
    for (weight, bill) in bills {
        sum = sum.and(&bill.times(*weight)?)?;
        weights = weights.checked_add(*weight)?;
    }
    sum.over(weights)
}

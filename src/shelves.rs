//! The recordings of both trees, and the rules by which they answer for a planned cell: the one way from a plan to evidence.
//!
//! Nothing is judged here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::agent::{Setup, opening};
use crate::config::Budgets;
use crate::outcome::Reason;
use crate::plan::Cell;
use crate::policy::Policy;
use crate::recording::{Address, Ask, Evidence, Shelf, Tree, gather};
use crate::side::Side;

/// What two trees hold, as a policy lets it count.
#[derive(Debug)]
pub struct Shelves<'a> {
    pub base: Shelf<'a>,
    pub head: Shelf<'a>,
    policy: &'a Policy,
    head_budgets: Budgets,
    fresh: Option<&'a Fresh>,
}

/// What models answered just now, in the place of what the trees hold.
pub type Fresh = BTreeMap<(Tree, Address), Evidence>;

/// Whether answers that only head brings count without acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    Head,
    BaseOnly,
}

impl<'a> Shelves<'a> {
    pub fn new(base: &'a Side, head: &'a Side, policy: &'a Policy) -> Self {
        Self { base: base.shelf(), head: head.shelf(), policy, head_budgets: head.config.budgets, fresh: None }
    }

    /// With answers that models gave just now.
    #[must_use]
    pub fn with(self, fresh: Option<&'a Fresh>) -> Self {
        Self { fresh, ..self }
    }

    /// The budgets of a side's runs. Head's own count where they are stricter.
    pub fn budgets(&self, tree: Tree) -> Budgets {
        match tree {
            Tree::Base => self.policy.budgets,
            Tree::Head => self.policy.budgets.stricter(self.head_budgets),
        }
    }

    /// Whether a side's budgets are stricter than the policy's.
    pub fn tightened(&self, tree: Tree) -> bool {
        self.budgets(tree) != self.policy.budgets
    }

    /// Whether both sides of a cell run and judge the very same, on the very same recordings: then they come to the same.
    pub fn is_alike(&self, cell: &Cell) -> bool {
        let (Some(base), Some(head)) = (&cell.base, &cell.head) else { return false };
        self.fresh.is_none()
            && Arc::ptr_eq(&base.prompt, &head.prompt)
            && Arc::ptr_eq(&base.task, &head.task)
            && (&base.alias, base.samples) == (&head.alias, head.samples)
            && !self.tightened(Tree::Head)
            && cell.address(Tree::Head).is_some_and(|address| self.base.holds_alike(&self.head, &address))
    }

    /// What one side of a cell asks; an error where its prompt does not render. `None` where the cell lacks that side.
    pub fn ask(&self, cell: &Cell, tree: Tree, trust: Trust) -> Option<Result<Ask, Reason>> {
        let (side, address) = (cell.side(tree)?, cell.address(tree)?);
        let request = match opening(&side.prompt, &side.task, &cell.alias, &side.alias) {
            Ok(request) => request,
            Err(reason) => return Some(Err(reason)),
        };
        Some(Ok(Ask {
            side: tree,
            address,
            setup: Setup::new(request, Arc::clone(&side.task.stubs), self.budgets(tree)),
            prompt_id: side.prompt.prompt_id(),
            provider: side.alias.provider,
            served: side.alias.served.clone(),
            require_prompt_id: self.policy.require_prompt_id,
            trust_head: trust == Trust::Head,
        }))
    }

    /// All that both trees hold for an ask.
    pub fn gather(&self, ask: &Ask) -> Evidence {
        gather(ask, &self.base, &self.head)
    }

    /// All that there is for one side of a cell: what was answered just now, or else what both trees hold.
    pub fn evidence(&self, cell: &Cell, tree: Tree, trust: Trust) -> Option<Evidence> {
        if let Some(fresh) = self.fresh.and_then(|fresh| fresh.get(&(tree, cell.address(tree)?))) {
            return Some(fresh.clone());
        }
        Some(match self.ask(cell, tree, trust)? {
            Ok(ask) => self.gather(&ask),
            Err(reason) => Evidence { reason: Some(reason), ..Evidence::default() },
        })
    }
}

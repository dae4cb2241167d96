//! What changed between base and head, prompt by prompt, each with its reasons (DESIGN 4).
//!
//! Identity is the `id:` inside a file, never its path. Nothing here knows whether a change is good.

mod reasons;

use std::collections::BTreeSet;
use std::sync::Arc;

use reasons::{Reasons, reasons};

use crate::id::Id;
use crate::policy::Policy;
use crate::prompt::Prompt;
use crate::report::PromptStatus;
use crate::side::Side;

/// A prompt that is affected, or was asked for.
#[derive(Debug)]
pub struct Change {
    pub id: Id,
    pub status: PromptStatus,
    /// Short phrases, in the order they were found.
    pub why: Vec<String>,
    pub candidates: Vec<Candidate>,
}

/// A version to judge, with what it is compared with.
#[derive(Debug)]
pub struct Candidate {
    /// `None` for a prompt that head no longer has.
    pub head: Option<Arc<Prompt>>,
    /// The counterpart; `None` where base has nothing to compare with.
    pub base: Option<Arc<Prompt>>,
    /// Whether it serves traffic at head.
    pub served: bool,
    /// A flip back to the policy's rollback version, unchanged: needs no evidence.
    pub rollback: bool,
}

/// Which unaffected prompts are looked at all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    Affected,
    All,
    /// These, and no others.
    Only(&'a [Id]),
}

/// Compares two sides. Sorted by prompt id.
pub fn between(base: &Side, head: &Side, policy: &Policy, scope: Scope<'_>) -> Vec<Change> {
    let ids: BTreeSet<&Id> = base.prompts.iter().chain(head.prompts.iter()).map(|(id, _)| id).collect();
    let broken: BTreeSet<&Id> = head.prompts.broken.values().flatten().collect();
    let wanted = |id: &Id| match scope {
        Scope::Affected | Scope::All => true,
        Scope::Only(only) => only.contains(id),
    };
    ids.into_iter()
        .chain(broken.iter().copied().filter(|id| base.prompts.get(id).is_none() && head.prompts.get(id).is_none()))
        .filter(|id| wanted(id))
        .filter_map(|id| change(id, base, head, policy, scope))
        .collect()
}

fn change(id: &Id, base: &Side, head: &Side, policy: &Policy, scope: Scope<'_>) -> Option<Change> {
    if head.prompts.get(id).is_none() {
        // What was as broken before is no change.
        let same =
            |path: &String| base.snapshot.id(path) == head.snapshot.id(path) && base.prompts.broken.contains_key(path);
        let mut broken = head.prompts.broken.iter().filter(|(_, named)| named.as_ref() == Some(id)).peekable();
        let is_old = broken.peek().is_some() && broken.all(|(path, _)| same(path));
        return (!is_old).then(|| gone(id, base, head));
    }
    let Reasons { why, touched, serving, is_pointer_only } = reasons(id, base, head);
    let entry = head.prompts.get(id)?;
    let before = base.prompts.get(id);
    let affected = !why.is_empty();
    if !affected && matches!(scope, Scope::Affected) {
        return None;
    }
    let status = match (before.is_some(), affected) {
        (false, _) => PromptStatus::Added,
        (true, true) => PromptStatus::Modified,
        (true, false) => PromptStatus::Unchanged,
    };
    // Every version added or changed, and the served one if anything else changed.
    let mut versions = touched;
    if serving || versions.is_empty() {
        versions.insert(entry.served.clone());
    }
    let candidates = versions.into_iter().filter_map(|version| {
        let prompt = entry.versions.get(&version)?;
        Some(candidate(prompt, version == entry.served, is_pointer_only, base, policy))
    });
    let candidates = candidates.collect();
    Some(Change { id: id.clone(), status, why, candidates })
}

/// `alone` says that nothing else about the prompt changed: only then is a flip back nothing but that.
fn candidate(prompt: &Arc<Prompt>, served: bool, alone: bool, base: &Side, policy: &Policy) -> Candidate {
    let same = base.prompts.version(&prompt.id, &prompt.version);
    let served_before = base.prompts.served(&prompt.id);
    let unchanged = same.is_some_and(|same| same.fingerprint() == prompt.fingerprint());
    let flipped = served && served_before.is_some_and(|before| before.version != prompt.version);
    let rollback = flipped
        && unchanged
        && alone
        && policy.rollback.iter().any(|pointer| {
            pointer.prompt == prompt.id && pointer.version.as_ref().is_none_or(|version| *version == prompt.version)
        });
    // An existing version that now serves replaces the one that served; an edit in place replaces itself.
    let counterpart = if flipped && unchanged { served_before } else { same.or(served_before) };
    Candidate { head: Some(Arc::clone(prompt)), base: counterpart.map(Arc::clone), served, rollback }
}

/// A prompt that head no longer finds.
fn gone(id: &Id, base: &Side, head: &Side) -> Change {
    let served = base.prompts.served(id);
    let path = served.map(|prompt| prompt.path.as_str()).unwrap_or_default();
    if let Some((broken, _)) = head.prompts.broken.iter().find(|(_, named)| named.as_ref() == Some(id)) {
        let status = if served.is_some() { PromptStatus::Modified } else { PromptStatus::Added };
        return Change { id: id.clone(), status, why: vec![format!("{broken} does not load")], candidates: Vec::new() };
    }
    let taken = head
        .prompts
        .iter()
        .flat_map(|(id, entry)| entry.versions.values().map(move |prompt| (id, prompt)))
        .find(|(_, prompt)| prompt.path == path);
    let (status, why) = match taken {
        Some((other, _)) => (PromptStatus::IdChanged, format!("{path} now has the id {other}")),
        None if head.prompts.broken.contains_key(path) => (PromptStatus::Modified, format!("{path} does not load")),
        None => (PromptStatus::Removed, format!("{path} is gone")),
    };
    let candidates = match (status, served) {
        (PromptStatus::Removed | PromptStatus::IdChanged, Some(served)) => {
            vec![Candidate { head: None, base: Some(Arc::clone(served)), served: true, rollback: false }]
        }
        _ => Vec::new(),
    };
    Change { id: id.clone(), status, why: vec![why], candidates }
}

//! Pointers that lead nowhere or nowhere else: a version deleted while one names it, and a rollback to what serves.

use super::Breach;
use crate::config::{self, Config, Pointer};
use crate::diagnostic::{Code, Diagnostic, Place};
use crate::id::Id;
use crate::policy::Policy;
use crate::side::Side;

const ACTIVE: &str = "active";
const ROLLBACK: &str = "rollback";

fn declared<'a>(config: &'a Config, key: &str) -> &'a [Pointer] {
    if key == ACTIVE { &config.prompts.active.0 } else { &config.prompts.rollback.0 }
}

/// Where the settings declare a pointer; the file as a whole where they do not.
fn place(side: &Side, key: &str, pointer: &Pointer) -> Place {
    let settings = side.settings.as_ref();
    match declared(&side.config, key).iter().position(|own| own == pointer) {
        Some(index) => config::pointer_place(settings, key, index),
        None => Place::file(settings.map_or(config::FILE, |document| &document.path)),
    }
}

fn breach(pointer: &Pointer, code: Code, place: Place, message: String, help: String) -> Breach {
    Breach {
        diagnostic: Diagnostic::new(code, place, message).help(help),
        prompt: pointer.prompt.clone(),
        version: None,
        new: true,
    }
}

/// Rollback pointers that name what serves.
pub(super) fn active_is_rollback(side: &Side) -> Vec<Breach> {
    let rollback = declared(&side.config, ROLLBACK).iter();
    let same = rollback.filter(|pointer| declared(&side.config, ACTIVE).contains(pointer));
    same.map(|pointer| {
        let message = format!("`rollback` and `active` both point at {pointer}: there is nothing to go back to");
        let help = "point `rollback` at the version that served before".to_owned();
        breach(pointer, Code::ActiveIsRollback, place(side, ROLLBACK, pointer), message, help)
    })
    .collect()
}

/// Versions of a prompt that base has, head lacks, and a pointer still names.
///
/// A pointer counts as it will stand once head is merged: head's own where head changed it, else the policy's, which the
/// target branch may have moved meanwhile. So a change may move a pointer and delete the version it named before.
pub(super) fn deleted(id: &Id, base: &Side, head: &Side, policy: &Policy) -> Vec<Breach> {
    let mut found = Vec::new();
    for (key, judging) in [(ACTIVE, &policy.active), (ROLLBACK, &policy.rollback)] {
        let of = |pointers: &[Pointer]| -> Vec<Pointer> {
            pointers.iter().filter(|pointer| pointer.prompt == *id).cloned().collect()
        };
        let (before, own) = (of(declared(&base.config, key)), of(declared(&head.config, key)));
        let in_force = if before == own { of(judging) } else { own.clone() };
        for pointer in own.iter().chain(in_force.iter().filter(|pointer| !own.contains(pointer))) {
            let Some(version) = &pointer.version else { continue };
            let Some(gone) = base.prompts.version(id, version) else { continue };
            let stays = head.prompts.version(id, version).is_some() || head.prompts.is_broken(id);
            if stays {
                continue;
            }
            let whose = if own.contains(pointer) { "" } else { "the policy's " };
            let message = format!("{whose}`{key}` points at {pointer}, which this change deletes (`{}`)", gone.path);
            let help = "move the pointer first, or keep the version".to_owned();
            found.push(breach(pointer, Code::DeletedWhilePointedAt, place(head, key, pointer), message, help));
        }
    }
    found
}

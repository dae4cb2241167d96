//! A prompt that stands in a folder of another name.
//!
//! People look for a prompt below `prompts/<id>/`. A file directly below the prompts directory has no folder to differ from,
//! and in deeper ones it is enough that some folder on the way bears the id.

use super::{Breach, dir_of, folders, place};
use crate::diagnostic::Code;
use crate::prompt::Prompt;
use crate::side::Side;

pub(super) fn check(prompt: &Prompt, side: &Side) -> Option<Breach> {
    let dir = dir_of(prompt, side);
    let folders = folders(prompt, &dir);
    if folders.is_empty() || folders.contains(&prompt.id.as_str()) {
        return None;
    }
    let message = format!("the prompt `{}` stands in the folder `{}`", prompt.id, folders.join("/"));
    let at = place(side, prompt, &["id".into()]);
    let home = if dir.is_empty() { format!("{}/", prompt.id) } else { format!("{dir}/{}/", prompt.id) };
    Some(Breach::new(prompt, Code::IdFolder, at, message).help(format!("move it to `{home}`, or mend `id:`")))
}

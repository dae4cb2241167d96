//! The first request of a task: the prompt rendered for its input, with the model's and the prompt's parameters.

use crate::config::{Alias, Provider};
use crate::golden::Task;
use crate::id::Id;
use crate::outcome::Reason;
use crate::prompt::{Prompt, bind};
use crate::wire::{Message, Request};

/// Builds the first request of `task` for `prompt` on an alias.
pub fn opening(prompt: &Prompt, task: &Task, alias: &Id, model: &Alias) -> Result<Request, Reason> {
    let not_rendered = |message: String| Reason::NotRendered { message };
    let bound = bind(&prompt.variables, &task.input).map_err(|misfits| {
        not_rendered(misfits.into_iter().map(|misfit| misfit.message).collect::<Vec<_>>().join("; "))
    })?;
    let rendered = prompt.render(&bound).map_err(|error| not_rendered(error.to_string()))?;
    // Earlier messages stand after the prompt's own system messages and before what it says now.
    let mut messages = rendered.messages;
    let at = messages.iter().position(|message| !matches!(message, Message::System { .. })).unwrap_or(messages.len());
    messages.splice(at..at, task.history.iter().cloned());
    // A deployed API is given the prompt's name and the input, and renders them itself. What we render stays part of the key all
    // the same, so that a template that changed is asked again.
    let features = model.http.as_ref().filter(|_| model.provider == Provider::Http);
    let features = features.map(|http| http.features(prompt.id.as_str(), &prompt.version.to_string(), bound));
    let mut parameters = model.parameters.clone();
    parameters.extend(prompt.parameters.clone());
    Ok(Request {
        api: model.api().to_owned(),
        model: model.model(alias).to_owned(),
        system: rendered.system,
        messages,
        tools: prompt.tools.clone(),
        response_format: prompt.output_schema.clone(),
        parameters,
        features: features.unwrap_or_default(),
    })
}

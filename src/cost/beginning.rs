//! How much of a prompt's requests a provider's cache could hold: their unchanging beginning.
//!
//! An estimate by characters: how a model's tokens fall is its tokenizer's secret, but a share of the characters is near the
//! same share of the tokens. Which requests find it in the cache is traffic's word, and no business of this file.

use rayon::prelude::*;

use super::terms::Cacheable;
use crate::wire::{self, Message, Request};

/// Characters of one task's first request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// How many of them begin every task's request alike.
    pub shared: u64,
    pub all: u64,
}

impl Beginning {
    /// The tokens of the beginning, where the first request took `input` tokens.
    pub fn tokens(&self, input: u64) -> Cacheable {
        let share = u128::from(input) * u128::from(self.shared) / u128::from(self.all.max(1));
        Cacheable(u64::try_from(share).unwrap_or(input))
    }
}

/// The beginnings of the first requests of all tasks of a prompt, in the same order. `None` where fewer than two requests
/// differ: nothing tells then where the unchanging part ends. `render` makes the request of one of them.
pub fn beginnings<T: Sync>(tasks: &[T], render: impl Fn(&T) -> Option<Request> + Sync) -> Option<Vec<Beginning>> {
    let first = text(&render(tasks.first()?)?);
    let compared: Option<Vec<(u64, u64, bool)>> = tasks
        .par_iter()
        .map(|task| {
            let other = text(&render(task)?);
            let shared = first.chars().zip(other.chars()).take_while(|(a, b)| a == b).count() as u64;
            Some((shared, other.chars().count() as u64, other != first))
        })
        .collect();
    let compared = compared?;
    let shared = compared.iter().map(|(shared, ..)| *shared).min()?;
    let differs = compared.iter().any(|(.., differs)| *differs);
    differs.then(|| compared.iter().map(|&(_, all, _)| Beginning { shared, all }).collect())
}

/// What a request says, in the order in which providers hold it against their caches: tools and answer format, system,
/// messages.
fn text(request: &Request) -> String {
    let mut text = String::new();
    for tool in &request.tools {
        text.push_str(&format!("{}\n{}\n{}\n", tool.name, tool.description, wire::canonical_text(&tool.input_schema)));
    }
    if let Some(format) = &request.response_format {
        text.push_str(&wire::canonical_text(format));
    }
    text.push_str(request.system.as_deref().unwrap_or_default());
    for message in &request.messages {
        match message {
            Message::System { content } | Message::User { content } => text.push_str(content),
            Message::Assistant { content, tool_calls } => {
                text.push_str(content);
                for call in tool_calls {
                    text.push_str(&call.name);
                    text.push_str(&call.arguments.text());
                }
            }
            Message::Tool { content, .. } => text.push_str(content),
        }
        text.push('\n');
    }
    text
}

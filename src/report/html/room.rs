//! How much of a report one page shows. What is left out is counted, so that the page can say so (SEC-25).
//!
//! A browser opens a few thousand tasks at ease, and nobody reads more; whoever wants all has `report.json`.

use crate::report::escape;

/// Findings of each class, accepted ones, documents.
pub const FINDINGS: usize = 500;
pub const PROMPTS: usize = 500;
pub const METRICS: usize = 50;
pub const ASSERTIONS: usize = 100;
pub const SAMPLES: usize = 20;
/// Bytes of a sentence or a value.
pub const VALUE: usize = 4 << 10;
/// Bytes of an answer, which is also how much of two answers is compared.
pub const ANSWER: usize = 64 << 10;

/// What is left for the tasks of a report.
#[derive(Debug)]
pub struct Room {
    /// Tasks that do not plainly pass.
    pub notable: usize,
    /// Tasks that do.
    pub passes: usize,
    /// Bytes of all texts in tasks together.
    pub bytes: usize,
}

impl Room {
    pub fn generous() -> Self {
        Self { notable: 2_000, passes: 500, bytes: 8 << 20 }
    }

    /// Takes a place among the tasks, if there is one.
    pub fn takes(&mut self, is_plain_pass: bool) -> bool {
        let left = if is_plain_pass { &mut self.passes } else { &mut self.notable };
        let has_place = *left > 0;
        *left = left.saturating_sub(1);
        has_place
    }

    /// Takes `bytes`, if there are as many.
    pub fn spends(&mut self, bytes: usize) -> bool {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.unwrap_or(self.bytes);
        left.is_some()
    }
}

/// A sentence or a value, as much of it as a page shows.
pub fn value(text: &str) -> String {
    let cut = escape::cut(text, VALUE);
    if cut.len() < text.len() { format!("{cut}…") } else { text.to_owned() }
}

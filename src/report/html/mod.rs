//! The page that a release manager opens: one self-contained HTML file, readable without network and without script.
//!
//! The last of the renderers: a Handlebars template over plain values. Untrusted text reaches it as text nodes and attributes
//! only, every expression through one escape; there is no raw form (SEC-23). The one style and the one script are ours, and
//! the page's own policy lets nothing else run. Nothing here decides anything, and nothing reads a clock.

mod answers;
mod chart;
mod difference;
mod findings;
mod page;
mod prompt;
mod room;
mod task;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use sha2::{Digest as _, Sha256};

use super::escape::{self, Breaks};
use super::{Report, words};
use crate::error::{Error, ErrorKind};

const TEMPLATE: &str = include_str!("report.html.hbs");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Bytes of any one text. What is known to grow is cut much shorter, where it is known what it is.
const MAX_TEXT: usize = 68 << 10;

/// Reading the template takes longer than most reports do.
static ENGINE: LazyLock<Result<Handlebars<'static>, String>> = LazyLock::new(|| {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.set_prevent_indent(true);
    engine.register_escape_fn(safe);
    // Partials, because the text of a template is the only thing that is not escaped.
    let templates = [("style", STYLE), ("script", SCRIPT), ("page", TEMPLATE)];
    for (name, text) in templates {
        engine.register_template_string(name, text).map_err(|error| error.to_string())?;
    }
    Ok(engine)
});

pub fn render(report: &Report) -> Result<String, Error> {
    let engine = ENGINE.as_ref().map_err(broken)?;
    engine.render("page", &page::build(report, policy())).map_err(|error| broken(&error))
}

/// What a browser may do with the page: apply this style, run this script, nothing else.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// Any text as a text node or an attribute's value. Colons and number signs go too: whoever prints the page into the log of a
/// CI run must not give its runner a command (SEC-08).
fn safe(text: &str) -> String {
    let cut = escape::cut(text, MAX_TEXT);
    let shown = handlebars::html_escape(&escape::visible(cut, Breaks::Kept));
    let mut out = String::with_capacity(shown.len() + shown.len() / 8);
    // The escape's own entities, `&#x27;` and its like, keep their number sign.
    let mut before = ' ';
    for c in shown.chars() {
        match c {
            ':' => out.push_str("&#58;"),
            '#' if before != '&' => out.push_str("&#35;"),
            c => out.push(c),
        }
        before = c;
    }
    if cut.len() < text.len() {
        out.push('…');
    }
    out
}

/// The class of a mark in the style sheet. Marks are never shown by colour alone.
fn tone(mark: &str) -> &'static str {
    match mark {
        words::GOOD => "good",
        words::BAD => "bad",
        words::OPEN => "open",
        words::CARE => "care",
        _ => "plain",
    }
}

/// The template is ours, so this is a fault of this program; it must not take the other outputs with it.
fn broken(why: &impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Io, format!("the page cannot be rendered: {why}"))
}

#[cfg(test)]
pub mod markup;
#[cfg(test)]
mod tests;

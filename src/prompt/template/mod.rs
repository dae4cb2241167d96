//! Strict Jinja2: templates compiled from text of the snapshot, rendered under limits, without any way to the outside.
//!
//! A template is parsed (`syntax`), its variables are traced (`scope`), and it is written anew so that no operation makes more
//! than the budget allows (`bounded`, `operators`, `filters`, `budget`) before the engine compiles and renders it.

mod bounded;
mod budget;
mod filters;
mod operators;
mod scope;
mod syntax;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value};

use bounded::Bounded;
pub(crate) use scope::{Undeclared, trace};
pub(crate) use syntax::references;

/// Instructions a rendering may execute (SEC-07).
const FUEL: u64 = 2_000_000;
/// Bytes a rendering may produce (SEC-07).
const MAX_OUTPUT: usize = 1 << 20;
/// Templates that may include one another in a row (SEC-06).
pub const MAX_INCLUDE_DEPTH: usize = 8;

/// What every template is rendered with.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine.set_debug(true);
    engine.set_syntax(syntax::syntax());
    operators::install(&mut engine);
    filters::install(&mut engine);
    engine
});

/// How many prompts' templates stay compiled. Compiled they are many times their text, and a check goes from prompt to prompt.
const KEPT: usize = 16;

/// The templates of one prompt version. They are compiled when one of them is rendered, and again when that was long ago.
pub struct Templates {
    sources: BTreeMap<String, String>,
    compiled: Mutex<Weak<Compiled>>,
}

struct Compiled {
    engine: Environment<'static>,
    bounded: BTreeMap<String, Bounded>,
}

/// A template that does not compile or render.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The template's name: a part of the prompt file, or an included path.
    pub template: String,
    /// 1-based line inside the template; 0 where unknown.
    pub line: usize,
    /// The bytes of the template that it is about.
    pub range: Range<usize>,
    pub message: String,
}

impl TemplateError {
    pub(crate) fn new(template: &str, text: &str, range: Range<usize>, message: impl Into<String>) -> Self {
        // What is missing at the end is told of there; the engine's scanner counts bytes, and may stop inside a character.
        let range = text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end.min(text.len()));
        let line = text.get(..range.start).unwrap_or(text).matches('\n').count() + 1;
        Self { template: template.to_owned(), line, range, message: message.into() }
    }
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (line {} of `{}`)", self.message, self.line, self.template)
    }
}

impl Templates {
    /// Templates by name. Includes find only what stands there.
    pub fn new(sources: BTreeMap<String, String>) -> Self {
        Self { sources, compiled: Mutex::default() }
    }

    /// Renders one template.
    pub fn render(
        &self,
        name: &str,
        context: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<String, TemplateError> {
        let compiled = self.compiled()?;
        let Compiled { engine, bounded } = &*compiled;
        let describe = |error: &minijinja::Error| self.describe(bounded, error, name);
        let template = engine.get_template(name).map_err(|error| describe(&error))?;
        let mut output = Output(Vec::new());
        let context = Value::from(Serde(context));
        template.render_captured_to(context, &mut output).map_err(|error| {
            let mut shown = describe(&error);
            if output.0.len() >= MAX_OUTPUT {
                shown.message = format!("the rendered text is larger than {MAX_OUTPUT} bytes");
            }
            shown
        })?;
        String::from_utf8(output.0).map_err(|_| TemplateError::new(name, "", 0..0, "the rendered text is not UTF-8"))
    }

    /// What the sources compile to.
    fn compiled(&self) -> Result<Arc<Compiled>, TemplateError> {
        static RECENT: Mutex<VecDeque<Arc<Compiled>>> = Mutex::new(VecDeque::new());
        let mut known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = known.upgrade() {
            return Ok(compiled);
        }
        let compiled = Arc::new(self.compile()?);
        *known = Arc::downgrade(&compiled);
        let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(Arc::clone(&compiled));
        if recent.len() > KEPT {
            recent.pop_front();
        }
        Ok(compiled)
    }

    fn compile(&self) -> Result<Compiled, TemplateError> {
        let mut engine = ENGINE.clone();
        let mut compiled = BTreeMap::new();
        for (name, text) in &self.sources {
            let bounded = Bounded::of(&syntax::parse(name, text)?);
            if let Some(range) = bounded.misplaced_not {
                return Err(TemplateError::new(
                    name,
                    text,
                    range,
                    "`not` needs parentheses around it and its operand here",
                ));
            }
            let added = engine.add_template_owned(name.clone(), bounded.text.clone());
            compiled.insert(name.clone(), bounded);
            added.map_err(|error| self.describe(&compiled, &error, name))?;
        }
        Ok(Compiled { engine, bounded: compiled })
    }

    /// The innermost error in our words: where, and what.
    fn describe(&self, bounded: &BTreeMap<String, Bounded>, error: &minijinja::Error, fallback: &str) -> TemplateError {
        // An error in an include is the source of the error at the include tag.
        let mut inner = error;
        while let Some(next) =
            std::error::Error::source(inner).and_then(|source| source.downcast_ref::<minijinja::Error>())
        {
            // Errors that were not raised while a template ran have no place of their own.
            if next.name().is_none() {
                break;
            }
            inner = next;
        }
        let name = inner.name().unwrap_or(fallback);
        let text = self.sources.get(name).map_or("", String::as_str);
        let range =
            bounded.get(name).zip(inner.range()).and_then(|(bounded, part)| match (inner.kind(), inner.detail()) {
                (ErrorKind::UndefinedError, Some(operators::LEFT)) => bounded.operand(&part, 0),
                (ErrorKind::UndefinedError, Some(operators::RIGHT)) => bounded.operand(&part, 1),
                _ => bounded.source(&part),
            });
        let kind = inner.kind().to_string();
        let excerpt = range.clone().and_then(|range| text.get(range));
        let message = match (inner.kind(), inner.detail(), excerpt) {
            (ErrorKind::UndefinedError, _, Some(name)) => format!("`{name}` is not defined"),
            (ErrorKind::OutOfFuel, Some(limit), _) => limit.to_owned(),
            (ErrorKind::OutOfFuel, None, _) => "the template does too much work".to_owned(),
            (_, Some(detail), _) => format!("{kind}: {detail}"),
            (_, None, _) => kind,
        };
        TemplateError::new(name, text, range.unwrap_or_default(), message)
    }
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Templates")
    }
}

/// A buffer that refuses to grow beyond the limit.
struct Output(Vec<u8>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = MAX_OUTPUT - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(io::Error::other("output limit")) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;

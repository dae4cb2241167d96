//! Which names templates use, followed as the engine would run them: through includes, imports, inheritance and macros.
//!
//! A name is a variable of the prompt where nothing around it has set it. An included template is read in the scope of each
//! tag that includes it, and what it sets is set for what follows that tag, as in the engine. What may be set counts as set:
//! both branches of an `if` are read.

mod expression;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::machinery::ast::{Block, Macro, Stmt};

use super::TemplateError;
use super::syntax::{bodies, parse, range};

/// What the engine itself knows by name.
const GLOBALS: [&str; 3] = ["dict", "namespace", "range"];
/// What every template of a prompt is given beside its variables.
const GIVEN: &str = "examples";
/// Scopes in which the includes of one prompt are read; more of them would be a template that multiplies itself.
const MAX_READINGS: usize = 2_000;
/// The engine's tests.
pub(in crate::prompt::template) const TESTS: [&str; 42] = [
    "undefined",
    "defined",
    "none",
    "safe",
    "escaped",
    "boolean",
    "odd",
    "even",
    "divisibleby",
    "number",
    "integer",
    "int",
    "float",
    "string",
    "sequence",
    "iterable",
    "mapping",
    "startingwith",
    "endingwith",
    "lower",
    "upper",
    "sameas",
    "eq",
    "equalto",
    "==",
    "ne",
    "!=",
    "lt",
    "lessthan",
    "<",
    "le",
    "<=",
    "gt",
    "greaterthan",
    ">",
    "ge",
    ">=",
    "in",
    "true",
    "false",
    "filter",
    "test",
];

/// What the templates of a prompt use.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// The variables that are used.
    pub(crate) used: BTreeSet<String>,
    /// Names that nobody declares, each once for a template that uses it.
    pub(crate) undeclared: Vec<Undeclared>,
    /// What else is wrong, with what may have been meant.
    pub(crate) flaws: Vec<(TemplateError, Option<String>)>,
}

/// A name that a template uses and nobody declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undeclared {
    pub(crate) template: String,
    pub(crate) name: String,
    /// Where the template first uses it.
    pub(crate) range: Range<usize>,
    /// Whether it only asks there if there is such a variable.
    pub(crate) asks: bool,
}

/// Follows the templates `entries` of `sources`, all of which parse, for a prompt that declares `variables`.
pub(crate) fn trace(sources: &BTreeMap<String, String>, entries: &[String], variables: &BTreeSet<&str>) -> Usage {
    let parsed = |(name, text): (&'_ String, &'_ String)| parse(name, text).is_ok();
    debug_assert!(sources.iter().all(parsed), "templates are parsed before they are traced");
    let trees: BTreeMap<&str, Stmt<'_>> =
        sources.iter().filter_map(|(name, text)| Some((name.as_str(), parse(name, text).ok()?))).collect();
    let mut tracer = Tracer {
        trees: &trees,
        sources,
        variables,
        template: "",
        frames: Vec::new(),
        blocks: BTreeMap::new(),
        active: Vec::new(),
        extending: false,
        depth: 0,
        readings: BTreeMap::new(),
        multiplies: false,
        uses: BTreeMap::new(),
        usage: Usage::default(),
    };
    for entry in entries {
        tracer.in_frame(Frame::default(), |tracer| tracer.template(entry));
    }
    let Tracer { uses, mut usage, .. } = tracer;
    usage.undeclared = uses.into_values().collect();
    usage
}

struct Tracer<'t, 's> {
    trees: &'t BTreeMap<&'s str, Stmt<'s>>,
    sources: &'s BTreeMap<String, String>,
    variables: &'t BTreeSet<&'t str>,
    /// The template that is read.
    template: &'t str,
    frames: Vec<Frame<'t, 's>>,
    /// The blocks of templates that extend another, those of the outermost first.
    blocks: BTreeMap<&'s str, Vec<(&'t str, &'t Block<'s>)>>,
    /// The blocks that are being read.
    active: Vec<&'s str>,
    /// Whether the blocks of what is read are only filled in elsewhere.
    extending: bool,
    depth: usize,
    /// Which template was read in which scope, and what that set.
    readings: BTreeMap<(&'t str, BTreeSet<String>), BTreeSet<String>>,
    /// Whether it was told that there are too many scopes.
    multiplies: bool,
    uses: BTreeMap<(&'t str, &'s str), Undeclared>,
    usage: Usage,
}

/// Names that are set together and forgotten together.
#[derive(Default)]
struct Frame<'t, 's> {
    names: BTreeSet<String>,
    /// Macros declared here, read once everything is set that they may use.
    macros: Vec<(&'t str, &'t Macro<'s>, Range<usize>)>,
    /// For the body of a macro its template and text: what it includes sees of the outside only what is named there.
    closure: Option<(&'t str, &'s str)>,
}

impl<'t, 's> Tracer<'t, 's> {
    fn in_frame(&mut self, frame: Frame<'t, 's>, read: impl FnOnce(&mut Self)) {
        self.frames.push(frame);
        read(self);
        while let Some((template, declared, at)) = self.frames.last_mut().and_then(|frame| frame.macros.pop()) {
            let outer = std::mem::replace(&mut self.template, template);
            self.macro_body(declared, at);
            self.template = outer;
        }
        self.frames.pop();
    }

    fn assign(&mut self, name: &str) {
        if let Some(frame) = self.frames.last_mut() {
            frame.names.insert(name.to_owned());
        }
    }

    /// Whether something around the place has set `name`.
    fn is_set(&self, name: &str) -> bool {
        for frame in self.frames.iter().rev() {
            if frame.names.contains(name) {
                return true;
            }
            if let Some((template, text)) = frame.closure
                && template != self.template
                && !has_word(text, name)
            {
                return false;
            }
        }
        false
    }

    /// All names that are set around the place.
    fn set_names(&self) -> BTreeSet<String> {
        let all: BTreeSet<&String> = self.frames.iter().flat_map(|frame| &frame.names).collect();
        all.into_iter().filter(|name| self.is_set(name)).cloned().collect()
    }

    fn use_name(&mut self, name: &'s str, at: Range<usize>, asks: bool) {
        if self.is_set(name) || GLOBALS.contains(&name) || name == GIVEN {
            return;
        }
        if self.variables.contains(name) {
            self.usage.used.insert(name.to_owned());
            return;
        }
        let found = Undeclared { template: self.template.to_owned(), name: name.to_owned(), range: at, asks };
        let first = self.uses.entry((self.template, name)).or_insert_with(|| found.clone());
        if found.range.start < first.range.start {
            *first = found;
        }
    }

    fn statement(&mut self, statement: &'t Stmt<'s>) {
        match statement {
            Stmt::Template(_) | Stmt::AutoEscape(_) | Stmt::FilterBlock(_) | Stmt::IfCond(_) => {
                match statement {
                    Stmt::IfCond(condition) => self.expression(&condition.expr),
                    Stmt::FilterBlock(block) => self.expression(&block.filter),
                    Stmt::AutoEscape(escape) => self.expression(&escape.enabled),
                    _ => {}
                }
                self.bodies(statement);
            }
            Stmt::EmitExpr(emitted) => self.expression(&emitted.expr),
            Stmt::ForLoop(each) => {
                self.expression(&each.iter);
                self.in_frame(Frame::default(), |tracer| {
                    tracer.target(&each.target);
                    tracer.optional(each.filter_expr.as_ref());
                    tracer.assign("loop");
                    tracer.statements(&each.body);
                });
                self.statements(&each.else_body);
            }
            Stmt::WithBlock(with) => self.in_frame(Frame::default(), |tracer| {
                for (target, value) in &with.assignments {
                    tracer.expression(value);
                    tracer.target(target);
                }
                tracer.statements(&with.body);
            }),
            Stmt::Set(set) => {
                self.expression(&set.expr);
                self.target(&set.target);
            }
            Stmt::SetBlock(set) => {
                self.statements(&set.body);
                self.optional(set.filter.as_ref());
                self.target(&set.target);
            }
            Stmt::Block(block) if !self.extending => self.block(block),
            Stmt::Include(_) => self.referenced(statement),
            Stmt::Import(import) => {
                self.in_frame(Frame::default(), |tracer| tracer.referenced(statement));
                self.target(&import.name);
            }
            Stmt::FromImport(import) => {
                self.in_frame(Frame::default(), |tracer| tracer.referenced(statement));
                for (name, alias) in &import.names {
                    self.target(alias.as_ref().unwrap_or(name));
                }
            }
            Stmt::Macro(declared) => {
                self.assign(declared.name);
                let template = self.template;
                if let Some(frame) = self.frames.last_mut() {
                    frame.macros.push((template, declared, range(declared.span())));
                }
            }
            Stmt::CallBlock(block) => {
                self.call(&block.call);
                self.macro_body(&block.macro_decl, range(block.macro_decl.span()));
            }
            Stmt::Do(action) => self.call(&action.call),
            Stmt::Block(_) | Stmt::EmitRaw(_) | Stmt::Extends(_) | Stmt::Continue(_) | Stmt::Break(_) => {}
        }
    }

    fn statements(&mut self, statements: &'t [Stmt<'s>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn bodies(&mut self, statement: &'t Stmt<'s>) {
        bodies(statement).into_iter().for_each(|body| self.statements(body));
    }

    fn macro_body(&mut self, declared: &'t Macro<'s>, at: Range<usize>) {
        let text = self.sources.get(self.template).and_then(|text| text.get(at)).unwrap_or_default();
        let frame = Frame { closure: Some((self.template, text)), ..Frame::default() };
        self.in_frame(frame, |tracer| {
            tracer.assign("caller");
            declared.args.iter().for_each(|argument| tracer.target(argument));
            declared.defaults.iter().for_each(|default| tracer.expression(default));
            tracer.statements(&declared.body);
        });
    }
}

/// Whether `text` has `name` as a whole word.
fn has_word(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == name)
}

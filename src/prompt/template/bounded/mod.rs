//! A template written anew so that its rendering keeps to a budget: text and operators become calls that can refuse.
//!
//! The engine has no hook at its operators, and none at the text between tags. What is written here means the same, with all
//! of it in tags: text as literals, which go through the formatter; operators as filters (`operators`); lists, slices and
//! operands through filters that measure them. Since an error then stands in the new text, every part knows where it came from.

mod expression;

use std::fmt::Write as _;
use std::ops::Range;

use minijinja::machinery::ast::{Expr, Macro, Stmt};

use expression::Place;

use super::operators::KEPT;
use super::syntax::range_of_statement;

/// A template's text for the engine, and where its parts come from.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    pub(super) text: String,
    origins: Vec<Origin>,
    /// Where the engine reads `not` as a name, as it does after another operator: nobody means that.
    pub(super) misplaced_not: Option<Range<usize>>,
}

/// A part of the new text, and where in the template it comes from.
#[derive(Debug)]
struct Origin {
    part: Range<usize>,
    source: Range<usize>,
    /// Where the operands of an operator come from.
    operands: Option<[Range<usize>; 2]>,
}

impl Bounded {
    pub(super) fn of(template: &Stmt<'_>) -> Self {
        let mut bounded = Self::default();
        bounded.statement(template);
        bounded
    }

    /// Where in the template the part of the new text at `part` comes from.
    pub(super) fn source(&self, part: &Range<usize>) -> Option<Range<usize>> {
        self.around(part).map(|origin| origin.source.clone())
    }

    /// Where an operand of the operator at `part` comes from.
    pub(super) fn operand(&self, part: &Range<usize>, index: usize) -> Option<Range<usize>> {
        self.around(part)?.operands.as_ref()?.get(index).cloned()
    }

    fn around(&self, part: &Range<usize>) -> Option<&Origin> {
        let around =
            self.origins.iter().filter(|origin| origin.part.start <= part.start && part.end <= origin.part.end);
        around.min_by_key(|origin| origin.part.len())
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    /// A tag with nothing inside that could be refused.
    fn tag(&mut self, inside: &str) {
        self.put("{% ");
        self.put(inside);
        self.put(" %}");
    }

    /// A tag around expressions.
    fn opening(&mut self, keyword: &str, inside: impl FnOnce(&mut Self)) {
        self.put("{% ");
        self.put(keyword);
        self.put(" ");
        inside(self);
        self.put(" %}");
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        let start = self.text.len();
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(raw) => {
                self.put("{{ ");
                self.literal(raw.raw);
                self.put(" }}");
            }
            Stmt::EmitExpr(emitted) => {
                self.put("{{ ");
                self.expression(&emitted.expr, Place::Open);
                self.put(" }}");
            }
            Stmt::ForLoop(_) | Stmt::IfCond(_) | Stmt::WithBlock(_) | Stmt::AutoEscape(_) | Stmt::FilterBlock(_) => {
                self.block_statement(statement);
            }
            Stmt::Set(set) => self.opening("set", |new| {
                new.target(&set.target);
                new.put(" = ");
                let keeps = matches!(set.target, Expr::GetAttr(_));
                new.expression(&set.expr, if keeps { Place::Piped } else { Place::Open });
                if keeps {
                    let _ = write!(new.text, "|{KEPT}");
                }
            }),
            Stmt::SetBlock(set) => {
                self.opening("set", |new| {
                    new.target(&set.target);
                    if let Some(filter) = &set.filter {
                        new.put(" | ");
                        new.expression(filter, Place::Piped);
                    }
                });
                self.statements(&set.body);
                self.tag("endset");
            }
            Stmt::Block(block) => {
                self.tag(&format!("block {}{}", block.name, if block.required { " required" } else { "" }));
                // The engine wants nothing in a block that must be given elsewhere.
                if !block.required {
                    self.statements(&block.body);
                }
                self.tag("endblock");
            }
            Stmt::Import(_) | Stmt::FromImport(_) | Stmt::Extends(_) | Stmt::Include(_) => self.reference(statement),
            Stmt::Macro(declared) => {
                self.opening("macro", |new| {
                    new.put(declared.name);
                    new.parameters(declared);
                });
                self.statements(&declared.body);
                self.tag("endmacro");
            }
            Stmt::CallBlock(block) => {
                self.opening("call", |new| {
                    new.parameters(&block.macro_decl);
                    new.put(" ");
                    new.call(&block.call);
                });
                self.statements(&block.macro_decl.body);
                self.tag("endcall");
            }
            Stmt::Do(action) => self.opening("do", |new| new.call(&action.call)),
            Stmt::Continue(_) => self.tag("continue"),
            Stmt::Break(_) => self.tag("break"),
        }
        if let Some(source) = range_of_statement(statement) {
            self.origins.push(Origin { part: start..self.text.len(), source, operands: None });
        }
    }

    fn block_statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::ForLoop(each) => {
                self.opening("for", |new| {
                    new.target(&each.target);
                    new.put(" in ");
                    new.measured(&each.iter);
                    if let Some(filter) = &each.filter_expr {
                        new.put(" if ");
                        new.parenthesised(filter);
                    }
                    if each.recursive {
                        new.put(" recursive");
                    }
                });
                self.statements(&each.body);
                if !each.else_body.is_empty() {
                    self.tag("else");
                    self.statements(&each.else_body);
                }
                self.tag("endfor");
            }
            Stmt::IfCond(condition) => {
                let mut condition = &**condition;
                self.opening("if", |new| new.parenthesised(&condition.expr));
                self.statements(&condition.true_body);
                // Written flat, as in the template: the engine counts how deep tags are nested.
                while let [Stmt::IfCond(next)] = condition.false_body.as_slice() {
                    condition = next;
                    self.opening("elif", |new| new.parenthesised(&condition.expr));
                    self.statements(&condition.true_body);
                }
                if !condition.false_body.is_empty() {
                    self.tag("else");
                    self.statements(&condition.false_body);
                }
                self.tag("endif");
            }
            Stmt::WithBlock(with) => {
                self.opening("with", |new| {
                    for (index, (target, value)) in with.assignments.iter().enumerate() {
                        new.put(if index > 0 { ", " } else { "" });
                        let several = matches!(target, Expr::List(_));
                        new.put(if several { "(" } else { "" });
                        new.target(target);
                        new.put(if several { ")" } else { "" });
                        new.put(" = ");
                        new.expression(value, Place::Open);
                    }
                });
                self.statements(&with.body);
                self.tag("endwith");
            }
            Stmt::AutoEscape(escape) => {
                self.opening("autoescape", |new| new.expression(&escape.enabled, Place::Open));
                self.statements(&escape.body);
                self.tag("endautoescape");
            }
            Stmt::FilterBlock(block) => {
                self.opening("filter", |new| new.expression(&block.filter, Place::Piped));
                self.statements(&block.body);
                self.tag("endfilter");
            }
            _ => unreachable!("`statement` sends no other tags here"),
        }
    }

    fn reference(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Import(import) => self.opening("import", |new| {
                new.expression(&import.expr, Place::Open);
                new.put(" as ");
                new.target(&import.name);
            }),
            Stmt::FromImport(import) => self.opening("from", |new| {
                new.expression(&import.expr, Place::Open);
                new.put(" import ");
                for (index, (name, alias)) in import.names.iter().enumerate() {
                    new.put(if index > 0 { ", " } else { "" });
                    new.target(name);
                    if let Some(alias) = alias {
                        new.put(" as ");
                        new.target(alias);
                    }
                }
            }),
            Stmt::Extends(extends) => self.opening("extends", |new| new.expression(&extends.name, Place::Open)),
            Stmt::Include(include) => self.opening("include", |new| {
                new.expression(&include.name, Place::Open);
                if include.ignore_missing {
                    new.put(" ignore missing");
                }
            }),
            _ => unreachable!("`statement` sends no other tags here"),
        }
    }

    /// What a value is assigned to.
    fn target(&mut self, target: &Expr<'_>) {
        match target {
            Expr::List(list) => {
                for (index, item) in list.items.iter().enumerate() {
                    self.put(if index > 0 { ", " } else { "" });
                    let nested = matches!(item, Expr::List(_));
                    self.put(if nested { "(" } else { "" });
                    self.target(item);
                    self.put(if nested { ")" } else { "" });
                }
                self.put(if list.items.len() == 1 { "," } else { "" });
            }
            Expr::GetAttr(attribute) => {
                self.target(&attribute.expr);
                self.put(".");
                self.put(attribute.name);
            }
            // An alias is an expression to the parser; whatever else it is, the engine will say so.
            other => self.expression(other, Place::Open),
        }
    }

    fn parameters(&mut self, declared: &Macro<'_>) {
        self.put("(");
        let required = declared.args.len() - declared.defaults.len();
        for (index, argument) in declared.args.iter().enumerate() {
            self.put(if index > 0 { ", " } else { "" });
            self.target(argument);
            if let Some(default) = index.checked_sub(required).and_then(|at| declared.defaults.get(at)) {
                self.put("=");
                self.expression(default, Place::Open);
            }
        }
        self.put(")");
    }
}

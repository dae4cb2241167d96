//! The names in expressions, and what expressions call by names that templates cannot set.

use std::ops::Range;

use minijinja::machinery::ast::{Call, CallArg, Expr};

use super::{TESTS, Tracer};
use crate::diagnostic::did_you_mean;
use crate::prompt::template::syntax::{range, range_of};
use crate::prompt::template::{TemplateError, filters};

impl<'t, 's> Tracer<'t, 's> {
    pub(super) fn target(&mut self, target: &'t Expr<'s>) {
        match target {
            Expr::Var(variable) => self.assign(variable.id),
            Expr::List(list) => list.items.iter().for_each(|item| self.target(item)),
            // What is set there is a part of something that must be known.
            Expr::GetAttr(attribute) => self.expression(&attribute.expr),
            other => self.expression(other),
        }
    }

    pub(super) fn optional(&mut self, expression: Option<&'t Expr<'s>>) {
        expression.into_iter().for_each(|expression| self.expression(expression));
    }

    pub(super) fn expression(&mut self, expression: &'t Expr<'s>) {
        match expression {
            Expr::Var(variable) => self.use_name(variable.id, range(variable.span()), false),
            Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.expression(&slice.expr);
                [&slice.start, &slice.stop, &slice.step].into_iter().for_each(|bound| self.optional(bound.as_ref()));
            }
            Expr::UnaryOp(operation) => self.expression(&operation.expr),
            Expr::BinOp(operation) => {
                self.expression(&operation.left);
                self.expression(&operation.right);
            }
            Expr::Compare(chain) => {
                self.expression(&chain.expr);
                chain.ops.iter().for_each(|link| self.expression(&link.expr));
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr);
                self.expression(&choice.true_expr);
                self.optional(choice.false_expr.as_ref());
            }
            Expr::Filter(filter) => {
                let asks = matches!(filter.name, "default" | "d");
                filter.expr.iter().for_each(|subject| self.subject(subject, asks));
                self.arguments(&filter.args);
                self.known("filter", filter.name, filters::NAMES, range(filter.span()));
            }
            Expr::Test(test) => {
                self.subject(&test.expr, matches!(test.name, "defined" | "undefined"));
                self.arguments(&test.args);
                self.known("test", test.name, &TESTS, range(test.span()));
            }
            Expr::GetAttr(attribute) => self.expression(&attribute.expr),
            Expr::GetItem(item) => {
                self.expression(&item.expr);
                self.expression(&item.subscript_expr);
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => list.items.iter().for_each(|item| self.expression(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.expression(item)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|item| self.expression(item)),
        }
    }

    /// What a filter or test is about.
    fn subject(&mut self, subject: &'t Expr<'s>, asks: bool) {
        match subject {
            Expr::Var(variable) => self.use_name(variable.id, range_of(subject), asks),
            other => self.expression(other),
        }
    }

    pub(super) fn call(&mut self, call: &'t Call<'s>) {
        let is_block = match &call.expr {
            Expr::Var(name) => name.id == "super" && call.args.is_empty(),
            Expr::GetAttr(attribute) => matches!(&attribute.expr, Expr::Var(name) if name.id == "self"),
            _ => false,
        };
        if !is_block {
            self.expression(&call.expr);
        }
        self.arguments(&call.args);
    }

    fn arguments(&mut self, arguments: &'t [CallArg<'s>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value)
                | CallArg::Kwarg(_, value)
                | CallArg::PosSplat(value)
                | CallArg::KwargSplat(value) => self.expression(value),
            }
        }
    }

    fn known(&mut self, kind: &str, name: &str, names: &[&str], at: Range<usize>) {
        if names.contains(&name) {
            return;
        }
        let text = self.sources.get(self.template).map_or("", String::as_str);
        let at = at.start..(at.start + name.len()).min(at.end);
        let error = TemplateError::new(self.template, text, at, format!("there is no {kind} `{name}`"));
        let help = did_you_mean(name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        if !self.usage.flaws.iter().any(|(told, _)| *told == error) {
            self.usage.flaws.push((error, help));
        }
    }
}

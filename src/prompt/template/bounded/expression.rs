//! Expressions written anew: operators as filters, and every value that is made or looked through measured.

use std::fmt::Write as _;

use minijinja::Value;
use minijinja::machinery::ast::{BinOpKind, Call, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::value::ValueKind;

use super::{Bounded, Origin};
use crate::prompt::template::operators::{MADE, NEGATED, OPERAND, SOLID, filter_of};
use crate::prompt::template::syntax::range_of;

/// What may stand at a place without parentheses around it, the least strict first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Any expression.
    Open,
    /// What a filter or a test can follow.
    Piped,
    /// What an attribute or a call can follow.
    Postfix,
}

/// Tests that look at no more than what kind of value there is.
const QUICK_TESTS: [&str; 16] = [
    "defined",
    "undefined",
    "none",
    "boolean",
    "number",
    "integer",
    "int",
    "float",
    "string",
    "sequence",
    "iterable",
    "mapping",
    "true",
    "false",
    "filter",
    "test",
];

impl Bounded {
    /// An expression whose value is looked through.
    pub(super) fn measured(&mut self, expression: &Expr<'_>) {
        self.expression(expression, Place::Piped);
        if !matches!(expression, Expr::Const(_)) {
            let _ = write!(self.text, "|{OPERAND}");
        }
    }

    pub(super) fn parenthesised(&mut self, expression: &Expr<'_>) {
        self.put("(");
        self.expression(expression, Place::Open);
        self.put(")");
    }

    pub(super) fn expression(&mut self, expression: &Expr<'_>, place: Place) {
        let start = self.text.len();
        let closed = written(expression) >= place;
        self.put(if closed { "" } else { "(" });
        let mut operands = None;
        match expression {
            Expr::Var(variable) => {
                if variable.id == "not" {
                    self.misplaced_not.get_or_insert(range_of(expression));
                }
                self.put(variable.id);
            }
            Expr::Const(constant) => self.constant(&constant.value),
            Expr::Slice(slice) => {
                self.put("(");
                self.expression(&slice.expr, Place::Piped);
                let _ = write!(self.text, "|{SOLID})[");
                for (index, bound) in [&slice.start, &slice.stop, &slice.step].into_iter().enumerate() {
                    self.put(if index > 0 { ":" } else { "" });
                    if let Some(bound) = bound {
                        self.parenthesised(bound);
                    }
                }
                let _ = write!(self.text, "]|{MADE}");
            }
            Expr::UnaryOp(operation) => match operation.op {
                UnaryOpKind::Not => {
                    self.put("not ");
                    self.expression(&operation.expr, Place::Piped);
                }
                UnaryOpKind::Neg => {
                    self.expression(&operation.expr, Place::Piped);
                    let _ = write!(self.text, "|{NEGATED}");
                    operands = Some([range_of(&operation.expr), range_of(&operation.expr)]);
                }
            },
            Expr::BinOp(operation) => {
                self.operation(operation.op, &operation.left, &operation.right);
                operands = Some([range_of(&operation.left), range_of(&operation.right)]);
            }
            Expr::Compare(chain) => {
                self.measured(&chain.expr);
                for link in &chain.ops {
                    self.put(comparison(link.op));
                    self.measured(&link.expr);
                }
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.true_expr, Place::Piped);
                self.put(" if ");
                self.expression(&choice.test_expr, Place::Piped);
                if let Some(otherwise) = &choice.false_expr {
                    self.put(" else ");
                    self.expression(otherwise, Place::Piped);
                }
            }
            Expr::Filter(filter) => {
                if let Some(subject) = &filter.expr {
                    self.expression(subject, Place::Piped);
                    self.put("|");
                }
                self.put(filter.name);
                self.arguments(&filter.args, false);
            }
            Expr::Test(test) => {
                let quick = QUICK_TESTS.contains(&test.name);
                if quick {
                    self.expression(&test.expr, Place::Piped)
                } else {
                    self.measured(&test.expr)
                }
                self.put(" is ");
                self.put(test.name);
                self.arguments(&test.args, true);
            }
            Expr::GetAttr(attribute) => {
                self.expression(&attribute.expr, Place::Postfix);
                self.put(".");
                self.put(attribute.name);
            }
            Expr::GetItem(item) => {
                self.expression(&item.expr, Place::Postfix);
                self.put("[");
                self.measured(&item.subscript_expr);
                self.put("]");
            }
            Expr::Call(call) => self.call(call),
            Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => {
                self.collection(expression);
                if !is_constant(expression) {
                    let _ = write!(self.text, "|{MADE}");
                }
            }
        }
        self.put(if closed { "" } else { ")" });
        self.origins.push(Origin { part: start..self.text.len(), source: range_of(expression), operands });
    }

    fn operation(&mut self, operator: BinOpKind, left: &Expr<'_>, right: &Expr<'_>) {
        if let Some(filter) = filter_of(operator) {
            self.expression(left, Place::Piped);
            let _ = write!(self.text, "|{filter}(");
            self.expression(right, Place::Open);
            self.put(")");
            return;
        }
        let (word, is_and) = match operator {
            BinOpKind::ScAnd => (" and ", true),
            _ => (" or ", false),
        };
        // A chain stays flat; it is nested to the left as it is.
        let same = |side: &Expr<'_>| match side {
            Expr::BinOp(inner) => matches!((inner.op, is_and), (BinOpKind::ScAnd, true) | (BinOpKind::ScOr, false)),
            _ => false,
        };
        self.expression(left, if same(left) { Place::Open } else { Place::Piped });
        self.put(word);
        self.expression(right, Place::Piped);
    }

    /// A literal, those inside it as they are: the outermost measures them all.
    fn collection(&mut self, expression: &Expr<'_>) {
        let item = |new: &mut Self, item: &Expr<'_>| match item {
            Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => new.collection(item),
            other => new.expression(other, Place::Open),
        };
        match expression {
            Expr::List(list) => {
                self.put("[");
                for each in &list.items {
                    item(self, each);
                    self.put(", ");
                }
                self.put("]");
            }
            Expr::Tuple(tuple) => {
                self.put("(");
                for each in &tuple.items {
                    item(self, each);
                    self.put(", ");
                }
                self.put(")");
            }
            Expr::Map(map) => {
                self.put("{");
                for (key, value) in map.keys.iter().zip(&map.values) {
                    self.expression(key, Place::Open);
                    self.put(": ");
                    item(self, value);
                    self.put(", ");
                }
                self.put("}");
            }
            other => self.expression(other, Place::Open),
        }
    }

    pub(super) fn call(&mut self, call: &Call<'_>) {
        // Macros take their arguments as they are; what methods do with theirs is not known.
        let is_function = matches!(&call.expr, Expr::Var(name) if name.id != "loop");
        self.expression(&call.expr, Place::Postfix);
        self.put("(");
        self.argument_list(&call.args, !is_function);
        self.put(")");
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>], measured: bool) {
        if !arguments.is_empty() {
            self.put("(");
            self.argument_list(arguments, measured);
            self.put(")");
        }
    }

    fn argument_list(&mut self, arguments: &[CallArg<'_>], measured: bool) {
        for (index, argument) in arguments.iter().enumerate() {
            self.put(if index > 0 { ", " } else { "" });
            let value = match argument {
                CallArg::Pos(value) => value,
                CallArg::Kwarg(name, value) => {
                    self.put(name);
                    self.put("=");
                    value
                }
                CallArg::PosSplat(value) => {
                    self.put("*");
                    value
                }
                CallArg::KwargSplat(value) => {
                    self.put("**");
                    value
                }
            };
            let spreads = matches!(argument, CallArg::PosSplat(_) | CallArg::KwargSplat(_));
            if measured || spreads { self.measured(value) } else { self.expression(value, Place::Open) }
        }
    }

    fn constant(&mut self, value: &Value) {
        match value.kind() {
            ValueKind::String => self.literal(value.as_str().unwrap_or_default()),
            // As a number is read, with what tells a float from an integer.
            ValueKind::Number if !value.is_integer() => {
                let number = f64::try_from(value.clone()).unwrap_or_default();
                let _ = if number.is_finite() { write!(self.text, "{number:e}") } else { write!(self.text, "1e999") };
            }
            // None, True, False and integers are written as they read.
            _ => {
                let _ = write!(self.text, "{value}");
            }
        }
    }

    pub(super) fn literal(&mut self, text: &str) {
        self.put("\"");
        for c in text.chars() {
            match c {
                '"' | '\\' => {
                    self.put("\\");
                    self.text.push(c);
                }
                other => self.text.push(other),
            }
        }
        self.put("\"");
    }
}

/// The strictest place at which an expression, as it is written anew, needs no parentheses.
fn written(expression: &Expr<'_>) -> Place {
    match expression {
        Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) | Expr::Call(_) => Place::Postfix,
        Expr::Const(constant) if constant.value.kind() == ValueKind::String => Place::Postfix,
        Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) if is_constant(expression) => Place::Postfix,
        Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => Place::Piped,
        Expr::Const(_) | Expr::Slice(_) | Expr::Filter(_) => Place::Piped,
        Expr::UnaryOp(operation) => match operation.op {
            UnaryOpKind::Not => Place::Open,
            UnaryOpKind::Neg => Place::Piped,
        },
        Expr::BinOp(operation) => {
            if filter_of(operation.op).is_some() {
                Place::Piped
            } else {
                Place::Open
            }
        }
        // A test takes whatever follows it, even `if`, for its argument.
        Expr::Compare(_) | Expr::IfExpr(_) | Expr::Test(_) => Place::Open,
    }
}

fn is_constant(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Const(_) => true,
        Expr::List(list) => list.items.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.items.iter().all(is_constant),
        Expr::Map(map) => map.keys.iter().chain(&map.values).all(is_constant),
        _ => false,
    }
}

fn comparison(operator: CompareOpKind) -> &'static str {
    match operator {
        CompareOpKind::Eq => " == ",
        CompareOpKind::Ne => " != ",
        CompareOpKind::Lt => " < ",
        CompareOpKind::Lte => " <= ",
        CompareOpKind::Gt => " > ",
        CompareOpKind::Gte => " >= ",
        CompareOpKind::In => " in ",
        CompareOpKind::NotIn => " not in ",
    }
}

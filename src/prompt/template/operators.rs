//! The operators of templates under a budget. `bounded` writes them as filters with these names, which no template can say.

use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOp, BinOpKind, Const, Expr, Spanned, UnaryOp, UnaryOpKind};
use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use super::budget::{Budget, NODE, Size, fits, over};

/// Filters that `bounded` puts around what is no operator: what is looked through, what a part is taken of, what was made,
/// what a namespace keeps.
pub(super) const OPERAND: &str = "regild_operand";
pub(super) const SOLID: &str = "regild_solid";
pub(super) const MADE: &str = "regild_made";
pub(super) const KEPT: &str = "regild_kept";
pub(super) const NEGATED: &str = "regild_negated";

/// The filter that an operator becomes; `None` for those that take no time and make nothing.
pub(super) fn filter_of(operator: BinOpKind) -> Option<&'static str> {
    Some(match operator {
        BinOpKind::Eq => "regild_eq",
        BinOpKind::Ne => "regild_ne",
        BinOpKind::Lt => "regild_lt",
        BinOpKind::Lte => "regild_lte",
        BinOpKind::Gt => "regild_gt",
        BinOpKind::Gte => "regild_gte",
        BinOpKind::Add => "regild_add",
        BinOpKind::Sub => "regild_sub",
        BinOpKind::Mul => "regild_mul",
        BinOpKind::Div => "regild_div",
        BinOpKind::FloorDiv => "regild_floordiv",
        BinOpKind::Rem => "regild_rem",
        BinOpKind::Pow => "regild_pow",
        BinOpKind::Concat => "regild_concat",
        BinOpKind::In => "regild_in",
        BinOpKind::ScAnd | BinOpKind::ScOr => return None,
    })
}

/// What a person writes for an operator.
fn sign(operator: BinOpKind) -> &'static str {
    match operator {
        BinOpKind::Eq => "==",
        BinOpKind::Ne => "!=",
        BinOpKind::Lt => "<",
        BinOpKind::Lte => "<=",
        BinOpKind::Gt => ">",
        BinOpKind::Gte => ">=",
        BinOpKind::ScAnd => "and",
        BinOpKind::ScOr => "or",
        BinOpKind::Add => "+",
        BinOpKind::Sub => "-",
        BinOpKind::Mul => "*",
        BinOpKind::Div => "/",
        BinOpKind::FloorDiv => "//",
        BinOpKind::Rem => "%",
        BinOpKind::Pow => "**",
        BinOpKind::Concat => "~",
        BinOpKind::In => "in",
    }
}

/// Which operand is not defined, in the detail of an error that the engine cannot place.
pub(super) const LEFT: &str = "left";
pub(super) const RIGHT: &str = "right";

/// Gives an environment all of them.
pub(super) fn install(environment: &mut Environment<'static>) {
    use BinOpKind::{Add, Concat, Div, Eq, FloorDiv, Gt, Gte, In, Lt, Lte, Mul, Ne, Pow, Rem, Sub};
    for operator in [Eq, Ne, Lt, Lte, Gt, Gte, Add, Sub, Mul, Div, FloorDiv, Rem, Pow, Concat, In] {
        let name = filter_of(operator).expect("all but `and` and `or` are filters");
        environment.add_filter(name, move |state: &mut State, operands: Rest<Value>| match &operands[..] {
            [left, right] => apply(Budget::of(state), operator, left, right),
            _ => Err(Error::from(ErrorKind::MissingArgument)),
        });
    }
    for name in [OPERAND, SOLID] {
        environment.add_filter(name, move |state: &mut State, value: Rest<Value>| match &value[..] {
            // Whoever takes it says what becomes of an undefined value.
            [value] if value.is_undefined() => Ok(value.clone()),
            [value] if name == SOLID => Budget::of(state).admit(value).map(|(value, _)| value),
            [value] => Budget::of(state).measure(value).map(|_| value.clone()),
            _ => Err(Error::from(ErrorKind::MissingArgument)),
        });
    }
    environment.add_filter(MADE, |state: &mut State, value: Value| Budget::of(state).keep(value));
    environment.add_filter(KEPT, |state: &mut State, value: Value| {
        Budget::of(state).measure(&value)?;
        if holds_state(&value) {
            // It could hold itself, and would never be freed.
            return Err(Error::new(ErrorKind::InvalidOperation, "a namespace keeps data only"));
        }
        Ok(value)
    });
    environment.add_filter(NEGATED, |value: Value| {
        if value.is_undefined() {
            return Err(Error::new(ErrorKind::UndefinedError, LEFT));
        }
        let operation = UnaryOp { op: UnaryOpKind::Neg, expr: constant(&value) };
        Expr::UnaryOp(Spanned::new(operation, Span::default())).as_const().ok_or_else(|| {
            Error::new(ErrorKind::InvalidOperation, format!("cannot negate a value of type {}", value.kind()))
        })
    });
}

fn apply(budget: &mut Budget, operator: BinOpKind, left: &Value, right: &Value) -> Result<Value, Error> {
    for (value, which) in [(left, LEFT), (right, RIGHT)] {
        if value.is_undefined() {
            return Err(Error::new(ErrorKind::UndefinedError, which));
        }
    }
    let grows = matches!(operator, BinOpKind::Concat | BinOpKind::Add | BinOpKind::Mul);
    if !grows {
        budget.measure(left)?;
        budget.measure(right)?;
        return calculate(operator, left, right);
    }
    let ((left, l), (right, r)) = (budget.admit(left)?, budget.admit(right)?);
    let times = |size: Size, count: &Value| size.weight().saturating_mul(count.as_usize().unwrap_or(0) as u64);
    fits(match operator {
        BinOpKind::Mul if is_repeatable(&left) => times(l, &right),
        BinOpKind::Mul if is_repeatable(&right) => times(r, &left),
        BinOpKind::Mul => 0,
        _ => l.weight() + r.weight(),
    })?;
    budget.keep(calculate(operator, &left, &right)?)
}

/// What the engine makes of two operands.
fn calculate(operator: BinOpKind, left: &Value, right: &Value) -> Result<Value, Error> {
    let operation = BinOp { op: operator, left: constant(left), right: constant(right) };
    let made = Expr::BinOp(Spanned::new(operation, Span::default())).as_const();
    made.ok_or_else(|| fails(operator, left, right))
}

fn is_repeatable(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Iterable)
}

fn constant(value: &Value) -> Expr<'static> {
    Expr::Const(Spanned::new(Const { value: value.clone() }, Span::default()))
}

fn fails(operator: BinOpKind, left: &Value, right: &Value) -> Error {
    let sign = sign(operator);
    let message = if left.is_number() && right.is_number() {
        format!("unable to calculate {left} {sign} {right}")
    } else {
        format!("`{sign}` cannot be used on {} and {}", left.kind(), right.kind())
    };
    Error::new(ErrorKind::InvalidOperation, message)
}

/// Whether a value, already measured, is or holds something that can change or call: a namespace, a macro, a loop.
pub(super) fn holds_state(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Plain => true,
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter().is_ok_and(|mut items| items.any(|item| holds_state(&item)))
        }
        ValueKind::Map => value.as_object().is_some_and(|object| {
            let kind = object.type_name();
            kind.starts_with("minijinja::vm::")
                || kind.contains("::namespace_object::")
                || object.try_iter_pairs().into_iter().flatten().any(|(_, item)| holds_state(&item))
        }),
        _ => false,
    }
}

/// How often an operation with `size` parts compares when it sorts them.
pub(super) fn sorting(size: Size) -> u64 {
    size.weight().saturating_mul(u64::from(size.nodes.max(2).ilog2()))
}

/// Refuses a text of `parts` parts of `each` bytes.
pub(super) fn repeated(parts: u64, each: u64) -> Result<u64, Error> {
    let bytes = parts.checked_mul(each).ok_or_else(|| over("a value grows without end".to_owned()))?;
    fits(bytes)?;
    Ok(bytes)
}

/// What a list of so many parts takes.
pub(super) fn list_of(parts: u64) -> Result<u64, Error> {
    repeated(parts, NODE)
}

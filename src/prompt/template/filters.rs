//! The filters, functions and methods of templates under a budget: what each may make is known before it is called.

use minijinja::filters;
use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value, functions};
use minijinja_contrib::pycompat;

use super::budget::{Budget, NODE, Size, fits, solid};
use super::operators::{holds_state, list_of, repeated, sorting};

/// Lists of the engine's filters, each by its name.
macro_rules! table {
    ($($name:literal: $filter:path,)*) => {
        /// The filters that templates have.
        pub(super) const NAMES: &[&str] = &[$($name),*];

        fn original(name: &str) -> Option<Value> {
            Some(match name { $($name => Value::from_function($filter),)* _ => return None })
        }
    };
}

table! {
    "abs": filters::abs,
    "attr": filters::attr,
    "batch": filters::batch,
    "bool": filters::bool,
    "capitalize": filters::capitalize,
    "chain": filters::chain,
    "count": filters::length,
    "d": filters::default,
    "default": filters::default,
    "dictsort": filters::dictsort,
    "e": filters::escape,
    "escape": filters::escape,
    "first": filters::first,
    "float": filters::float,
    "format": filters::format,
    "groupby": filters::groupby,
    "indent": filters::indent,
    "int": filters::int,
    "items": filters::items,
    "join": filters::join,
    "last": filters::last,
    "length": filters::length,
    "lines": filters::lines,
    "list": filters::list,
    "lower": filters::lower,
    "map": filters::map,
    "max": filters::max,
    "min": filters::min,
    "pprint": filters::pprint,
    "reject": filters::reject,
    "rejectattr": filters::rejectattr,
    "replace": filters::replace,
    "reverse": filters::reverse,
    "round": filters::round,
    "safe": filters::safe,
    "select": filters::select,
    "selectattr": filters::selectattr,
    "slice": filters::slice,
    "sort": filters::sort,
    "split": filters::split,
    "string": filters::string,
    "sum": filters::sum,
    "title": filters::title,
    "tojson": filters::tojson,
    "trim": filters::trim,
    "unique": filters::unique,
    "upper": filters::upper,
    "zip": filters::zip,
}

/// Puts every filter, function and method of an environment under its rendering's budget.
pub(super) fn install(environment: &mut Environment<'static>) {
    for name in NAMES {
        let filter = original(name).expect("every name of the table has a filter");
        environment.add_filter(*name, move |state: &mut State, arguments: Rest<ValueOrKwargs>| {
            let arguments = admit(state, Called::Filter(name), &arguments.into_values())?;
            let made = filter.call(state, &arguments)?;
            // Chains would stack up on one another, and not even be lists that are computed anew.
            keep(state, if *name == "chain" { solid(&made)? } else { made })
        });
    }
    for (name, function) in
        [("dict", Value::from_function(functions::dict)), ("namespace", Value::from_function(functions::namespace))]
    {
        environment.add_function(name, move |state: &mut State, arguments: Rest<ValueOrKwargs>| {
            let arguments = admit(state, Called::Filter(name), &arguments.into_values())?;
            if name == "namespace" && arguments.iter().any(holds_state) {
                return Err(Error::new(minijinja::ErrorKind::InvalidOperation, "a namespace keeps data only"));
            }
            let made = function.call(state, &arguments)?;
            keep(state, made)
        });
    }
    // It would print every variable, wherever a template smuggles it in.
    environment.remove_global("debug");
    environment.set_unknown_method_callback(|state, value, method, arguments| {
        let all: Vec<Value> = std::iter::once(value).chain(arguments).cloned().collect();
        let all = admit(state, Called::Method(method), &all)?;
        let (value, arguments) = all.split_first().expect("the value comes first");
        let made = pycompat::unknown_method_callback(state, value, method, arguments)?;
        keep(state, made)
    });
    environment.set_formatter(|output, state, value| {
        let budget = Budget::of(state);
        let size = budget.measure(value)?;
        budget.make(size.weight())?;
        minijinja::escape_formatter(output, state, value)
    });
}

fn keep(state: &mut State<'_, '_>, made: Value) -> Result<Value, Error> {
    if made.is_undefined() { Ok(made) } else { Budget::of(state).keep(made) }
}

/// Measures the arguments of a filter or method and refuses those with which it would make too much.
fn admit(state: &mut State<'_, '_>, called: Called, arguments: &[Value]) -> Result<Vec<Value>, Error> {
    let budget = Budget::of(state);
    let mut admitted = Vec::with_capacity(arguments.len());
    let mut sizes = Vec::with_capacity(arguments.len());
    for argument in arguments {
        // Undefined values keep where they come from, and named arguments that they are such.
        let (value, size) = if argument.is_undefined() || argument.is_kwargs() {
            (argument.clone(), budget.measure(argument)?)
        } else {
            budget.admit(argument)?
        };
        admitted.push(value);
        sizes.push(size);
    }
    if let (Some(subject), Some(size)) = (admitted.first(), sizes.first()) {
        let others = Others::of(&admitted[1..], &sizes[1..]);
        let (made, touched) = expected(called, subject, *size, &others)?;
        fits(made)?;
        budget.touch(touched)?;
    }
    Ok(admitted)
}

/// What is called: `list|join(", ")`, or `", ".join(list)`.
#[derive(Clone, Copy)]
enum Called<'a> {
    Filter(&'a str),
    Method(&'a str),
}

/// What matters of the arguments beside the first, whatever their names.
struct Others<'a> {
    values: &'a [Value],
    /// The largest integer.
    integer: u64,
    /// The longest text.
    text: u64,
    /// All of them together.
    weight: u64,
}

impl<'a> Others<'a> {
    fn of(values: &'a [Value], sizes: &[Size]) -> Self {
        let mut others = Self { values, integer: 0, text: 0, weight: sizes.iter().map(|size| size.weight()).sum() };
        values.iter().for_each(|value| others.look(value));
        others
    }

    fn look(&mut self, value: &Value) {
        if let Some(integer) = value.as_usize() {
            self.integer = self.integer.max(integer as u64);
        }
        self.text = self.text.max(value.as_str().map_or(0, str::len) as u64);
        match value.kind() {
            ValueKind::Map => {
                let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
                pairs.into_iter().flatten().for_each(|(_, item)| self.look(&item));
            }
            ValueKind::Seq => value.try_iter().into_iter().flatten().for_each(|item| self.look(&item)),
            _ => {}
        }
    }
}

/// Bytes that a filter or method makes at most, where that may be much more than it is given, and bytes that it looks
/// through more than once.
fn expected(called: Called, subject: &Value, size: Size, others: &Others) -> Result<(u64, u64), Error> {
    let text = subject.as_str().unwrap_or_default();
    let first = others.values.first();
    let second = others.values.get(1);
    let count = |found: usize| found as u64;
    let made = match called {
        Called::Method("join") => repeated(others.weight / NODE, count(text.len()))?,
        Called::Filter("join") => repeated(size.nodes + count(text.len()), others.text)?,
        Called::Filter("replace") | Called::Method("replace") => {
            let old = first.and_then(Value::as_str).unwrap_or_default();
            let new = second.and_then(Value::as_str).unwrap_or_default();
            size.text.saturating_add(repeated(count(text.matches(old).count()), count(new.len()))?)
        }
        Called::Filter("format") | Called::Method("format") => formatted(text, others)?,
        Called::Filter("split") | Called::Method("split") => match first.and_then(Value::as_str) {
            Some(separator) => list_of(count(text.matches(separator).count()))?,
            None => list_of(count(text.split_whitespace().count()))?,
        },
        Called::Filter("lines") | Called::Method("splitlines") => list_of(count(text.split('\n').count()))?,
        Called::Filter("list" | "batch" | "slice") if !text.is_empty() => list_of(count(text.len()))?,
        Called::Filter("batch") if second.is_none() => 0,
        Called::Filter("batch" | "slice") => list_of(first.and_then(Value::as_usize).map_or(0, count))?,
        Called::Filter("indent") => {
            repeated(count(text.split('\n').count()), others.integer)?.saturating_add(size.text)
        }
        Called::Filter("tojson") => repeated(size.nodes * size.depth, others.integer.max(1))?,
        Called::Filter("pprint") => repeated(size.nodes * size.depth, 4)?,
        Called::Filter(_) | Called::Method(_) => 0,
    };
    let touched = match called {
        Called::Filter("sort" | "dictsort" | "groupby" | "unique") => sorting(size),
        // Texts and lists are added up one by one.
        Called::Filter("sum") => size.nodes.saturating_mul(size.weight() + others.weight),
        Called::Filter(_) | Called::Method(_) => 0,
    };
    Ok((made, touched))
}

/// Bytes that a format text makes at most: its widths and precisions, and each argument as often as it may stand there.
fn formatted(text: &str, others: &Others) -> Result<u64, Error> {
    let mut widths = 0_u64;
    for digits in text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty()) {
        widths = widths.saturating_add(digits.parse().unwrap_or(u64::MAX));
    }
    let given = repeated(text.split('%').skip(1).map(given_widths).sum(), others.integer)?;
    let arguments = repeated(text.matches(['%', '{']).count() as u64, others.weight)?;
    Ok(widths.saturating_add(given).saturating_add(arguments).saturating_add(text.len() as u64))
}

/// How many of the width and the precision that follow a `%` are `*`, which an argument gives.
fn given_widths(after: &str) -> u64 {
    let name = after.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(after, |(_, rest)| rest);
    let width = name.trim_start_matches(['-', '+', ' ', '0', '#']);
    let precision = width.trim_start_matches(|c: char| c == '*' || c.is_ascii_digit());
    u64::from(width.starts_with('*')) + u64::from(precision.starts_with(".*"))
}

//! The meaning of a query: which values it selects.
//!
//! Every step is counted, so that no query over no document takes long; regular expressions run in linear time.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::{Comparison, Logic, Operand, Origin, Query, Selector};

/// Bytes of a compiled pattern.
const MAX_COMPILED: usize = 1 << 18;
/// Steps that compiling a pattern counts as.
const COMPILING: u64 = 50_000;
/// Steps that searching one byte counts as.
const SEARCHING: u64 = 16;

/// The evaluation took more steps than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

pub(super) fn select<'v>(query: &'v Query, document: &'v Value, steps: u64) -> Result<Vec<&'v Value>, Exhausted> {
    Evaluation { root: document, steps, patterns: BTreeMap::new() }.nodes(query, document)
}

struct Evaluation<'v> {
    root: &'v Value,
    /// How many steps are left.
    steps: u64,
    /// Patterns that were compiled, for whole texts or not, and those that are none.
    patterns: BTreeMap<(bool, String), Option<Regex>>,
}

/// One value or nothing.
type Found<'v> = Option<Cow<'v, Value>>;

impl<'v> Evaluation<'v> {
    fn spend(&mut self, steps: u64) -> Result<(), Exhausted> {
        self.steps = self.steps.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }

    /// Counts a text that is read as a whole.
    fn spend_on(&mut self, text: &str) -> Result<(), Exhausted> {
        self.spend(1 + (text.len() as u64) / 64)
    }

    fn nodes(&mut self, query: &'v Query, current: &'v Value) -> Result<Vec<&'v Value>, Exhausted> {
        let mut nodes = vec![if query.from == Origin::Root { self.root } else { current }];
        for segment in &query.segments {
            let mut selected = Vec::new();
            for node in nodes {
                // The node itself; with its descendants where the segment descends, each before its own.
                let mut open = vec![node];
                while let Some(node) = open.pop() {
                    self.spend(1)?;
                    for selector in &segment.selectors {
                        self.apply(selector, node, &mut selected)?;
                    }
                    if segment.descends {
                        let from = open.len();
                        open.extend(children(node));
                        open[from..].reverse();
                    }
                }
            }
            nodes = selected;
        }
        Ok(nodes)
    }

    fn apply(&mut self, selector: &'v Selector, node: &'v Value, to: &mut Vec<&'v Value>) -> Result<(), Exhausted> {
        let before = to.len();
        match (selector, node) {
            (Selector::Name(name), Value::Object(entries)) => to.extend(entries.get(name)),
            (Selector::Index(index), Value::Array(items)) => {
                let index = if *index < 0 { *index + length(items) } else { *index };
                to.extend(usize::try_from(index).ok().and_then(|index| items.get(index)));
            }
            (Selector::Slice { start, end, step }, Value::Array(items)) => {
                to.extend(slice(items, *start, *end, *step));
            }
            (Selector::Wildcard, node) => to.extend(children(node)),
            (Selector::Filter(logic), node) => {
                for child in children(node) {
                    self.spend(1)?;
                    if self.holds(logic, child)? {
                        to.push(child);
                    }
                }
            }
            (Selector::Name(_) | Selector::Index(_) | Selector::Slice { .. }, _) => {}
        }
        self.spend(1 + (to.len() - before) as u64)
    }

    fn holds(&mut self, logic: &'v Logic, current: &'v Value) -> Result<bool, Exhausted> {
        self.spend(1)?;
        Ok(match logic {
            Logic::Or(parts) => {
                for part in parts {
                    if self.holds(part, current)? {
                        return Ok(true);
                    }
                }
                false
            }
            Logic::And(parts) => {
                for part in parts {
                    if !self.holds(part, current)? {
                        return Ok(false);
                    }
                }
                true
            }
            Logic::Not(inner) => !self.holds(inner, current)?,
            Logic::Exists(query) => !self.nodes(query, current)?.is_empty(),
            Logic::Compare(left, comparison, right) => {
                let (left, right) = (self.value(left, current)?, self.value(right, current)?);
                self.compare(left.as_deref(), *comparison, right.as_deref())?
            }
            Logic::Match(text, pattern) => self.matches(text, pattern, true, current)?,
            Logic::Search(text, pattern) => self.matches(text, pattern, false, current)?,
        })
    }

    fn value(&mut self, operand: &'v Operand, current: &'v Value) -> Result<Found<'v>, Exhausted> {
        Ok(match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Singular(query) | Operand::Value(query) => match self.nodes(query, current)?.as_slice() {
                [one] => Some(Cow::Borrowed(*one)),
                _ => None,
            },
            Operand::Count(query) => Some(Cow::Owned(self.nodes(query, current)?.len().into())),
            Operand::Length(inner) => match self.value(inner, current)?.as_deref() {
                Some(Value::String(text)) => {
                    self.spend_on(text)?;
                    Some(Cow::Owned(text.chars().count().into()))
                }
                Some(Value::Array(items)) => Some(Cow::Owned(items.len().into())),
                Some(Value::Object(entries)) => Some(Cow::Owned(entries.len().into())),
                Some(Value::Null | Value::Bool(_) | Value::Number(_)) | None => None,
            },
        })
    }

    fn compare(&mut self, a: Option<&Value>, how: Comparison, b: Option<&Value>) -> Result<bool, Exhausted> {
        Ok(match how {
            Comparison::Equal => self.equal(a, b)?,
            Comparison::NotEqual => !self.equal(a, b)?,
            Comparison::Less => self.less(a, b)?,
            Comparison::AtMost => self.less(a, b)? || self.equal(a, b)?,
            Comparison::Greater => self.less(b, a)?,
            Comparison::AtLeast => self.less(b, a)? || self.equal(a, b)?,
        })
    }

    fn equal(&mut self, a: Option<&Value>, b: Option<&Value>) -> Result<bool, Exhausted> {
        self.spend(1)?;
        Ok(match (a, b) {
            (Some(Value::Number(_)), Some(Value::Number(_))) => order(a, b) == Some(Ordering::Equal),
            (Some(Value::String(a)), Some(Value::String(b))) => {
                self.spend_on(a)?;
                a == b
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) => {
                for (a, b) in a.iter().zip(b) {
                    if !self.equal(Some(a), Some(b))? {
                        return Ok(false);
                    }
                }
                a.len() == b.len()
            }
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                for (name, value) in a {
                    if !b.contains_key(name) || !self.equal(Some(value), b.get(name))? {
                        return Ok(false);
                    }
                }
                a.len() == b.len()
            }
            (a, b) => a == b,
        })
    }

    /// Only numbers and texts have an order.
    fn less(&mut self, a: Option<&Value>, b: Option<&Value>) -> Result<bool, Exhausted> {
        self.spend(1)?;
        if let Some(Value::String(text)) = a {
            self.spend_on(text)?;
        }
        Ok(order(a, b) == Some(Ordering::Less))
    }

    /// A pattern is that of Rust's `regex`, which reads all of RFC 9485 (I-Regexp); one that cannot be read matches nothing.
    fn matches(
        &mut self,
        text: &'v Operand,
        pattern: &'v Operand,
        whole: bool,
        current: &'v Value,
    ) -> Result<bool, Exhausted> {
        let (text, pattern) = (self.value(text, current)?, self.value(pattern, current)?);
        let (Some(Value::String(text)), Some(Value::String(pattern))) = (text.as_deref(), pattern.as_deref()) else {
            return Ok(false);
        };
        self.spend_on(pattern)?;
        let key = (whole, pattern.clone());
        if !self.patterns.contains_key(&key) {
            self.spend(COMPILING)?;
            self.patterns.insert(key.clone(), compile(pattern, whole));
        }
        self.spend(1 + SEARCHING * text.len() as u64)?;
        Ok(self.patterns.get(&key).and_then(Option::as_ref).is_some_and(|compiled| compiled.is_match(text)))
    }
}

fn compile(pattern: &str, whole: bool) -> Option<Regex> {
    // In this mode a dot matches neither of the two line breaks, as I-Regexp has it.
    let build = |pattern: &str| RegexBuilder::new(pattern).crlf(true).size_limit(MAX_COMPILED).build().ok();
    let plain = build(pattern)?;
    // Only what is a pattern by itself is put between anchors.
    if whole { build(&format!("^(?:{pattern})$")) } else { Some(plain) }
}

fn children(node: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match node {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(entries) => Box::new(entries.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Box::new(std::iter::empty()),
    }
}

fn length(items: &[Value]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

/// The items of a slice (RFC 9535 2.3.4.2.2); a step of 0 takes none.
fn slice(items: &[Value], start: Option<i64>, end: Option<i64>, step: i64) -> impl Iterator<Item = &Value> {
    let length = length(items);
    let forward = step >= 0;
    let (first, last) = if forward { (0, length) } else { (-1, length - 1) };
    let bound = |given: Option<i64>, default: i64| {
        given.map_or(default, |at| if at < 0 { at + length } else { at }.clamp(first, last))
    };
    let (start, end) =
        if forward { (bound(start, 0), bound(end, length)) } else { (bound(start, length - 1), bound(end, -1)) };
    let mut at = start;
    std::iter::from_fn(move || {
        let inside = step != 0 && if forward { at < end } else { at > end };
        let item = inside.then(|| items.get(usize::try_from(at).ok()?)).flatten();
        at += step;
        item
    })
}

fn order(a: Option<&Value>, b: Option<&Value>) -> Option<Ordering> {
    match (a?, b?) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

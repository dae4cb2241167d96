//! JSONPath (RFC 9535): a query that selects values inside a JSON document.
//!
//! Queries and documents come from pull requests, so neither may crash or stall the binary: a query nests only so deep, and
//! an evaluation takes only so many steps. Whether a selection is right is not known here.

use serde_json::Value;

mod condition;
mod cursor;
mod evaluate;
mod parse;
#[cfg(test)]
mod tests;

pub use evaluate::Exhausted;

/// Steps that one evaluation may take; a document of 1 MiB has at most half a million values.
const MAX_STEPS: u64 = 5_000_000;

/// A query that was read. It selects from the root of a document.
#[derive(Debug)]
pub struct JsonPath(Query);

impl JsonPath {
    /// Reads a query; the error says what is wrong, and at which character.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text).map(Self)
    }

    /// The values that the query selects, in order; one that is selected twice stands there twice.
    pub fn select<'v>(&'v self, document: &'v Value) -> Result<Vec<&'v Value>, Exhausted> {
        evaluate::select(&self.0, document, MAX_STEPS)
    }
}

/// A path of segments from the root, or from the value at hand.
#[derive(Debug)]
struct Query {
    from: Origin,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// `$`
    Root,
    /// `@`
    Current,
}

#[derive(Debug)]
struct Segment {
    /// Whether it looks at all descendants (`..`) and not at the children alone.
    descends: bool,
    selectors: Vec<Selector>,
}

#[derive(Debug)]
enum Selector {
    Name(String),
    Wildcard,
    Index(i64),
    Slice { start: Option<i64>, end: Option<i64>, step: i64 },
    Filter(Logic),
}

/// A condition of a filter.
#[derive(Debug)]
enum Logic {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    /// The query selects something.
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    /// Whether a text matches a pattern as a whole.
    Match(Operand, Operand),
    /// Whether a text has a part that matches a pattern.
    Search(Operand, Operand),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// What stands for one value, or for none.
#[derive(Debug)]
enum Operand {
    Literal(Value),
    /// A query that selects at most one value.
    Singular(Query),
    /// `length(…)`: of a text, a list or a mapping.
    Length(Box<Self>),
    /// `count(…)`: how many values a query selects.
    Count(Query),
    /// `value(…)`: the one value that a query selects.
    Value(Query),
}

impl Query {
    /// Whether it can select one value at most.
    fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            !segment.descends && matches!(segment.selectors.as_slice(), [Selector::Name(_) | Selector::Index(_)])
        })
    }
}

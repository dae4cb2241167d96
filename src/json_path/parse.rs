//! The grammar of RFC 9535, read by recursive descent: one function a rule, the character at hand decides.
//!
//! Here are paths and selectors; `condition` reads filters.

use super::cursor::{Parsed, Parser};
use super::{Origin, Query, Segment, Selector};

/// Reads a whole query.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser::new(text);
    if !parser.eat("$") {
        return parser.expected("`$`, the root");
    }
    let segments = parser.segments()?;
    if parser.peek().is_some() {
        return parser.expected("`.`, `..`, `[` or the end");
    }
    Ok(Query { from: Origin::Root, segments })
}

impl Parser<'_> {
    fn segments(&mut self) -> Parsed<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.blank();
            if self.eat("..") {
                let selectors = match self.peek() {
                    Some('[') => self.nested(Self::selectors)?,
                    _ => vec![self.shorthand()?],
                };
                segments.push(Segment { descends: true, selectors });
            } else if self.eat(".") {
                segments.push(Segment { descends: false, selectors: vec![self.shorthand()?] });
            } else if self.peek() == Some('[') {
                segments.push(Segment { descends: false, selectors: self.nested(Self::selectors)? });
            } else {
                // The white space belongs to what follows.
                self.at = before;
                return Ok(segments);
            }
        }
    }

    fn shorthand(&mut self) -> Parsed<Selector> {
        if self.eat("*") {
            return Ok(Selector::Wildcard);
        }
        let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        if !self.peek().is_some_and(is_letter) {
            return self.expected("a name or `*`");
        }
        Ok(Selector::Name(self.eat_while(|c| is_letter(c) || c.is_ascii_digit()).to_owned()))
    }

    fn selectors(&mut self) -> Parsed<Vec<Selector>> {
        self.require("[")?;
        let mut selectors = Vec::new();
        loop {
            self.blank();
            selectors.push(self.selector()?);
            self.blank();
            if !self.eat(",") {
                break;
            }
        }
        if !self.eat("]") {
            return self.expected("`,` or `]`");
        }
        Ok(selectors)
    }

    fn selector(&mut self) -> Parsed<Selector> {
        match self.peek() {
            Some('"' | '\'') => self.string().map(Selector::Name),
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.at += 1;
                self.blank();
                self.or().map(Selector::Filter)
            }
            Some('-' | '0'..='9' | ':') => self.index_or_slice(),
            _ => self.expected("a name in quotes, an index, a slice, `*` or `?`"),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<Selector> {
        let start = self.optional_integer()?;
        let before = self.at;
        self.blank();
        if !self.eat(":") {
            self.at = before;
            return start.map_or_else(|| self.expected("an index"), |index| Ok(Selector::Index(index)));
        }
        self.blank();
        let end = self.optional_integer()?;
        let before = self.at;
        self.blank();
        let step = if self.eat(":") {
            self.blank();
            self.optional_integer()?
        } else {
            self.at = before;
            None
        };
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    pub(super) fn query(&mut self) -> Parsed<Query> {
        let from = if self.eat("$") { Origin::Root } else { Origin::Current };
        if from == Origin::Current {
            self.require("@")?;
        }
        Ok(Query { from, segments: self.segments()? })
    }
}

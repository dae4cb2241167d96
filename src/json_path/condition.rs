//! The grammar of filters: conditions, comparisons, and the functions that the standard registers.

use serde_json::Value;

use super::cursor::{Parsed, Parser};
use super::{Comparison, Logic, Operand, Query};

/// What a condition may be made of.
enum Term {
    Nodes(Query),
    Operand(Operand),
    Logic(Logic),
}

impl Parser<'_> {
    pub(super) fn or(&mut self) -> Parsed<Logic> {
        self.list("||", Self::and, Logic::Or)
    }

    fn and(&mut self) -> Parsed<Logic> {
        self.list("&&", Self::condition, Logic::And)
    }

    fn list(
        &mut self,
        token: &str,
        part: impl Fn(&mut Self) -> Parsed<Logic>,
        whole: impl Fn(Vec<Logic>) -> Logic,
    ) -> Parsed<Logic> {
        let first = part(self)?;
        let mut parts = vec![first];
        loop {
            let before = self.at;
            self.blank();
            if !self.eat(token) {
                self.at = before;
                break;
            }
            self.blank();
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { whole(parts) })
    }

    fn condition(&mut self) -> Parsed<Logic> {
        let negated = self.eat("!");
        if negated {
            self.blank();
        }
        let inner = if self.eat("(") {
            let inner = self.nested(|parser| {
                parser.blank();
                parser.or()
            })?;
            self.blank();
            self.require(")")?;
            inner
        } else {
            self.test(!negated)?
        };
        Ok(if negated { Logic::Not(Box::new(inner)) } else { inner })
    }

    fn test(&mut self, may_compare: bool) -> Parsed<Logic> {
        let start = self.at;
        let left = self.term()?;
        let before = self.at;
        self.blank();
        let comparison = if may_compare { self.comparison() } else { None };
        let Some(comparison) = comparison else {
            self.at = before;
            return match left {
                Term::Nodes(query) => Ok(Logic::Exists(query)),
                Term::Logic(logic) => Ok(logic),
                Term::Operand(_) => self.flaw(start, "a value alone is no condition"),
            };
        };
        self.blank();
        let left = self.operand(left, start)?;
        let start = self.at;
        let right = self.term()?;
        Ok(Logic::Compare(left, comparison, self.operand(right, start)?))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let all = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        all.into_iter().find(|(token, _)| self.eat(token)).map(|(_, comparison)| comparison)
    }

    fn operand(&self, term: Term, at: usize) -> Parsed<Operand> {
        match term {
            Term::Operand(operand) => Ok(operand),
            Term::Nodes(query) if query.is_singular() => Ok(Operand::Singular(query)),
            Term::Nodes(_) => self.flaw(at, "a query that may select several values cannot stand for one"),
            Term::Logic(_) => self.flaw(at, "a condition cannot stand for a value"),
        }
    }

    fn term(&mut self) -> Parsed<Term> {
        match self.peek() {
            Some('$' | '@') => self.query().map(Term::Nodes),
            Some('"' | '\'') => self.string().map(|text| Term::Operand(Operand::Literal(Value::String(text)))),
            Some('-' | '0'..='9') => self.number().map(|number| Term::Operand(Operand::Literal(number))),
            Some('a'..='z') => self.word(),
            _ => self.expected("`@`, `$`, a value or a function"),
        }
    }

    fn word(&mut self) -> Parsed<Term> {
        let start = self.at;
        let name = self.eat_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if self.eat("(") {
            return self.nested(|parser| parser.call(name, start));
        }
        let value = match name {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => return self.flaw(start, &format!("`{name}` is neither a value nor the call of a function")),
        };
        Ok(Term::Operand(Operand::Literal(value)))
    }

    fn call(&mut self, name: &str, start: usize) -> Parsed<Term> {
        let term = match name {
            "length" => Term::Operand(Operand::Length(Box::new(self.one()?))),
            "count" => Term::Operand(Operand::Count(self.nodes()?)),
            "value" => Term::Operand(Operand::Value(self.nodes()?)),
            "match" | "search" => {
                let text = self.one()?;
                self.blank();
                self.require(",")?;
                let pattern = self.one()?;
                Term::Logic(if name == "match" { Logic::Match(text, pattern) } else { Logic::Search(text, pattern) })
            }
            _ => {
                return self
                    .flaw(start, &format!("no function `{name}`; there are length, count, match, search, value"));
            }
        };
        self.blank();
        self.require(")")?;
        Ok(term)
    }

    fn one(&mut self) -> Parsed<Operand> {
        self.blank();
        let start = self.at;
        let term = self.term()?;
        self.operand(term, start)
    }

    fn nodes(&mut self) -> Parsed<Query> {
        self.blank();
        if matches!(self.peek(), Some('$' | '@')) { self.query() } else { self.expected("a query") }
    }
}

//! The place in the text of a query that is read next, and the small things that stand there: tokens, numbers, quoted text.

use serde_json::Value;

/// How deep brackets, parentheses and calls may stand inside each other.
const MAX_DEPTH: u32 = 32;
/// The largest index, so that every program reads the same number (RFC 9535 2.1, I-JSON).
const MAX_INTEGER: i64 = (1 << 53) - 1;

pub(super) type Parsed<T> = Result<T, String>;

pub(super) struct Parser<'t> {
    text: &'t str,
    pub(super) at: usize,
    depth: u32,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let stands = self.rest().starts_with(token);
        if stands {
            self.at += token.len();
        }
        stands
    }

    pub(super) fn eat_while(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !fits(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub(super) fn blank(&mut self) {
        self.eat_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    pub(super) fn flaw<T>(&self, at: usize, message: &str) -> Parsed<T> {
        Err(format!("{message} at character {}", self.text[..at].chars().count() + 1))
    }

    pub(super) fn expected<T>(&self, what: &str) -> Parsed<T> {
        self.flaw(self.at, &format!("expected {what}"))
    }

    pub(super) fn require(&mut self, token: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { self.expected(&format!("`{token}`")) }
    }

    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return self.flaw(self.at, &format!("nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let parsed = read(self);
        self.depth -= 1;
        parsed
    }

    pub(super) fn optional_integer(&mut self) -> Parsed<Option<i64>> {
        match self.peek() {
            Some('-' | '0'..='9') => {}
            _ => return Ok(None),
        }
        let start = self.at;
        self.eat("-");
        let digits = self.eat_while(|c| c.is_ascii_digit());
        let number = self.text[start..self.at].parse::<i64>().ok().filter(|number| number.abs() <= MAX_INTEGER);
        match number {
            Some(number) if digits == "0" && start + 1 == self.at || !digits.starts_with('0') => Ok(Some(number)),
            _ => self.flaw(start, "not an index"),
        }
    }

    pub(super) fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        self.eat_while(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        // The grammar of JSON's numbers is the one that is wanted here.
        match serde_json::from_str(&self.text[start..self.at]) {
            Ok(number) => Ok(number),
            Err(_) => self.flaw(start, "not a number"),
        }
    }

    pub(super) fn string(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut text = String::new();
        let quote = self.next();
        loop {
            match self.next() {
                None => return self.flaw(start, "text without an end"),
                end if end == quote => return Ok(text),
                Some('\\') => text.push(self.escape(quote)?),
                Some('\0'..='\u{1f}') => return self.flaw(self.at - 1, "a control character, which must be escaped,"),
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self, quote: Option<char>) -> Parsed<char> {
        let start = self.at;
        match self.next() {
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(same @ ('/' | '\\')) => Ok(same),
            same if same == quote && same.is_some() => Ok(quote.unwrap_or_default()),
            Some('u') => {
                let Some(first) = self.hex() else { return self.flaw(start, "not an escape") };
                let is_high = (0xd800..0xdc00).contains(&first);
                let units =
                    if is_high && self.eat("\\u") { vec![first, self.hex().unwrap_or_default()] } else { vec![first] };
                match char::decode_utf16(units).collect::<Result<Vec<_>, _>>().as_deref() {
                    Ok([c]) => Ok(*c),
                    _ => self.flaw(start, "half a surrogate pair"),
                }
            }
            _ => self.flaw(start, "not an escape"),
        }
    }

    fn hex(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
    }
}

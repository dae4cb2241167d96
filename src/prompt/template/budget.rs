//! What a rendering may make of the values it is given (SEC-07, SEC-25).
//!
//! The engine's fuel counts instructions, and one instruction can double a text. So every operation by which a value can grow
//! goes through here first (`bounded` sees to that): it measures its operands, and a rendering that would make too much ends
//! in an error before it does. Since all that is made is counted and never given back, memory is bounded too.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

/// Bytes of one value: its texts, and [`NODE`] for each part.
pub(super) const MAX_VALUE: u64 = 4 << 20;
/// Bytes of all values that one rendering makes.
const MAX_MADE: u64 = 64 << 20;
/// Bytes of all values that its operations look through.
const MAX_TOUCHED: u64 = 256 << 20;
/// Lists and mappings inside one another: what a document may have, and some that a template adds.
const MAX_DEPTH: u64 = 100;
/// What a value without a text takes.
pub(super) const NODE: u64 = 24;

/// What one rendering has used so far.
#[derive(Debug, Default)]
pub(super) struct Budget {
    made: u64,
    touched: u64,
}

/// How much there is in a value, everything inside it included as often as it stands there.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) nodes: u64,
    pub(super) text: u64,
    pub(super) depth: u64,
}

impl Size {
    /// Measures a value; an error where it is larger or deeper than any may be, as one is that holds itself.
    pub(super) fn of(value: &Value) -> Result<Self, Error> {
        let mut size = Self::default();
        size.add(value, 1)?;
        Ok(size)
    }

    pub(super) fn weight(self) -> u64 {
        self.nodes * NODE + self.text
    }

    fn add(&mut self, value: &Value, depth: u64) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(over(format!("a value is nested deeper than {MAX_DEPTH}")));
        }
        self.depth = self.depth.max(depth);
        self.nodes += 1;
        self.text += value.as_str().map_or_else(|| value.as_bytes().map_or(0, <[u8]>::len), str::len) as u64;
        fits(self.weight())?;
        match value.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                for item in value.try_iter()? {
                    self.add(&item, depth + 1)?;
                }
            }
            ValueKind::Map => {
                for (key, item) in value.as_object().and_then(|object| object.try_iter_pairs()).into_iter().flatten() {
                    self.add(&key, depth + 1)?;
                    self.add(&item, depth + 1)?;
                }
            }
            // Whatever else there is has no parts: numbers, macros, functions.
            _ => {}
        }
        Ok(())
    }
}

impl Budget {
    /// The budget of the rendering that `state` belongs to.
    pub(super) fn of<'s>(state: &'s mut State<'_, '_>) -> &'s mut Self {
        state.get_or_insert_extension_with(Self::default)
    }

    /// Counts what is about to be made, or just was.
    pub(super) fn make(&mut self, bytes: u64) -> Result<(), Error> {
        self.made = self.made.saturating_add(bytes);
        if self.made <= MAX_MADE { Ok(()) } else { Err(over(format!("the template makes more than {MAX_MADE} bytes"))) }
    }

    /// Counts what is looked through.
    pub(super) fn touch(&mut self, bytes: u64) -> Result<(), Error> {
        self.touched = self.touched.saturating_add(bytes);
        if self.touched <= MAX_TOUCHED { Ok(()) } else { Err(ErrorKind::OutOfFuel.into()) }
    }

    /// Measures a value that an operation looks through.
    pub(super) fn measure(&mut self, value: &Value) -> Result<Size, Error> {
        let size = Size::of(value)?;
        self.touch(size.weight())?;
        Ok(size)
    }

    /// Measures a value that was just made.
    pub(super) fn keep(&mut self, value: Value) -> Result<Value, Error> {
        let size = self.measure(&value)?;
        self.make(size.weight())?;
        Ok(value)
    }

    /// Measures what something is made of. What is computed anew whenever it is iterated becomes a list, so that such values
    /// never stack up on one another.
    pub(super) fn admit(&mut self, value: &Value) -> Result<(Value, Size), Error> {
        let size = self.measure(value)?;
        if value.kind() != ValueKind::Iterable {
            return Ok((value.clone(), size));
        }
        self.make(size.nodes * NODE)?;
        Ok((solid(value)?, size))
    }
}

/// A list or mapping with the parts of this one, and nothing behind it.
pub(super) fn solid(value: &Value) -> Result<Value, Error> {
    // What is too large is not gone through.
    Size::of(value)?;
    Ok(match value.kind() {
        ValueKind::Map => {
            let pairs = value.as_object().and_then(|object| object.try_iter_pairs());
            Value::from_pairs(pairs.into_iter().flatten())
        }
        ValueKind::Seq | ValueKind::Iterable => Value::from(value.try_iter()?.collect::<Vec<Value>>()),
        _ => value.clone(),
    })
}

/// Refuses a value of so many bytes.
pub(super) fn fits(bytes: u64) -> Result<(), Error> {
    if bytes <= MAX_VALUE { Ok(()) } else { Err(over(format!("a value grows beyond {MAX_VALUE} bytes"))) }
}

/// The error of a limit; `super::describe` shows its words as they are.
pub(super) fn over(message: String) -> Error {
    Error::new(ErrorKind::OutOfFuel, message)
}

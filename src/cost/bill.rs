//! What one reply costs, by what it is for: parts that are apart from each other and add up to the whole.

use std::ops::{Add, AddAssign};

use rust_decimal::Decimal;

/// US dollars by what they are for. Nothing is in two of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bill {
    /// Input that no cache held.
    pub input: Decimal,
    pub cache_read: Decimal,
    pub cache_write: Decimal,
    /// Output without what was spent on reasoning.
    pub output: Decimal,
    pub reasoning: Decimal,
    /// What a request costs whatever is in it.
    pub request: Decimal,
}

impl Bill {
    pub fn total(&self) -> Decimal {
        self.input + self.cache_read + self.cache_write + self.output + self.reasoning + self.request
    }
}

impl Add for Bill {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            cache_read: self.cache_read + other.cache_read,
            cache_write: self.cache_write + other.cache_write,
            output: self.output + other.output,
            reasoning: self.reasoning + other.reasoning,
            request: self.request + other.request,
        }
    }
}

impl AddAssign for Bill {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

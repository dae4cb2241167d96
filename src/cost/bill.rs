//! What one reply costs, by what it is for: parts that are apart from each other and add up to the whole.

use std::ops::{Add, AddAssign};

use rust_decimal::Decimal;

/// Decimals that are kept where amounts are divided: a millionth of a millionth of a dollar.
const DECIMALS: u32 = 12;

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

impl Bill {
    /// Every part times a factor; `None` where that is beyond what a decimal holds.
    pub fn times(&self, factor: Decimal) -> Option<Self> {
        self.each(|part| part.checked_mul(factor))
    }

    /// Every part over a divisor, rounded to twelve decimals; `None` for 0, and beyond what a decimal holds.
    pub fn over(&self, divisor: Decimal) -> Option<Self> {
        self.each(|part| part.checked_div(divisor).map(|share| share.round_dp(DECIMALS)))
    }

    /// Both together; `None` where that is beyond what a decimal holds.
    pub fn and(&self, other: &Self) -> Option<Self> {
        Some(Self {
            input: self.input.checked_add(other.input)?,
            cache_read: self.cache_read.checked_add(other.cache_read)?,
            cache_write: self.cache_write.checked_add(other.cache_write)?,
            output: self.output.checked_add(other.output)?,
            reasoning: self.reasoning.checked_add(other.reasoning)?,
            request: self.request.checked_add(other.request)?,
        })
    }

    /// All parts added up; `None` where that is beyond what a decimal holds.
    pub fn sum(&self) -> Option<Decimal> {
        let Self { input, cache_read, cache_write, output, reasoning, request } = *self;
        [cache_read, cache_write, output, reasoning, request].iter().try_fold(input, |sum, part| sum.checked_add(*part))
    }

    fn each(&self, change: impl Fn(Decimal) -> Option<Decimal>) -> Option<Self> {
        Some(Self {
            input: change(self.input)?,
            cache_read: change(self.cache_read)?,
            cache_write: change(self.cache_write)?,
            output: change(self.output)?,
            reasoning: change(self.reasoning)?,
            request: change(self.request)?,
        })
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

//! Where a difference of costs comes from: parts that add up to it exactly (docs/cost.md).

use rust_decimal::Decimal;

use super::Bill;

/// A difference in US dollars, by what makes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attribution {
    /// Base's usage at head's model instead of base's.
    pub price: Decimal,
    /// More or less of each, at head's model.
    pub input: Decimal,
    pub output: Decimal,
    pub reasoning: Decimal,
    /// Read from and written to caches.
    pub cache: Decimal,
    /// Fees for requests as such.
    pub request: Decimal,
}

impl Attribution {
    /// The parts of `head − base`. `at_head` is base's usage at the prices of head's model. `None` where an amount is beyond what
    /// a decimal holds.
    pub fn between(base: &Bill, at_head: &Bill, head: &Bill) -> Option<Self> {
        let cache = |bill: &Bill| bill.cache_read.checked_add(bill.cache_write);
        Some(Self {
            price: at_head.sum()?.checked_sub(base.sum()?)?,
            input: head.input.checked_sub(at_head.input)?,
            output: head.output.checked_sub(at_head.output)?,
            reasoning: head.reasoning.checked_sub(at_head.reasoning)?,
            cache: cache(head)?.checked_sub(cache(at_head)?)?,
            request: head.request.checked_sub(at_head.request)?,
        })
    }

    /// Each part with its name, in the order of reports.
    pub fn parts(&self) -> [Decimal; 6] {
        let Self { price, input, output, reasoning, cache, request } = *self;
        [price, input, output, reasoning, cache, request]
    }

    /// For many requests.
    pub fn times(&self, requests: Decimal) -> Option<Self> {
        let times = |part: Decimal| part.checked_mul(requests);
        let Self { price, input, output, reasoning, cache, request } = *self;
        Some(Self {
            price: times(price)?,
            input: times(input)?,
            output: times(output)?,
            reasoning: times(reasoning)?,
            cache: times(cache)?,
            request: times(request)?,
        })
    }
}

//! Money: what tokens cost, and what a change costs per month. Decimals throughout; unknown is never 0.

mod price;

pub use price::{PriceFile, Prices, Rates};

//! Money: what tokens cost, and what a change costs per month. Decimals throughout; unknown is never 0.

mod bill;
mod estimate;
pub mod import;
mod prices;

pub use bill::Bill;
pub use estimate::{Estimate, Sides, estimate};
pub use prices::{Ladder, PerMillion, PriceFile, Prices, Rates, Tariff};

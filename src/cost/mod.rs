//! Money: what tokens cost, and what a change costs per month. Decimals throughout; unknown is never 0.

mod attribution;
mod beginning;
mod bill;
mod collected;
mod estimate;
pub mod import;
mod notices;
mod prices;
mod spread;
mod tasks;
mod terms;
mod totals;

pub use attribution::Attribution;
pub use bill::Bill;
pub use estimate::{By, Environment, Estimate, estimate};
pub use notices::{about_models, about_traffic};
pub use prices::{Ladder, PerMillion, PriceFile, Prices, Rates, Tariff};
pub use spread::Spread;
pub use tasks::Sides;
pub use terms::{Cacheable, Terms};
pub use totals::{Known, Totals};

#[cfg(test)]
mod tests;

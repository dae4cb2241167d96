//! The gate on invented runs: how often it would cry wolf, and how often it would sleep, on a suite like this one.
//!
//! Only runs are drawn; everything from there to the verdict is the gate's own code. Seeded, so that the same question gets
//! the same answer. Nothing drawn here is ever recorded or shown as a model's answer.

mod draw;
mod gate;

pub use draw::{CallNoise, Change, Dice, LogNormal, TaskModel};
pub use gate::{Rates, Trial, judge, rates};

//! Tests that see regild from outside, most of them through the real binary, in one program so that it links once.
#![expect(clippy::disallowed_methods, reason = "tests drive the world")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;
mod common;
mod events;
mod faults;
mod first_use;
mod generated;
mod github;
mod handed_over;
mod hook;
mod live;
mod logging;
mod noise;
mod page;
mod prices;
mod proofs;
mod properties;
mod readme;
mod runner;
mod simulation;
mod suggest;
mod traffic;

//! Everything that goes through the real binary, in one test program so that it links once.
#![expect(clippy::disallowed_methods, reason = "tests drive the world")]

mod readme;

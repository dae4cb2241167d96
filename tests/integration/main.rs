//! Everything that looks at regild from outside.

mod generated;

//! What a report says on GitHub, and what GitHub says of a pull request. Pure: `io::github` sends and receives, `commands` decide
//! in which order.
//!
//! Nothing here judges: the verdict stands in the report. What GitHub answers was partly written by strangers, so of a comment
//! only its marker is believed, and that only where GitHub says that the comment is ours (SEC-10).

pub mod api;
pub mod check_run;
pub mod marker;
pub mod patience;
pub mod reviews;
pub mod sticky;
pub mod target;
pub mod trouble;

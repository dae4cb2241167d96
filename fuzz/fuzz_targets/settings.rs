//! Any bytes as settings: they are read or refused with reasons, and what is read can be shown with its origins.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regild::diagnostic::Diagnostic;

fuzz_target!(|data: &[u8]| {
    match regild::config::parse("regild.yaml", data) {
        Ok(loaded) => assert!(!loaded.remarks.iter().any(Diagnostic::is_error)),
        Err(unusable) => {
            assert!(unusable.problems.iter().any(Diagnostic::is_error), "refused without a reason");
            unusable.problems.iter().for_each(|problem| drop(problem.render()));
        }
    }
    let _ = regild::config::roots("regild.yaml", Some(data));
});

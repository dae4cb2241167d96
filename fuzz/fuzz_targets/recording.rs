//! Any bytes as a recording: it is read or refused, what is read is written and read again to the same, and its replies make
//! runs that can be stored and replayed.
#![no_main]

mod replayed;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use regild::agent::Setup;
use regild::recording::{Recording, replay};

static SETUP: LazyLock<Setup> = LazyLock::new(replayed::setup);

fuzz_target!(|data: &[u8]| {
    let _ = Recording::checked(data);
    let Ok(recording) = Recording::from_bytes(data) else { return };
    let written = recording.to_bytes();
    let again = Recording::from_bytes(&written).expect("what regild writes it reads");
    assert_eq!(again, recording);
    assert_eq!(again.to_bytes(), written, "written twice, it is the same");
    for sample in &recording.samples {
        let _ = replay(&SETUP, sample);
        let _ = replayed::drive(&SETUP, sample);
    }
});

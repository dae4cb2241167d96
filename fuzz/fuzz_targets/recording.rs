//! Any bytes as a recording: it is read or refused, and what is read is written and read again to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regild::recording::Recording;

fuzz_target!(|data: &[u8]| {
    let _ = Recording::checked(data);
    if let Ok(recording) = Recording::from_bytes(data) {
        let written = recording.to_bytes();
        let again = Recording::from_bytes(&written).expect("what regild writes it reads");
        assert_eq!(again, recording);
        assert_eq!(again.to_bytes(), written, "written twice, it is the same");
    }
});

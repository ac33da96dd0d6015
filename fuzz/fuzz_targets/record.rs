//! Drives `larder::fuzzing::record`, which says what must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| larder::fuzzing::record(bytes));

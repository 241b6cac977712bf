#![no_main]

#[path = "../harness/log_query.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|input: &[u8]| harness::log_query(input));

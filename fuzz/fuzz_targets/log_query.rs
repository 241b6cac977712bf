#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| grantd_fuzz::log_query(input));

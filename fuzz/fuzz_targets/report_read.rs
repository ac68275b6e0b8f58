#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| decision_gate_fuzz::targets::report_read(data));

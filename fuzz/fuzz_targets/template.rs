//! Drives the parser of key templates, whose `check` says what must hold.
#![no_main]

#[allow(dead_code, reason = "the attribute uses the rest")]
#[path = "../../macros/src/template.rs"]
mod template;

libfuzzer_sys::fuzz_target!(|text: &str| template::check(text));

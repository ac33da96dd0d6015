//! What rustc says where `#[cached]` is used wrongly: one mistake per file, and the message names what to write instead.
//! The texts are those of one version of rustc, so the test runs on that one alone.

use std::env;
use std::process::Command;

/// The version whose messages are pinned.
const PINNED: &str = "rustc 1.95.";

#[test]
fn every_mistake_is_explained_where_it_was_made() {
    if !on_pinned_rustc() {
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*.rs");
}

/// At a desk another version is a printed skip; where the run counts, it is a failure.
fn on_pinned_rustc() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc answers");
    let version = String::from_utf8_lossy(&output.stdout);
    let required = ["CI", "LARDER_REQUIRE_UI"].iter().any(|name| env::var_os(name).is_some());
    let pinned = version.starts_with(PINNED);
    assert!(pinned || !required, "the messages are pinned for {PINNED}x, this is {version}");
    if !pinned {
        println!("skipped: the messages are pinned for {PINNED}x, this is {version}");
    }
    pinned
}

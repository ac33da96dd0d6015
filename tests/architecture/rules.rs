//! What holds for each source file by itself: a rule takes a file and says what is wrong with it.

use crate::source::Source;

/// Code lines, tests and comments aside, past which a file holds a second concept.
const LONGEST_FILE: usize = 300;

/// Where the crate may block: where it parks a caller, on threads of its own, and what both are made of.
const MAY_BLOCK: [&str; 6] = [
    "runtime/src/park.rs",
    "runtime/src/sync.rs",
    "runtime/src/clock/",
    "runtime/src/cache/sweep.rs",
    "runtime/src/adapters/sqlite/file/",
    "runtime/src/adapters/sqlite/queue.rs",
];

pub(crate) type Rule = fn(&Source) -> Vec<String>;

pub(crate) fn opens_with_its_purpose(source: &Source) -> Vec<String> {
    let opens = source.text.starts_with("//! ");
    if opens { vec![] } else { vec![format!("{}: does not open with `//!`", source.path)] }
}

pub(crate) fn is_short(source: &Source) -> Vec<String> {
    let n_lines = source.code.lines().filter(|line| !line.trim().is_empty()).count();
    if n_lines <= LONGEST_FILE {
        return vec![];
    }
    vec![format!("{}: {n_lines} lines of code, more than {LONGEST_FILE}", source.path)]
}

pub(crate) fn never_unwraps(source: &Source) -> Vec<String> {
    lines_with(source, &[".unwrap()", ".unwrap_err()"])
}

pub(crate) fn is_safe(source: &Source) -> Vec<String> {
    lines_with(source, &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "allow(unsafe_code)"])
}

pub(crate) fn imports_no_globs(source: &Source) -> Vec<String> {
    lines_with(source, &["::*;", "::*,", "::*}"])
}

pub(crate) fn never_blocks(source: &Source) -> Vec<String> {
    if MAY_BLOCK.iter().any(|place| source.path.starts_with(place)) {
        return vec![];
    }
    let blocking = [
        "thread::sleep",
        "thread::park",
        "Condvar",
        "Barrier",
        "mpsc",
        "File::",
        "std::net::Tcp",
        "std::net::Udp",
        "process::Command",
    ];
    lines_with(source, &blocking)
}

/// The lines whose code has one of the `words`.
fn lines_with(source: &Source, words: &[&str]) -> Vec<String> {
    let lines = source.code.lines().zip(1..);
    let found = lines.flat_map(|(line, number)| {
        let words = words.iter().filter(move |word| line.contains(**word));
        words.map(move |word| format!("{}:{number}: `{word}`", source.path))
    });
    found.collect()
}

#[test]
fn each_rule_can_fail_and_can_pass() {
    let long = "x;\n".repeat(LONGEST_FILE + 1);
    let cases: [(Rule, &str, &str); 6] = [
        (opens_with_its_purpose, "use std::fmt;", "//! Formats.\nuse std::fmt;"),
        (is_short, &long, "x;"),
        (never_unwraps, "let x = y.unwrap();", "// y.unwrap()\n#[cfg(test)]\nmod tests {\n    y.unwrap()\n}"),
        (is_safe, "let x = unsafe { *y };", "//! Not `unsafe { … }`.\nlet unsafety = \"unsafe {\";"),
        (imports_no_globs, "use std::io::*;", "let area = a::B * c;\n#[cfg(test)]\nmod tests {\n    use super::*;\n}"),
        (never_blocks, "thread::sleep(wait);", "/* thread::sleep */ thread::current();"),
    ];
    for (rule, bad, good) in cases {
        assert_eq!(rule(&Source::new("runtime/src/x.rs", bad)).len(), 1, "{bad}");
        assert_eq!(rule(&Source::new("runtime/src/x.rs", good)), [""; 0], "{good}");
    }
}

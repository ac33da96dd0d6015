//! The shape of the house, checked: which module may import which, and what every source file keeps to. `ARCHITECTURE.md`
//! says why; a new arrow between modules is a change of the tables below, and is told in its commit.

#[path = "architecture/arrows.rs"]
mod arrows;
#[path = "architecture/contract.rs"]
mod contract;
#[path = "architecture/mutants.rs"]
mod mutants;
#[path = "architecture/promises.rs"]
mod promises;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;

use arrows::Row;
use rules::Rule;
use source::Source;

/// `larder`: the small words of the language first, what ties all together last.
const RUNTIME: &[Row] = &[
    ("error", &[]),
    ("timeout", &["error"]),
    ("config", &["error", "timeout"]),
    ("environment", &["error"]),
    ("report", &["environment"]),
    ("sync", &[]),
    ("park", &["sync"]),
    ("clock", &["sync", "timeout"]),
    ("key", &[]),
    ("value", &[]),
    // `park` under the model checker, where requests have no runtime.
    ("io", &["error", "park", "sync"]),
    ("adapter", &["error", "key", "timeout"]),
    ("record", &["adapter", "timeout"]),
    ("codec", &["error", "record"]),
    ("defaults", &["codec", "environment", "error", "timeout"]),
    ("layer", &["adapter", "clock", "config", "error", "io", "report", "sync", "timeout"]),
    ("near", &["clock", "sync", "timeout"]),
    // `near` for its generations: one belongs to one value of its epochs.
    ("far", &["adapter", "clock", "error", "io", "key", "layer", "near", "sync", "timeout"]),
    ("rules", &["codec", "error", "near", "record", "timeout", "value"]),
    ("flight", &["clock", "near", "sync"]),
    ("site", &["timeout"]),
    ("observer", &["config", "error", "site"]),
    (
        "cache",
        &[
            "adapter", "clock", "codec", "defaults", "error", "far", "flight", "io", "key", "layer", "near",
            "observer", "park", "record", "rules", "site", "sync", "timeout", "value",
        ],
    ),
    (
        "adapters",
        &[
            "adapter",
            "cache",
            "clock",
            "codec",
            "config",
            "environment",
            "error",
            "io",
            "layer",
            "near",
            "sync",
            "timeout",
        ],
    ),
    ("registry", &["adapters", "cache", "config", "defaults", "environment", "error", "observer"]),
    ("caches", &["cache", "config", "error", "registry"]),
    ("call", &["cache", "error", "flight", "key", "observer", "park", "registry", "rules", "site", "timeout"]),
    ("commands", &["cache", "call", "error", "key", "park", "registry", "rules", "timeout", "value"]),
    ("fuzzing", &["adapter", "codec", "key", "record", "timeout"]),
    ("testing", &["adapter", "clock", "error", "io", "park", "sync", "timeout"]),
    ("__private", &["call", "error", "key", "rules", "site", "timeout"]),
];

/// `larder-macros`: stages in the order in which an attribute passes them; none looks back.
const MACROS: &[Row] = &[
    ("diagnostic", &[]),
    ("tokens", &[]),
    ("template", &[]),
    ("args", &["diagnostic"]),
    ("signature", &["diagnostic", "tokens"]),
    ("plan", &["args", "diagnostic", "signature", "template", "tokens"]),
    ("expand", &["args", "plan", "signature", "tokens"]),
    ("fallback", &["diagnostic"]),
    ("key_part", &["diagnostic", "template", "tokens"]),
];

/// What every file of a crate keeps to.
const EVERYWHERE: &[Rule] = &[rules::is_short, rules::never_unwraps, rules::is_safe, rules::imports_no_globs];

/// Where code lies, and where tests do. The cases of the UI tests are named after what they show.
const CODE: [&str; 7] =
    ["runtime/src", "macros/src", "servers/src", "xtask/src", "examples", "benches", "fuzz/fuzz_targets"];
const TESTS: [&str; 2] = ["servers/tests", "tests"];
const CASES: &str = "tests/ui/";

#[test]
fn modules_of_the_runtime_import_only_what_they_may() {
    none(arrows::violations(&Source::all_under("runtime/src"), RUNTIME));
}

#[test]
fn modules_of_the_macros_import_only_what_they_may() {
    none(arrows::violations(&Source::all_under("macros/src"), MACROS));
}

#[test]
fn every_source_file_keeps_to_the_rules() {
    for folder in CODE {
        let sources = Source::all_under(folder);
        none(EVERYWHERE.iter().flat_map(|rule| sources.iter().flat_map(rule)).collect());
    }
}

#[test]
fn every_file_opens_with_its_purpose_and_those_of_tests_do_too() {
    let sources = CODE.iter().chain(&TESTS).flat_map(|folder| Source::with_tests_under(folder));
    none(
        sources
            .filter(|source| !source.path.starts_with(CASES))
            .flat_map(|s| rules::opens_with_its_purpose(&s))
            .collect(),
    );
}

#[test]
fn every_public_function_that_can_fail_says_with_what() {
    none(Source::all_under("runtime/src").iter().flat_map(promises::says_its_errors).collect());
}

#[test]
fn the_runtime_blocks_only_where_it_parks() {
    none(Source::all_under("runtime/src").iter().flat_map(rules::never_blocks).collect());
}

fn none(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

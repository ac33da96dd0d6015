//! Flaws that cargo-mutants makes: one thing changed at a time, in the files that `.cargo/mutants.toml` names. First the
//! unit tests look for each, as they are soon built; what they have not found, the tests over stores must.

use std::path::Path;

use crate::call::{Outcome, Workspace};
use crate::mutants::copy;
use crate::suite::Step;

pub(crate) const GENERATED: &[Step] =
    &[Step { name: "generated", about: "each flaw that cargo-mutants makes is found; an hour or two", run }];

/// What of larder the files need: without what else there is, a build takes a third of the time.
const ALONE: [&str; 2] = [
    "--package larder-macros --cargo-arg=--lib",
    "--package larder --cargo-arg=--lib --features far,testing,memcached",
];

/// What is left of larder's after that. That these tests pass without a flaw is known, and is not looked for: the command would
/// look in the package of the flaw.
const OVER_STORES: &str =
    "--package larder --iterate --baseline skip --timeout 120 --all-features --test-package larder-tests";

/// The tests over stores that are about keys, records, permits and epochs, and there only what has this in its name.
const TESTS: [&str; 6] = ["behaviour", "attribute", "plain", "far", "memcached", "commands"];
const NAMED: &str =
    "clears:: failures:: keys generics counters contract:: connections:: trips permits secrets by_hand calls";

/// What cargo-mutants ends with where it has found survivors, and where what was not found only went on without end.
const SURVIVORS: i32 = 2;
const WITHOUT_END: i32 = 3;

fn run(workspace: &Workspace) -> Outcome {
    let tree = workspace.root.join("target/mutants/tree");
    copy(workspace, &tree)?;
    let found = [0, WITHOUT_END];
    let [macros, larder] = ALONE;
    mutate(workspace, &tree, macros, &found)?;
    mutate(workspace, &tree, larder, &[0, WITHOUT_END, SURVIVORS])?;
    let tests = TESTS.map(|test| format!("--cargo-arg=--test={test}")).join(" ");
    mutate(workspace, &tree, &format!("{OVER_STORES} {tests} -- -- {NAMED}"), &found)
}

/// In the tree itself, which is nobody's, so that nothing has to be built from the beginning.
fn mutate(workspace: &Workspace, tree: &Path, which: &str, good: &[i32]) -> Outcome {
    let call = workspace.cargo(&format!("mutants --in-place --output .. {which}")).within(tree);
    let call = call.env("CARGO_TARGET_DIR", tree.with_file_name("build")).env("LARDER_REQUIRE_SERVERS", "1");
    match call.code()? {
        Some(code) if good.contains(&code) => Ok(()),
        Some(SURVIVORS) => Err("some survive: target/mutants/mutants.out/missed.txt lists them".into()),
        _ => Err("cargo mutants has failed; `cargo install cargo-mutants` if there is no such command".into()),
    }
}

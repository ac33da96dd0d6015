//! Flaws put in by hand, one at a time, each of which a test must find. They are the design's own mistakes to make: what
//! is wrong there is wrong for users, and looks right.

use std::fs;
use std::path::{Path, PathBuf};

use crate::call::{Outcome, Workspace};
use crate::suite::Step;

pub(crate) const MUTANTS: &[Step] =
    &[Step { name: "by-hand", about: "each flaw of tests/mutants is found by the test that it names", run }];

/// How a patch says what must fail: `Killed by: --package larder --lib record`.
const KILLED_BY: &str = "Killed by: ";

fn run(workspace: &Workspace) -> Outcome {
    let tree = workspace.root.join("target/mutants/tree");
    copy(workspace, &tree)?;
    let mut survivors = Vec::new();
    for patch in patches(&workspace.root.join("tests/mutants"))? {
        apply(workspace, &tree, &patch, &[])?;
        let found = is_found(workspace, &tree, &patch);
        apply(workspace, &tree, &patch, &["--reverse"])?;
        if !found? {
            survivors.push(patch.display().to_string());
        }
    }
    if survivors.is_empty() { Ok(()) } else { Err(format!("nothing found {}", survivors.join(", "))) }
}

/// What git knows of the workspace, beside it: a flaw must not come near the sources.
pub(crate) fn copy(workspace: &Workspace, tree: &Path) -> Outcome {
    // What an earlier copy had and this one has not would be compiled too.
    let emptied = fs::remove_dir_all(tree).or_else(|error| if tree.exists() { Err(error) } else { Ok(()) });
    emptied
        .and_then(|()| fs::create_dir_all(tree))
        .map_err(|error| format!("cannot make {}: {error}", tree.display()))?;
    let prefix = format!("--prefix={}/", tree.display());
    workspace.program("git").argument("checkout-index").argument("--all").argument("--force").argument(prefix).run()
}

fn patches(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut patches: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    patches.sort();
    Ok(patches)
}

fn apply(workspace: &Workspace, tree: &Path, patch: &Path, how: &[&str]) -> Outcome {
    let call = workspace.program("git").argument("apply");
    let call = how.iter().fold(call, |call, how| call.argument(how)).argument(patch).within(tree);
    // The tree is no repository, and the one around it is not meant.
    call.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree)).run()
}

/// Does the test fail that is to find it? What does not compile is not found.
fn is_found(workspace: &Workspace, tree: &Path, patch: &Path) -> Outcome<bool> {
    let text = fs::read_to_string(patch).map_err(|error| format!("cannot read {}: {error}", patch.display()))?;
    let test = text.lines().find_map(|line| line.strip_prefix(KILLED_BY));
    let test = test.ok_or_else(|| format!("{} has no line `{KILLED_BY}`", patch.display()))?;
    let cargo = |what: &str| {
        let call = workspace.cargo(&format!("test --all-features --target-dir ../build {what}"));
        call.env("LARDER_REQUIRE_SERVERS", "1").within(tree)
    };
    let (built, filter) = test.split_once(" -- ").unwrap_or((test, ""));
    cargo(&format!("--no-run {built}")).quietly()?;
    let output = cargo(&format!("{built} -- {filter}")).output()?;
    println!("{}: {}", patch.display(), if output.status.success() { "SURVIVES" } else { "found" });
    Ok(!output.status.success())
}

//! The flaws that are put in by hand (`cargo xtask mutants`) are still flaws of the code as it is.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[test]
fn every_mutant_still_applies_and_says_what_finds_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the workspace");
    let patches: Vec<_> =
        fs::read_dir(root.join("tests/mutants")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(patches.len() >= 10, "there are {}", patches.len());
    for patch in patches {
        let text = fs::read_to_string(&patch).unwrap();
        assert!(text.lines().any(|line| line.starts_with("Killed by: --package ")), "{}", patch.display());
        let applied = Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(root).output().unwrap();
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    }
}

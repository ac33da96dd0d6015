//! Instructions of a hit, counted by valgrind: repeatable to a fraction of a percent where times are not.

use super::COMPARE;
use crate::call::{Outcome, Workspace};

/// Calls in one repetition of `larder-compare NAME REPETITIONS`.
const N_CALLS: u64 = 1024;

pub(super) fn run(workspace: &Workspace) -> Outcome {
    workspace.cargo(&format!("build {COMPARE}")).run()?;
    let floor = of(workspace, "floor")?;
    println!("\n{:<32}{:>14}{:>12}", "instructions of a hit", "instructions", "of floor");
    for name in ["floor", "larder", "larder, async", "quick_cache", "concurrent_cached", "cached"] {
        let n_instructions = of(workspace, name)?;
        println!("{name:<32}{n_instructions:>14}{:>12.2}", n_instructions as f64 / floor as f64);
    }
    println!("target: larder at most 1.90 of floor, aim 1.70");
    Ok(())
}

/// Per call, as the difference of a long run and a short one: what comes before the first hit is in both.
fn of(workspace: &Workspace, name: &str) -> Outcome<u64> {
    let difference = count(workspace, name, 11)? - count(workspace, name, 1)?;
    Ok(difference / (10 * N_CALLS))
}

fn count(workspace: &Workspace, name: &str, repetitions: u64) -> Outcome<u64> {
    let output = workspace
        .program("valgrind")
        .argument("--tool=callgrind")
        .argument("--callgrind-out-file=/dev/null")
        .argument(workspace.root.join("target/compare/release/larder-compare"))
        .argument(name)
        .argument(repetitions.to_string())
        .quietly()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.ok_or_else(|| format!("valgrind counted nothing:\n{said}"))
}

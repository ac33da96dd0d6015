//! What larder costs, measured again: times and instructions of a call, and what a crate that uses it takes to build.
//! Nothing here is a test: a target that is missed is printed, and is for people to judge.

mod build;
mod cpu;
mod instructions;

use crate::suite::Step;

/// The comparison's own workspace.
const COMPARE: &str = "--quiet --release --target-dir target/compare --manifest-path benches/compare/Cargo.toml";

pub(crate) const BENCHES: &[Step] = &[
    Step {
        name: "hit",
        about: "a hit, sync and async, beside the floor; and the counter",
        run: |workspace| workspace.cargo("bench --package larder-benches --bench hit").run(),
    },
    Step {
        name: "miss",
        about: "what a miss adds to the computation",
        run: |workspace| workspace.cargo("bench --package larder-benches --bench miss").run(),
    },
    Step {
        name: "peers",
        about: "a hit beside those of other crates",
        run: |workspace| workspace.cargo(&format!("run {COMPARE}")).run(),
    },
    Step {
        name: "far",
        about: "far stores beside the bare clients, `cached` and tokio-rusqlite",
        run: |workspace| workspace.cargo(&format!("run {COMPARE} --package larder-compare-far")).run(),
    },
    Step { name: "instructions", about: "instructions of a hit, by valgrind", run: instructions::run },
    Step {
        name: "build",
        about: "CPU time to build a crate of 100 annotated functions, and the default tree",
        run: build::run,
    },
];

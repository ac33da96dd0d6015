//! Fuzzers over what reads bytes or text that somebody else wrote. They run for as long as it takes to have looked
//! everywhere once, and keep what reached something new; the unit tests replay that.

use crate::call::{Outcome, Workspace};
use crate::suite::Step;

/// Of each target, in seconds.
const LONG: &str = "600";

pub(crate) const FUZZ: &[Step] = &[
    Step { name: "bincode", about: "payloads, each in one of the formats", run: |workspace| run(workspace, "bincode") },
    Step { name: "json", about: "the same", run: |workspace| run(workspace, "json") },
    Step { name: "msgpack", about: "the same", run: |workspace| run(workspace, "msgpack") },
    Step { name: "postcard", about: "the same", run: |workspace| run(workspace, "postcard") },
    Step { name: "raw", about: "the same", run: |workspace| run(workspace, "raw") },
    Step { name: "record", about: "the envelope around them", run: |workspace| run(workspace, "record") },
    Step { name: "keys", about: "keys of arguments", run: |workspace| run(workspace, "keys") },
    Step {
        name: "physical",
        about: "keys of namespace and text, as stores see them",
        run: |workspace| run(workspace, "physical"),
    },
    Step { name: "template", about: "key templates of the attribute", run: |workspace| run(workspace, "template") },
];

/// `LARDER_FUZZ_SECONDS` says otherwise.
fn run(workspace: &Workspace, target: &str) -> Outcome {
    let seconds = std::env::var("LARDER_FUZZ_SECONDS").unwrap_or_else(|_| LONG.into());
    // No sanitizer: there is no `unsafe` to be watched, and the stable compiler has none.
    let call = workspace.cargo("fuzz run --fuzz-dir fuzz --target-dir target/fuzz --sanitizer none").argument(target);
    let call = call.argument("--").argument(format!("-max_total_time={seconds}"));
    let call = call.argument("-rss_limit_mb=2048").argument("-malloc_limit_mb=64").argument("-timeout=10");
    call.run().map_err(|failure| format!("{failure}; `cargo install cargo-fuzz` if there is no such command"))
}

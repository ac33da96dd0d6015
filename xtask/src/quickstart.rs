//! The first thing a newcomer runs, run as they would: by the command that the README gives.

use std::process::Output;

use crate::call::{Outcome, Workspace};

const COMMAND: &str = "run --quiet --release --example quickstart --";

pub(crate) fn run(workspace: &Workspace) -> Outcome {
    workspace.cargo(COMMAND).run()?;
    refuses(workspace, "no/such/folder", &["no/such/folder"])?;
    refuses(workspace, "--adapter memroy", &["memroy", "memory"])?;
    refuses(workspace, "--adaptor memory", &["--adaptor", "--help"])
}

/// Checks that with `arguments` it fails and says `words` on stderr, and that it did not panic.
fn refuses(workspace: &Workspace, arguments: &str, words: &[&str]) -> Outcome {
    let Output { status, stderr, .. } = workspace.cargo(&format!("{COMMAND} {arguments}")).output()?;
    let said = String::from_utf8_lossy(&stderr);
    print!("{said}");
    let clear = words.iter().all(|word| said.contains(word)) && !said.contains("panicked");
    match (status.success(), clear) {
        (true, _) => Err(format!("quickstart {arguments} exits as if all were well")),
        (false, false) => Err(format!("quickstart {arguments} should say {words:?} and say it without a panic")),
        (false, true) => Ok(()),
    }
}

//! `cargo xtask`: all that a contributor or CI runs. Without an argument it lists what there is.

mod bench;
mod call;
mod downstream;
mod fuzz;
mod generated;
mod mutants;
mod quickstart;
mod servers;
mod steps;
mod suite;

use std::collections::BTreeSet;
use std::env;
use std::process::ExitCode;

use bench::BENCHES;
use call::{Scale, Workspace};
use fuzz::FUZZ;
use generated::GENERATED;
use mutants::MUTANTS;
use steps::{BLESS, LINT, MORE_SERVERS, SERVERS, TEST};
use suite::Step;

/// Steps that are run together under one name.
struct Task {
    name: &'static str,
    about: &'static str,
    steps: &'static [Step],
    /// Steps of it that run only if they are named.
    on_request: &'static [Step],
    scale: Scale,
}

const TASKS: &[Task] = &[
    task("test", "everything, as CI runs it", TEST),
    Task { scale: Scale::Full, ..task("soak", "the same, with random races ten times as long", TEST) },
    Task { on_request: MORE_SERVERS, ..task("servers", "runs servers to try things on", SERVERS) },
    task("lint", "only format and clippy", LINT),
    task("ui", "writes down what the UI tests print now", BLESS),
    task("fuzz", "looks for bytes that break something, ten minutes each", FUZZ),
    Task { on_request: GENERATED, ..task("mutants", "puts flaws in, each of which a test must find", MUTANTS) },
    task("bench", "measures, and compares with other crates", BENCHES),
];

const fn task(name: &'static str, about: &'static str, steps: &'static [Step]) -> Task {
    Task { name, about, steps, on_request: &[], scale: Scale::Quick }
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(name) = arguments.next() else {
        print!("{}", listing());
        return ExitCode::SUCCESS;
    };
    let outcome = match TASKS.iter().find(|task| task.name == name) {
        Some(task) => {
            let named: Vec<_> = arguments.collect();
            suite::run(task.name, task.steps, task.on_request, &named, &Workspace::at(task.scale))
        }
        None => Err(format!("there is no task `{name}`\n\n{}", listing())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Every task, and each step where it first belongs.
fn listing() -> String {
    let mut text = String::from("cargo xtask TASK [STEP…]\n");
    let mut told = BTreeSet::new();
    for Task { name, about, steps, on_request, .. } in TASKS {
        text += &format!("\n  {name:<16} {about}\n");
        for Step { name, about, .. } in steps.iter().filter(|step| told.insert(step.name)) {
            text += &format!("    {name:<14} {about}\n");
        }
        for Step { name, about, .. } in *on_request {
            text += &format!("    {name:<14} {about} (if named)\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_and_step_is_listed_once() {
        let listing = listing();
        let steps = TASKS.iter().flat_map(|task| task.steps.iter().chain(task.on_request)).map(|step| step.name);
        for name in TASKS.iter().map(|task| task.name).chain(steps) {
            let lines = listing.lines().filter(|line| line.split_whitespace().next() == Some(name));
            assert_eq!(lines.count(), 1, "{name}\n{listing}");
        }
    }
}

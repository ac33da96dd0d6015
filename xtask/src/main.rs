//! `cargo xtask`: all that a contributor or CI runs. Without an argument it lists what there is.

mod call;
mod downstream;
mod quickstart;
mod suite;

use std::env;
use std::process::ExitCode;

use call::{Outcome, Scale, Workspace};

struct Task {
    name: &'static str,
    about: &'static str,
    /// Takes the arguments that follow the name.
    run: fn(&[String]) -> Outcome,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        about: "everything, as CI does; `test STEP…` runs only those steps",
        run: |steps| suite::run("test", &Workspace::at(Scale::Quick), steps),
    },
    Task {
        name: "soak",
        about: "the same, with the random races ten times as long",
        run: |steps| suite::run("soak", &Workspace::at(Scale::Full), steps),
    },
    Task {
        name: "lint",
        about: "only rustfmt and clippy",
        run: |_| {
            suite::run(
                "test",
                &Workspace::at(Scale::Quick),
                &["format".into(), "clippy".into()],
            )
        },
    },
];

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(name) = arguments.next() else {
        print!("{}", listing());
        return ExitCode::SUCCESS;
    };
    let outcome = match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(&arguments.collect::<Vec<_>>()),
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

fn listing() -> String {
    let mut text = String::from("cargo xtask TASK\n\ntasks:\n");
    for Task { name, about, .. } in TASKS {
        text += &format!("  {name:<14} {about}\n");
    }
    text += "\nsteps of test and soak:\n";
    for suite::Step { name, about, .. } in suite::STEPS {
        text += &format!("  {name:<14} {about}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_and_step_is_listed_under_a_name_of_its_own() {
        let mut names: Vec<_> = TASKS.iter().map(|task| task.name).collect();
        names.extend(suite::STEPS.iter().map(|step| step.name));
        let listing = listing();
        assert!(
            names
                .iter()
                .all(|name| listing.contains(&format!("  {name} "))),
            "{listing}"
        );
        let n_names = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), n_names);
    }
}

//! The steps that together are "the tests pass". None is skipped, none is retried, and one that fails does not hide the
//! next: each runs on its own as `cargo xtask test STEP`.

use std::time::{Duration, Instant};

use crate::call::{Outcome, Workspace};
use crate::{downstream, quickstart};

pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    run: fn(&Workspace) -> Outcome,
}

pub(crate) const STEPS: &[Step] = &[
    Step {
        name: "format",
        about: "rustfmt has nothing to change",
        run: |workspace| workspace.cargo("fmt --all --check").run(),
    },
    Step {
        name: "clippy",
        about: "no warning, with all features and with none",
        run: |workspace| {
            workspace
                .cargo("clippy --workspace --all-targets --all-features -- -D warnings")
                .run()?;
            // Without the features of the other members, so that what only they use is seen as dead.
            workspace
                .cargo("clippy --package larder -- -D warnings")
                .run()
        },
    },
    Step {
        name: "tests",
        about: "unit, integration, UI and documentation tests, examples built",
        run: |workspace| workspace.cargo("test --all-features --no-fail-fast").run(),
    },
    Step {
        name: "interleavings",
        about: "random schedules of flights and permits under shuttle",
        run: |workspace| {
            // A folder of its own: the flag changes every crate, and would throw away all that is built.
            workspace
                .cargo("test --package larder --lib --release --target-dir target/shuttle interleavings")
                .env("RUSTFLAGS", "--cfg shuttle")
                .run()
        },
    },
    Step {
        name: "downstream",
        about: "crates with no dependency but larder build and run",
        run: downstream::run,
    },
    Step {
        name: "docs",
        about: "documentation without warnings",
        run: |workspace| {
            workspace
                .cargo("doc --no-deps --all-features --package larder --package larder-macros")
                .env("RUSTDOCFLAGS", "-D warnings")
                .run()
        },
    },
    Step {
        name: "quickstart",
        about: "the first example does its job, and says so clearly when it cannot",
        run: quickstart::run,
    },
];

/// Runs the steps that are `named`, or all; `task` is what the caller typed.
pub(crate) fn run(task: &str, workspace: &Workspace, named: &[String]) -> Outcome {
    if let Some(unknown) = named
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        return Err(format!(
            "there is no step `{unknown}`; `cargo xtask` lists them"
        ));
    }
    let chosen = STEPS
        .iter()
        .filter(|step| named.is_empty() || named.iter().any(|name| name == step.name));
    let reports: Vec<_> = chosen
        .map(|step| Report::of(task, step, workspace))
        .collect();

    println!("\n{:-<72}", "");
    for report in &reports {
        println!("{report}");
    }
    println!(
        "{:>8.1} s in all",
        reports
            .iter()
            .map(|report| report.took.as_secs_f64())
            .sum::<f64>()
    );
    match reports
        .iter()
        .filter(|report| report.failure.is_some())
        .count()
    {
        0 => Ok(()),
        n_failed => Err(format!("{n_failed} of {} steps failed", reports.len())),
    }
}

/// How one step went.
struct Report {
    name: &'static str,
    took: Duration,
    /// What to tell about a step that failed.
    failure: Option<String>,
}

impl Report {
    fn of(task: &str, step: &Step, workspace: &Workspace) -> Self {
        println!("\n=== {}: {}", step.name, step.about);
        let start = Instant::now();
        let outcome = (step.run)(workspace);
        let took = start.elapsed();
        let failure = outcome.err().map(|failure| {
            format!(
                "{failure}\n{:>11}alone: cargo xtask {task} {}",
                "", step.name
            )
        });
        let report = Self {
            name: step.name,
            took,
            failure,
        };
        println!("=== {report}");
        report
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>8.1} s {:<14} ", self.took.as_secs_f64(), self.name)?;
        match &self.failure {
            None => f.write_str("ok"),
            Some(failure) => write!(f, "FAILED: {failure}"),
        }
    }
}

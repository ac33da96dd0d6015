//! Runs steps. None is retried, and one that this system cannot run says so; one that fails does not hide the next, and is
//! told at the end with the command that runs it alone.

use std::fmt;
use std::time::{Duration, Instant};

use crate::call::{Outcome, Workspace};

/// One thing that must hold, and how to find out.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Workspace) -> Outcome,
}

/// Runs those of the `task`'s steps that are `named`; if none is, all but those `on_request`.
pub(crate) fn run(task: &str, steps: &[Step], on_request: &[Step], named: &[String], workspace: &Workspace) -> Outcome {
    let all = || steps.iter().chain(on_request);
    if let Some(unknown) = named.iter().find(|name| all().all(|step| step.name != **name)) {
        return Err(format!("{task} has no step `{unknown}`; `cargo xtask` lists them"));
    }
    let chosen: Vec<_> = match named {
        [] => steps.iter().collect(),
        _ => all().filter(|step| named.iter().any(|name| name == step.name)).collect(),
    };
    let reports: Vec<_> = chosen.into_iter().map(|step| Report::of(task, step, workspace)).collect();

    println!("\n{:-<80}", "");
    for report in &reports {
        println!("{report}");
    }
    println!("{:>8.1} s in all", reports.iter().map(|report| report.took.as_secs_f64()).sum::<f64>());
    match reports.iter().filter(|report| report.failure.is_some()).count() {
        0 => Ok(()),
        n_failed => Err(format!("{n_failed} of {} steps failed", reports.len())),
    }
}

/// How one step went.
struct Report {
    name: &'static str,
    took: Duration,
    left_out: Option<&'static str>,
    /// What went wrong, and how to see it again.
    failure: Option<String>,
}

impl Report {
    fn of(task: &str, step: &Step, workspace: &Workspace) -> Self {
        println!("\n=== {}: {}", step.name, step.about);
        let start = Instant::now();
        let outcome = (step.run)(workspace);
        let again = |failure| format!("{failure}\n{:>11}again: cargo xtask {task} {}", "", step.name);
        let (left_out, failure) = (workspace.left_out(), outcome.err().map(again));
        Self { name: step.name, took: start.elapsed(), left_out, failure }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.1} s {:<14} ", self.took.as_secs_f64(), self.name)?;
        match (&self.failure, self.left_out) {
            (Some(failure), _) => write!(f, "FAILED: {failure}"),
            (None, Some(why)) => write!(f, "left out: {why}"),
            (None, None) => f.write_str("ok"),
        }
    }
}

//! How does one write an observer? By two hooks, before and after each command. This one warns of calls that take long, and of
//! functions whose results are cleared more often than they are read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use larder::cached;
use larder::observer::{Command, Event, Observer, Outcome};

#[cached(key = "report:{year}")]
fn report(year: u32) -> String {
    thread::sleep(Duration::from_millis(20));
    format!("all of {year}")
}

/// Speaks up where a cache does not pay.
#[derive(Default)]
struct Critic {
    /// By function: how often its results were read, and how often cleared.
    uses: Mutex<HashMap<&'static str, (u64, u64)>>,
}

impl Observer for Critic {
    fn before(&self, _: &Event<'_>) {}

    // It runs in the middle of somebody's call, so it is quick; what takes long is for a thread of one's own.
    fn after(&self, event: &Event<'_>, outcome: Outcome, took: Duration) {
        let Some(function) = event.function() else { return };
        if event.command() == Command::Call && took > Duration::from_millis(10) {
            println!("{function} took {took:?}: {outcome}, key {}", event.key().unwrap_or_default());
        }
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let (n_reads, n_clears) = uses.entry(function.name).or_default();
        match (event.command(), outcome) {
            (Command::Call, Outcome::Hit) => *n_reads += 1,
            (Command::Clear, Outcome::Done) => *n_clears += 1,
            _ => {}
        }
    }
}

impl Critic {
    fn verdict(&self) {
        let uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        for (function, (n_reads, n_clears)) in &*uses {
            println!("{function}: read {n_reads} times, cleared {n_clears} times");
        }
    }
}

fn main() -> larder::Result<()> {
    let critic = Arc::new(Critic::default());
    larder::adapter_get().observe(Arc::clone(&critic));

    for _ in 0..3 {
        report(2025);
        report::clear(2025)?;
    }
    report(2025);
    report(2025);
    critic.verdict();
    Ok(())
}

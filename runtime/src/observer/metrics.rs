//! Commands as counters and a histogram of the crate `metrics`.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_histogram, histogram};

use super::hit_ratio::reads;
use super::{Event, Observer, Outcome};

/// Commands as counters and a histogram of the facade [`metrics`], for whichever exporter the program has installed.
///
/// | metric | labels | |
/// |---|---|---|
/// | `larder_commands_total` | `command`, `function`, `module`, `adapter`, `outcome` | commands that ended |
/// | `larder_command_seconds` | the same without `outcome` | how long they took |
/// | `larder_hits_total`, `larder_misses_total` | the same without `outcome` | reads, each key of a `multi_get` by itself |
///
/// Labels are bounded by the program's text: what is called, by whom, on what kind of store, and how it ends, by the names of
/// [`Command`](super::Command) and [`Outcome`]. No key, value or namespace is among them. By hand, `function` and `module` are
/// empty.
///
/// # Examples
/// ```
/// use larder::observer::{Metrics, observe};
///
/// // Behind the program's exporter, which is installed before: `PrometheusBuilder::new().install()?`.
/// observe(Metrics::new());
/// larder::set("tea", 1, 60)?;
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Metrics;

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Describes the metrics to the recorder that is installed, so install it before.
    pub fn new() -> Self {
        describe_counter!("larder_commands_total", "Commands to caches that ended.");
        describe_histogram!("larder_command_seconds", metrics::Unit::Seconds, "How long commands to caches took.");
        describe_counter!("larder_hits_total", "Reads that found a live value.");
        describe_counter!("larder_misses_total", "Reads that found none.");
        Self
    }
}

impl Observer for Metrics {
    fn before(&self, _: &Event<'_>) {}

    fn after(&self, event: &Event<'_>, outcome: Outcome, took: Duration) {
        let (function, module) = event.function().map_or(("", ""), |function| (function.name, function.module));
        let labels = [
            ("command", event.command().as_str()),
            ("function", function),
            ("module", module),
            ("adapter", event.adapter()),
        ];
        let [command, function, module, adapter] = labels;
        let ended = [command, function, module, adapter, ("outcome", outcome.as_str())];
        counter!("larder_commands_total", &ended).increment(1);
        histogram!("larder_command_seconds", &labels).record(took.as_secs_f64());
        let (hits, misses) = reads(event.command(), outcome);
        if hits > 0 {
            counter!("larder_hits_total", &labels).increment(hits);
        }
        if misses > 0 {
            counter!("larder_misses_total", &labels).increment(misses);
        }
    }
}

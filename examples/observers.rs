//! How is a cache watched? By observers: here the ratio of hits and the time of each command are read by the program itself, and
//! counters go to Prometheus. `Tracing` is attached in the same way; a subscriber then has each command as a span.

use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use larder::cached;
use larder::observer::{HitMissRatio, Metrics, Timing, Tracing, observe};
use metrics_exporter_prometheus::PrometheusBuilder;

#[cached(key = "forecast:{town}")]
fn forecast(town: &str) -> String {
    thread::sleep(Duration::from_millis(5));
    format!("rain in {town}")
}

fn main() -> Result<(), Box<dyn Error>> {
    // A service would call `PrometheusBuilder::new().install()`, which serves them to whoever asks over HTTP.
    let exporter = PrometheusBuilder::new().install_recorder()?;
    observe(Metrics::new());
    // Nobody subscribes here, so these are not even made.
    observe(Tracing::new());

    // What is to be read is kept; this one watches a single store.
    let (ratio, timing) = (Arc::new(HitMissRatio::new()), Arc::new(Timing::new()));
    let cache = larder::adapter_get();
    cache.observe(Arc::clone(&ratio));
    let observation = cache.observe(Arc::clone(&timing));

    for town in ["Bergen", "Seattle", "Bergen", "Bergen"] {
        forecast(town);
    }
    forecast::clear("Bergen")?;
    observation.end();
    forecast("Bergen");

    println!("{} of {} reads hit", ratio.hits(), ratio.total());
    for (command, timed) in timing.all() {
        println!("{command}: {} in {:?} to {:?}, {:?} in the mean", timed.count, timed.min, timed.max, timed.mean());
    }
    println!("\n{}", exporter.render());
    Ok(())
}

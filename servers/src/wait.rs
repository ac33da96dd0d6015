//! Servers that belong together agree by themselves, some time.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// How long they may take; they need a second or two.
const PATIENCE: Duration = Duration::from_secs(60);

/// Until it is so.
pub(crate) fn wait(what: &str, mut is_so: impl FnMut() -> bool) -> io::Result<()> {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > PATIENCE {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("waited in vain for {what}")));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

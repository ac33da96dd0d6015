//! The first thing a newcomer runs, run as they would: by the command that the README gives, on each store.

use std::fs;
use std::process::Output;

use larder_servers::{Memcached, Redis, Unreachable};

use crate::call::{Outcome, Workspace};

const COMMAND: &str = "run --quiet --release --example quickstart --";

pub(crate) fn run(workspace: &Workspace) -> Outcome {
    workspace.cargo(COMMAND).run()?;
    serves(workspace)?;
    refuses(workspace, "no/such/folder", &["no/such/folder"])?;
    refuses(workspace, "--adapter memroy", &["memroy", "memory"])?;
    refuses(workspace, "--adapter redis://127.0.0.1:port", &["port of a redis URL"])?;
    refuses(workspace, "--adaptor memory", &["--adaptor", "--help"])
}

/// Checks that it does its job on each far store, on servers of its own; and that where none answers it says so.
fn serves(workspace: &Workspace) -> Outcome {
    let text = |error: std::io::Error| error.to_string();
    let file = workspace.root.join("target/quickstart.sqlite");
    let (redis, memcached) = (Redis::start().map_err(text)?, Memcached::start().map_err(text)?);
    for store in [format!("sqlite:{}", file.display()), redis.url(), memcached.url()] {
        workspace.cargo(COMMAND).argument("--adapter").argument(store).run()?;
    }
    // Otherwise what is measured next would be kept from today.
    fs::remove_file(&file).map_err(text)?;
    let nobody = Unreachable::new().map_err(text)?;
    for (scheme, said) in [("redis", "cannot reach redis"), ("memcache", "cannot connect to memcached")] {
        refuses(workspace, &format!("--adapter {}", nobody.url(scheme)), &[said])?;
    }
    Ok(())
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

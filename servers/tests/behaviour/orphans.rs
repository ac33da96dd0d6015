//! A server does not outlive those who started it, however they end: this program starts itself, and is killed.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use larder_servers::{Memcached, Redis, or_skip};

use crate::client::is_refused;

/// The one test here, as the harness calls it.
const TEST: &str = "orphans::a_server_ends_with_a_process_that_is_killed_or_exits_without_dropping_it";

/// Tells this program that it is the one to be killed, and how it is to end.
const ENDING: &str = "LARDER_SERVERS_ENDING";

/// What the child prints before the port and folder of each server.
const STARTED: &str = "started:";

#[test]
fn a_server_ends_with_a_process_that_is_killed_or_exits_without_dropping_it() {
    if let Ok(ending) = env::var(ENDING) {
        hold_servers(&ending);
    }
    if or_skip(Redis::start()).is_none() || or_skip(Memcached::start()).is_none() {
        return;
    }
    for ending in ["killed", "exit"] {
        let mut child = holder(ending);
        let servers = started(&mut child);
        assert_eq!(servers.len(), 3);
        if ending == "killed" {
            assert!(servers.iter().all(|(port, folder)| !is_refused(*port) && folder.exists()));
            child.kill().unwrap();
        }
        child.wait().unwrap();
        let start = Instant::now();
        while !servers.iter().all(|(port, folder)| is_refused(*port) && !folder.exists()) {
            assert!(start.elapsed() < Duration::from_secs(20), "{ending}: still there: {servers:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// The child's part: starts servers, one of them frozen, and never drops them.
fn hold_servers(ending: &str) -> ! {
    let redis = Redis::start().unwrap();
    let frozen = Redis::start().unwrap();
    frozen.freeze().unwrap();
    let memcached = Memcached::start().unwrap();
    for server in [&*redis, &*frozen, &*memcached] {
        println!("\n{STARTED}{} {}", server.port(), server.folder().display());
    }
    if ending == "exit" {
        process::exit(0);
    }
    loop {
        thread::park();
    }
}

fn holder(ending: &str) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", TEST, "--nocapture"]).env(ENDING, ending).stdout(Stdio::piped()).spawn().unwrap()
}

/// The ports and folders of the `child`'s servers.
fn started(child: &mut Child) -> Vec<(u16, PathBuf)> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let servers = lines.filter_map(|line| {
        let (port, folder) = line.strip_prefix(STARTED)?.split_once(' ')?;
        Some((port.parse().unwrap(), Path::new(folder).to_owned()))
    });
    servers.take(3).collect()
}

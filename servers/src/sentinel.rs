//! A Redis master with two replicas, and three sentinels who watch it.

use std::io;
use std::time::Duration;

use crate::redis::{Redis, program};
use crate::resp::{ask, ask_text};
use crate::server::{Kind, Server};
use crate::wait::wait;

/// It wants a file of its own to write in, and a program before it writes one there.
static SENTINEL: Kind = Kind { program: || "sh", scheme: "redis", arguments, proof: "socket", question: "PING\r\n" };

/// The program, its own port, that of the master, and how long the master may be silent, in milliseconds.
const SCRIPT: &str = r#"
cat > sentinel.conf <<END
port $2
bind 127.0.0.1
unixsocket socket
dir .
sentinel monitor prime 127.0.0.1 $3 2
sentinel down-after-milliseconds prime $4
sentinel failover-timeout prime 2000
sentinel parallel-syncs prime 2
END
exec "$1" sentinel.conf --sentinel
"#;

fn arguments(port: u16) -> Vec<String> {
    ["-c", SCRIPT, "sh", program(), &port.to_string()].map(Into::into).into()
}

const N_SENTINELS: usize = 3;
const N_REPLICAS: usize = 2;

/// First the master as it was in the beginning, then its replicas; and the sentinels.
#[derive(Debug)]
pub struct RedisSentinel {
    nodes: Vec<Redis>,
    sentinels: Vec<Server>,
}

impl RedisSentinel {
    /// The name by which the sentinels know the master.
    pub const MASTER: &str = "prime";

    /// Starts them, and waits until each knows the others. A master that is silent for so long is replaced.
    ///
    /// # Errors
    /// As [`Server::restart`]; `TimedOut` when they do not find each other.
    pub fn start(timeout: Duration) -> io::Result<Self> {
        let nodes = (0..=N_REPLICAS).map(|_| Redis::with(&[("repl-diskless-sync-delay", "0")]));
        let nodes = nodes.collect::<io::Result<Vec<_>>>()?;
        let (port, timeout) = (nodes[0].port().to_string(), timeout.as_millis().to_string());
        for replica in &nodes[1..] {
            ask(replica.port(), &["REPLICAOF", "127.0.0.1", &port])?;
        }
        wait("the replicas", || nodes.iter().all(is_ready))?;
        let sentinels = (0..N_SENTINELS).map(|_| Server::start(&SENTINEL, vec![port.clone(), timeout.clone()]));
        let all = Self { nodes, sentinels: sentinels.collect::<io::Result<_>>()? };
        let knows = |line: &str, sentinel: &Server| {
            ask_text(sentinel.port(), &["INFO", "sentinel"]).is_ok_and(|text| text.contains(line))
        };
        let line = format!("status=ok,address=127.0.0.1:{port},slaves={N_REPLICAS},sentinels={N_SENTINELS}");
        wait("the sentinels to meet", || all.sentinels.iter().all(|sentinel| knows(&line, sentinel)))?;
        Ok(all)
    }

    /// What a client is given to find the master.
    #[must_use]
    pub fn url(&self) -> String {
        let sentinels: Vec<_> = self.sentinels.iter().map(|one| format!("127.0.0.1:{}", one.port())).collect();
        format!("redis+sentinel://{}/{}", sentinels.join(","), Self::MASTER)
    }

    /// A server, to be frozen or killed.
    pub fn node(&mut self, at: usize) -> &mut Redis {
        &mut self.nodes[at]
    }

    /// A sentinel.
    pub fn sentinel(&mut self, at: usize) -> &mut Server {
        &mut self.sentinels[at]
    }

    /// What a server answers to a command.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub fn ask(&self, at: usize, words: &[&str]) -> io::Result<Vec<String>> {
        ask(self.nodes[at].port(), words)
    }

    /// The number of the master, as most of the sentinels that run say.
    ///
    /// # Errors
    /// When they do not agree.
    pub fn master(&self) -> io::Result<usize> {
        let said = |sentinel: &Server| {
            let told = ask(sentinel.port(), &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER]).ok()?;
            self.nodes.iter().position(|node| told.get(1).is_some_and(|port| *port == node.port().to_string()))
        };
        let told: Vec<_> = self.sentinels.iter().filter(|one| one.pid().is_some()).filter_map(said).collect();
        let agreed = told.iter().find(|at| told.iter().filter(|other| other == at).count() * 2 > N_SENTINELS);
        agreed.copied().ok_or_else(|| io::Error::other("the sentinels do not agree"))
    }

    /// Lets a replica take over, as an operator does.
    ///
    /// # Errors
    /// When the sentinels refuse, or it does not take over.
    pub fn fail_over(&self) -> io::Result<()> {
        let before = self.master()?;
        // Right after another failover it takes them a moment.
        wait("a failover to begin", || ask(self.sentinels[0].port(), &["SENTINEL", "FAILOVER", Self::MASTER]).is_ok())?;
        self.wait_for_another(before)
    }

    /// Until another is master, and takes writes.
    ///
    /// # Errors
    /// `TimedOut` if that does not come.
    pub fn wait_for_another(&self, than: usize) -> io::Result<()> {
        wait("another master", || {
            self.master().is_ok_and(|at| {
                at != than && ask_text(self.nodes[at].port(), &["ROLE"]).is_ok_and(|role| role == "master")
            })
        })
    }

    /// Until the servers that run have what the master has.
    ///
    /// # Errors
    /// `TimedOut` if that does not come.
    pub fn wait_until_whole(&self) -> io::Result<()> {
        wait("the servers to follow the master", || {
            let Ok(master) = self.master() else { return false };
            let running = self.nodes.iter().filter(|node| node.pid().is_some());
            let n_masters = running.clone().filter(|node| is_master(node)).count();
            n_masters == 1 && is_master(&self.nodes[master]) && running.clone().all(is_ready)
        })
    }
}

fn is_master(node: &Redis) -> bool {
    ask_text(node.port(), &["ROLE"]).is_ok_and(|role| role == "master")
}

fn is_ready(node: &Redis) -> bool {
    let info = ask_text(node.port(), &["INFO", "replication"]).unwrap_or_default();
    info.contains("role:master") || info.contains("master_link_status:up")
}

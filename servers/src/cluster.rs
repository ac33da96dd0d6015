//! A Redis Cluster on this machine: masters, replicas, and what happens to them.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::time::Duration;

use crate::port::free_port;
use crate::redis::{Certificates, Redis};
use crate::resp::{ask, ask_text};
use crate::wait::wait;

/// How long a node may be silent before the others take it for dead: so long that on a busy machine none is by mistake.
const NODE_TIMEOUT: Duration = Duration::from_secs(30);

const N_SLOTS: usize = 16_384;

/// Nodes that know each other, first the masters and then the replicas, as they were in the beginning.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Node>,
    /// Those that do not answer, and are not to be asked.
    frozen: BTreeSet<usize>,
}

#[derive(Debug)]
struct Node {
    redis: Redis,
    /// Where it speaks with the others.
    bus: u16,
    /// Where it speaks TLS, if it does.
    tls: Option<u16>,
}

impl Node {
    fn start(timeout: Duration, certificates: Option<&Certificates<'_>>) -> io::Result<Self> {
        loop {
            let bus = free_port()?;
            let (own, timeout) = (bus.to_string(), timeout.as_millis().to_string());
            let settings = [
                ("cluster-enabled", "yes"),
                ("cluster-port", &*own),
                ("cluster-node-timeout", &*timeout),
                // A master that is down takes its own slots with it, and its replica may have fallen behind.
                ("cluster-require-full-coverage", "no"),
                ("cluster-replica-validity-factor", "0"),
                ("repl-diskless-sync-delay", "0"),
            ];
            let started = match certificates {
                None => Redis::with(&settings).map(|redis| (redis, None)),
                // Nodes tell clients the ports at which they speak TLS only if they do so among themselves.
                Some(certificates) => {
                    let settings = [&settings[..], &[("tls-cluster", "yes")]].concat();
                    Redis::with_tls(certificates, &settings).map(|(redis, port)| (redis, Some(port)))
                }
            };
            match started {
                // Another was faster to that port.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                started => return started.map(|(redis, tls)| Self { redis, bus, tls }),
            }
        }
    }

    fn ask(&self, words: &[&str]) -> io::Result<String> {
        ask_text(self.redis.port(), words)
    }

    fn cluster(&self, words: &[&str]) -> io::Result<String> {
        self.ask(&[&["CLUSTER"], words].concat())
    }

    fn id(&self) -> io::Result<String> {
        self.cluster(&["MYID"])
    }

    fn meet(&self, other: &Self) -> io::Result<()> {
        let (port, bus) = (other.redis.port().to_string(), other.bus.to_string());
        self.cluster(&["MEET", "127.0.0.1", &port, &bus]).map(drop)
    }

    /// Of its `INFO` or `CLUSTER INFO`.
    fn says(&self, words: &[&str], line: &str) -> bool {
        self.ask(words).is_ok_and(|text| text.lines().any(|own| own.trim_end() == line))
    }
}

impl RedisCluster {
    /// Starts masters, each with so many replicas, and waits until all have found each other.
    ///
    /// # Errors
    /// As [`Server::restart`](crate::Server::restart); `TimedOut` when they do not agree.
    pub fn start(n_masters: usize, n_replicas_each: usize) -> io::Result<Self> {
        Self::with_timeout(n_masters, n_replicas_each, NODE_TIMEOUT)
    }

    /// The same, where a node may be silent for so long before a replica takes over.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn with_timeout(n_masters: usize, n_replicas_each: usize, timeout: Duration) -> io::Result<Self> {
        let nodes = (0..n_masters * (1 + n_replicas_each)).map(|_| Node::start(timeout, None));
        Self::of(nodes.collect::<io::Result<_>>()?, n_masters)
    }

    /// Masters alone that speak TLS, among themselves too.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn with_tls(n_masters: usize, certificates: &Certificates<'_>) -> io::Result<Self> {
        let nodes = (0..n_masters).map(|_| Node::start(NODE_TIMEOUT, Some(certificates)));
        Self::of(nodes.collect::<io::Result<_>>()?, n_masters)
    }

    fn of(nodes: Vec<Node>, n_masters: usize) -> io::Result<Self> {
        let n_nodes = nodes.len();
        for (at, master) in nodes[..n_masters].iter().enumerate() {
            let slots = at * N_SLOTS / n_masters..(at + 1) * N_SLOTS / n_masters;
            master.cluster(&["ADDSLOTSRANGE", &slots.start.to_string(), &(slots.end - 1).to_string()])?;
            master.cluster(&["SET-CONFIG-EPOCH", &(at + 1).to_string()])?;
        }
        // Each the others, as they tell each other of a third only now and then.
        for (at, node) in nodes.iter().enumerate() {
            nodes[..at].iter().try_for_each(|other| node.meet(other))?;
        }
        let all = format!("cluster_known_nodes:{n_nodes}");
        wait("the nodes to meet", || nodes.iter().all(|node| node.says(&["CLUSTER", "INFO"], &all)))?;
        for (at, replica) in nodes[n_masters..].iter().enumerate() {
            let master = nodes[at % n_masters].id()?;
            wait("a replica to know its master", || replica.cluster(&["REPLICATE", &master]).is_ok())?;
        }
        let cluster = Self { nodes, frozen: BTreeSet::new() };
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    /// What a client is given to find it.
    #[must_use]
    pub fn url(&self) -> String {
        let port = |node: &Node| node.tls.unwrap_or(node.redis.port());
        let nodes: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", port(node))).collect();
        let scheme = if self.nodes[0].tls.is_some() { "rediss" } else { "redis" };
        format!("{scheme}+cluster://{}", nodes.join(","))
    }

    /// A node.
    #[must_use]
    pub fn node(&self, at: usize) -> &Redis {
        &self.nodes[at].redis
    }

    /// What a node answers to a command.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub fn ask(&self, at: usize, words: &[&str]) -> io::Result<Vec<String>> {
        ask(self.node(at).port(), words)
    }

    /// The number of the master of a slot, as those that run say.
    ///
    /// # Errors
    /// When none of them says.
    pub fn master_of(&self, slot: u16) -> io::Result<usize> {
        self.running().find_map(|at| self.master_by(at, slot)).ok_or_else(|| io::Error::other("the slot has no master"))
    }

    /// The same, as this node says, if that one runs.
    fn master_by(&self, at: usize, slot: u16) -> Option<usize> {
        let nodes = self.nodes[at].cluster(&["NODES"]).ok()?;
        let has = |range: &str| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            (from.parse().unwrap_or(u16::MAX)..=to.parse().unwrap_or(0)).contains(&slot)
        };
        let id = nodes.lines().find_map(|line| {
            let words: Vec<_> = line.split(' ').collect();
            let is_well = words.get(2).is_some_and(|flags| flags.contains("master") && !flags.contains("fail"));
            // What is on its way stands in brackets behind those that are there.
            (is_well && words.iter().skip(8).any(|range| has(range))).then(|| words[0].to_owned())
        })?;
        self.running().find(|&at| self.nodes[at].id().is_ok_and(|own| own == id))
    }

    /// Ends a node as a crash would.
    pub fn kill(&mut self, at: usize) {
        self.nodes[at].redis.kill();
    }

    /// Stops a node in its tracks.
    ///
    /// # Errors
    /// As [`Server::freeze`](crate::Server::freeze).
    pub fn freeze(&mut self, at: usize) -> io::Result<()> {
        self.frozen.insert(at);
        self.nodes[at].redis.freeze()
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// As [`Server::thaw`](crate::Server::thaw).
    pub fn thaw(&mut self, at: usize) -> io::Result<()> {
        self.frozen.remove(&at);
        self.nodes[at].redis.thaw()
    }

    /// Until another than this node has the slot, and all that run know.
    ///
    /// # Errors
    /// `TimedOut` if that does not come.
    pub fn wait_for_another(&self, than: usize, slot: u16) -> io::Result<()> {
        wait("another master", || {
            self.running().all(|at| self.master_by(at, slot).is_some_and(|master| master != than))
        })
    }

    /// Starts a node that was killed: empty, and as a replica of whoever has this slot.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn rejoin(&mut self, at: usize, slot: u16) -> io::Result<()> {
        let master = self.master_of(slot)?;
        let id = self.nodes[master].id()?;
        // Those that have left are forgotten, so that nobody waits for them.
        for other in self.running() {
            for line in self.nodes[other].cluster(&["NODES"])?.lines().filter(|line| line.contains("fail")) {
                let _ = self.nodes[other].cluster(&["FORGET", line.split(' ').next().unwrap_or_default()]);
            }
        }
        self.nodes[at].redis.restart()?;
        self.nodes[master].meet(&self.nodes[at])?;
        wait("a replica to know its master", || self.nodes[at].cluster(&["REPLICATE", &id]).is_ok())?;
        self.wait_until_whole()
    }

    /// Lets a replica of the master of this slot take over, as an operator does who wants to restart the master.
    ///
    /// # Errors
    /// When there is no replica, or it does not take over.
    pub fn fail_over(&self, slot: u16) -> io::Result<()> {
        let master = self.master_of(slot)?;
        let id = self.nodes[master].id()?;
        let replica = self.running().find(|&at| {
            let nodes = self.nodes[at].cluster(&["NODES"]).unwrap_or_default();
            nodes.lines().any(|line| line.contains("myself,slave") && line.contains(&id))
        });
        let replica = replica.ok_or_else(|| io::Error::other("the master has no replica"))?;
        self.nodes[replica].cluster(&["FAILOVER"])?;
        wait("a replica to take over", || self.running().all(|at| self.master_by(at, slot) == Some(replica)))
    }

    /// Moves slots to another master, entry by entry, as is done while a cluster is in use. When this returns, all nodes know:
    /// one that does not, and gives other slots away, would undo it.
    ///
    /// # Errors
    /// When a node refuses.
    pub fn move_slots(&self, slots: Range<u16>, to: usize) -> io::Result<()> {
        let to_id = self.nodes[to].id()?;
        for slot in slots.clone() {
            let from = self.master_of(slot)?;
            if from == to {
                continue;
            }
            let (text, from_id) = (slot.to_string(), self.nodes[from].id()?);
            self.nodes[to].cluster(&["SETSLOT", &text, "IMPORTING", &from_id])?;
            self.nodes[from].cluster(&["SETSLOT", &text, "MIGRATING", &to_id])?;
            loop {
                let keys = self.ask(from, &["CLUSTER", "GETKEYSINSLOT", &text, "10"])?;
                if keys.is_empty() {
                    break;
                }
                let port = self.node(to).port().to_string();
                let head = ["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "REPLACE", "KEYS"];
                let keys: Vec<_> = keys.iter().map(String::as_str).collect();
                self.nodes[from].ask(&[&head[..], &keys].concat())?;
            }
            for at in [to, from] {
                self.nodes[at].cluster(&["SETSLOT", &text, "NODE", &to_id])?;
            }
        }
        let is_known = |slot| self.running().all(|at| self.master_by(at, slot) == Some(to));
        wait("all nodes to know who has the slots", || slots.clone().all(is_known))
    }

    /// Until all slots have masters, and all replicas what their masters have.
    ///
    /// # Errors
    /// `TimedOut` if that does not come.
    pub fn wait_until_whole(&self) -> io::Result<()> {
        wait("the cluster to be whole", || {
            self.running().all(|at| {
                let node = &self.nodes[at];
                let info = node.ask(&["INFO", "replication"]).unwrap_or_default();
                let is_ready = info.contains("role:master") || info.contains("master_link_status:up");
                is_ready
                    && node.says(&["CLUSTER", "INFO"], "cluster_state:ok")
                    && node.says(&["CLUSTER", "INFO"], "cluster_slots_ok:16384")
            })
        })
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|at| self.nodes[*at].redis.pid().is_some() && !self.frozen.contains(at))
    }
}

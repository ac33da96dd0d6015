//! The way to the node that holds a slot. Each node has a connection of its own, with its own health and clock; where a node
//! says that something is elsewhere, that is followed, a few times and within the one trip.
//!
//! Nothing is asked twice because it failed: that a node is lost makes the slots be learned anew, behind the callers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, Value};
use tokio::sync::oneshot;

use super::map::{Address, SlotMap};
use super::node_health::{Asked, NodeHealth};
use super::redirect::{self, Redirect};
use super::renewal::Renewal;
use super::slot::{N_SHARDS, shard_of, slots_of};
use crate::adapter::join_all;
use crate::adapters::redis::access::Access;
use crate::adapters::redis::clears::{Lane, Mark, Written};
use crate::adapters::redis::command;
use crate::adapters::redis::connection::{Connector, Source};
use crate::adapters::redis::link::Link;
use crate::adapters::redis::reply::Failure;
use crate::adapters::redis::url::Place;
use crate::error::Result;
use crate::io;
use crate::sync::{AtomicUsize, Mutex, Ordering};

/// So often a question is sent elsewhere, or again, before it has failed.
const MOST_HOPS: u32 = 8;
/// Before a question is asked again of a slot that is on its way; longer each time.
const PAUSE: Duration = Duration::from_millis(4);
/// A map that is older is learned anew behind the callers: a node that has left its cluster may answer all the same, and replicas
/// are in no map before they have something.
const OLD: Duration = Duration::from_secs(10);

/// The nodes of a cluster, and who of them holds what.
pub(super) struct Router {
    pub(super) access: Access,
    /// Where the user says that nodes are.
    pub(super) seeds: Vec<Address>,
    /// `None` before the first answer. Replaced as a whole, so that who reads holds no lock; and when it was learned.
    map: Mutex<Option<(Arc<SlotMap>, Instant)>>,
    nodes: Mutex<HashMap<(Address, Lane), Arc<Connector>>>,
    health: Mutex<HashMap<Address, Arc<NodeHealth>>>,
    pub(super) renewal: Renewal,
    /// The shards that nobody uses since they were closed, a bit for each.
    closed: AtomicUsize,
}

/// What a node has answered.
pub(super) struct Answer {
    pub(super) reply: Value,
    /// Its clock tells what is left of an entry.
    pub(super) link: Arc<Link>,
    from: Address,
}

impl Router {
    pub(super) fn new(access: Access, seeds: Vec<Address>) -> Arc<Self> {
        Arc::new(Self {
            access,
            seeds,
            map: Mutex::new(None),
            nodes: Mutex::new(HashMap::new()),
            health: Mutex::new(HashMap::new()),
            renewal: Renewal::default(),
            closed: AtomicUsize::new(0),
        })
    }

    /// One command on keys of one slot.
    pub(super) async fn ask(self: &Arc<Self>, slot: u16, command: &Cmd) -> Result<Answer> {
        let answer = self.ask_at(self.master_of(slot).await?, command).await?;
        self.follow(slot, command, answer).await
    }

    /// Many, each on keys of one slot: those for one node at once, and all nodes at once. Where one fails, the others have
    /// done their part.
    pub(super) async fn ask_all(self: &Arc<Self>, commands: &[(u16, Cmd)]) -> Result<Vec<Answer>> {
        let mut by_node = HashMap::<Address, Vec<usize>>::new();
        for (at, (slot, _)) in commands.iter().enumerate() {
            by_node.entry(self.master_of(*slot).await?).or_default().push(at);
        }
        let asked = join_all(by_node.into_iter().map(|(address, at)| self.ask_node(address, at, commands))).await;
        let mut answers: Vec<_> = commands.iter().map(|_| None).collect();
        for asked in asked {
            for (at, answer) in asked? {
                answers[at] = Some(answer);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Those of the commands that stand at these places, of one node.
    async fn ask_node(
        self: &Arc<Self>,
        address: Address,
        at: Vec<usize>,
        commands: &[(u16, Cmd)],
    ) -> Result<Vec<(usize, Answer)>> {
        let own: Vec<_> = at.iter().map(|&at| commands[at].1.clone()).collect();
        let asked = Asked::of(self, &address)?;
        let answered = async {
            let link = self.link(&address).await?;
            link.run_all(&own).await.inspect_err(|_| self.doubt()).map(|replies| (replies, link))
        };
        let (replies, link) = asked.told(answered.await)?;
        if replies.len() != own.len() {
            return Err(Failure {
                attempted: "the redis server refused".into(),
                cause: "it left something out".into(),
            }
            .into());
        }
        let followed = at.into_iter().zip(replies).map(|(at, reply)| {
            let answer = Answer { reply, link: link.clone(), from: address.clone() };
            let (slot, command) = &commands[at];
            async move { self.follow(*slot, command, answer).await.map(|answer| (at, answer)) }
        });
        join_all(followed).await.into_iter().collect()
    }

    /// The answer, wherever it is; the last redirection where there are too many.
    async fn follow(self: &Arc<Self>, slot: u16, command: &Cmd, mut answer: Answer) -> Result<Answer> {
        for hop in 0..MOST_HOPS {
            let Some(redirect) = redirect::of(&answer.reply, &answer.from, &self.access.addresses) else {
                if redirect::is_upheaval(&answer.reply) {
                    self.doubt();
                }
                return Ok(answer);
            };
            // Nodes that send one to each other have not heard the same yet.
            if redirect == Redirect::Again || hop > 1 {
                pause(PAUSE * (hop + 1)).await;
            }
            let redirect = self.checked(slot, redirect, &answer.from).await?;
            answer = match redirect {
                Redirect::Moved(address) => {
                    self.moved(slot, &address);
                    self.ask_at(address, command).await?
                }
                Redirect::Ask(address) => {
                    let asked = Asked::of(self, &address)?;
                    let answered = async {
                        let link = self.link(&address).await?;
                        link.run_asking(command).await.inspect_err(|_| self.doubt()).map(|reply| (reply, link))
                    };
                    let (reply, link) = asked.told(answered.await)?;
                    Answer { reply, link, from: address }
                }
                Redirect::Again => self.ask_at(self.master_of(slot).await?, command).await?,
            };
        }
        // Who asked says what that means.
        Ok(answer)
    }

    /// A redirection to a node that is not known may come from one that has left for another cluster: it is followed if, by what
    /// the others say, the one is still ours, or the other is.
    async fn checked(self: &Arc<Self>, slot: u16, redirect: Redirect, from: &Address) -> Result<Redirect> {
        let (Redirect::Moved(address) | Redirect::Ask(address)) = &redirect else { return Ok(redirect) };
        let is_known = |map: &SlotMap| map.names(address) || self.seeds.contains(address);
        if self.known().is_some_and(|map| is_known(&map)) {
            return Ok(redirect);
        }
        let map = self.renew().await?;
        if is_known(&map) {
            return Ok(redirect);
        }
        // A new node has no slots yet, and is in no map.
        if matches!(redirect, Redirect::Ask(_)) && map.has(slot, from) {
            self.correct(|map| map.meet(address.clone()));
            return Ok(redirect);
        }
        Ok(Redirect::Again)
    }

    async fn ask_at(self: &Arc<Self>, address: Address, command: &Cmd) -> Result<Answer> {
        let asked = Asked::of(self, &address)?;
        let answered = async {
            let link = self.link(&address).await?;
            link.run(command).await.inspect_err(|_| self.doubt()).map(|reply| (reply, link))
        };
        let (reply, link) = asked.told(answered.await)?;
        Ok(Answer { reply, link, from: address })
    }

    /// Whether a node answers.
    pub(super) fn health(&self, address: &Address) -> Arc<NodeHealth> {
        let mut health = self.health.lock();
        match health.get(address) {
            Some(known) => known.clone(),
            None => health.entry(address.clone()).or_insert_with(NodeHealth::new).clone(),
        }
    }

    /// Does this shard lie on several nodes? Then it is not down with either.
    pub(super) fn is_split(&self, shard: u16) -> bool {
        self.known().is_some_and(|map| map.masters_of(slots_of(shard)).len() > 1)
    }

    /// The connection to a node.
    pub(super) async fn link(self: &Arc<Self>, address: &Address) -> Result<Arc<Link>> {
        self.node(address, Lane::Calls)?.link().await.inspect_err(|_| self.doubt())
    }

    /// What answers say to be done, in the namespace of `name`, for the replicas of each node to confirm: once for those that came
    /// from one node by one connection, as it takes some time to find a slot that a node has.
    pub(super) fn written<'a>(&self, answers: impl Iterator<Item = &'a Answer>, name: &str) -> Result<Vec<Written>> {
        let mut seen = HashSet::new();
        let firsts = answers.filter(|answer| seen.insert((&answer.from, Arc::as_ptr(&answer.link))));
        firsts.map(|answer| self.written_by(answer, name)).collect()
    }

    fn written_by(&self, answer: &Answer, name: &str) -> Result<Written> {
        let tags = self.known().map(|map| map.tags_of(&answer.from)).unwrap_or_default();
        let namespace = command::namespace_in(name);
        let keys = tags.iter().map(|tag| command::mark_key(namespace, &format!("{{{tag}}}")));
        let mark = Mark(keys.collect());
        Ok(Written { link: answer.link.clone(), waiting: self.node(&answer.from, Lane::Confirmations)?, mark })
    }

    /// What connects to a node.
    pub(super) fn node(&self, address: &Address, lane: Lane) -> Result<Arc<Connector>> {
        let place = (address.clone(), lane);
        if let Some(node) = self.nodes.lock().get(&place) {
            return Ok(node.clone());
        }
        let (host, port) = address;
        let target = self.access.to(Place::Tcp(host.clone(), *port))?;
        let made = Connector::new(Source::Node(target), format!("{host}:{port}"));
        Ok(self.nodes.lock().entry(place).or_insert(made).clone())
    }

    async fn master_of(self: &Arc<Self>, slot: u16) -> Result<Address> {
        self.open(shard_of(slot));
        let map = self.map().await?;
        map.master_of(slot).cloned().ok_or_else(|| {
            self.doubt();
            let cause = format!("slot {slot} has no master: {}", map.lack());
            Failure { attempted: "the redis cluster is not whole".into(), cause }.into()
        })
    }

    /// The map, learned if there is none.
    pub(super) async fn map(self: &Arc<Self>) -> Result<Arc<SlotMap>> {
        let Some((map, learned)) = self.map.lock().clone() else { return self.renew().await };
        if learned.elapsed() > OLD {
            self.doubt();
        }
        Ok(map)
    }

    /// The map as far as it is known.
    pub(super) fn known(&self) -> Option<Arc<SlotMap>> {
        self.map.lock().as_ref().map(|(map, _)| map.clone())
    }

    /// A whole one. Nodes that it does not know are forgotten.
    pub(super) fn settle(&self, map: Arc<SlotMap>) {
        let mut gone = Vec::new();
        {
            let masters = map.masters();
            let is_there = |address: &Address| {
                masters.contains(&address) || map.replicas().contains(address) || self.seeds.contains(address)
            };
            let mut nodes = self.nodes.lock();
            let addresses: Vec<_> = nodes.keys().filter(|(address, _)| !is_there(address)).cloned().collect();
            gone.extend(addresses.iter().filter_map(|place| nodes.remove(place)));
            self.health.lock().retain(|address, _| is_there(address));
        }
        let before = self.map.lock().replace((map, Instant::now()));
        drop((before, gone));
    }

    /// A shard is used.
    pub(super) fn open(&self, shard: u16) {
        if self.closed.load(Ordering::Relaxed) != 0 {
            self.closed.fetch_and(!(1 << shard), Ordering::Relaxed);
        }
    }

    /// A shard is used no more. Its masters are those of other shards too, which may fare better: so a connection is closed by
    /// the last who uses it, and before that only if it does not answer.
    pub(super) fn close(&self, shard: u16) -> Result<()> {
        let closed = self.closed.fetch_or(1 << shard, Ordering::Relaxed) | 1 << shard;
        let Some(map) = self.known() else { return Ok(()) };
        let used: Vec<_> = (0..N_SHARDS).filter(|other| closed & 1 << other == 0).collect();
        let used: Vec<_> = used.into_iter().flat_map(|other| map.masters_of(slots_of(other))).collect();
        for address in map.masters_of(slots_of(shard)) {
            for lane in [Lane::Calls, Lane::Confirmations] {
                let node = self.node(address, lane)?;
                if used.contains(&address) { node.close_if_doubted() } else { node.close() }
            }
        }
        Ok(())
    }

    /// A node has said that a slot is elsewhere: that is believed at once, and the rest is asked for.
    fn moved(self: &Arc<Self>, slot: u16, address: &Address) {
        self.correct(|map| {
            if !map.has(slot, address) {
                map.moved(slot, address);
            }
        });
        self.doubt();
    }

    fn correct(&self, correct: impl FnOnce(&mut SlotMap)) {
        if let Some((map, _)) = self.map.lock().as_mut() {
            correct(Arc::make_mut(map));
        }
    }
}

/// On the I/O runtime, as whoever waits may have no timers.
async fn pause(duration: Duration) {
    let (sender, over) = oneshot::channel();
    io::spawn(async move {
        tokio::time::sleep(duration).await;
        let _ = sender.send(());
    });
    let _ = over.await;
}

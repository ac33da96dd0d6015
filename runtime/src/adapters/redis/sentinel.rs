//! Where the master is, as sentinels say: they are asked with each attempt to connect, and again and again behind the callers. All
//! connections of a cache lead to one master: whichever learns of another gives up those to the one before.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::Value;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use tokio::time::timeout;

use super::access::Access;
use super::health::Health;
use super::link::{Line, Link};
use super::reply::{self, Failure};
use super::socket;
use super::url::Place;
use crate::adapter::join_all;
use crate::error::Error;
use crate::io;
use crate::sync::Mutex;

/// How long one sentinel may take; the others are asked at the same time.
const PATIENCE: Duration = Duration::from_millis(600);
/// Between two looks whether the master still is.
const BETWEEN: Duration = Duration::from_secs(1);

/// Host and port.
type Address = (String, u16);

/// Some sentinels, and what they know.
pub(super) struct Sentinels {
    places: Vec<Sentinel>,
    /// The name by which they know the master.
    master: String,
    /// How to get into the sentinels.
    own: Access,
    /// How to get into the master.
    pub(super) access: Access,
    current: Mutex<Current>,
}

/// One of them, and the connection to it, which lasts as long as one to the master does.
struct Sentinel {
    place: Place,
    line: Mutex<Option<(MultiplexedConnection, Health)>>,
}

/// The one master of all connections.
#[derive(Default)]
struct Current {
    address: Option<Address>,
    /// To it alone.
    links: Vec<Weak<Link>>,
    is_watched: bool,
}

impl Sentinels {
    pub(super) fn new(places: Vec<Place>, master: String, own: Access, access: Access) -> Arc<Self> {
        let places = places.into_iter().map(|place| Sentinel { place, line: Mutex::default() }).collect();
        Arc::new(Self { places, master, own, access, current: Mutex::default() })
    }

    /// How errors call what they watch.
    pub(super) fn name(&self) -> String {
        let places: Vec<_> = self.places.iter().map(|one| one.place.to_string()).collect();
        format!("the master `{}` of {}", self.master, places.join(", "))
    }

    /// A connection to the master.
    pub(super) async fn connect(self: &Arc<Self>, health: Health) -> Result<Arc<Link>, Failure> {
        let told = self.ask_all().await?;
        let address = most_told(&told).map(|(address, _)| address.clone()).ok_or_else(unsettled)?;
        self.follow(Some(&address));
        let (host, port) = address.clone();
        let target = self.access.to(Place::Tcp(host, port)).map_err(|error| failed(&error))?;
        let link = Link::meet(Line::Own(socket::open(&target, &health).await?), health).await?;
        let is_master = role(&link).await?;
        if is_master != Some(true) || !self.join(&address, &link) {
            link.give_up();
            return Err(unsettled());
        }
        Ok(link)
    }

    /// The master is there, or nobody knows where: connections to another are given up.
    fn follow(&self, address: Option<&Address>) {
        let mut current = self.current.lock();
        if current.address.as_ref() == address && address.is_some() {
            return;
        }
        current.address = address.cloned();
        let links = std::mem::take(&mut current.links);
        drop(current);
        links.iter().filter_map(Weak::upgrade).for_each(|link| link.give_up());
    }

    /// A connection of those to the master at `address`, unless that is another by now.
    fn join(self: &Arc<Self>, address: &Address, link: &Arc<Link>) -> bool {
        let mut current = self.current.lock();
        if current.address.as_ref() != Some(address) {
            return false;
        }
        current.links.push(Arc::downgrade(link));
        if !std::mem::replace(&mut current.is_watched, true) {
            drop(current);
            io::spawn(watch(Arc::downgrade(self)));
        }
        true
    }

    /// Those that are up. Where there is none, nobody watches any more.
    fn links(&self) -> Vec<Arc<Link>> {
        let mut current = self.current.lock();
        let links: Vec<_> = current.links.iter().filter_map(Weak::upgrade).filter(|link| link.is_up()).collect();
        current.links = links.iter().map(Arc::downgrade).collect();
        current.is_watched = !links.is_empty();
        drop(current);
        if links.is_empty() {
            let lines: Vec<_> = self.places.iter().map(|one| one.line.lock().take()).collect();
            drop(lines);
        }
        links
    }

    /// Where each that answers says that the master is.
    async fn ask_all(&self) -> Result<Vec<Address>, Failure> {
        let asked = join_all(self.places.iter().map(|one| timeout(PATIENCE, self.ask(one)))).await;
        let mut failure = Failure { attempted: "no sentinel answers".into(), cause: "none within 600 ms".into() };
        let mut told = Vec::new();
        for answer in asked.into_iter().flatten() {
            match answer {
                Ok(address) => told.push(address),
                Err(error) => failure = error,
            }
        }
        if told.is_empty() { Err(failure) } else { Ok(told) }
    }

    async fn ask(&self, sentinel: &Sentinel) -> Result<Address, Failure> {
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let (connection, health) = self.line_to(sentinel).await?;
        let asking = Asking(Some(health));
        let answer = connection.clone().req_packed_command(&question).await;
        let lost = |error| Failure { attempted: "a sentinel did not answer".into(), cause: reply::cause(&error) };
        let address = address(answer.map_err(lost)?).map_err(|error| failed(&error))?;
        asking.answered();
        address.map(|address| self.access.addresses.reached(address)).ok_or_else(|| Failure {
            attempted: format!("the sentinels know no master `{}`", self.master),
            cause: "the name stands behind the sentinels in the URL".into(),
        })
    }

    async fn line_to(&self, sentinel: &Sentinel) -> Result<(MultiplexedConnection, Health), Failure> {
        let line = sentinel.line.lock().clone();
        if let Some(line) = line.filter(|(_, health)| health.is_up()) {
            return Ok(line);
        }
        let target = self.own.to(sentinel.place.clone()).map_err(|error| failed(&error))?;
        let health = Health::new();
        let line = (socket::open(&target, &health).await?, health);
        let before = sentinel.line.lock().replace(line.clone());
        drop(before);
        Ok(line)
    }
}

/// A question to a sentinel. One that gets no answer is the last on its connection.
struct Asking(Option<Health>);

impl Asking {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(health) = self.0.take() {
            health.give_up();
        }
    }
}

/// Leaves a master that is none any more, or that most sentinels have left: it may take them long to tell it so, and until then
/// it takes changes that will be lost, and answers with what others have changed elsewhere.
async fn watch(sentinels: Weak<Sentinels>) {
    loop {
        tokio::time::sleep(BETWEEN).await;
        let Some(sentinels) = sentinels.upgrade() else { return };
        let links = sentinels.links();
        if links.is_empty() {
            return;
        }
        let current = sentinels.current.lock().address.clone();
        if let (Ok(told), Some(current)) = (sentinels.ask_all().await, &current)
            && let Some(other) = other_of_most(&told, current)
        {
            sentinels.follow(Some(other));
            continue;
        }
        let roles = join_all(links.iter().map(|link| timeout(PATIENCE, role(link)))).await;
        if roles.iter().any(|role| matches!(role, Ok(Ok(Some(false))))) {
            sentinels.follow(None);
        }
    }
}

/// Whoever most name, and how many do.
fn most_told(told: &[Address]) -> Option<(&Address, usize)> {
    let mut votes = BTreeMap::<&Address, usize>::new();
    told.iter().for_each(|address| *votes.entry(address).or_default() += 1);
    votes.into_iter().max_by_key(|(_, n_votes)| *n_votes)
}

/// Another than the `current` that more than half name.
fn other_of_most<'a>(told: &'a [Address], current: &Address) -> Option<&'a Address> {
    let (other, n_votes) = most_told(told)?;
    (other != current && n_votes * 2 > told.len()).then_some(other)
}

/// Two texts, or nil for a name that is not known.
fn address(reply: Value) -> Result<Option<Address>, Error> {
    if matches!(reply, Value::Nil) {
        return Ok(None);
    }
    let [host, port] = reply::several(reply)?;
    let text = |reply| reply::bytes(reply).map(|text| text.and_then(|text| String::from_utf8(text).ok()));
    Ok(text(host)?.zip(text(port)?.and_then(|port| port.parse().ok())))
}

/// Is it a master, by its own word?
async fn role(link: &Link) -> Result<Option<bool>, Failure> {
    let reply = link.ask(&redis::cmd("ROLE")).await.map_err(|error| failed(&error))?;
    if matches!(reply, Value::ServerError(_)) {
        return reply::list(reply).map(|_| None).map_err(|error| failed(&error));
    }
    Ok(reply::is_master(&reply))
}

fn unsettled() -> Failure {
    let cause = "the sentinels have not agreed on another yet, or have not told it".into();
    Failure { attempted: "what the sentinels call the master is none".into(), cause }
}

fn failed(error: &Error) -> Failure {
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    Failure { attempted: error.to_string(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> Address {
        ("10.0.0.1".into(), port)
    }

    #[test]
    fn what_sentinels_say_is_an_address_or_nothing() {
        let part = |text: &str| Value::BulkString(text.into());
        let told = address(Value::Array(vec![part("10.0.0.1"), part("6379")])).unwrap();
        assert_eq!(told, Some(("10.0.0.1".into(), 6379)));
        assert_eq!(address(Value::Nil).unwrap(), None);
        assert_eq!(address(Value::Array(vec![part("h"), part("port")])).unwrap(), None);
        assert!(address(Value::Int(1)).is_err());
    }

    #[test]
    fn a_master_is_left_when_most_name_one_other() {
        let table: [(&[u16], Option<u16>); 6] = [
            (&[1, 1, 1], None),
            (&[1, 1, 2], None),
            (&[1, 2, 2], Some(2)),
            (&[1, 2], None),
            (&[2], Some(2)),
            (&[2, 3], None),
        ];
        for (told, other) in table {
            let told: Vec<_> = told.iter().copied().map(at).collect();
            assert_eq!(other_of_most(&told, &at(1)), other.map(at).as_ref(), "{told:?}");
        }
        assert_eq!(most_told(&[at(1), at(2), at(1)]), Some((&at(1), 2)));
        assert_eq!(most_told(&[]), None);
    }
}

//! Sees to it that the servers of a list have the stamp of that list, in each namespace that is used: see `list`.
//!
//! All of them are looked at before a process learns its first epoch of a namespace or changes something there, and again beside
//! each reading of epochs, a few times a second while the namespace is in use. No hit and no miss asks for any of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::timeout;

use super::list::{self, Agreement, Stamp};
use super::standing::stored;
use super::wire::{Command, Mode, Outcome};
use super::{Inner, MemcachedCache, epoch};
use crate::adapter::{EpochName, StoreKey, join_all};
use crate::error::{Error, ErrorKind, Result};
use crate::io;
use crate::sync::Mutex;

/// So long a look is enough for all.
const FRESH: Duration = Duration::from_millis(300);
/// So long epochs are believed: whoever has looked longer ago looks before it goes on, and not behind it.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long a server may take; the others are asked at the same time.
const LIMIT: Duration = Duration::from_millis(150);
/// How often it is looked anew because another process was faster.
const N_ATTEMPTS: usize = 4;

/// The list of servers that a process uses.
pub(super) struct List {
    digest: u64,
    servers: OnceLock<Vec<Weak<Inner>>>,
    /// By their epochs' names.
    namespaces: Mutex<HashMap<Box<str>, Namespace>>,
}

#[derive(Default)]
struct Namespace {
    agreement: Agreement,
    looked: Option<Instant>,
    /// Whether each server had the stamp of the list when it was last looked.
    is_settled: Vec<bool>,
    running: Option<Look>,
}

/// A look under way; it comes to whether anything is other than this process knew.
type Look = watch::Receiver<Option<bool>>;

impl List {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Arc<Self> {
        let (servers, namespaces) = Default::default();
        Arc::new(Self { digest: list::digest(names), servers, namespaces })
    }

    /// Whose servers these are, in the order of their places.
    pub(super) fn join(&self, servers: &[MemcachedCache]) {
        let _ = self.servers.set(servers.iter().map(|server| Arc::downgrade(&server.0)).collect());
    }

    /// A look at the servers for what the one at this place is going to tell: begun if the last was not just now, and handed out
    /// if what it finds must be known first.
    fn look(self: &Arc<Self>, namespace: &str, place: usize) -> Option<Look> {
        let mut namespaces = self.namespaces.lock();
        if !namespaces.contains_key(namespace) {
            namespaces.insert(namespace.into(), Namespace::default());
        }
        let known = namespaces.get_mut(namespace)?;
        let age = known.looked.filter(|_| known.is_settled.get(place) == Some(&true)).map(|looked| looked.elapsed());
        if age.is_some_and(|age| age < FRESH) {
            return None;
        }
        let look = known.running.clone().filter(|running| running.has_changed().is_ok()).unwrap_or_else(|| {
            let (sender, look) = watch::channel(None);
            known.running = Some(look.clone());
            let asked = known.is_settled.iter().zip(0..).map(|(is_settled, at)| *is_settled || at == place).collect();
            let (list, namespace) = (Arc::clone(self), namespace.to_owned());
            io::spawn(async move {
                let has_changed = list.settle(&namespace, asked).await;
                sender.send_replace(Some(has_changed));
            });
            look
        });
        age.is_none_or(|age| age >= BELIEVED).then_some(look)
    }

    /// Had the server at this place the stamp of the list when it was last looked?
    fn is_settled(&self, namespace: &str, place: usize) -> bool {
        let namespaces = self.namespaces.lock();
        namespaces.get(namespace).is_some_and(|known| known.is_settled.get(place) == Some(&true))
    }

    /// Was this namespace looked at by this process at any time?
    fn knows(&self, namespace: &str) -> bool {
        self.namespaces.lock().get(namespace).is_some_and(|known| known.looked.is_some())
    }

    /// Looks until the servers that answer have one stamp, or are left as they are for now. One that did not answer the last time
    /// is asked when it is used: its breaker knows best when that is. Was anything other than this process knew?
    async fn settle(&self, namespace: &str, asked: Vec<bool>) -> bool {
        let key = key(namespace);
        let servers: Vec<_> = self.servers.get().into_iter().flatten().map(Weak::upgrade).collect();
        let is_asked = |at: usize| asked.get(at).copied().unwrap_or(true);
        let asked: Vec<_> =
            servers.iter().zip(0..).map(|(server, at)| server.as_ref().filter(|_| is_asked(at))).collect();
        let before = self.change(namespace, |known| known.agreement.known());
        let is_known = || self.change(namespace, |known| known.agreement.known()) == before;
        let mut has_written = false;
        for _ in 0..N_ATTEMPTS {
            let found = join_all(asked.iter().map(|server| async {
                let server = MemcachedCache(Arc::clone((*server)?));
                timeout(LIMIT, read(&server, namespace, &key)).await.ok()?.ok()
            }));
            let found = found.await;
            let at = (Instant::now(), now_ms());
            let stamps = found.iter().flatten().map(|found| found.stamp);
            let Some(settled) = self.change(namespace, |known| known.agreement.settle(self.digest, stamps, at)) else {
                // Another list is in use for the moment, and its epochs are those that count.
                self.looked(namespace, found.iter().map(Option::is_some).collect());
                return has_written || !is_known();
            };
            // What was emptied since has nothing older; and where there is no stamp but of processes that have just begun with this
            // list, too, no other was in use.
            let is_other = |found: &Found| found.stamp.is_some_and(|stamp| !stamp.is_of_one_start(settled));
            let is_new = before.0 != Some(settled) && found.iter().flatten().any(is_other);
            let written = join_all(asked.iter().zip(&found).map(|(server, found)| async {
                let found = (*found)?;
                if found.stamp == Some(settled) {
                    return Some(Written::Before);
                }
                let server = MemcachedCache(Arc::clone((*server)?));
                let dead = (is_new || is_other(&found)).then_some(namespace);
                let written = timeout(LIMIT, write(&server, dead, &key, settled, found)).await.ok()?.ok()?;
                Some(if written { Written::Now } else { Written::ByAnother })
            }));
            let written = written.await;
            has_written |= written.iter().flatten().any(|written| *written != Written::Before);
            if !written.contains(&Some(Written::ByAnother)) {
                self.looked(namespace, written.iter().map(Option::is_some).collect());
                return has_written || !is_known();
            }
        }
        true
    }

    fn looked(&self, namespace: &str, is_settled: Vec<bool>) {
        self.change(namespace, |known| (known.looked, known.is_settled) = (Some(Instant::now()), is_settled));
    }

    fn change<T: Default>(&self, namespace: &str, change: impl FnOnce(&mut Namespace) -> T) -> T {
        self.namespaces.lock().get_mut(namespace).map(change).unwrap_or_default()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Before,
    Now,
    ByAnother,
}

impl MemcachedCache {
    /// The looks that must have ended before what these names tell is believed.
    pub(super) fn looks(&self, names: &[EpochName]) -> Looks {
        let (mut seen, mut looks) = ("", Looks::default());
        let Some((list, place)) = &self.0.list else { return looks };
        for name in names.iter().filter_map(|name| namespace(name.as_str())) {
            if std::mem::replace(&mut seen, name) != name {
                looks.is_first |= !list.knows(name);
                looks.running.extend(list.look(name, *place));
            }
        }
        looks
    }

    /// May what the server tells of these epochs be believed, now that the looks have ended?
    ///
    /// # Errors
    /// `Unavailable` where the server did not answer in time: it may have what was cleared while another list was in use.
    pub(super) fn check_looked(&self, names: &[EpochName]) -> Result<()> {
        let Some((list, place)) = &self.0.list else { return Ok(()) };
        let mut namespaces = names.iter().filter_map(|name| namespace(name.as_str()));
        if namespaces.all(|name| list.is_settled(name, *place)) {
            return Ok(());
        }
        let message = "memcached did not say in time which list of servers it was last used with";
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    /// Before something is changed that other lists have elsewhere: the list is known to be in use.
    pub(super) async fn enlist(&self, keys: &[StoreKey]) {
        let Some((list, place)) = &self.0.list else { return };
        let namespaces = keys.iter().filter_map(|key| key.as_str().split_once(':')).map(|(namespace, _)| namespace);
        let mut seen = "";
        for namespace in namespaces.filter(|namespace| namespace.len() <= LONGEST_NAMESPACE) {
            if std::mem::replace(&mut seen, namespace) == namespace {
                continue;
            }
            let name = format!("{namespace}{EPOCH}");
            if !list.knows(&name) {
                Looks { is_first: true, running: list.look(&name, *place).into_iter().collect() }.end().await;
            }
        }
    }
}

/// Looks whose outcome must be known.
#[derive(Default)]
pub(super) struct Looks {
    /// One of them is the first of this process: until it has ended, nothing that its servers tell is to be believed.
    pub(super) is_first: bool,
    running: Vec<Look>,
}

impl Looks {
    /// Awaits them. Was anything other than this process knew?
    pub(super) async fn end(self) -> bool {
        let mut has_changed = false;
        for mut look in self.running {
            // A look whose task is gone has told nothing: what is read then is read again.
            has_changed |= look.wait_for(Option::is_some).await.is_ok_and(|look| *look == Some(true));
        }
        has_changed
    }
}

/// What ends the name of a namespace's epoch.
const EPOCH: &str = "!epoch!";
/// Longer ones have other names for their epochs than their keys begin with.
const LONGEST_NAMESPACE: usize = 130;

/// The name of its namespace's epoch, in that of any epoch.
fn namespace(name: &str) -> Option<&str> {
    name.find(EPOCH).map(|at| &name[..at + EPOCH.len()])
}

/// Where a namespace's stamp stands.
fn key(namespace: &str) -> String {
    namespace.replace(EPOCH, "!list!")
}

/// What stands on a server, and on what condition it may be replaced.
#[derive(Clone, Copy)]
struct Found {
    stamp: Option<Stamp>,
    of_stamp: Mode,
    of_epoch: Mode,
}

/// The epoch first: where none stands then, and no stamp afterwards, no process of any list has read one yet.
async fn read(server: &MemcachedCache, namespace: &str, key: &str) -> Result<Found> {
    let replies = server.call_each([Command::Get { key: namespace }, Command::Get { key }]).await?;
    let [of_epoch, of_stamp] = replies.each_ref().map(|reply| match reply.outcome {
        Outcome::Nothing => Mode::Absent,
        // Of a server without numbers.
        _ if reply.cas == 0 => Mode::Always,
        _ => Mode::Numbered(reply.cas),
    });
    Ok(Found { stamp: Stamp::read(&replies[1].value), of_stamp, of_epoch })
}

/// The epoch of what is dead first: where this ends half way, the stamp is still that of before, and the next look does it again.
/// An epoch that another has replaced meanwhile need not be replaced once more.
async fn write(server: &MemcachedCache, dead: Option<&str>, key: &str, stamp: Stamp, found: Found) -> Result<bool> {
    let (epoch, value) = (epoch::new(), stamp.written());
    let store = |key, value, mode| Command::Store { key, value, exptime: 0, flags: 0, mode };
    let renew = dead.map(|namespace| store(namespace, epoch.as_bytes(), found.of_epoch));
    let commands: Vec<_> = renew.into_iter().chain([store(key, &value, found.of_stamp)]).collect();
    let replies = server.call(&commands).await?;
    replies.into_iter().try_fold(true, |_, reply| stored(reply))
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

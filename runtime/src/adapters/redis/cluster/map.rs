//! Who holds which slot, as far as is known; pure.

use redis::Value;

use super::slot::{N_SHARDS, N_SLOTS, slot_of, tag_in, tag_of};
use crate::adapters::redis::reply;
use crate::error::Result;

/// Host and port.
pub(super) type Address = (String, u16);

/// Nobody.
const NONE: u16 = u16::MAX;

/// The slots of a cluster and their masters. Made of what one node says, and corrected by what others say of single slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlotMap {
    nodes: Vec<Address>,
    /// For each slot the number of its master.
    owners: Vec<u16>,
    replicas: Vec<Address>,
}

impl SlotMap {
    /// Reads an answer to `CLUSTER SLOTS`, given by a node at `asked`.
    pub(super) fn read(reply: Value, asked: &Address) -> Result<Self> {
        let mut map = Self { nodes: Vec::new(), owners: vec![NONE; N_SLOTS.into()], replicas: Vec::new() };
        for range in reply::list(reply)? {
            let mut parts = reply::list(range)?.into_iter();
            let mut number = || reply::integer(parts.next().unwrap_or_default());
            let (from, to) = (number()?, number()?);
            let mut addresses = parts.map(|node| address(node, asked)).collect::<Result<Vec<_>>>()?.into_iter();
            // A master whose name nobody knows yet cannot be asked.
            let Some(Some(master)) = addresses.next() else { continue };
            let master = map.number_of(&master);
            let slots = usize::try_from(from).unwrap_or(0)..=usize::try_from(to).unwrap_or(0);
            map.owners.get_mut(slots).into_iter().flatten().for_each(|owner| *owner = master);
            for replica in addresses.flatten() {
                if !map.replicas.contains(&replica) {
                    map.replicas.push(replica);
                }
            }
        }
        Ok(map)
    }

    pub(super) fn master_of(&self, slot: u16) -> Option<&Address> {
        let owner = self.owners.get(usize::from(slot))?;
        self.nodes.get(usize::from(*owner))
    }

    /// The masters of these slots, each once, by their first slot.
    pub(super) fn masters_of(&self, slots: std::ops::Range<u16>) -> Vec<&Address> {
        let mut masters = Vec::new();
        for master in slots.filter_map(|slot| self.master_of(slot)) {
            if !masters.contains(&master) {
                masters.push(master);
            }
        }
        masters
    }

    pub(super) fn masters(&self) -> Vec<&Address> {
        self.masters_of(0..N_SLOTS)
    }

    /// The masters whose first slot is among these: of all parts of a cluster, each master belongs to one by that.
    pub(super) fn masters_that_begin_in(&self, slots: &std::ops::Range<u16>) -> Vec<&Address> {
        let before = self.masters_of(0..slots.start);
        self.masters_of(slots.clone()).into_iter().filter(|master| !before.contains(master)).collect()
    }

    pub(super) fn replicas(&self) -> &[Address] {
        &self.replicas
    }

    /// Does every slot of these have a master?
    pub(super) fn covers(&self, mut slots: std::ops::Range<u16>) -> bool {
        slots.all(|slot| self.master_of(slot).is_some())
    }

    /// Tags of slots that a master has: of those that have one, or of one in the middle. One slot may be on its way.
    pub(super) fn tags_of(&self, master: &Address) -> Vec<String> {
        let tags: Vec<_> = (0..N_SHARDS).map(tag_of).filter(|tag| self.has(slot_of(tag), master)).collect();
        if !tags.is_empty() {
            return tags.into_iter().map(Into::into).collect();
        }
        let own: Vec<_> = (0..N_SLOTS).filter(|slot| self.has(*slot, master)).collect();
        own.get(own.len() / 2).map(|slot| vec![tag_in(*slot)]).unwrap_or_default()
    }

    /// Is this slot known to be there?
    pub(super) fn has(&self, slot: u16, address: &Address) -> bool {
        self.master_of(slot) == Some(address)
    }

    /// A node has said that this slot is there now.
    pub(super) fn moved(&mut self, slot: u16, address: &Address) {
        let master = self.number_of(address);
        if let Some(owner) = self.owners.get_mut(usize::from(slot)) {
            *owner = master;
        }
    }

    fn number_of(&mut self, address: &Address) -> u16 {
        let known = self.nodes.iter().position(|node| node == address);
        let number = known.unwrap_or_else(|| {
            self.nodes.push(address.clone());
            self.nodes.len() - 1
        });
        u16::try_from(number).unwrap_or(NONE)
    }
}

/// Where a node is. Without a host it is where we have asked; one that nobody knows yet is a question mark.
fn address(node: Value, asked: &Address) -> Result<Option<Address>> {
    let mut parts = reply::list(node)?.into_iter();
    let host = reply::bytes(parts.next().unwrap_or_default())?.and_then(|host| String::from_utf8(host).ok());
    let port = u16::try_from(reply::integer(parts.next().unwrap_or_default())?).unwrap_or(0);
    let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| asked.0.clone());
    Ok(Some((host, port)).filter(|(host, _)| host != "?"))
}

/// How much a node knows of its cluster, by its answer to `CLUSTER INFO`: whether it has contact with most of it, and the
/// number of the last failover that it has heard of. Of several nodes the one that knows most is believed.
pub(super) fn knowledge(reply: &Value) -> (bool, u64) {
    let text = match reply {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes),
        Value::VerbatimString { text, .. } => text.into(),
        _ => return (false, 0),
    };
    let says = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let epoch = says("cluster_current_epoch").and_then(|epoch| epoch.trim().parse().ok());
    (says("cluster_state").is_some_and(|state| state.trim() == "ok"), epoch.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str) -> Value {
        redis::parse_redis_value(text.replace(' ', "\r\n").as_bytes()).unwrap()
    }

    fn at(port: u16) -> Address {
        ("10.0.0.1".into(), port)
    }

    #[test]
    fn slots_are_read_and_corrected() {
        let two = "*2 *4 :0 :99 *3 $8 10.0.0.1 :1 $1 a *3 $8 10.0.0.1 :3 $1 c *3 :100 :16383 *3 $0  :2 $1 b ";
        let mut map = SlotMap::read(reply(two), &at(7)).unwrap();
        assert_eq!(
            (map.master_of(0), map.master_of(99), map.master_of(100)),
            (Some(&at(1)), Some(&at(1)), Some(&at(2)))
        );
        assert_eq!((map.replicas(), map.masters()), (&[at(3)][..], vec![&at(1), &at(2)]));
        assert_eq!(map.masters_that_begin_in(&(0..50)), [&at(1)]);
        assert_eq!(map.masters_that_begin_in(&(50..200)), [&at(2)]);
        assert!(map.covers(0..N_SLOTS));
        map.moved(5, &at(9));
        assert!(map.has(5, &at(9)) && map.has(6, &at(1)));
        assert!(map.tags_of(&at(2)).iter().all(|tag| map.has(slot_of(tag), &at(2))));
        assert_eq!(map.tags_of(&at(9)).iter().map(|tag| slot_of(tag)).collect::<Vec<_>>(), [5]);
        assert!(map.tags_of(&at(3)).is_empty());
    }

    #[test]
    fn what_is_not_known_is_left_out_and_garbage_is_an_error() {
        let unknown = SlotMap::read(reply("*1 *3 :0 :99 *3 $1 ? :1 $1 a "), &at(7)).unwrap();
        assert!(unknown.master_of(5).is_none() && !unknown.covers(0..1));
        let elsewhere = SlotMap::read(reply("*1 *3 :-5 :99999 *3 $1 h :1 $1 a "), &at(7)).unwrap();
        assert!(elsewhere.masters().is_empty());
        for garbage in ["$1 x ", "*1 *1 :0 ", "*1 *3 :0 :9 :1 ", "*1 *3 :0 :9 *1 :1 "] {
            assert!(SlotMap::read(reply(garbage), &at(7)).is_err(), "{garbage}");
        }
    }

    #[test]
    fn of_two_nodes_the_one_in_contact_knows_more_and_then_the_one_of_the_later_failover() {
        let info = |text: &str| knowledge(&Value::BulkString(text.into()));
        let (cut_off, old) = (info("cluster_state:fail\r\ncluster_current_epoch:9\r\n"), info("cluster_state:ok\r\n"));
        let new = info("cluster_state:ok\r\ncluster_known_nodes:6\r\ncluster_current_epoch:7\r\n");
        assert!(cut_off < old && old < new);
        assert_eq!((new, knowledge(&Value::Nil)), ((true, 7), (false, 0)));
    }
}

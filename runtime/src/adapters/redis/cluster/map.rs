//! Who holds which slot, as far as is known; pure.

use std::collections::BTreeSet;

use redis::Value;

use super::slot::{N_SHARDS, N_SLOTS, slot_of, tag_in, tag_of};
pub(super) use crate::adapters::redis::addresses::Address;
use crate::adapters::redis::addresses::AddressMap;
use crate::adapters::redis::reply;
use crate::error::Result;

/// Nobody.
const NONE: u16 = u16::MAX;

/// The slots of a cluster and their masters. Made of what one node says, and corrected by what others say of single slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SlotMap {
    nodes: Vec<Address>,
    /// For each slot the number of its master.
    owners: Vec<u16>,
    /// Nodes that are masters of nothing, as far as is known.
    replicas: Vec<Address>,
    /// The names that all nodes keep as long as they are in this cluster.
    ids: BTreeSet<String>,
    /// A node has no host name, where nodes are announced by these.
    has_nameless: bool,
}

impl SlotMap {
    /// Reads an answer to `CLUSTER SLOTS`, given by a node at `asked`. Nodes are where `addresses` says that they are reached.
    pub(super) fn read(reply: Value, asked: &Address, addresses: &AddressMap) -> Result<Self> {
        let (nodes, replicas, ids) = Default::default();
        let mut map = Self { nodes, owners: vec![NONE; N_SLOTS.into()], replicas, ids, has_nameless: false };
        for range in reply::list(reply)? {
            let mut parts = reply::list(range)?.into_iter();
            let mut number = || reply::integer(parts.next().unwrap_or_default());
            let (from, to) = (number()?, number()?);
            let nodes = parts.map(|node| map.node(node, asked, addresses)).collect::<Result<Vec<_>>>()?;
            let mut addresses = nodes.into_iter();
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

    /// Where a node is. Without a host it is where we have asked; one that nobody knows, or has set, is a question mark.
    fn node(&mut self, node: Value, asked: &Address, addresses: &AddressMap) -> Result<Option<Address>> {
        let mut parts = reply::list(node)?.into_iter();
        let text = |reply| reply::bytes(reply).map(|bytes| bytes.and_then(|bytes| String::from_utf8(bytes).ok()));
        let host = text(parts.next().unwrap_or_default())?;
        let port = u16::try_from(reply::integer(parts.next().unwrap_or_default())?).unwrap_or(0);
        let address = match host.filter(|host| !host.is_empty()) {
            None => Some((asked.0.clone(), port)),
            Some(host) if host == "?" => None,
            Some(host) => Some(addresses.reached((host, port))),
        };
        self.has_nameless |= address.is_none();
        // Servers that imitate a cluster may have none.
        let id = parts.next().and_then(|id| text(id).ok().flatten());
        self.ids.extend(id.or_else(|| address.as_ref().map(|(host, port)| format!("{host}:{port}"))));
        Ok(address)
    }

    pub(super) fn ids(&self) -> &BTreeSet<String> {
        &self.ids
    }

    /// All nodes that it names.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.nodes.iter().chain(&self.replicas)
    }

    pub(super) fn names(&self, address: &Address) -> bool {
        self.addresses().any(|own| own == address)
    }

    /// Another node of this cluster.
    pub(super) fn meet(&mut self, address: Address) {
        if !self.names(&address) {
            self.replicas.push(address);
        }
    }

    /// All nodes of another map of this cluster.
    pub(super) fn meet_all(&mut self, other: &Self) {
        other.addresses().for_each(|address| self.meet(address.clone()));
        self.ids.extend(other.ids.iter().cloned());
    }

    /// Why slots may have no master.
    pub(super) fn lack(&self) -> &'static str {
        if self.has_nameless { reply::NAMELESS } else { "it is not given to any node" }
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

    fn read(text: &str) -> Result<SlotMap> {
        SlotMap::read(reply(text), &at(7), &AddressMap::default())
    }

    fn at(port: u16) -> Address {
        ("10.0.0.1".into(), port)
    }

    #[test]
    fn slots_are_read_and_corrected() {
        let two = "*2 *4 :0 :99 *3 $8 10.0.0.1 :1 $1 a *3 $8 10.0.0.1 :3 $1 c *3 :100 :16383 *3 $0  :2 $1 b ";
        let mut map = read(two).unwrap();
        assert!(map.ids().iter().eq(["a", "b", "c"]));
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
    fn nodes_are_where_they_are_reached_and_those_without_a_name_are_told() {
        let pairs = [("10.0.0.1:1".to_owned(), "gate:7001".to_owned())];
        let addresses = AddressMap::new(&pairs).unwrap();
        let two = "*2 *3 :0 :99 *3 $8 10.0.0.1 :1 $1 a *3 :100 :16383 *3 $0  :2 $1 b ";
        let map = SlotMap::read(reply(two), &("gate".into(), 7002), &addresses).unwrap();
        assert_eq!(map.masters(), [&("gate".into(), 7001), &("gate".into(), 2)]);
        let nameless = read("*1 *3 :0 :99 *4 $1 ? :1 $1 a *2 $2 ip $8 10.0.0.1 ").unwrap();
        assert!(nameless.lack().contains("cluster-announce-hostname") && !map.lack().contains("hostname"));
        // A server that imitates a cluster.
        assert!(read("*1 *3 :0 :99 *2 $1 h :1 ").unwrap().ids().iter().eq(["h:1"]));
    }

    #[test]
    fn what_is_not_known_is_left_out_and_garbage_is_an_error() {
        let unknown = read("*1 *3 :0 :99 *3 $1 ? :1 $1 a ").unwrap();
        assert!(unknown.master_of(5).is_none() && !unknown.covers(0..1));
        let elsewhere = read("*1 *3 :-5 :99999 *3 $1 h :1 $1 a ").unwrap();
        assert!(elsewhere.masters().is_empty());
        for garbage in ["$1 x ", "*1 *1 :0 ", "*1 *3 :0 :9 :1 ", "*1 *3 :0 :9 *1 :1 "] {
            assert!(read(garbage).is_err(), "{garbage}");
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

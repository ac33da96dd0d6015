//! The near tier replaces, evicts and reports, and never drops a value under its own locks.

use std::sync::{Arc, LazyLock};

use super::engine::n_shards;
use super::{Bound, Garbage, Generation, Header, KeyHash, Near, NearKeyRef, Slot, key_hash};
use crate::clock::{Clock, Manual, Moment};
use crate::timeout::Timeout;

fn header(until: Moment) -> Header {
    Header { generation: Arc::new(Generation::new()), fresh_until: until, grace: Timeout::from_millis(10) }
}

/// Of any cache here: all have the same seeds.
fn key_in(namespace: u32, text: &str) -> NearKeyRef<'_> {
    static HASH: LazyLock<KeyHash> = LazyLock::new(key_hash);
    NearKeyRef::new(&HASH, namespace, text.as_bytes())
}

fn key(text: &str) -> NearKeyRef<'_> {
    key_in(0, text)
}

/// A tier whose time stands still at 0.
fn near(bound: Bound) -> Near {
    Near::new(bound, Clock::manual(Arc::<Manual>::default()))
}

/// Looks into its own cache when it is dropped: a deadlock, if that happens under the engine's lock.
struct Nosy(std::sync::Weak<Near>);

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(near) = self.0.upgrade() {
            near.get(key("anything"));
        }
    }
}

#[test]
fn values_are_dropped_with_no_lock_held() {
    let near = Arc::new(near(Bound::Entries(4)));
    for i in 0..100 {
        let slot = Slot::seal(header(Moment::NEVER), Nosy(Arc::downgrade(&near)));
        let mut garbage = Garbage::default();
        // Every second one replaces the one before it; the rest evicts.
        near.insert(key(&(i / 2).to_string()).to_owned(), slot, 1, &mut garbage);
    }
    assert!(near.n_entries() <= 4);
}

#[test]
fn what_makes_room_is_dropped_with_no_lock_held() {
    let near = Arc::new(near(Bound::Entries(30)));
    let insert = |name: String, header| {
        let slot = Slot::seal(header, Nosy(Arc::downgrade(&near)));
        near.insert(key(&name).to_owned(), slot, 1, &mut Garbage::default());
    };
    let cleared = header(Moment::NEVER);
    (0..10).for_each(|i| insert(format!("cleared {i}"), cleared.clone()));
    // Their grace has ten milliseconds left.
    (0..10).for_each(|i| insert(format!("in grace {i}"), header(Moment::from_millis(0))));
    cleared.generation.kill();
    near.cleared();
    (0..25).for_each(|i| insert(format!("live {i}"), header(Moment::NEVER)));
    assert!((0..25).all(|i| near.get(key(&format!("live {i}"))).is_some()));
    assert!((0..10).all(|i| near.get(key(&format!("cleared {i}"))).is_none()));
}

#[test]
fn all_shards_together_hold_no_more_than_the_bound() {
    for bound in [1, 33, 97, 129, 500, 1_001] {
        let near = near(Bound::Entries(bound));
        for i in 0..10 * bound {
            let slot = Slot::seal(header(Moment::NEVER), ());
            near.insert(key(&i.to_string()).to_owned(), slot, 1, &mut Garbage::default());
        }
        assert!(near.n_entries() as u64 <= bound, "{} of {bound}", near.n_entries());
    }
}

#[test]
fn namespaces_are_apart() {
    let near = near(Bound::Entries(10));
    let slot = Slot::seal(header(Moment::NEVER), 1_u8);
    near.insert(key_in(1, "a").to_owned(), slot, 1, &mut Garbage::default());
    assert!(near.get(key("a")).is_none());
    assert!(near.get(key_in(1, "a")).is_some());
}

#[test]
fn keys_of_any_length_are_found_and_told_apart() {
    let near = near(Bound::Entries(1000));
    let texts: Vec<_> = (1..200).flat_map(|len| ["a", "b"].map(|letter| letter.repeat(len))).collect();
    for text in &texts {
        near.insert(key(text).to_owned(), Slot::seal(header(Moment::NEVER), text.clone()), 1, &mut Garbage::default());
    }
    for text in &texts {
        let slot = near.get(key(text)).expect("it was inserted");
        assert_eq!(slot.held().downcast_ref(), Some(text));
    }
}

#[test]
fn the_dead_are_those_past_their_grace_or_of_a_dead_generation() {
    let near = near(Bound::Entries(10));
    let cleared = header(Moment::NEVER);
    cleared.generation.kill();
    let entries = [
        ("expired", header(Moment::from_millis(80))),
        ("in grace", header(Moment::from_millis(95))),
        ("live", header(Moment::from_millis(105))),
        ("cleared", cleared),
        ("forever", header(Moment::NEVER)),
    ];
    for (name, header) in entries {
        near.insert(key(name).to_owned(), Slot::seal(header, ()), 1, &mut Garbage::default());
    }
    let (dead, next) = near.dead(0, Moment::from_millis(100));
    assert_eq!(dead.len(), 2);
    assert!(dead.contains(&key("expired").to_owned()) && dead.contains(&key("cleared").to_owned()));
    assert_eq!(next, Moment::from_millis(105), "the one in grace, at 95 and 10 more");
}

#[test]
fn a_shard_holds_no_handful_and_no_less_than_a_large_value_on_however_many_cores() {
    for n_threads in [1, 2, 12, 64] {
        for megabytes in [1, 2, 10, 1000] {
            assert!((megabytes << 20) / n_shards(Bound::Weight(megabytes << 20), n_threads) >= 1 << 20);
        }
        for n_entries in [64, 500, 10_000] {
            assert!(n_entries / n_shards(Bound::Entries(n_entries), n_threads) >= 32);
        }
        assert_eq!((n_shards(Bound::Entries(1), n_threads), n_shards(Bound::Weight(1), n_threads)), (1, 1));
    }
}

//! Which slot a key is in, and which slots make a shard; pure. What is computed here decides where entries are found: a change
//! would lose them all, so tests pin it.

use std::sync::LazyLock;

/// How many slots every cluster has.
pub(super) const N_SLOTS: u16 = 16_384;

/// How many parts larder sees in a cluster. Each is a run of slots, as masters have them, with epochs of its own: few, as each
/// has its epochs read again and again; and many, as one that lies across two masters is down with either.
pub(super) const N_SHARDS: u16 = 16;

const SLOTS_IN_SHARD: u16 = N_SLOTS / N_SHARDS;

/// The slot of a key, as servers count it: where it has something in braces, that alone decides.
pub(super) fn slot_of(key: &str) -> u16 {
    let key = key.as_bytes();
    let tag = key.iter().position(|&byte| byte == b'{').and_then(|open| {
        let rest = &key[open + 1..];
        let len = rest.iter().position(|&byte| byte == b'}')?;
        Some(&rest[..len]).filter(|tag| !tag.is_empty())
    });
    crc16(tag.unwrap_or(key)) % N_SLOTS
}

/// The shard of a slot.
pub(super) fn shard_of(slot: u16) -> u16 {
    slot / SLOTS_IN_SHARD
}

/// The slots of a shard.
pub(super) fn slots_of(shard: u16) -> std::ops::Range<u16> {
    shard * SLOTS_IN_SHARD..(shard + 1) * SLOTS_IN_SHARD
}

/// What stands in braces where a key is to be in this shard: the smallest number whose slot is.
pub(super) fn tag_of(shard: u16) -> &'static str {
    static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let of = |shard| (0..u64::from(N_SLOTS)).map(|n| n.to_string()).find(|tag| shard_of(slot_of(tag)) == shard);
        (0..N_SHARDS).filter_map(of).collect()
    });
    TAGS.get(usize::from(shard)).map_or("0", String::as_str)
}

/// What stands in braces where a key is to be in this slot. It is sought, which takes about a millisecond.
pub(super) fn tag_in(slot: u16) -> String {
    (0..=u64::MAX).map(|n| n.to_string()).find(|tag| slot_of(tag) == slot).unwrap_or_default()
}

/// CRC-16 of the XMODEM protocol. A call hashes one key of some dozen bytes, which needs no table.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| crc << 1 ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_what_servers_say() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        // By `CLUSTER KEYSLOT`.
        let table = [
            ("", 0),
            ("123456789", 12_739),
            ("foo", 12_182),
            ("{foo}bar", 12_182),
            ("x{foo}", 12_182),
            ("{}foo", 9_500),
            ("foo{}{bar}", 8_363),
            ("foo{{bar}}zap", 4_015),
            ("{foo", 13_308),
        ];
        for (key, slot) in table {
            assert_eq!(slot_of(key), slot, "{key}");
        }
    }

    #[test]
    fn each_shard_has_its_run_of_slots_and_a_tag_that_never_changes() {
        let tags: Vec<_> = (0..N_SHARDS).map(tag_of).collect();
        for (shard, tag) in (0..).zip(&tags) {
            assert!(slots_of(shard).contains(&slot_of(tag)) && shard_of(slot_of(tag)) == shard);
            assert_eq!(slot_of(&format!("larder!epoch!{{{tag}}}")), slot_of(tag));
        }
        assert_eq!(slots_of(N_SHARDS - 1).end, N_SLOTS);
        assert!([0, 1, 9_999, N_SLOTS - 1].into_iter().all(|slot| slot_of(&tag_in(slot)) == slot));
        assert_eq!(tags.join(" "), "10 3 61 43 11 2 60 42 12 1 63 41 13 0 62 40");
    }
}

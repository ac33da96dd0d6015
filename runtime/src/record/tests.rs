//! Every way in which stored bytes can be wrong is a miss, and says which.

use std::time::Duration;

use proptest::prelude::*;

use super::layout::{CHECKED_AT, CHECKSUM_AT, FLAGS_AT, FORMAT_AT, KEY_AT, LENGTH_AT, NAMESPACE_AT, SCHEMA_AT};
use super::*;
use crate::adapter::layout;

const KEY: &[u8] = b"shop:user:7";
const CODEC: CodecId = CodecId(2);
const SCHEMA: u64 = 0x0123_4567_89AB_CDEF;
const EPOCHS: Epochs = Epochs { namespace: 11, template: 22 };

fn meta() -> Meta {
    Meta {
        codec: CODEC,
        outcome: Outcome::Value,
        outer: Outer { n_somes: 1, none: false },
        key: KeyFingerprint::of(KEY),
        schema: SCHEMA,
        epochs: EPOCHS,
        template: 33,
        fresh_for: Timeout::from_secs(300),
        grace: Timeout::from_secs(60),
        computed_in: Duration::from_micros(1_234),
    }
}

fn expected() -> Expected {
    Expected {
        key: KeyFingerprint::of(KEY),
        codec: CODEC,
        value: SCHEMA,
        failed: None,
        decimal: 1,
        namespace_epoch: EPOCHS.namespace,
        template_epoch: Some(EPOCHS.template),
        max_payload: MAX_PAYLOAD,
    }
}

/// Records unlike each other: of no payload, a short one, a long one, and with all numbers at their limits.
fn records() -> Vec<Vec<u8>> {
    let limits = Meta {
        fresh_for: Timeout::NEVER,
        grace: Timeout::NEVER,
        computed_in: Duration::MAX,
        outer: Outer { n_somes: Outer::MOST, none: true },
        outcome: Outcome::Nothing,
        ..meta()
    };
    vec![
        encode(Head::until(1_700_000_000_000), &meta(), b""),
        encode(Head::until(0), &meta(), b"\x81\xA4name\xA3Ada"),
        encode(Head::until(Head::NEVER), &meta(), &[0xFF; 300]),
        encode(Head::until(1), &limits, b"\0"),
    ]
}

fn rejected(bytes: &[u8]) -> Reject {
    decode(bytes, &expected()).expect_err("it is no record")
}

#[test]
fn what_is_written_is_read_back() {
    let record = encode(Head::until(77), &meta(), b"payload");
    assert_eq!(record.len(), HEADER_LEN + 7);
    let read = decode(&record, &expected()).unwrap();
    assert_eq!(read, Record { head: Head { is_counted: false, deadline_ms: 77 }, meta: meta(), payload: b"payload" });
    assert_eq!(decode_body(&record[HEAD_LEN..], false, &expected()), Ok((meta(), &b"payload"[..])), "without its head");
}

#[test]
fn what_has_no_place_saturates() {
    let long = Meta { computed_in: Duration::MAX, ..meta() };
    let record = encode(Head::until(0), &long, b"");
    let computed_in = decode(&record, &expected()).unwrap().meta.computed_in;
    assert_eq!(computed_in, Duration::from_micros(u32::MAX.into()));
}

#[test]
fn a_payload_written_in_place_makes_the_same_record() {
    let mut draft = Draft::new();
    draft.bytes().extend_from_slice(b"taken back");
    draft.clear();
    draft.bytes().extend_from_slice(b"payload");
    assert_eq!(draft.payload(), b"payload");
    assert_eq!(draft.seal(Head::until(7), &meta()), encode(Head::until(7), &meta(), b"payload"));
}

#[test]
fn a_store_moves_the_deadline_by_overwriting_eight_bytes() {
    for mut record in records() {
        let before = decode(&record, &expected()).unwrap().meta;
        record[DEADLINE_AT..DEADLINE_AT + 8].copy_from_slice(&4_242_u64.to_le_bytes());
        let read = decode(&record, &expected()).unwrap();
        assert_eq!((read.head.deadline_ms, read.meta), (4_242, before));
    }
    const { assert!(DEADLINE_AT + 8 <= HEAD_LEN && HEAD_LEN <= CHECKSUM_AT && CHECKSUM_AT + 4 <= CHECKED_AT) };
}

#[test]
fn a_record_cut_anywhere_is_short() {
    for record in records() {
        for length in 0..record.len() {
            assert_eq!(rejected(&record[..length]), Reject::Short, "cut to {length}");
        }
    }
}

#[test]
fn every_flipped_bit_is_seen_but_those_of_the_deadline() {
    for record in records() {
        for bit in 0..record.len() * 8 {
            let (byte, mask) = (bit / 8, 1 << (bit % 8));
            let mut flipped = record.clone();
            flipped[byte] ^= mask;
            let read = decode(&flipped, &expected());
            if (DEADLINE_AT..HEAD_LEN).contains(&byte) {
                let original = decode(&record, &expected()).unwrap();
                assert_eq!(read.map(|read| (read.meta, read.payload)), Ok((original.meta, original.payload)));
                continue;
            }
            let reject = read.expect_err("a damaged record is a miss");
            match byte {
                0..4 => assert_eq!(reject, Reject::Magic),
                FLAGS_AT if mask == layout::COUNTED => assert_eq!(reject, Reject::Checksum),
                FORMAT_AT..DEADLINE_AT => assert_eq!(reject, Reject::Format),
                _ if (KEY_AT..KEY_AT + 16).contains(&byte) => assert_eq!(reject, Reject::Key),
                _ if (LENGTH_AT..HEADER_LEN).contains(&byte) => {
                    assert!(matches!(reject, Reject::Short | Reject::TooLong));
                }
                _ => assert_eq!(reject, Reject::Checksum, "byte {byte}"),
            }
        }
    }
}

#[test]
fn a_record_of_another_key_is_a_miss() {
    let others = [&b"shop:user:8"[..], b"shop2:user:7", b"", b"shop:user:7 "];
    for other in others {
        let record = encode(Head::until(9), &Meta { key: KeyFingerprint::of(other), ..meta() }, b"theirs");
        assert_eq!(rejected(&record), Reject::Key);
    }
}

#[test]
fn a_record_of_another_release_or_with_unknown_flags_is_a_miss() {
    for (at, byte) in [(FORMAT_AT, 0), (FORMAT_AT, 2), (FLAGS_AT, 2), (FLAGS_AT, 3), (FLAGS_AT + 1, 1)] {
        let mut record = records().remove(1);
        record[at] = byte;
        assert_eq!(rejected(&record), Reject::Format);
    }
}

#[test]
fn what_is_too_long_is_not_looked_at() {
    let expected = Expected { max_payload: 7, ..expected() };
    assert!(decode(&encode(Head::until(9), &meta(), b"payload"), &expected).is_ok());
    assert_eq!(decode(&encode(Head::until(9), &meta(), b"payload "), &expected), Err(Reject::TooLong));
    assert_eq!(decode(&[0; HEADER_LEN + 8], &expected), Err(Reject::TooLong), "whatever it is");
    let mut longer = encode(Head::until(9), &meta(), b"short");
    longer.push(0);
    assert_eq!(decode(&longer, &expected), Err(Reject::TooLong), "longer than it says");
}

#[test]
fn what_was_cleared_or_changed_is_a_miss() {
    let reject = |meta: Meta| decode(&encode(Head::until(9), &meta, b""), &expected()).err();
    assert_eq!(reject(Meta { epochs: Epochs { namespace: 12, ..EPOCHS }, ..meta() }), Some(Reject::Epoch));
    assert_eq!(reject(Meta { epochs: Epochs { template: 23, ..EPOCHS }, ..meta() }), Some(Reject::Epoch));
    assert_eq!(reject(Meta { epochs: Epochs { template: 0, ..EPOCHS }, ..meta() }), None, "set by hand");
    assert_eq!(reject(Meta { schema: 1, ..meta() }), Some(Reject::Schema));
    assert_eq!(reject(Meta { codec: CodecId(3), ..meta() }), Some(Reject::Codec));
    assert_eq!(reject(Meta { codec: CodecId::DECIMAL, ..meta() }), Some(Reject::Schema), "of another version");
    assert_eq!(reject(Meta { codec: CodecId::DECIMAL, schema: 1, ..meta() }), None, "whatever the codec");
    assert_eq!(reject(Meta { outcome: Outcome::Failed, ..meta() }), Some(Reject::Schema), "no errors are stored");
}

#[test]
fn a_counter_is_read_after_a_store_has_counted() {
    let counter = Meta { codec: CodecId::DECIMAL, schema: 1, ..meta() };
    let mut record = encode(Head::until(9), &counter, b"99");
    layout::recount(&mut record, 100);
    let read = decode(&record, &expected()).unwrap();
    assert_eq!((read.head.is_counted, read.meta, read.payload), (true, counter, &b"100"[..]));
    for at in [KEY_AT, SCHEMA_AT, NAMESPACE_AT] {
        let mut damaged = record.clone();
        damaged[at] ^= 1;
        assert!(decode(&damaged, &expected()).is_err(), "{at}");
    }
    let mut text = encode(Head::until(9), &meta(), b"payload");
    text[FLAGS_AT] = layout::COUNTED;
    assert_eq!(rejected(&text), Reject::Checksum, "no store counts in text");
}

#[test]
fn errors_have_a_schema_of_their_own() {
    let expected = Expected { failed: Some(5), ..expected() };
    let read = |schema| {
        decode(&encode(Head::until(9), &Meta { outcome: Outcome::Failed, schema, ..meta() }, b""), &expected).err()
    };
    assert_eq!(read(5), None);
    assert_eq!(read(SCHEMA), Some(Reject::Schema));
}

#[test]
fn who_keeps_no_errors_reads_none_whatever_their_schema() {
    for (codec, schema) in [(CODEC, SCHEMA), (CODEC, 0), (CodecId::DECIMAL, expected().decimal)] {
        let failed = Meta { outcome: Outcome::Failed, codec, schema, ..meta() };
        assert_eq!(rejected(&encode(Head::until(9), &failed, b"")), Reject::Schema);
    }
}

#[test]
fn what_is_intact_and_means_nothing_is_a_miss() {
    for (at, byte) in [(21, 0), (21, 4), (23, 1)] {
        let mut record = records().remove(1);
        record[at] = byte;
        let checksum = crc32fast::hash(&record[CHECKED_AT..]);
        record[CHECKSUM_AT..CHECKED_AT].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(rejected(&record), Reject::Nonsense);
    }
}

proptest! {
    #[test]
    fn gibberish_is_a_miss(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decode(&bytes, &expected()).is_err());
    }

    #[test]
    fn gibberish_behind_a_true_header_is_a_miss(bytes in prop::collection::vec(any::<u8>(), 0..400), n_true in 0..=HEADER_LEN) {
        let mut record = records().remove(2);
        record.splice(n_true.., bytes);
        prop_assert!(decode(&record, &expected()).is_err());
    }

    #[test]
    fn any_record_comes_back(deadline_ms: u64, schema: u64, payload in prop::collection::vec(any::<u8>(), 0..400)) {
        let (meta, expected) = (Meta { schema, ..meta() }, Expected { value: schema, ..expected() });
        let record = encode(Head::until(deadline_ms), &meta, &payload);
        let read = decode(&record, &expected).unwrap();
        prop_assert_eq!((read.head.deadline_ms, read.meta, read.payload), (deadline_ms, meta, &payload[..]));
    }
}

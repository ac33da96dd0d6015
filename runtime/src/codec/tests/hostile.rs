//! Bytes that somebody chose: they are a miss, and cost little.

use std::collections::HashMap;
use std::thread;

use allocation_counter::measure;
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, IgnoredAny};

use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
struct Tree {
    name: String,
    children: Vec<Tree>,
    more: [u64; 8],
}

/// A list that nests by nothing but `Option`.
#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
struct Link(Option<Box<Link>>);

#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
enum Expression {
    Number(i64),
    Not(Box<Expression>),
    Call { name: String, arguments: Vec<Expression> },
}

#[derive(Clone, Debug, PartialEq, Serialize, serde::Deserialize)]
#[serde(untagged)]
enum Any {
    List(Vec<Any>),
    Number(u64),
}

#[derive(Debug)]
struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(_: D) -> std::result::Result<Self, D::Error> {
        panic!("no value is like this");
    }
}

/// Reads less than was written.
#[derive(Debug, PartialEq)]
struct First(u8);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = First;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> std::result::Result<First, A::Error> {
                Ok(First(list.next_element()?.unwrap_or(0)))
            }
        }
        deserializer.deserialize_seq(Visitor)
    }
}

fn decode<T: DeserializeOwned>(codec: Codec, payload: &[u8]) -> std::result::Result<T, Reject> {
    codec.decode(payload, plain(codec))
}

/// What decoding takes of memory at most, its result dropped.
fn memory<T: DeserializeOwned>(codec: Codec, payload: &[u8]) -> u64 {
    measure(|| drop(decode::<T>(codec, payload))).bytes_max
}

/// On half the stack that threads have. A debug build needs it; a release build does with a fifth of that.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(1 << 20).spawn(test).unwrap().join().unwrap();
}

/// The payloads that make nesting of each codec, a level a turn.
fn nested(codec: Codec, n_bytes: usize) -> Vec<Vec<u8>> {
    let turns: &[&[u8]] = match codec {
        Codec::MSGPACK => &[b"\x91", b"\xDD\xFF\xFF\xFF\xFF", b"\x81\xA3Not", b"\x81\xA8children\x91", b"\xC7\xFF\x00"],
        Codec::JSON => &[b"[", b"{\"Not\":", b"{\"children\":[", b"{\"a\":"],
        _ => &[b"\x01", b"\x00\x01", b"\xFB\xFF\xFF\x01", b"\x02", b"\x02\x00\x01"],
    };
    turns.iter().map(|turn| turn.repeat(n_bytes / turn.len())).collect()
}

#[test]
fn nesting_without_end_is_a_miss_on_a_small_stack() {
    on_a_small_stack(|| {
        for codec in CODECS {
            for payload in nested(codec, MAX_PAYLOAD) {
                assert!(decode::<Tree>(codec, &payload).is_err());
                assert!(decode::<Link>(codec, &payload).is_err());
                assert!(decode::<Expression>(codec, &payload).is_err());
                assert!(decode::<Any>(codec, &payload).is_err());
                assert!(decode::<IgnoredAny>(codec, &payload).is_err());
                assert!(decode::<serde_json::Value>(codec, &payload).is_err());
            }
        }
        assert_eq!(decode::<Link>(Codec::POSTCARD, &[1; 1000]), Err(Reject::TooDeep));
        assert_eq!(decode::<Expression>(Codec::BINCODE, &[1; 1000]), Err(Reject::TooDeep));
    });
}

/// A chain of so many links.
fn chain(n: usize) -> Link {
    (0..n).fold(Link(None), |link, _| Link(Some(Box::new(link))))
}

#[test]
fn what_is_nested_as_deep_as_may_be_comes_back_and_deeper_is_refused() {
    on_a_small_stack(|| {
        let expression = |n| (0..n).fold(Expression::Number(7), |inner, _| Expression::Not(Box::new(inner)));
        let call = |n| {
            let outer = |inner| Expression::Call { name: "f".into(), arguments: vec![inner] };
            (0..n).fold(Expression::Number(7), |inner, _| outer(inner))
        };
        for codec in CODECS {
            for n in 0..200 {
                let deepest = [there_and_back(codec, &expression(n)).map(|back| back == expression(n))];
                let deepest = deepest.into_iter().chain([there_and_back(codec, &call(n)).map(|back| back == call(n))]);
                for (came_back, n_levels) in deepest.zip([n + 1, 3 * n + 1]) {
                    let right = if n_levels <= 127 { Ok(true) } else { Err(Why::Unfit(Unfit::TooDeep)) };
                    assert_eq!(came_back, right, "{codec:?} {n}");
                }
            }
        }
        for codec in [Codec::POSTCARD, Codec::BINCODE] {
            assert_eq!(there_and_back(codec, &chain(127)), Ok(chain(127)));
            assert_eq!(there_and_back(codec, &chain(128)), Err(Why::Unfit(Unfit::TooDeep)));
        }
    });
}

#[test]
fn claims_set_no_memory_aside() {
    const LITTLE: u64 = 16 << 20;
    let claims: [(Codec, &[&[u8]]); 4] = [
        (
            Codec::MSGPACK,
            &[b"\xDD\xFF\xFF\xFF\xFF", b"\xDF\xFF\xFF\xFF\xFF", b"\xDB\xFF\xFF\xFF\xFF", b"\xC6\xFF\xFF\xFF\xFF"],
        ),
        (Codec::POSTCARD, &[b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", b"\xFF\xFF\xFF\x7F"]),
        (
            Codec::BINCODE,
            &[
                b"\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                b"\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x0F",
                b"\xFC\xFF\xFF\xFF\xFF",
            ],
        ),
        (Codec::JSON, &[b"[", b"\""]),
    ];
    for (codec, claims) in claims {
        for claim in claims {
            for n_turns in [1, 1000, 5000] {
                let payload = claim.repeat(n_turns);
                assert!(memory::<Tree>(codec, &payload) < LITTLE, "{codec:?}");
                assert!(memory::<Vec<Tree>>(codec, &payload) < LITTLE, "{codec:?}");
                assert!(memory::<String>(codec, &payload) < LITTLE);
                assert!(memory::<Vec<u8>>(codec, &payload) < LITTLE);
                assert!(memory::<Vec<String>>(codec, &payload) < LITTLE);
                assert!(memory::<serde_bytes::ByteBuf>(codec, &payload) < LITTLE);
                assert!(memory::<HashMap<String, [u64; 32]>>(codec, &payload) < LITTLE);
                assert!(memory::<serde_json::Value>(codec, &payload) < LITTLE);
            }
        }
    }
}

#[test]
fn elements_that_take_no_bytes_are_counted() {
    for codec in [Codec::POSTCARD, Codec::BINCODE] {
        let payload: &[u8] = match codec {
            Codec::POSTCARD => b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
            _ => b"\xFD\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
        };
        assert_eq!(decode::<Vec<()>>(codec, payload), Err(Reject::TooMany));
        assert_eq!(decode::<Vec<Vec<()>>>(codec, &payload.repeat(9)), Err(Reject::TooMany));
        assert_eq!(there_and_back(codec, &vec![(); 4000]), Ok(vec![(); 4000]));
    }
}

#[test]
fn what_is_left_behind_a_value_is_a_miss() {
    for codec in CODECS {
        let (mut payload, encoding) = written(codec, "tea").unwrap();
        payload.push(b'0');
        assert_eq!(codec.decode::<String>(&payload, encoding), Err(Reject::Trailing), "{codec:?}");
        let (payload, encoding) = written(codec, &([1_u8, 2], 3_u8)).unwrap();
        assert!(codec.decode::<([u8; 2], u8)>(&payload, encoding).is_ok());
        let (payload, encoding) = written(codec, &(vec![1_u8, 2], vec![3_u8, 4])).unwrap();
        assert_eq!(codec.decode::<(First, Vec<u8>)>(&payload, encoding), Err(Reject::Malformed), "{codec:?}");
    }
    // Whatever it begins, or pretends to.
    for byte in 0..=u8::MAX {
        for n_bytes in 1..=9 {
            let payload = [&b"\xA3tea"[..], &[byte; 9][..n_bytes]].concat();
            assert_eq!(decode::<String>(Codec::MSGPACK, &payload), Err(Reject::Trailing), "{byte} {n_bytes} times");
        }
    }
}

#[test]
fn a_payload_cut_anywhere_is_a_miss() {
    let tree = |children| Tree { name: "node".into(), children, more: [300; 8] };
    let value = (tree(vec![tree(vec![]), tree(vec![])]), Expression::Not(Box::new(Expression::Number(-300))));
    for codec in CODECS {
        let (payload, encoding) = written(codec, &value).unwrap();
        assert_eq!(codec.decode(&payload, encoding), Ok(value.clone()));
        for length in 0..payload.len() {
            assert!(codec.decode::<(Tree, Expression)>(&payload[..length], encoding).is_err());
        }
    }
}

#[test]
fn a_panic_of_the_types_is_a_miss() {
    for codec in CODECS.into_iter().chain([Codec::RAW]) {
        assert_eq!(decode::<Panics>(codec, b"x").map(drop), Err(Reject::Panicked));
    }
}

#[test]
fn another_codecs_payload_is_a_miss() {
    for codec in CODECS {
        for other in CODECS.into_iter().filter(|other| *other != codec) {
            assert_eq!(codec.decode::<String>(b"", plain(other)), Err(Reject::Codec));
        }
    }
}

proptest! {
    #[test]
    fn gibberish_never_panics(payload in prop::collection::vec(prop_oneof![any::<u8>(), 0..4_u8, 0x80..0xA0_u8], 0..200)) {
        for codec in CODECS.into_iter().chain([Codec::RAW]) {
            let reads = [
                decode::<Tree>(codec, &payload).map(drop),
                decode::<Expression>(codec, &payload).map(drop),
                decode::<Any>(codec, &payload).map(drop),
                decode::<Link>(codec, &payload).map(drop),
                decode::<serde_json::Value>(codec, &payload).map(drop),
                decode::<(Option<char>, i128, f32, HashMap<u8, String>)>(codec, &payload).map(drop),
            ];
            prop_assert!(!reads.contains(&Err(Reject::Panicked)));
        }
    }
}

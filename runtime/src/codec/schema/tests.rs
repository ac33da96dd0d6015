//! Which changes of a type change its fingerprint, and that any type can be explored.

#![expect(dead_code, reason = "nobody looks into what was made only to see its shape")]

use std::cell::Cell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

use super::*;

fn fingerprint<T: DeserializeOwned>(codec: Codec, version: u32) -> u64 {
    Schema::of::<T>(codec, version).fingerprint
}

#[derive(Serialize, Deserialize)]
struct Node {
    name: String,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
    children: Vec<Node>,
    by_name: HashMap<String, Node>,
}

#[derive(Serialize, Deserialize)]
enum Expression {
    Add(Box<Expression>, Box<Expression>),
    Call { name: String, arguments: Vec<Expression> },
    If(Box<[Expression; 3]>),
    Number(f64),
}

#[derive(Deserialize)]
struct Wide {
    _a: [Option<Box<Wide>>; 8],
    _b: [Vec<Expression>; 8],
    _c: Box<Expression>,
}

#[derive(Deserialize)]
struct Generic<T> {
    _value: T,
}

#[derive(Deserialize)]
struct TwoOf<A, B> {
    _a: Generic<A>,
    _b: Generic<B>,
}

/// Nests by nothing but `Option`.
#[derive(Deserialize)]
struct Link(Option<Box<Link>>);

thread_local! {
    static HAS_CHANGED: Cell<bool> = const { Cell::new(false) };
}

/// One name, and two shapes.
struct Inner;

impl<'de> Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if HAS_CHANGED.get() {
            u64::deserialize(deserializer).map(|_| Self)
        } else {
            u32::deserialize(deserializer).map(|_| Self)
        }
    }
}

#[derive(Deserialize)]
enum Choice<T> {
    _None,
    _Some(T),
    _Deep(Box<Choice<Choice<u8>>>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    _Number(u32),
    _Text(String),
}

/// Takes no text that a stranger would think of.
#[derive(Debug)]
struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "open sesame" { Ok(Self) } else { Err(serde::de::Error::custom("no")) }
    }
}

struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("no value is like this");
    }
}

#[test]
fn names_versions_and_types_are_told_apart() {
    for codec in [Codec::MSGPACK, Codec::POSTCARD] {
        let all = [
            fingerprint::<u32>(codec, 0),
            fingerprint::<u32>(codec, 1),
            fingerprint::<u64>(codec, 0),
            fingerprint::<Option<u32>>(codec, 0),
            fingerprint::<Node>(codec, 0),
            Schema::decimal(0),
            Schema::decimal(1),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|other| other != one), "{codec:?} {at}");
        }
    }
}

#[test]
fn a_fingerprint_is_the_same_every_time() {
    for codec in [Codec::MSGPACK, Codec::POSTCARD, Codec::BINCODE] {
        assert_eq!(Schema::of::<Wide>(codec, 3), Schema::of::<Wide>(codec, 3));
    }
    // In every release, too: these are in stores.
    assert_eq!(Schema::decimal(0), GOLDEN_DECIMAL);
    assert_eq!(fingerprint::<u64>(Codec::MSGPACK, 0), GOLDEN_NAMED);
    assert_eq!(fingerprint::<(u64, char)>(Codec::POSTCARD, 0), GOLDEN_SHAPE);
}

const GOLDEN_DECIMAL: u64 = 5_527_237_312_411_633_302;
const GOLDEN_NAMED: u64 = 15_978_517_101_516_936_541;
const GOLDEN_SHAPE: u64 = 5_794_306_000_648_840_683;

#[test]
fn only_codecs_without_names_look_at_the_shape() {
    assert_eq!(Schema::of::<Untagged>(Codec::MSGPACK, 0).shape, Shape::Named);
    assert_eq!(Schema::of::<Panics>(Codec::JSON, 0).shape, Shape::Named);
    assert_eq!(Schema::of::<Node>(Codec::POSTCARD, 0).shape, Shape::Seen);
}

#[test]
fn ordinary_types_are_seen_whole() {
    assert!(shape_of::<(u8, String, Vec<Option<char>>)>().1);
    assert!(shape_of::<HashMap<(u8, bool), Result<(), f32>>>().1);
    assert!(shape_of::<(NonZeroU64, Duration, SystemTime, PathBuf, SocketAddr)>().1);
    assert!(shape_of::<(u128, std::ops::Range<i8>, std::num::Wrapping<u8>, [u8; 32])>().1);
    assert!(shape_of::<(uuid::Uuid, serde_bytes::ByteBuf)>().1);
    assert!(shape_of::<TwoOf<u8, String>>().1);
}

#[test]
fn recursive_types_are_seen_whole() {
    assert!(shape_of::<Node>().1);
    assert!(shape_of::<Expression>().1);
    assert!(shape_of::<Wide>().1);
    assert!(shape_of::<Link>().1);
    assert!(shape_of::<Option<Vec<Link>>>().1);
}

#[test]
fn instances_of_one_generic_type_are_told_apart() {
    assert_ne!(shape_of::<TwoOf<u8, u16>>(), shape_of::<TwoOf<u8, u32>>());
    assert_ne!(shape_of::<TwoOf<u16, u8>>(), shape_of::<TwoOf<u8, u16>>());
}

/// Does a change of `Inner`, which is somewhere in `T`, change the shape of `T`?
fn shows_inner<T: DeserializeOwned>() -> bool {
    let shapes = [false, true].map(|has_changed| {
        HAS_CHANGED.set(has_changed);
        shape_of::<T>()
    });
    shapes[0].0 != shapes[1].0 && shapes[0].1 && shapes[1].1
}

#[test]
fn a_change_is_seen_through_whatever_is_around_it() {
    assert!(!shows_inner::<u8>());
    assert!(shows_inner::<Inner>());
    assert!(shows_inner::<Option<Inner>>());
    assert!(shows_inner::<Option<Option<Inner>>>());
    assert!(shows_inner::<Option<Vec<Inner>>>());
    assert!(shows_inner::<Vec<Option<Box<Inner>>>>());
    assert!(shows_inner::<Option<Generic<Inner>>>());
    assert!(shows_inner::<Option<HashMap<u8, Inner>>>());
    assert!(shows_inner::<Result<Option<u8>, Option<Inner>>>());
    assert!(shows_inner::<Option<Choice<Inner>>>());
    assert!(shows_inner::<Choice<Choice<(u8, Choice<Inner>)>>>());
    assert!(shows_inner::<(Vec<Node>, Vec<Expression>, Option<Vec<Inner>>)>());
    assert!(shows_inner::<TwoOf<Option<u8>, Option<Inner>>>());
}

#[test]
fn what_cannot_be_seen_says_so() {
    assert!(!shape_of::<Untagged>().1);
    assert!(!shape_of::<(u8, Picky)>().1);
    assert!(!shape_of::<(Panics, u8)>().1);
    assert!(!shape_of::<serde_json::Value>().1);
    assert_eq!(Schema::of::<Picky>(Codec::BINCODE, 0).shape, Shape::Unseen);
}

#[test]
fn what_stands_before_the_unseen_is_seen() {
    assert_ne!(shape_of::<(u8, Picky)>(), shape_of::<(u16, Picky)>());
    assert_ne!(shape_of::<(Picky, u8, u8)>(), shape_of::<(Picky, u8)>());
}

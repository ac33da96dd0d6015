//! Values of every form that serde knows come back as they were.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

/// Codecs whose fields go by position.
const POSITIONAL: [Codec; 2] = [Codec::POSTCARD, Codec::BINCODE];
/// Codecs that go by name.
const NAMED: [Codec; 2] = [Codec::MSGPACK, Codec::JSON];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(Option<u32>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tuple(u8, String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Dot,
    Line(f64),
    Box(f64, f64),
    Round { radius: f64, name: Option<String> },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Skipping {
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u32>,
    second: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u32,
    #[serde(flatten)]
    rest: Inner,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    name: String,
    sizes: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    A { x: u32 },
    B(Inner),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    A { x: u32 },
    B(u32, String),
    C,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u32),
    Maybe(Option<Vec<u8>>),
    Named { name: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Nested {
    inner: Option<Option<u32>>,
}

fn inner() -> Inner {
    Inner { name: "tea: \"green\" \u{1F375}\0".into(), sizes: vec![0.1, -0.0, f64::MIN_POSITIVE / 2.0, f64::MAX] }
}

#[test]
fn scalars_come_back() {
    survives(true);
    survives((u8::MAX, u16::MAX, u32::MAX, u64::MAX));
    survives((i8::MIN, i16::MIN, i32::MIN, i64::MIN));
    survives((i128::MIN, i128::MAX, -1_i128));
    survives((0_u128, u128::from(u64::MAX) + 1, i128::MAX as u128));
    survives(u64::MAX);
    survives(i128::MIN);
    survives(['\0', 'a', '\u{10FFFF}', '"']);
    survives('%');
    survives((1.0_f32, f32::MAX, 0.1_f32, f64::EPSILON));
    survives(0.1);
    survives_but(&[Codec::MSGPACK], u128::MAX);
    survives_but(&[Codec::JSON], f64::INFINITY);
    survives_but(&[Codec::JSON], vec![Some(f32::NEG_INFINITY)]);
}

#[test]
fn nan_comes_back_or_is_refused() {
    for codec in CODECS {
        match there_and_back(codec, &f64::NAN) {
            Ok(back) => assert!(back.is_nan()),
            Err(why) => assert_eq!((codec, why), (Codec::JSON, Why::Unfit(Unfit::NotFinite))),
        }
    }
}

#[test]
fn texts_and_bytes_come_back() {
    survives(String::new());
    survives("\u{0}\u{FFFF} \r\n\\\"".to_owned());
    survives(vec![0_u8, 255]);
    survives(serde_bytes::ByteBuf::from(vec![0_u8, 255]));
    survives(PathBuf::from("/a b/c"));
    survives("x".repeat(70_000));
}

#[test]
fn nothing_comes_back() {
    survives(());
    survives(Unit);
    survives(Vec::<()>::new());
    survives(vec![(), ()]);
    survives([(); 3]);
    survives(String::new());
}

#[test]
fn options_at_the_outside_come_back_however_deep() {
    survives(None::<u32>);
    survives(Some(7_u32));
    survives(Some(None::<u32>));
    survives(Some(Some(7_u32)));
    survives(Some(Some(None::<String>)));
    survives(Some(Some(Some(()))));
    survives(Some(()));
    survives(None::<()>);
    survives(Some(Unit));
    survives(Newtype(None));
    survives(Some(Newtype(None)));
    survives(Ok::<Option<u32>, String>(None));
    survives(Err::<Option<u32>, Option<String>>(None));
    survives(Some(vec![Some(1_u8), None]));
    survives(Some(Untagged::Maybe(None)));
    survives_but(&POSITIONAL, Some(Untagged::Maybe(Some(vec![7]))));
}

#[test]
fn options_inside_come_back_or_are_refused() {
    survives(Nested { inner: None });
    survives(Nested { inner: Some(Some(1)) });
    survives_but(&NAMED, Nested { inner: Some(None) });
    survives_but(&NAMED, vec![Some(())]);
    survives_but(&NAMED, vec![Some(Newtype(None))]);
}

#[test]
fn structs_and_enums_come_back() {
    survives(Tuple(7, "seven".into()));
    survives(inner());
    survives(Shape::Dot);
    survives(vec![
        Shape::Dot,
        Shape::Line(1.5),
        Shape::Box(1.0, 2.0),
        Shape::Round { radius: 1.0, name: None },
        Shape::Round { radius: 1.0, name: Some("r".into()) },
    ]);
    survives(BTreeMap::from([("a".to_owned(), Shape::Dot)]));
}

#[test]
fn what_names_its_fields_at_run_time_needs_a_codec_with_names() {
    survives_but(&POSITIONAL, Flat { id: 7, rest: inner() });
    survives_but(&POSITIONAL, Tagged::A { x: 7 });
    survives_but(&POSITIONAL, Tagged::B(inner()));
    survives_but(&POSITIONAL, vec![Untagged::Number(7)]);
    survives_but(&POSITIONAL, vec![Untagged::Maybe(Some(vec![1])), Untagged::Named { name: "n".into() }]);
    survives_but(&POSITIONAL, serde_json::json!({ "a": [1, -1, 0.5, null, { "b": "c" }] }));
    survives_but(&POSITIONAL, vec![Adjacent::A { x: 7 }, Adjacent::B(7, "seven".into()), Adjacent::C]);
}

#[test]
fn a_skipped_field_is_never_taken_for_the_next_one() {
    survives(Skipping { first: Some(1), second: Some(2) });
    survives_but(&POSITIONAL, Skipping { first: None, second: Some(2) });
    survives_but(&POSITIONAL, vec![Skipping::default()]);
}

#[test]
fn collections_come_back() {
    survives(HashMap::from([(1_u64, "one".to_owned()), (u64::MAX, "most".to_owned())]));
    survives(BTreeMap::from([(true, 1), (false, 0)]));
    survives(BTreeMap::from([('a', vec![1_u8])]));
    survives_but(&[Codec::JSON], BTreeMap::from([((1_u8, 2_u8), 3_u8)]));
    survives_but(&[Codec::JSON], BTreeMap::from([(vec![1_u8], 3_u8)]));
    survives(VecDeque::from([1_u16, 2]));
    survives(vec![vec![Vec::<u8>::new(); 3]; 3]);
    survives(vec![0_u64; 50_000]);
}

#[test]
fn types_of_std_come_back() {
    survives(Duration::new(u64::MAX, 999_999_999));
    survives(SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 7));
    survives("10.0.0.1".parse::<IpAddr>().unwrap());
    survives("::1".parse::<IpAddr>().unwrap());
    survives(NonZeroU8::new(7));
    survives(1_u32..7);
    survives(Box::new((1_u8, "one".to_owned())));
}

#[test]
fn raw_holds_one_text_or_bytes_and_nothing_around_them() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Grey(u8);

    let bare = |value: &str| written(Codec::RAW, value).unwrap();
    assert_eq!(bare("tea"), (b"tea".to_vec(), plain(Codec::RAW)));
    for value in ["", "tea: green", "\u{1F375}"] {
        assert_eq!(there_and_back(Codec::RAW, &value.to_owned()), Ok(value.to_owned()));
        assert_eq!(there_and_back(Codec::RAW, &Some(value.to_owned())), Ok(Some(value.to_owned())));
    }
    for value in [vec![], vec![0_u8, 255], b"tea".to_vec()] {
        assert_eq!(there_and_back(Codec::RAW, &value), Ok(value.clone()));
        let buffer = serde_bytes::ByteBuf::from(value);
        assert_eq!(there_and_back(Codec::RAW, &buffer), Ok(buffer.clone()));
    }
    assert_eq!(there_and_back(Codec::RAW, &None::<String>), Ok(None));
    assert_eq!(there_and_back(Codec::RAW, &Some(None::<String>)), Ok(Some(None)));
    assert_eq!(there_and_back(Codec::RAW, &[1_u8, 2, 3]), Ok([1_u8, 2, 3]));
    let grey = (Grey(0), Grey(255));
    assert_eq!(there_and_back(Codec::RAW, &grey), Ok(grey.clone()), "bytes in a type of their own");
    assert_eq!(there_and_back(Codec::RAW, &vec![grey.0.clone()]), Ok(vec![grey.0]));
    assert_eq!(there_and_back(Codec::RAW, &7_u8), Ok(7), "in decimal");
    assert_eq!(Codec::RAW.decode::<String>(b"\xFF", plain(Codec::RAW)), Err(Reject::Malformed));
}

proptest! {
    #[test]
    fn any_float_comes_back_to_the_last_bit(bits: u64, few: u32) {
        for codec in CODECS {
            let (float, short) = (f64::from_bits(bits), f32::from_bits(few));
            if float.is_finite() && short.is_finite() {
                let (back, back_short): (f64, f32) = there_and_back(codec, &(float, short)).unwrap();
                prop_assert_eq!((back.to_bits(), back_short.to_bits()), (bits, few), "{:?}", codec);
            }
        }
    }

    #[test]
    fn any_value_comes_back(name: String, sizes: Vec<u32>, entries: HashMap<i64, Option<String>>, bytes: Vec<u8>) {
        survives((name, sizes, entries, serde_bytes::ByteBuf::from(bytes)));
    }
}

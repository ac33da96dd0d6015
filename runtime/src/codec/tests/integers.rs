//! Values that are one integer are decimal text, which stores can count with, in every codec.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Count(u32);

const ALL: [Codec; 5] = [Codec::MSGPACK, Codec::POSTCARD, Codec::BINCODE, Codec::JSON, Codec::RAW];

/// The text that a value is written as, if it is written as a number.
fn text<T: Serialize>(value: &T) -> Option<String> {
    let (payload, encoding) = written(Codec::MSGPACK, value).unwrap();
    (encoding.codec == CodecId::DECIMAL).then(|| String::from_utf8(payload).unwrap())
}

#[test]
fn integers_are_decimal_text() {
    assert_eq!(text(&7_u8).as_deref(), Some("7"));
    assert_eq!(text(&i64::MIN).as_deref(), Some("-9223372036854775808"));
    assert_eq!(text(&Count(0)).as_deref(), Some("0"));
    assert_eq!(text(&Box::new(7_i128)).as_deref(), Some("7"));
    assert_eq!(text(&Some(Some(7_u64))).as_deref(), Some("7"));
}

#[test]
fn nothing_else_is() {
    assert_eq!(text(&u64::MAX), None, "no store counts past i64");
    assert_eq!(text(&i128::MIN), None);
    assert_eq!(text(&7.0), None);
    assert_eq!(text(&true), None);
    assert_eq!(text(&"7"), None);
    assert_eq!(text(&'7'), None);
    assert_eq!(text(&[7_u8]), None);
    assert_eq!(text(&(7_u8, 7_u8)), None);
    assert_eq!(text(&None::<u8>), None);
    assert_eq!(text(&Some(())), None);
}

#[test]
fn what_a_store_counted_is_read_by_any_type_that_holds_it() {
    let counted = Encoding { codec: CodecId::DECIMAL, outer: Outer::default() };
    for codec in ALL {
        assert_eq!(codec.decode(b"41", counted), Ok(41_i64));
        assert_eq!(codec.decode(b"41", counted), Ok(41_u8));
        assert_eq!(codec.decode(b"41", counted), Ok(41_u128));
        assert_eq!(codec.decode(b"41", counted), Ok(Count(41)));
        assert_eq!(codec.decode(b"41", counted), Ok(Some(41_i64)));
        assert_eq!(codec.decode(b"-41", counted), Ok(-41_i8));
        assert_eq!(codec.decode(b"9  ", counted), Ok(9_u32), "memcached pads what shrank");
        assert_eq!(codec.decode::<u32>(b"-1", counted), Err(Reject::Malformed));
        assert_eq!(codec.decode::<u8>(b"256", counted), Err(Reject::Malformed));
        assert_eq!(codec.decode::<String>(b"41", counted), Err(Reject::Malformed));
        assert_eq!(codec.decode::<bool>(b"1", counted), Err(Reject::Malformed));
    }
}

#[test]
fn what_is_no_number_is_a_miss() {
    let counted = Encoding { codec: CodecId::DECIMAL, outer: Outer::default() };
    for text in ["", " ", "+1", "1.0", "0x1", " 1", "1 2", "9223372036854775808", "\u{661}", "one"] {
        assert_eq!(Codec::JSON.decode::<i64>(text.as_bytes(), counted), Err(Reject::Malformed), "{text:?}");
    }
}

#[test]
fn a_none_has_no_payload() {
    for codec in ALL {
        let (payload, encoding) = written(codec, &Some(None::<String>)).unwrap();
        assert_eq!((&payload[..], encoding.outer), (&b""[..], Outer { n_somes: 1, none: true }));
        assert_eq!(codec.decode::<String>(&payload, encoding), Err(Reject::Malformed), "of another type");
        assert_eq!(codec.decode::<()>(&payload, encoding), Err(Reject::Malformed));
    }
}

proptest! {
    #[test]
    fn any_integer_comes_back_from_every_codec(wide: i64, count: u32, some: Option<i16>) {
        for codec in ALL {
            prop_assert_eq!(there_and_back(codec, &wide), Ok(wide));
            prop_assert_eq!(there_and_back(codec, &Count(count)), Ok(Count(count)));
            prop_assert_eq!(there_and_back(codec, &some), Ok(some));
        }
    }
}

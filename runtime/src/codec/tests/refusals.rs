//! What a codec cannot hold is refused by name, and no value is shown.

use std::collections::BTreeMap;

use serde::ser::{Error, Serializer};
use serde::{Deserialize, Serialize};

use super::*;

/// Its `Serialize` gives the value away, or panics.
struct Rude {
    panics: bool,
}

impl Serialize for Rude {
    fn serialize<S: Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        assert!(!self.panics, "secret");
        Err(S::Error::custom("secret"))
    }
}

#[derive(Serialize, Deserialize)]
struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<u8>,
}

#[derive(Serialize)]
struct Flat {
    #[serde(flatten)]
    secret: BTreeMap<String, u8>,
}

fn refusal<T: Serialize>(codec: Codec, value: &T) -> EncodeError {
    codec.encode(value, &mut Draft::new(), 1000).expect_err("it is refused")
}

#[test]
fn each_refusal_has_its_reason() {
    let text = |codec, unfit| EncodeError::new(codec, "T", unfit).to_string();
    for (error, unfit) in [
        (refusal(Codec::JSON, &BTreeMap::from([((1, 2), 3)])), Unfit::MapKey),
        (refusal(Codec::JSON, &[f64::NAN]), Unfit::NotFinite),
        (refusal(Codec::JSON, &[Some(())]), Unfit::NestedNone),
        (refusal(Codec::MSGPACK, &[Some(None::<u8>)]), Unfit::NestedNone),
        (refusal(Codec::MSGPACK, &u128::MAX), Unfit::Wide),
        (refusal(Codec::POSTCARD, &Skips { secret: None }), Unfit::SkipsField),
        (refusal(Codec::BINCODE, &Skips { secret: None }), Unfit::SkipsField),
        (refusal(Codec::POSTCARD, &Flat { secret: BTreeMap::new() }), Unfit::NoLength),
        (refusal(Codec::BINCODE, &Flat { secret: BTreeMap::new() }), Unfit::NoLength),
        (refusal(Codec::RAW, &1.5), Unfit::NotText),
        (refusal(Codec::RAW, &("a", "b")), Unfit::NotText),
        (refusal(Codec::RAW, &vec![1_u16]), Unfit::NotText),
    ] {
        assert_eq!(error.unfit(), unfit, "{error}");
        assert!(text("json", unfit).starts_with("cannot encode `T` as json: "));
    }
}

#[test]
fn a_refusal_names_codec_and_type_and_never_a_value() {
    for codec in CODECS {
        for panics in [false, true] {
            let error = refusal(codec, &Rude { panics });
            assert_eq!(error.unfit(), if panics { Unfit::Panicked } else { Unfit::Failed });
            let text = error.to_string();
            assert!(text.contains(codec.name()) && text.contains("Rude") && !text.contains("secret"), "{text}");
        }
    }
}

#[test]
fn a_value_too_long_is_refused_where_the_limit_is() {
    for codec in CODECS {
        for value in ["x".repeat(1001), "x".repeat(1_000_000)] {
            assert_eq!(refusal(codec, &value).unfit(), Unfit::TooLong);
            assert_eq!(refusal(codec, &vec![&*value; 9]).unfit(), Unfit::TooLong);
        }
    }
    assert_eq!(refusal(Codec::RAW, &"x".repeat(1001)).unfit(), Unfit::TooLong);
    assert!(Codec::RAW.encode(&"x".repeat(1000), &mut Draft::new(), 1000).is_ok());
}

#[test]
fn codecs_go_by_name() {
    for codec in CODECS.into_iter().chain([Codec::RAW]) {
        assert_eq!(Codec::named(codec.name()).unwrap(), codec);
    }
    let error = Codec::named("yaml").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`msgpack`"));
}

//! A codec that behaves, and some that do not.

use std::io::Write;

use serde::de::DeserializeOwned;

use super::*;
use crate::record::Draft;

type Encode = fn(&dyn erased_serde::Serialize, &mut dyn Write) -> Result<(), CodecFailure>;
type Decode = fn(&[u8], &mut Reader<'_>) -> Result<(), CodecFailure>;

/// What a codec is, piece by piece.
struct Made {
    id: u8,
    name: &'static str,
    encode: Encode,
    decode: Decode,
}

impl CustomCodec for Made {
    fn id(&self) -> u8 {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn writes_names(&self) -> bool {
        true
    }

    fn encode(&self, value: &dyn erased_serde::Serialize, writer: &mut dyn Write) -> Result<(), CodecFailure> {
        (self.encode)(value, writer)
    }

    fn decode(&self, payload: &[u8], read: &mut Reader<'_>) -> Result<(), CodecFailure> {
        (self.decode)(payload, read)
    }
}

fn encode(value: &dyn erased_serde::Serialize, writer: &mut dyn Write) -> Result<(), CodecFailure> {
    Ok(serde_json::to_writer(writer, value)?)
}

fn decode(payload: &[u8], read: &mut Reader<'_>) -> Result<(), CodecFailure> {
    let mut json = serde_json::Deserializer::from_slice(payload);
    read(&mut <dyn erased_serde::Deserializer<'_>>::erase(&mut json))?;
    Ok(json.end()?)
}

fn codec(encode: Encode, decode: Decode) -> Codec {
    Codec::custom(Box::leak(Box::new(Made { id: 222, name: "made", encode, decode }))).expect("its number is its own")
}

fn written(codec: Codec, value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Unfit> {
    let mut draft = Draft::new();
    codec.encode(value, &mut draft, 1000).map_err(|error| error.unfit())?;
    Ok(draft.payload().to_vec())
}

/// The value after a way there and back.
fn returned<T: Serialize + DeserializeOwned>(codec: Codec, value: &T) -> Option<T> {
    let mut draft = Draft::new();
    let encoding = codec.encode(value, &mut draft, 1000).ok()?;
    codec.decode(draft.payload(), encoding).ok()
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Shape {
    Dot,
    Line(i8, u64),
    Box { name: String, sides: Vec<Option<f64>> },
}

#[test]
fn values_of_all_forms_come_back() {
    let codec = codec(encode, decode);
    let sides = vec![Some(0.1), None];
    for shape in [Shape::Dot, Shape::Line(-1, u64::MAX), Shape::Box { name: "☕".into(), sides }] {
        assert_eq!(returned(codec, &shape), Some(shape));
    }
    assert_eq!(returned(codec, &Some(None::<u8>)), Some(Some(None)));
    assert_eq!(returned(codec, &7_u8), Some(7));
    assert_eq!(returned(codec, &i128::MIN), Some(i128::MIN));
}

#[test]
fn what_a_format_may_lose_is_refused() {
    let codec = codec(encode, decode);
    assert_eq!(written(codec, &[f64::NAN]), Err(Unfit::NotFinite));
    assert_eq!(written(codec, &[Some(None::<u8>)]), Err(Unfit::NestedNone));
    assert_eq!(written(codec, "x".repeat(1001).as_str()), Err(Unfit::TooLong));
}

#[test]
fn a_codec_that_fails_panics_or_lies_when_it_writes_stores_nothing() {
    let bad: [(Encode, Unfit); 4] = [
        (|_, _| Err("no".into()), Unfit::Failed),
        (|_, _| panic!("no"), Unfit::Panicked),
        // It does not look at what it is told.
        (
            |_, writer| {
                let _ = writer.write_all(&[0; 2000]);
                Ok(())
            },
            Unfit::TooLong,
        ),
        (
            |value, writer| {
                let _ = encode(value, writer);
                Ok(())
            },
            Unfit::NotFinite,
        ),
    ];
    for (encode, unfit) in bad {
        assert_eq!(written(codec(encode, decode), &vec![f64::NAN]), Err(unfit));
    }
}

#[test]
fn a_codec_that_fails_panics_or_lies_when_it_reads_has_read_nothing() {
    let bad: [Decode; 6] = [
        |_, _| Err("no".into()),
        |_, _| panic!("no"),
        |_, _| Ok(()),
        |payload, read| decode(payload, read).and_then(|()| decode(payload, read)),
        |_, read| {
            let _ = decode(b"7", read);
            Ok(())
        },
        |payload, read| {
            let _ = decode(b"7", read);
            decode(payload, read)
        },
    ];
    for decode in bad {
        assert_eq!(returned(codec(encode, decode), &"text".to_owned()), None);
    }
}

#[test]
fn hostile_bytes_are_no_value() {
    let custom = codec(encode, decode);
    let encoding = custom.encode("", &mut Draft::new(), 1000).unwrap();
    let nested = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    for bytes in [&nested[..], b"", b"\"", b"[7", b"7 7", b"{}"] {
        assert!(custom.decode::<Vec<serde_json::Value>>(bytes, encoding).is_err());
    }
}

#[test]
fn numbers_and_names_are_nobody_elses() {
    let custom = |id, name| Codec::custom(Box::leak(Box::new(Made { id, name, encode, decode })));
    let refused = |made: Result<Codec>| made.unwrap_err().to_string();
    assert!(refused(custom(127, "mine")).contains("below 128"));
    assert!(refused(custom(223, "json")).contains("cannot be called"));
    assert!(refused(custom(223, "")).contains("cannot be called"));
    assert!(custom(223, "mine").is_ok() && custom(223, "mine").is_ok());
    assert!(refused(custom(223, "yours")).contains("one number"));
    assert_eq!(custom(223, "mine").unwrap(), custom(223, "mine").unwrap());
    assert!(custom(223, "mine").unwrap().plain().is_none());
}

//! Payloads: bytes are a value of the type or a miss, and a value that was read is written and read as itself.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{Codec, Encoding};
use crate::record::{Draft, MAX_PAYLOAD, Outer};

/// Nests, and has of each kind of thing that serde knows.
#[derive(Serialize, Deserialize)]
enum Tree {
    Leaf,
    Number(i64),
    Pair(f64, u128),
    Texts { name: String, letter: char, more: Option<Option<String>> },
    Many(Vec<Tree>),
    Named(BTreeMap<String, Tree>),
    Boxed(Box<Tree>),
}

/// Asks what the bytes are, so that the bytes decide.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Flag(bool),
    Number(u64),
    Text(String),
    List(Vec<Any>),
    Map(BTreeMap<String, Any>),
}

#[derive(Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, u16>,
}

/// Reads a payload of MessagePack as values of many types.
pub fn msgpack(bytes: &[u8]) {
    all(Codec::MSGPACK, bytes);
}

/// The same of JSON.
pub fn json(bytes: &[u8]) {
    all(Codec::JSON, bytes);
}

/// The same of postcard.
pub fn postcard(bytes: &[u8]) {
    all(Codec::POSTCARD, bytes);
}

/// The same of bincode.
pub fn bincode(bytes: &[u8]) {
    all(Codec::BINCODE, bytes);
}

/// The same of text and bytes as they are.
pub fn raw(bytes: &[u8]) {
    all(Codec::RAW, bytes);
}

fn all(codec: Codec, bytes: &[u8]) {
    let Some((&outer, payload)) = bytes.split_first() else { return };
    // What a record says beside the payload is somebody's choice too.
    let outer = Outer { n_somes: outer & 3, none: outer & 4 != 0 };
    for encoding in [Encoding { codec: codec.id(), outer }, Encoding { codec: crate::record::CodecId::DECIMAL, outer }]
    {
        settles::<Tree>(codec, payload, encoding);
        settles::<Option<Any>>(codec, payload, encoding);
        settles::<Flat>(codec, payload, encoding);
        settles::<String>(codec, payload, encoding);
        settles::<Vec<u8>>(codec, payload, encoding);
        settles::<Option<Option<i64>>>(codec, payload, encoding);
        settles::<(u128, i128, bool, ())>(codec, payload, encoding);
        settles::<Vec<BTreeMap<Vec<u8>, Option<f32>>>>(codec, payload, encoding);
    }
}

/// What is read is written so that it is read again, and written alike.
fn settles<T: Serialize + DeserializeOwned>(codec: Codec, payload: &[u8], encoding: Encoding) {
    let Ok(value) = codec.decode::<T>(payload, encoding) else { return };
    // A codec may read what it would not write, such as a `NaN` that JSON has no word for.
    let Some((first, encoding)) = written(codec, &value) else { return };
    let again = codec.decode::<T>(&first, encoding).expect("what was written is read");
    let (second, _) = written(codec, &again).expect("what was written is written again");
    assert!(first == second, "a value came back as another");
}

fn written<T: Serialize>(codec: Codec, value: &T) -> Option<(Vec<u8>, Encoding)> {
    let mut draft = Draft::new();
    let encoding = codec.encode(value, &mut draft, MAX_PAYLOAD).ok()?;
    Some((draft.payload().to_vec(), encoding))
}

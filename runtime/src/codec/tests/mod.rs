//! What holds for every codec: a value comes back as it was, or it is refused; bytes are a value of the type, or a miss.

mod changed;
mod golden;
mod hostile;
mod integers;
mod refusals;
mod values;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::record::MAX_PAYLOAD;

/// All that hold more than text.
const CODECS: [Codec; 4] = [Codec::MSGPACK, Codec::POSTCARD, Codec::BINCODE, Codec::JSON];

/// What is written of `value`.
fn written<T: Serialize + ?Sized>(codec: Codec, value: &T) -> std::result::Result<(Vec<u8>, Encoding), Unfit> {
    let mut draft = Draft::new();
    let encoding = codec.encode(value, &mut draft, MAX_PAYLOAD);
    if encoding.is_err() {
        assert_eq!(draft.payload(), b"", "what was refused leaves nothing behind");
    }
    Ok((draft.payload().to_vec(), encoding.map_err(|error| error.unfit())?))
}

/// The value that comes back, or why not.
fn there_and_back<T: Serialize + DeserializeOwned>(codec: Codec, value: &T) -> std::result::Result<T, Why> {
    let (payload, encoding) = written(codec, value).map_err(Why::Unfit)?;
    codec.decode(&payload, encoding).map_err(Why::Reject)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Unfit(Unfit),
    Reject(Reject),
}

/// The payload is this codec's, and the layers of `Option` are inside it.
fn plain(codec: Codec) -> Encoding {
    Encoding { codec: codec.id(), outer: Outer::default() }
}

/// `value` comes back from all codecs.
fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    survives_but(&[], value);
}

/// `value` comes back from all codecs but these, where it is refused or a miss.
fn survives_but<T: Serialize + DeserializeOwned + PartialEq + Debug>(but: &[Codec], value: T) {
    for codec in CODECS {
        match there_and_back(codec, &value) {
            Ok(back) => {
                assert_eq!(back, value, "{codec:?}");
                assert!(!but.contains(&codec), "{codec:?} holds {value:?} after all");
            }
            Err(why) => assert!(but.contains(&codec), "{codec:?} loses {value:?}: {why:?}"),
        }
    }
}

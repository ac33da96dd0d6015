//! How are values written in a format of one's own? By a codec, which is a few lines around a crate that writes the format:
//! here JSON in many lines, for those who look into the store.

use std::io::Write;

use larder::adapter::{CacheAdapter, StoreKey, layout};
use larder::erased_serde::{Deserializer, Serialize};
use larder::testing::MemoryAdapter;
use larder::{Cache, Codec, CodecFailure, CodecReader, CustomCodec, cached};

pub(crate) struct Pretty;

impl CustomCodec for Pretty {
    fn id(&self) -> u8 {
        200 // stands in every record: never give it to another format
    }

    fn name(&self) -> &'static str {
        "pretty"
    }

    fn writes_names(&self) -> bool {
        true
    }

    fn encode(&self, value: &dyn Serialize, writer: &mut dyn Write) -> Result<(), CodecFailure> {
        Ok(serde_json::to_writer_pretty(writer, value)?)
    }

    fn decode(&self, payload: &[u8], read: &mut CodecReader<'_>) -> Result<(), CodecFailure> {
        let mut json = serde_json::Deserializer::from_slice(payload);
        read(&mut <dyn Deserializer>::erase(&mut json))?;
        Ok(json.end()?) // nothing may be left behind the value
    }
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Tea {
    name: String,
    minutes: u8,
}

#[cached(key = "tea:{name}")]
fn tea(name: &str) -> Tea {
    println!("looking {name} up");
    Tea { name: name.into(), minutes: 3 }
}

pub(crate) fn main() -> larder::Result<()> {
    let store = MemoryAdapter::new(); // any far store does: Redis, SQLite, one of your own
    let cache = Cache::builder(store.clone()).codec(Codec::custom(&Pretty)?).namespace("shop").build()?;

    // A program would say `larder::adapter_set(cache)?` once.
    larder::scoped(cache, || assert_eq!(tea("sencha"), tea("sencha")));
    assert_eq!((tea::stats().computed, tea::stats().hits), (1, 1));

    let key = StoreKey::new("shop", tea::key("sencha"));
    let stored = futures_lite::future::block_on(store.get(&key))?.expect("it was stored");
    let text = String::from_utf8_lossy(&stored.record[layout::PAYLOAD..]).into_owned();
    println!("in the store, behind {} bytes of larder's own:\n{text}", layout::PAYLOAD);
    assert_eq!(text, "{\n  \"name\": \"sencha\",\n  \"minutes\": 3\n}");
    Ok(())
}

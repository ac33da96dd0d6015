//! Records as they are in stores. A release that writes or reads other bytes must say so by another format number.
//!
//! `LARDER_BLESS=1` writes the files anew; the change is then seen in the diff.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{env, fs};

use serde::{Deserialize, Serialize};

use super::*;
use crate::record::{Epochs, Expected, Head, KeyFingerprint, Meta, Outcome};
use crate::timeout::Timeout;

const DEADLINE_MS: u64 = 1_795_000_000_000;
const SCHEMA: u64 = 0x1122_3344_5566_7788;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: Option<String>,
    lines: Vec<Line>,
    notes: BTreeMap<String, f64>,
    paid: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Line {
    Gift,
    Item(String, u32),
    Discount { percent: f32, from: i64 },
    Text(char),
}

fn order() -> Order {
    Order {
        id: u64::MAX,
        customer: Some("Ada \u{1F375}".into()),
        lines: vec![
            Line::Gift,
            Line::Item("tea".into(), 70_000),
            Line::Discount { percent: 12.5, from: -7 },
            Line::Text('\u{E9}'),
        ],
        notes: BTreeMap::from([("half".into(), 0.5), ("tenth".into(), 0.1)]),
        paid: true,
    }
}

/// The record of `value` is the golden one called `name`, and the golden one is read as `value`.
fn check<T>(name: &str, codec: Codec, outcome: Outcome, value: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut draft = Draft::new();
    let encoding = codec.encode(value, &mut draft, MAX_PAYLOAD).unwrap();
    let key = KeyFingerprint::of(b"shop:order:7");
    let epochs = Epochs { namespace: 0xAAAA_AAAA, template: 0xBBBB_BBBB };
    let meta = Meta {
        codec: encoding.codec,
        outcome,
        outer: encoding.outer,
        key,
        schema: SCHEMA,
        epochs,
        template: 0xCCCC_CCCC,
        fresh_for: Timeout::from_secs(300),
        grace: Timeout::from_secs(60),
        computed_in: Duration::from_micros(4_321),
    };
    let record = draft.seal(Head::until(DEADLINE_MS), &meta);

    let path = format!("{}/../tests/golden/format-1/{name}.record", env!("CARGO_MANIFEST_DIR"));
    if env::var_os("LARDER_BLESS").is_some() {
        fs::write(&path, &record).unwrap();
    }
    let golden = fs::read(&path).expect("the golden file is there");
    assert_eq!(record, golden, "{name}");

    let expected = Expected {
        key,
        codec: codec.id(),
        value: SCHEMA,
        failed: Some(SCHEMA),
        decimal: SCHEMA,
        namespace_epoch: epochs.namespace,
        template_epoch: Some(epochs.template),
        max_payload: MAX_PAYLOAD,
    };
    let read = crate::record::decode(&golden, &expected).unwrap();
    assert_eq!((read.head, read.meta), (Head::until(DEADLINE_MS), meta));
    let encoding = Encoding { codec: read.meta.codec, outer: read.meta.outer };
    assert_eq!(codec.decode::<T>(read.payload, encoding).as_ref(), Ok(value));
}

#[test]
fn records_are_what_they_were() {
    for codec in CODECS {
        check(codec.name(), codec, Outcome::Value, &order());
    }
    check("raw", Codec::RAW, Outcome::Value, &"tea: green \u{1F375}".to_owned());
    check("integer", Codec::MSGPACK, Outcome::Value, &-42_i64);
    check("some_none", Codec::JSON, Outcome::Value, &Some(None::<Order>));
    check("nothing", Codec::POSTCARD, Outcome::Nothing, &());
    check("failed", Codec::MSGPACK, Outcome::Failed, &"out of tea".to_owned());
}

//! What works without the default features: the attribute, the helpers, the memory adapter.

use larder::cached;

#[cached(key = "double:{x}")]
fn double(x: u64) -> u64 {
    2 * x
}

#[cached(key = "halves:{x}", none_timeout = 5)]
async fn halves(x: u64) -> Option<u64> {
    x.is_multiple_of(2).then_some(x / 2)
}

fn main() -> larder::Result<()> {
    assert_eq!((double(21), double(21)), (42, 42));
    assert_eq!(double::stats().computed, 1);
    assert!(double::clear(21)?);
    assert_eq!(halves::key(8).as_str(), "halves:8");

    let missing = larder::adapter_set("redis").expect_err("no store is compiled in");
    assert_eq!(missing.kind(), larder::ErrorKind::FeatureOff);
    let said = "the adapter `redis` is not in this build: it needs the cargo feature `redis` of larder; \
                in this build are memory, null";
    assert_eq!(missing.to_string(), said);
    Ok(())
}

//! A store of one's own needs the feature `far` and nothing else: the example's adapter, as the example runs it.

#[path = "../../../../examples/custom_adapter.rs"]
mod custom_adapter;

fn main() -> larder::Result<()> {
    custom_adapter::main()?;
    assert_eq!(larder::adapter_get().adapter(), "pantry");

    let missing = larder::adapter_set("redis").expect_err("no store is compiled in");
    assert_eq!(missing.kind(), larder::ErrorKind::FeatureOff);
    let missing = larder::Codec::named("json").expect_err("no other codec is compiled in");
    assert_eq!(missing.kind(), larder::ErrorKind::FeatureOff);
    assert!(missing.to_string().contains("feature `json` of larder"), "{missing}");
    Ok(())
}

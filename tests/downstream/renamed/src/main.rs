//! A macro cannot see under which name its crate was imported, so one that is renamed is named in the attribute.

use pantry::{KeyPart, cached};

#[derive(KeyPart)]
#[key(crate = pantry)]
struct Id(u64);

#[cached(key = "double:{id}", crate = pantry)]
fn double(id: Id) -> u64 {
    2 * id.0
}

fn main() -> pantry::Result<()> {
    assert_eq!((double(Id(21)), double(Id(21))), (42, 42));
    assert_eq!(double::stats().computed, 1);
    assert!(double::clear(Id(21))?);
    Ok(())
}

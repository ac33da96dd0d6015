//! What fuzzers drive: the places where this crate reads what it did not write, and what must hold there for whatever
//! bytes. Compiled by `--cfg fuzzing` for `fuzz/`, and in unit tests, which replay what fuzzers have found worth keeping.

mod codecs;
mod keys;
mod records;

#[cfg(test)]
mod corpora;

pub use codecs::{bincode, json, msgpack, postcard, raw};
pub use keys::{keys, physical};
pub use records::record;

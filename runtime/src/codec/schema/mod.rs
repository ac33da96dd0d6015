//! Which type a payload is of, in 64 bits. Formats with names tell by themselves when a struct has changed: the type's name
//! and the version that the user gives are enough. Formats without names would take one field for another, so for them the
//! type's shape is part of it, as far as it can be seen.

mod dummy;
mod explorer;
mod parts;

use std::any::type_name;

use serde_core::de::DeserializeOwned;

use self::explorer::Explorer;
use super::{Codec, Kind};

/// The fingerprint of one type for one codec. Finding it is slow (microseconds to a millisecond); it never changes while
/// the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) fingerprint: u64,
    pub(crate) shape: Shape,
}

/// Whether a change of the type's shape changes its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    /// The format writes names, and needs no shape.
    Named,
    /// All of it was seen.
    Seen,
    /// Not all: after a change of the type, its user has to raise `version`.
    Unseen,
}

impl Schema {
    /// That of `T`.
    pub(crate) fn of<T: DeserializeOwned>(codec: Codec, version: u32) -> Self {
        let mut digest = Digest::new(version);
        digest.name(type_name::<T>());
        if matches!(codec.kind, Kind::Custom(_)) {
            // A number may be another codec's in another program.
            digest.name(codec.name);
        }
        if codec.format.named {
            return Self { fingerprint: digest.finish(), shape: Shape::Named };
        }
        let shape = if Explorer::new(&mut digest).explore::<T>() { Shape::Seen } else { Shape::Unseen };
        Self { fingerprint: digest.finish(), shape }
    }

    /// The fingerprint of integers in decimal text. Whatever reads them reads the same number, so it names no type.
    pub(crate) fn decimal(version: u32) -> u64 {
        let mut digest = Digest::new(version);
        digest.name("decimal");
        digest.finish()
    }
}

/// What is known of a type, on its way into a number.
struct Digest(blake2b_simd::State);

impl Digest {
    fn new(version: u32) -> Self {
        let mut state = blake2b_simd::Params::new().hash_length(8).personal(b"larder schema").to_state();
        state.update(&version.to_le_bytes());
        Self(state)
    }

    /// One name or word; two never read like one.
    fn name(&mut self, name: &str) {
        self.number(name.len());
        self.0.update(name.as_bytes());
    }

    fn number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_le_bytes());
    }

    fn finish(&self) -> u64 {
        let mut fingerprint = [0; 8];
        fingerprint.copy_from_slice(self.0.finalize().as_bytes());
        u64::from_le_bytes(fingerprint)
    }
}

/// The shape alone, without the type's own name; and was it seen whole?
#[cfg(all(test, feature = "bincode", feature = "json", feature = "msgpack", feature = "postcard"))]
pub(super) fn shape_of<T: DeserializeOwned>() -> (u64, bool) {
    let mut digest = Digest::new(0);
    let is_seen = Explorer::new(&mut digest).explore::<T>();
    (digest.finish(), is_seen)
}

#[cfg(all(feature = "bincode", feature = "json", feature = "msgpack", feature = "postcard"))]
#[cfg(test)]
mod tests;

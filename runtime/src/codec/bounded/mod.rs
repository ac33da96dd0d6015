//! Watches bytes on their way in. Whatever they claim, decoding them costs little stack, memory and time, and a struct is
//! only ever read from what a struct was written as.
//!
//! It is a `Deserializer` around the format's, because formats differ in what they guard: bincode and postcard nest without
//! end, rmp-serde and bincode believe the lengths that they read. There is no such library; `serde_stacker` grows the stack
//! instead of saying no.

mod access;
mod deserializer;
mod visitor;

use std::cell::Cell;

use serde_core::de::Error;

use super::Format;
use crate::record::{Outer, Reject};

pub(super) use self::deserializer::Bounded;

/// How deep values nest: each container, each enum and each `Some` is a level. JSON's own limit is the same.
pub(super) const MAX_DEPTH: u8 = 127;
/// How deep a container may set memory aside for elements that it claims to have. Deeper ones grow as they fill.
const HINTED_DEPTH: u8 = 8;
/// How many elements there may be beside one for each byte: some are written as nothing, like `()`.
const SPARE_ELEMENTS: usize = 4096;

/// A value and how many bytes are left behind it, or 1 where the format only says that some are; formats' errors are not looked at, as they may hold values.
pub(super) type Undecoded<T> = Result<(T, usize), ()>;

/// What one decoding may cost, and why it ended.
#[derive(Debug)]
pub(super) struct Bounds {
    format: Format,
    outer: Outer,
    n_left: Cell<usize>,
    tripped: Cell<Option<Reject>>,
}

impl Bounds {
    pub(super) fn new(n_payload: usize, format: Format, outer: Outer) -> Self {
        let n_left = Cell::new(n_payload.saturating_add(SPARE_ELEMENTS));
        Self { format, outer, n_left, tripped: Cell::new(None) }
    }

    /// Which bound ended it.
    pub(super) fn tripped(&self) -> Option<Reject> {
        self.tripped.get()
    }

    /// Is the value a `None` that has no payload?
    pub(super) fn expects_none(&self) -> bool {
        self.outer.none
    }

    fn trip<T, E: Error>(&self, reject: Reject) -> Result<T, E> {
        self.tripped.set(Some(reject));
        Err(E::custom("out of bounds"))
    }
}

/// Where in the value it is.
#[derive(Clone, Copy, Debug)]
struct Spot<'b> {
    bounds: &'b Bounds,
    depth: u8,
}

impl<'b> Spot<'b> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return self.bounds.trip(Reject::TooDeep);
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    /// One more element of a container whose length the bytes tell.
    fn count<E: Error>(self) -> Result<(), E> {
        let Some(n_left) = self.bounds.n_left.get().checked_sub(1) else {
            return self.bounds.trip(Reject::TooMany);
        };
        self.bounds.n_left.set(n_left);
        Ok(())
    }

    /// For how many elements a container may set memory aside, of those that it claims.
    fn hint(self, claimed: Option<usize>) -> Option<usize> {
        if self.depth > HINTED_DEPTH { None } else { claimed.map(|n| n.min(self.bounds.n_left.get())) }
    }
}

/// What the type asked for; the visitor gets nothing else where the format writes names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Its length is in the bytes, if it has one.
    Any,
    /// Its length is the type's.
    Tuple,
    Struct,
    /// The name of a field or variant.
    Name,
}

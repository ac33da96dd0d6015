//! Watches a value on its way out, and refuses what would not come back as it is. Formats differ in what they lose: JSON
//! writes NaN and `Some(None)` as `null`, formats without names take the next field for one that was skipped. Each would
//! be another value when read, so each is an error when written.
//!
//! It is a `Serializer` around the format's. Layers of `Option` at the outside go into the record instead.

mod compound;
mod serializer;

use std::cell::Cell;

use serde_core::ser::Error;
use serde_core::{Serialize, Serializer};

use self::serializer::Faithful;
use super::bounded::MAX_DEPTH;
use super::{Format, Unfit};
use crate::record::Outer;

/// What was found on the way through one value.
#[derive(Debug)]
pub(super) struct Guard {
    format: Format,
    unfit: Cell<Option<Unfit>>,
    outer: Cell<Outer>,
}

impl Guard {
    pub(super) fn new(format: Format) -> Self {
        Self { format, unfit: Cell::new(None), outer: Cell::new(Outer::default()) }
    }

    /// Why the format does not hold the value.
    pub(super) fn unfit(&self) -> Option<Unfit> {
        self.unfit.get()
    }

    /// The layers of `Option` that the format did not see.
    pub(super) fn outer(&self) -> Outer {
        self.outer.get()
    }

    /// Notes the reason; the error only ends the writing.
    fn refuse<T, E: Error>(&self, unfit: Unfit) -> Result<T, E> {
        self.unfit.set(Some(unfit));
        Err(E::custom("refused"))
    }
}

/// Where in the value a serializer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing but `Some`s around it.
    Outside,
    /// Right inside a `Some` that the format writes.
    InSome,
    /// Anywhere else.
    Inside,
}

/// A value, watched.
pub(super) struct Guarded<'a, T: ?Sized> {
    value: &'a T,
    guard: &'a Guard,
    place: Place,
    depth: u8,
}

impl<'a, T: ?Sized> Guarded<'a, T> {
    pub(super) fn new(value: &'a T, guard: &'a Guard) -> Self {
        Self { value, guard, place: Place::Outside, depth: 0 }
    }
}

impl<T: Serialize + ?Sized> Serialize for Guarded<'_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let &Self { value, guard, place, depth } = self;
        if depth > MAX_DEPTH {
            return guard.refuse(Unfit::TooDeep);
        }
        value.serialize(Faithful { inner, guard, place, depth })
    }
}

//! The rules of a function without conditions of its own. They depend on its return type alone, so what uses them is
//! compiled once per type and not once per function; and they are a type that a signature can name, where an opaque one
//! costs the compiler more than the function around it.

use std::sync::Arc;

use super::packing::{Packing, Part};
use super::probe::{Fallible, Kind, Plain};
use super::travel::{Far, Near, Route, Travel};
use super::{Outcome, Rules, Unpack, failure};
use crate::error::Error;
use crate::near::{Header, Slot};
use crate::value::{Local, Storable};

/// How results of type `R` are told apart, put into a slot and read back.
pub struct Vtable<R> {
    outcome: fn(&R) -> Outcome,
    pack: fn(&R, Header) -> Option<Arc<Slot>>,
    unpack: Unpack<R>,
    travel: Travel<R>,
}

impl<R> Vtable<R> {
    #[inline]
    fn of<K: Packing<R>>(place: &impl Route<R, K>) -> Self {
        Self { outcome: outcome::<R, K>, pack: K::pack, unpack: K::unpack, travel: place.travel() }
    }
}

fn outcome<R, K: Packing<R>>(result: &R) -> Outcome {
    match K::part(result) {
        Part::Value(_) => Outcome::Value(None),
        Part::Nothing => Outcome::Nothing,
        Part::Failed => Outcome::Failed,
    }
}

/// The value may travel to a far store.
#[inline]
pub fn far<R, K: Kind<Value: Storable> + Packing<R>>(_: K) -> Vtable<R> {
    Vtable::of::<K>(&Far)
}

/// Of what is no function's result: the whole of it is the value.
pub(crate) fn value<T: Storable>() -> Vtable<T> {
    Vtable::of::<Plain<T>>(&Far)
}

/// The same of what a closure makes: an `Err` is no value, though it may be written as one.
pub(crate) fn made<T: Storable>() -> Vtable<T> {
    let outcome = |value: &T| if failure::is_err(value) { Outcome::Failed } else { Outcome::Value(None) };
    Vtable { outcome, ..value() }
}

/// The same of a computation that can fail; its errors are nobody else's.
pub(crate) fn fallible<T: Storable, E>() -> Vtable<Result<T, E>> {
    Vtable::of::<Fallible<T, E>>(&Far)
}

/// The value stays in this process.
#[inline]
pub fn local<R, K: Kind<Value: Local> + Packing<R>>(_: K) -> Vtable<R> {
    Vtable::of::<K>(&Near)
}

impl<R> Rules<R> for Vtable<R> {
    #[inline]
    fn outcome(&self, result: &R) -> Outcome {
        (self.outcome)(result)
    }

    #[inline]
    fn pack(&self, result: &R, header: Header) -> Option<Arc<Slot>> {
        (self.pack)(result, header)
    }

    #[inline]
    fn unpacking(&self) -> Unpack<R> {
        self.unpack
    }

    #[inline]
    fn travel(&self) -> Travel<R> {
        self.travel
    }

    #[inline]
    fn raise(&self, _: Error) -> Option<R> {
        None
    }
}

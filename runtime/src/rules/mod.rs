//! What the return type and the attribute say about a result: which part of it is the value, whether it is stored, for
//! how long, and how it is put into a slot and read back.

mod packing;
mod probe;
mod shape;

use std::sync::Arc;

pub use probe::{Probe, ProbeInner, ProbeKind, ProbeShare};
pub use shape::{far, local};

use crate::near::{Header, Slot};
use crate::timeout::Timeout;

/// The part of a result that decides what happens to it.
pub enum Outcome<'a, V> {
    /// A value: the whole result, or what `Ok` and `Some` hold.
    Value(&'a V),
    /// A `None`.
    Nothing,
    /// An `Err`.
    Failed,
}

/// What holds for the results of one function; `R` is its return type.
pub trait Rules<R> {
    /// What `cache_if` and `timeout_by` see.
    type Value;

    /// Which part of `result` decides.
    fn outcome<'a>(&self, result: &'a R) -> Outcome<'a, Self::Value>;

    /// Does `cache_if` let the value pass?
    fn passes(&self, value: &Self::Value) -> bool;

    /// The lifetime that `timeout_by` gives the value.
    fn timeout(&self, value: &Self::Value) -> Option<Timeout>;

    /// A copy of `result` to be shared with waiters and kept; `None` where it cannot be shared.
    fn pack(&self, result: &R, header: Header) -> Option<Arc<Slot>>;

    /// The result that `slot` holds; `None` if it holds another type's.
    fn unpack(&self, slot: &Slot) -> Option<R>;
}

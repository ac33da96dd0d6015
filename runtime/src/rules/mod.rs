//! What the return type and the attribute say about a result: which part of it is the value, whether it is stored, for
//! how long, and how it is put into a slot and read back.

mod failure;
mod integer;
mod packing;
mod probe;
mod propagate;
mod shape;
mod travel;
mod vtable;

use std::any::Any;
use std::sync::Arc;

pub(crate) use integer::sum as count;
pub use probe::{Probing, probe};
pub use shape::{far_if, local_if};
#[cfg(feature = "far")]
pub(crate) use travel::Payload;
pub(crate) use travel::Travel;
pub use vtable::{Vtable, far, local};
pub(crate) use vtable::{fallible, made, value};

use travel::Writes;

use crate::error::Error;
use crate::near::{Header, Slot};
use crate::timeout::Timeout;

/// What is to happen to a result.
pub enum Outcome {
    /// A value is stored, with the lifetime that `timeout_by` gives it.
    Value(Option<Timeout>),
    /// `cache_if` does not let the value pass.
    Refused,
    /// A `None`.
    Nothing,
    /// An `Err`.
    Failed,
}

/// Reads a result out of what a slot holds; `None` if that is another type's. Of what is brief it runs no code of the user's.
pub(crate) type Unpack<R> = fn(&(dyn Any + Send + Sync)) -> Option<R>;

/// What holds for the results of one function; `R` is its return type.
pub trait Rules<R> {
    /// What is to happen to `result`.
    fn outcome(&self, result: &R) -> Outcome;

    /// A copy of `result` to be shared with waiters and kept; `None` where it cannot be shared.
    fn pack(&self, result: &R, header: Header) -> Option<Arc<Slot>>;

    /// How results are read.
    fn unpacking(&self) -> Unpack<R>;

    /// The result that `slot` holds; `None` if it holds another type's.
    #[inline]
    fn unpack(&self, slot: &Slot) -> Option<R> {
        self.unpacking()(slot.held())
    }

    /// How results travel to a far store.
    fn travel(&self) -> Travel<R>;

    /// The result that a failure of the store is; `None` where the function computes instead.
    fn raise(&self, error: Error) -> Option<R>;
}

/// A result and its rules with their types forgotten, so that what is done with them is compiled once.
pub(crate) trait Computed: Writes {
    /// See [`Rules::outcome`].
    fn outcome(&self) -> Outcome;
    /// See [`Rules::pack`].
    fn pack(&self, header: Header) -> Option<Arc<Slot>>;
}

impl<R, U: Rules<R>> Computed for (&U, &R) {
    fn outcome(&self) -> Outcome {
        self.0.outcome(self.1)
    }

    fn pack(&self, header: Header) -> Option<Arc<Slot>> {
        self.0.pack(self.1, header)
    }
}

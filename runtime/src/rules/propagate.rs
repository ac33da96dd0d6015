//! `on_error = "propagate"`: rules around others, which make a failure of the store a result.

use std::sync::Arc;

use super::probe::{Fallible, FallibleOptional};
use super::shape::Shape;
use super::{Outcome, Rules, Travel, Unpack};
use crate::error::Error;
use crate::near::{Header, Slot};

/// Rules by which a failure of the store is the function's `Err`.
pub struct Propagating<U, R> {
    rules: U,
    /// A function that was found once, so that one missing `From` is one error.
    raise: fn(Error) -> R,
}

impl<K, P, C, L> Shape<K, P, C, L> {
    /// A failure of the store is the function's `Err`.
    #[inline]
    pub fn propagate<R, E: FromError>(self) -> Propagating<Self, R>
    where
        K: Fails<R, E>,
    {
        Propagating { rules: self, raise: |error| K::of_error(E::from_error(error)) }
    }
}

/// A kind of result, `R`, that can be an `Err` with an `E`.
#[diagnostic::on_unimplemented(
    message = "`on_error` needs a function that returns a `Result`",
    label = "there is no `Err` to return",
    note = "remove `on_error`, or return a `Result`"
)]
// With a parameter and not with an associated type: in what `propagate` returns, one that is not there would be reported
// before anything that is said here.
pub trait Fails<R, E> {
    /// That result.
    fn of_error(error: E) -> R;
}

impl<T, E, S> Fails<Result<T, E>, E> for Fallible<T, E, S> {
    fn of_error(error: E) -> Result<T, E> {
        Err(error)
    }
}

impl<T, E, S> Fails<Result<Option<T>, E>, E> for FallibleOptional<T, E, S> {
    fn of_error(error: E) -> Result<Option<T>, E> {
        Err(error)
    }
}

/// An error that can be made from one of ours.
#[diagnostic::on_unimplemented(
    message = "`on_error` cannot make a `{Self}` of a failure of the store",
    label = "this `Err` is to hold it",
    note = "implement `From<larder::Error>` for `{Self}`, or remove `on_error` to compute instead"
)]
pub trait FromError {
    /// That error.
    fn from_error(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> FromError for E {
    fn from_error(error: Error) -> Self {
        error.into()
    }
}

impl<R, U: Rules<R>> Rules<R> for Propagating<U, R> {
    #[inline]
    fn outcome(&self, result: &R) -> Outcome {
        self.rules.outcome(result)
    }

    #[inline]
    fn pack(&self, result: &R, header: Header) -> Option<Arc<Slot>> {
        self.rules.pack(result, header)
    }

    #[inline]
    fn unpacking(&self) -> Unpack<R> {
        self.rules.unpacking()
    }

    #[inline]
    fn travel(&self) -> Travel<R> {
        self.rules.travel()
    }

    #[inline]
    fn raise(&self, error: Error) -> Option<R> {
        Some((self.raise)(error))
    }
}

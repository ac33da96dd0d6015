//! Nothing travels.

use std::marker::PhantomData;

use super::{Far, FarWithError, Near};

/// How results of type `R` travel: they do not.
pub struct Travel<R>(PhantomData<fn() -> R>);

impl<R> Clone for Travel<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Travel<R> {}

/// Where results of a kind may go.
pub trait Route<R, K> {
    /// How they get there.
    #[inline]
    fn travel() -> Travel<R> {
        Travel(PhantomData)
    }
}

impl<R, K> Route<R, K> for Near {}
impl<R, K> Route<R, K> for Far {}
impl<R, K> Route<R, K> for FarWithError {}

/// A result that was computed: it has no payload.
pub(crate) trait Writes {}

impl<T> Writes for T {}

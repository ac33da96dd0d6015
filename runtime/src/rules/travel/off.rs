//! Nothing travels.

use std::marker::PhantomData;

use super::{Far, Near};

/// How results of type `R` travel: they do not.
pub struct Travel<R>(PhantomData<fn() -> R>);

impl<R> Clone for Travel<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Travel<R> {}

impl<R> Travel<R> {
    /// The value may travel, and so may the error.
    #[inline]
    #[expect(clippy::extra_unused_type_parameters, reason = "where results travel it says how")]
    pub(crate) fn with_error<K>() -> Self {
        Self(PhantomData)
    }
}

/// Where results of a kind may go.
pub trait Route<R, K> {
    /// How they get there.
    fn travel(&self) -> Travel<R>;
}

impl<R, K> Route<R, K> for Near {
    #[inline]
    fn travel(&self) -> Travel<R> {
        Travel(PhantomData)
    }
}

impl<R, K> Route<R, K> for Far {
    #[inline]
    fn travel(&self) -> Travel<R> {
        Travel(PhantomData)
    }
}

/// A result that was computed: it has no payload.
pub(crate) trait Writes {}

impl<T> Writes for T {}

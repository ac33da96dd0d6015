//! The rules of a function with conditions of its own: closures, which make a type that has no name.

use std::marker::PhantomData;
use std::sync::Arc;

use super::packing::{Packing, Part, Sharing};
use super::probe::{Fallible, FallibleOptional, Kind, Optional};
use super::travel::{Far, Near, Route, Travel, WithError};
use super::{Outcome, Rules, Unpack};
use crate::error::Error;
use crate::near::{Header, Slot};
use crate::timeout::Timeout;
use crate::value::{Local, Storable};

/// All that is known of a function's results: the kind, where values may go, and the attribute's own conditions.
pub struct Shape<K, P, C = (), L = ()> {
    kind: PhantomData<fn() -> K>,
    place: P,
    cache_if: C,
    timeout_by: L,
}

impl<K, P> Shape<K, P> {
    #[inline]
    fn of(place: P) -> Self {
        Self { kind: PhantomData, place, cache_if: (), timeout_by: () }
    }
}

/// The value may travel to a far store.
#[inline]
pub fn far_if<K: Kind<Value: Storable>>(_: K) -> Shape<K, Far> {
    Shape::of(Far)
}

/// The value stays in this process.
#[inline]
pub fn local_if<K: Kind<Value: Local>>(_: K) -> Shape<K, Near> {
    Shape::of(Near)
}

impl<K: Kind, P, C, L> Shape<K, P, C, L> {
    /// Stores only what `cache_if` lets pass.
    #[inline]
    pub fn cache_if<F: Fn(&K::Value) -> bool>(self, cache_if: F) -> Shape<K, P, When<F>, L> {
        Shape { kind: PhantomData, place: self.place, cache_if: When(cache_if), timeout_by: self.timeout_by }
    }

    /// Asks the value for its timeout.
    #[inline]
    pub fn timeout_by<T: Into<Timeout>>(
        self,
        timeout_by: impl Fn(&K::Value) -> T,
    ) -> Shape<K, P, C, By<impl Fn(&K::Value) -> Timeout>> {
        let timeout_by = By(move |value: &K::Value| timeout_by(value).into());
        Shape { kind: PhantomData, place: self.place, cache_if: self.cache_if, timeout_by }
    }
}

impl<K, P, C, L> Shape<K, P, C, L> {
    /// A `None` is stored too: the attribute gives it a timeout.
    #[inline]
    pub fn keep_none(self) -> Self
    where
        K: MayBeNone,
    {
        self
    }

    /// An `Err` is stored too: the attribute gives it a timeout.
    #[inline]
    pub fn keep_err<Q>(self) -> Shape<K, Q, C, L>
    where
        K: MayFail<P, Q>,
    {
        Shape {
            kind: PhantomData,
            place: K::with_error(self.place),
            cache_if: self.cache_if,
            timeout_by: self.timeout_by,
        }
    }
}

/// A kind of result that can be a `None`.
#[diagnostic::on_unimplemented(
    message = "`none_timeout` needs a function that returns an `Option`, or a `Result` of one",
    label = "there is no `None` to keep",
    note = "remove `none_timeout`, or return an `Option`"
)]
pub trait MayBeNone {}

impl<T> MayBeNone for Optional<T> {}
impl<T, E, S> MayBeNone for FallibleOptional<T, E, S> {}

/// A kind of result that can be an `Err`, which can go where values go: to `P`, which becomes `Q`.
#[diagnostic::on_unimplemented(
    message = "`err_timeout` needs a function that returns a `Result`",
    label = "there is no `Err` to keep",
    note = "remove `err_timeout`, or return a `Result`"
)]
pub trait MayFail<P, Q> {
    /// That place.
    fn with_error(place: P) -> Q;
}

impl<T: Storable, E: Storable, S: Sharing<E>> MayFail<Far, WithError<Result<T, E>>> for Fallible<T, E, S> {
    fn with_error(_: Far) -> WithError<Result<T, E>> {
        WithError::of(Travel::with_error::<Self>())
    }
}

impl<T, E: Local, S> MayFail<Near, Near> for Fallible<T, E, S> {
    fn with_error(place: Near) -> Near {
        place
    }
}

impl<T: Storable, E: Storable, S: Sharing<E>> MayFail<Far, WithError<Result<Option<T>, E>>>
    for FallibleOptional<T, E, S>
{
    fn with_error(_: Far) -> WithError<Result<Option<T>, E>> {
        WithError::of(Travel::with_error::<Self>())
    }
}

impl<T, E: Local, S> MayFail<Near, Near> for FallibleOptional<T, E, S> {
    fn with_error(place: Near) -> Near {
        place
    }
}

/// A condition on values, or none.
pub trait CacheIf<V> {
    /// May it be stored?
    fn passes(&self, value: &V) -> bool;
}

impl<V> CacheIf<V> for () {
    #[inline]
    fn passes(&self, _: &V) -> bool {
        true
    }
}

/// `cache_if = …`
pub struct When<F>(F);

impl<V, F: Fn(&V) -> bool> CacheIf<V> for When<F> {
    #[inline]
    fn passes(&self, value: &V) -> bool {
        (self.0)(value)
    }
}

/// A lifetime from the value, or none.
pub trait TimeoutBy<V> {
    /// How long may it be served?
    fn timeout(&self, value: &V) -> Option<Timeout>;
}

impl<V> TimeoutBy<V> for () {
    #[inline]
    fn timeout(&self, _: &V) -> Option<Timeout> {
        None
    }
}

/// `timeout_by = …`
pub struct By<F>(F);

impl<V, F: Fn(&V) -> Timeout> TimeoutBy<V> for By<F> {
    #[inline]
    fn timeout(&self, value: &V) -> Option<Timeout> {
        Some((self.0)(value))
    }
}

impl<R, K: Packing<R>, P: Route<R, K>, C: CacheIf<K::Value>, L: TimeoutBy<K::Value>> Rules<R> for Shape<K, P, C, L> {
    #[inline]
    fn outcome(&self, result: &R) -> Outcome {
        match K::part(result) {
            Part::Value(value) if !self.cache_if.passes(value) => Outcome::Refused,
            Part::Value(value) => Outcome::Value(self.timeout_by.timeout(value)),
            Part::Nothing => Outcome::Nothing,
            Part::Failed => Outcome::Failed,
        }
    }

    #[inline]
    fn pack(&self, result: &R, header: Header) -> Option<Arc<Slot>> {
        K::pack(result, header)
    }

    #[inline]
    fn unpacking(&self) -> Unpack<R> {
        K::unpack
    }

    #[inline]
    fn travel(&self) -> Travel<R> {
        self.place.travel()
    }

    #[inline]
    fn raise(&self, _: Error) -> Option<R> {
        None
    }
}

//! The last step of the probe: the bounds of the value, and the conditions of the attribute.

use std::marker::PhantomData;
use std::sync::Arc;

use super::packing::Packing;
use super::probe::{Fallible, FallibleOptional, Kind, Optional, Plain};
use super::{Outcome, Rules};
use crate::near::{Header, Slot};
use crate::timeout::Timeout;
use crate::value::{Local, Storable};

macro_rules! bounds {
    ($($kind:ident<$($param:ident),*>)*) => {$(
        impl<$($param),*> $kind<$($param),*> {
            /// The value may travel to a far store.
            #[inline]
            pub fn far(self) -> Shape<Self, Far>
            where
                <Self as Kind>::Value: Storable,
            {
                Shape::of(self)
            }

            /// The value stays in this process.
            #[inline]
            pub fn local(self) -> Shape<Self, Near>
            where
                <Self as Kind>::Value: Local,
            {
                Shape::of(self)
            }
        }
    )*};
}

bounds!(Plain<R> Optional<T> Fallible<T, E, S> FallibleOptional<T, E, S>);

/// The value may travel.
pub struct Far;
/// The value stays.
pub struct Near;

/// All that is known of a function's results: the kind, where values may go, and the attribute's own conditions.
pub struct Shape<K, P, C = (), L = ()> {
    kind: PhantomData<fn() -> (K, P)>,
    cache_if: C,
    timeout_by: L,
}

impl<K, P> Shape<K, P> {
    #[inline]
    fn of(_: K) -> Self {
        Self { kind: PhantomData, cache_if: (), timeout_by: () }
    }
}

impl<K: Kind, P, C, L> Shape<K, P, C, L> {
    /// Stores only what `cache_if` lets pass.
    #[inline]
    pub fn cache_if<F: Fn(&K::Value) -> bool>(self, cache_if: F) -> Shape<K, P, When<F>, L> {
        Shape { kind: PhantomData, cache_if: When(cache_if), timeout_by: self.timeout_by }
    }

    /// Asks the value for its timeout.
    #[inline]
    pub fn timeout_by<F: Fn(&K::Value) -> T, T: Into<Timeout>>(self, timeout_by: F) -> Shape<K, P, C, By<F>> {
        Shape { kind: PhantomData, cache_if: self.cache_if, timeout_by: By(timeout_by) }
    }
}

macro_rules! keep {
    ($keep:ident: $($kind:ident<$($param:ident),*> $(where $error:ident)?;)*) => {$(
        impl<$($param,)* C, L> Shape<$kind<$($param),*>, Far, C, L> $(where $error: Storable)? {
            /// The result that is not a value is stored too: the attribute gives it a timeout.
            #[inline]
            pub fn $keep(self) -> Self {
                self
            }
        }
        impl<$($param,)* C, L> Shape<$kind<$($param),*>, Near, C, L> $(where $error: Local)? {
            /// The result that is not a value is stored too: the attribute gives it a timeout.
            #[inline]
            pub fn $keep(self) -> Self {
                self
            }
        }
    )*};
}

keep!(keep_none: Optional<T>; FallibleOptional<T, E, S>;);
keep!(keep_err: Fallible<T, E, S> where E; FallibleOptional<T, E, S> where E;);

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

impl<V, T: Into<Timeout>, F: Fn(&V) -> T> TimeoutBy<V> for By<F> {
    #[inline]
    fn timeout(&self, value: &V) -> Option<Timeout> {
        Some((self.0)(value).into())
    }
}

impl<R, K: Packing<R>, P, C: CacheIf<K::Value>, L: TimeoutBy<K::Value>> Rules<R> for Shape<K, P, C, L> {
    type Value = K::Value;

    #[inline]
    fn outcome<'a>(&self, result: &'a R) -> Outcome<'a, K::Value> {
        K::outcome(result)
    }

    #[inline]
    fn passes(&self, value: &K::Value) -> bool {
        self.cache_if.passes(value)
    }

    #[inline]
    fn timeout(&self, value: &K::Value) -> Option<Timeout> {
        self.timeout_by.timeout(value)
    }

    #[inline]
    fn pack(&self, result: &R, header: Header) -> Option<Arc<Slot>> {
        K::pack(result, header)
    }

    #[inline]
    fn unpack(&self, slot: &Slot) -> Option<R> {
        K::unpack(slot.held())
    }
}

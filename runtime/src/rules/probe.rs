//! Finds out what a function returns, by the concrete type and so behind any alias: an inherent method wins over a trait's,
//! so each step has an inherent method for the types it is about and a trait method for all others.
//!
//! `probe::<R>()` → `.kind()`: is it a `Result`, an `Option`, neither? → `.inner()`: a `Result` of an `Option`? →
//! `.share()`: can its error be handed to waiters? → `far(…)` or `local(…)`: the bounds of the value → `Shape`.

use std::marker::PhantomData;

/// Knows a type, and nothing of its auto-traits.
type Type<T> = PhantomData<fn() -> T>;

/// A question about the type `R`; after the first step, about what is known of it by then.
pub struct Probe<R>(Type<R>);

/// `R` is what it is: the whole result is the value.
pub struct Plain<R>(Type<R>);
/// `R` is an `Option<T>`.
pub struct Optional<T>(Type<T>);
/// `R` is a `Result<T, E>`.
pub struct Fallible<T, E, S = Private>(Type<(T, E, S)>);
/// `R` is a `Result<Option<T>, E>`.
pub struct FallibleOptional<T, E, S = Private>(Type<(T, E, S)>);

/// The error stays with who met it.
pub struct Private;
/// The error is cloned for whoever waits.
pub struct Shared;

macro_rules! step {
    ($($name:ident<$($param:ident),*>)*) => {$(
        impl<$($param),*> $name<$($param),*> {
            #[inline]
            fn known() -> Self {
                Self(PhantomData)
            }
        }
    )*};
}

step!(Plain<R> Optional<T> Fallible<T, E, S> FallibleOptional<T, E, S>);

/// Asks about `R`.
#[inline]
pub fn probe<R>() -> Probe<R> {
    Probe(PhantomData)
}

impl<T> Probe<Option<T>> {
    /// An `Option`.
    #[inline]
    pub fn kind(self) -> Optional<T> {
        Optional::known()
    }
}

impl<T, E> Probe<Result<T, E>> {
    /// A `Result`.
    #[inline]
    pub fn kind(self) -> Fallible<T, E> {
        Fallible::known()
    }
}

/// Each step for all others. One trait, as generated code imports it; each function pays for every name.
pub trait Probing: Sized {
    /// What the first step finds.
    type Kind;

    /// Neither an `Option` nor a `Result`.
    fn kind(self) -> Self::Kind;

    /// No `Result` of an `Option`: as it is.
    #[inline]
    fn inner(self) -> Self {
        self
    }

    /// An error that cannot be shared: as it is.
    #[inline]
    fn share(self) -> Self {
        self
    }
}

impl<R> Probing for Probe<R> {
    type Kind = Plain<R>;

    #[inline]
    fn kind(self) -> Plain<R> {
        Plain::known()
    }
}

macro_rules! has_no_error {
    ($($name:ident)*) => {$(
        // Found before those of the trait, and so cheaper.
        impl<T> $name<T> {
            /// There is no error: as it is.
            #[inline]
            pub fn inner(self) -> Self {
                self
            }

            /// There is no error: as it is.
            #[inline]
            pub fn share(self) -> Self {
                self
            }
        }
    )*};
}

has_no_error!(Plain Optional);

macro_rules! may_have_error {
    ($($name:ident)*) => {$(
        impl<T, E> Probing for $name<T, E> {
            type Kind = Self;

            #[inline]
            fn kind(self) -> Self {
                self
            }
        }
    )*};
}

may_have_error!(Fallible FallibleOptional);

impl<T, E> Fallible<Option<T>, E> {
    /// A `Result` of an `Option`.
    #[inline]
    pub fn inner(self) -> FallibleOptional<T, E> {
        FallibleOptional::known()
    }
}

impl<T, E: Clone + Send + Sync + 'static> Fallible<T, E> {
    /// Its error can be shared.
    #[inline]
    pub fn share(self) -> Fallible<T, E, Shared> {
        Fallible::known()
    }
}

impl<T, E: Clone + Send + Sync + 'static> FallibleOptional<T, E> {
    /// Its error can be shared.
    #[inline]
    pub fn share(self) -> FallibleOptional<T, E, Shared> {
        FallibleOptional::known()
    }
}

/// The value at the heart of a kind, for the bounds that the last step asks of it.
pub trait Kind {
    /// `T` of `Ok` or `Some`, else the whole.
    type Value;
}

impl<R> Kind for Plain<R> {
    type Value = R;
}
impl<T> Kind for Optional<T> {
    type Value = T;
}
impl<T, E, S> Kind for Fallible<T, E, S> {
    type Value = T;
}
impl<T, E, S> Kind for FallibleOptional<T, E, S> {
    type Value = T;
}

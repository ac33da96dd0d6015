//! Finds out what a function returns, by the concrete type and so behind any alias: an inherent method wins over a trait's,
//! so each step has an inherent method for the types it is about and a trait method for all others.
//!
//! `Probe::<R>::new()` → `.kind()`: is it a `Result`, an `Option`, neither? → `.inner()`: a `Result` of an `Option`? →
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

impl<R> Probe<R> {
    /// Asks about `R`.
    #[inline]
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
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

/// The first step for all other types.
pub trait ProbeKind<R>: Sized {
    /// Neither.
    #[inline]
    fn kind(self) -> Plain<R> {
        Plain::known()
    }
}

impl<R> ProbeKind<R> for Probe<R> {}

impl<T, E> Fallible<Option<T>, E> {
    /// A `Result` of an `Option`.
    #[inline]
    pub fn inner(self) -> FallibleOptional<T, E> {
        FallibleOptional::known()
    }
}

/// The second step for all other kinds.
pub trait ProbeInner: Sized {
    /// As it is.
    #[inline]
    fn inner(self) -> Self {
        self
    }
}

impl<R> ProbeInner for Plain<R> {}
impl<T> ProbeInner for Optional<T> {}
impl<T, E> ProbeInner for Fallible<T, E> {}

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

/// The third step for all other kinds.
pub trait ProbeShare: Sized {
    /// There is no error, or it cannot be shared.
    #[inline]
    fn share(self) -> Self {
        self
    }
}

impl<R> ProbeShare for Plain<R> {}
impl<T> ProbeShare for Optional<T> {}
impl<T, E> ProbeShare for Fallible<T, E> {}
impl<T, E> ProbeShare for FallibleOptional<T, E> {}

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

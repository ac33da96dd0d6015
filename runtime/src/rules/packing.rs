//! How results of each kind stand in a slot. A value stands there as itself, so that it is found by its own type whoever
//! stored it (an integer by any that can hold it); a `None` and an `Err` stand there as types that nobody else can name.

use std::any::Any;
use std::sync::Arc;

use super::integer;
use super::probe::{Fallible, FallibleOptional, Kind, Optional, Plain, Private, Shared};
use crate::near::{Header, Slot};
use crate::value::Local;

/// What a slot holds for a `None`.
struct Nothing;
/// What a slot holds for an `Err`.
struct Failed<E>(E);

/// The part of a result that decides what happens to it.
pub enum Part<'a, V> {
    /// A value: the whole result, or what `Ok` and `Some` hold.
    Value(&'a V),
    /// A `None`.
    Nothing,
    /// An `Err`.
    Failed,
}

/// How results of a kind stand in a slot.
pub trait Packing<R>: Kind {
    /// Which part of `result` decides.
    fn part(result: &R) -> Part<'_, Self::Value>;
    /// The result that a value stands for.
    fn of_value(value: Self::Value) -> R;
    /// The result that a `None` stands for.
    fn of_nothing() -> Option<R>;
    /// See [`super::Rules::pack`].
    fn pack(result: &R, header: Header) -> Option<Arc<Slot>>;
    /// See [`super::Unpack`].
    fn unpack(held: &(dyn Any + Send + Sync)) -> Option<R>;
}

impl<R: Local> Packing<R> for Plain<R> {
    #[inline]
    fn part(result: &R) -> Part<'_, R> {
        Part::Value(result)
    }

    #[inline]
    fn of_value(value: R) -> R {
        value
    }

    fn of_nothing() -> Option<R> {
        None
    }

    fn pack(result: &R, header: Header) -> Option<Arc<Slot>> {
        Some(Slot::seal(header, result.clone()))
    }

    #[inline]
    fn unpack(held: &(dyn Any + Send + Sync)) -> Option<R> {
        // Not by `or_else`, where the clone is moved once more.
        match held.downcast_ref::<R>() {
            Some(value) => Some(value.clone()),
            None => integer::read(held),
        }
    }
}

impl<T: Local> Packing<Option<T>> for Optional<T> {
    fn part(result: &Option<T>) -> Part<'_, T> {
        match result {
            Some(value) => Part::Value(value),
            None => Part::Nothing,
        }
    }

    #[inline]
    fn of_value(value: T) -> Option<T> {
        Some(value)
    }

    fn of_nothing() -> Option<Option<T>> {
        Some(None)
    }

    fn pack(result: &Option<T>, header: Header) -> Option<Arc<Slot>> {
        Some(match result {
            Some(value) => Slot::seal(header, value.clone()),
            None => Slot::seal(header, Nothing),
        })
    }

    #[inline]
    fn unpack(held: &(dyn Any + Send + Sync)) -> Option<Option<T>> {
        match Plain::<T>::unpack(held) {
            Some(value) => Some(Some(value)),
            None => held.is::<Nothing>().then_some(None),
        }
    }
}

/// Whether an error goes to the waiters.
pub trait Sharing<E> {
    /// A slot with a copy of `error`.
    fn pack(error: &E, header: Header) -> Option<Arc<Slot>>;
    /// The error that a slot holds.
    fn unpack(held: &(dyn Any + Send + Sync)) -> Option<E>;
}

impl<E> Sharing<E> for Private {
    fn pack(_: &E, _: Header) -> Option<Arc<Slot>> {
        None
    }

    fn unpack(_: &(dyn Any + Send + Sync)) -> Option<E> {
        None
    }
}

impl<E: Clone + Send + Sync + 'static> Sharing<E> for Shared {
    fn pack(error: &E, header: Header) -> Option<Arc<Slot>> {
        Some(Slot::seal(header, Failed(error.clone())))
    }

    fn unpack(held: &(dyn Any + Send + Sync)) -> Option<E> {
        held.downcast_ref::<Failed<E>>().map(|failed| failed.0.clone())
    }
}

impl<T: Local, E, S: Sharing<E>> Packing<Result<T, E>> for Fallible<T, E, S> {
    fn part(result: &Result<T, E>) -> Part<'_, T> {
        match result {
            Ok(value) => Part::Value(value),
            Err(_) => Part::Failed,
        }
    }

    #[inline]
    fn of_value(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn of_nothing() -> Option<Result<T, E>> {
        None
    }

    fn pack(result: &Result<T, E>, header: Header) -> Option<Arc<Slot>> {
        match result {
            Ok(value) => Plain::<T>::pack(value, header),
            Err(error) => S::pack(error, header),
        }
    }

    #[inline]
    fn unpack(held: &(dyn Any + Send + Sync)) -> Option<Result<T, E>> {
        match Plain::<T>::unpack(held) {
            Some(value) => Some(Ok(value)),
            None => S::unpack(held).map(Err),
        }
    }
}

impl<T: Local, E, S: Sharing<E>> Packing<Result<Option<T>, E>> for FallibleOptional<T, E, S> {
    fn part(result: &Result<Option<T>, E>) -> Part<'_, T> {
        match result {
            Ok(value) => Optional::<T>::part(value),
            Err(_) => Part::Failed,
        }
    }

    #[inline]
    fn of_value(value: T) -> Result<Option<T>, E> {
        Ok(Some(value))
    }

    fn of_nothing() -> Option<Result<Option<T>, E>> {
        Some(Ok(None))
    }

    fn pack(result: &Result<Option<T>, E>, header: Header) -> Option<Arc<Slot>> {
        match result {
            Ok(value) => Optional::<T>::pack(value, header),
            Err(error) => S::pack(error, header),
        }
    }

    #[inline]
    fn unpack(held: &(dyn Any + Send + Sync)) -> Option<Result<Option<T>, E>> {
        match Optional::<T>::unpack(held) {
            Some(value) => Some(Ok(value)),
            None => S::unpack(held).map(Err),
        }
    }
}

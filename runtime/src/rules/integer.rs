//! Integers in this process, as far stores have them: one that was set as any type is read as any other that can hold it,
//! and counted in.

use std::any::Any;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::near::Slot;

/// For each type of integer: `$each!(type)`.
macro_rules! integers {
    ($each:ident) => {
        $each!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize)
    };
}

/// The integer that is held, if it has 64 bits: so far stores count.
fn held_integer(held: &(dyn Any + Send + Sync)) -> Option<i64> {
    macro_rules! find {
        ($($int:ty)*) => {
            None$(.or_else(|| held.downcast_ref::<$int>().and_then(|integer| i64::try_from(*integer).ok())))*
        };
    }
    integers!(find)
}

/// The integer that is held, as a `T`.
pub(super) fn read<T: 'static>(held: &(dyn Any + Send + Sync)) -> Option<T> {
    let mut read = None::<T>;
    fill(&mut read, held);
    read
}

/// Puts the integer that is held into `place`, if that is an `Option` of an integer that can hold it. Compiled once.
#[cold]
#[inline(never)]
fn fill(place: &mut dyn Any, held: &(dyn Any + Send + Sync)) {
    macro_rules! fill {
        ($($int:ty)*) => {$(
            if let Some(place) = place.downcast_mut::<Option<$int>>() {
                *place = held_integer(held).and_then(|integer| <$int>::try_from(integer).ok());
            }
        )*};
    }
    integers!(fill);
}

/// The slot after `delta` more, of the type that it has if that can hold the sum.
///
/// # Errors
/// It holds no integer, or the sum has no room in 64 bits.
pub(crate) fn sum(slot: &Slot, delta: i64) -> Result<(Arc<Slot>, i64)> {
    let no_integer = || Error::new(ErrorKind::WrongType, "cannot increment: what stands under the key is no integer");
    let too_large = || Error::new(ErrorKind::OutOfRange, "cannot increment: the sum does not fit 64 bits");
    let held = slot.held();
    let sum = held_integer(held).ok_or_else(no_integer)?.checked_add(delta).ok_or_else(too_large)?;
    let header = slot.header();
    macro_rules! seal {
        ($($int:ty)*) => {$(
            if held.is::<$int>() && let Ok(sum_of_its_type) = <$int>::try_from(sum) {
                return Ok((Slot::seal(header, sum_of_its_type), sum));
            }
        )*};
    }
    integers!(seal);
    Ok((Slot::seal(header, sum), sum))
}

//! What stands in the place of a codec whose cargo feature is off: nobody can name it, so nothing is ever asked of it.

use super::bounded::{Bounds, Undecoded};
use super::{Codec, Sink, Unfit};

pub(super) const CODEC: Option<Codec> = None;

pub(super) fn write<T>(_: &T, _: &mut Sink<'_>) -> Result<(), Unfit> {
    Err(Unfit::Failed)
}

pub(super) fn read<T>(_: &[u8], _: &Bounds) -> Undecoded<T> {
    Err(())
}

//! How results travel to a far store and come back. Two files with one API: without the feature `far` nothing travels, and
//! nothing of a codec is compiled for anybody's type.

#[cfg(feature = "far")]
#[path = "on.rs"]
mod imp;
#[cfg(not(feature = "far"))]
#[path = "off.rs"]
mod imp;

#[cfg(feature = "far")]
pub(crate) use imp::Payload;
pub(crate) use imp::{Route, Travel, Writes};

/// The value may travel.
pub struct Far;
/// All stays in this process.
pub struct Near;
/// The value may travel, and so may the error. It holds how, so that whoever asks for it later need not be able to tell: an
/// error that cannot travel is reported once.
pub struct WithError<R>(Travel<R>);

impl<R> WithError<R> {
    #[inline]
    pub(super) fn of(travel: Travel<R>) -> Self {
        Self(travel)
    }
}

impl<R, K> Route<R, K> for WithError<R> {
    #[inline]
    fn travel(&self) -> Travel<R> {
        self.0
    }
}

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
pub(crate) use imp::Writes;
pub use imp::{Route, Travel};

/// What an `err_timeout` makes of a place: errors go where values go.
pub trait Place {
    /// That place.
    type WithError;
}

impl Place for Far {
    type WithError = FarWithError;
}

impl Place for Near {
    type WithError = Near;
}

/// The value may travel.
pub struct Far;
/// The value may travel, and so may the error.
pub struct FarWithError;
/// All stays in this process.
pub struct Near;

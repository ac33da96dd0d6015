//! How values are written where neither a function nor its cache says.

use std::sync::{PoisonError, RwLock};

use crate::codec::Codec;

static CODEC: RwLock<Option<Codec>> = RwLock::new(None);

/// How values are written for far stores where neither their function nor its cache says: what [`set_default_codec`] has set
/// last, else MessagePack.
///
/// # Examples
/// ```
/// assert_eq!(larder::default_codec().name(), "msgpack");
/// ```
pub fn default_codec() -> Codec {
    CODEC.read().unwrap_or_else(PoisonError::into_inner).unwrap_or_default()
}

/// Sets [`default_codec`] for the whole process. What was written by another codec is a miss from then on.
///
/// # Examples
/// ```
/// use larder::Codec;
///
/// larder::set_default_codec(Codec::named("raw")?);
/// assert_eq!(larder::default_codec().name(), "raw");
/// # Ok::<(), larder::Error>(())
/// ```
pub fn set_default_codec(codec: Codec) {
    *CODEC.write().unwrap_or_else(PoisonError::into_inner) = Some(codec);
}

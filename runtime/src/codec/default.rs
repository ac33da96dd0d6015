//! The codec of caches that do not say: MessagePack, or what the process has chosen.

use std::sync::{PoisonError, RwLock};

use super::{Codec, msgpack};

static CHOSEN: RwLock<Option<Codec>> = RwLock::new(None);

/// What the process [has chosen](Codec::set_default), else MessagePack.
impl Default for Codec {
    fn default() -> Self {
        let chosen = *CHOSEN.read().unwrap_or_else(PoisonError::into_inner);
        chosen.unwrap_or_else(|| msgpack::CODEC.expect("far stores come with their default codec"))
    }
}

impl Codec {
    /// Lets caches that are made from now on write values in this way, unless they or the function say otherwise. Those that
    /// there are go on as they do.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "postcard")] {
    /// use larder::Codec;
    ///
    /// assert_eq!(Codec::default().name(), "msgpack");
    /// Codec::POSTCARD.set_default();
    /// assert_eq!(Codec::default().name(), "postcard");
    /// # }
    /// ```
    pub fn set_default(self) {
        *CHOSEN.write().unwrap_or_else(PoisonError::into_inner) = Some(self);
    }
}

//! Results become bare values, and bare values results: nothing stands around what the codec writes, so what a value is says
//! the function that reads it.

use crate::cache::Cache;
use crate::codec::{Codec, EncodeError};
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Draft, Epochs, Head, KeyFingerprint, Meta, Outcome, Record, Reject};
use crate::rules::{Computed, Payload, Travel};
use crate::site::Site;
use crate::timeout::Timeout;

/// The bytes of a result, behind room that is not used; `None` if such a result is not stored. Errors are not: nothing would
/// tell them from values.
pub(super) fn write(
    codec: Codec,
    computed: &dyn Computed,
    max_payload: usize,
) -> std::result::Result<Option<Draft>, EncodeError> {
    let mut draft = Draft::new();
    let Some(Payload { outcome, .. }) = computed.write(codec, &mut draft, max_payload)? else { return Ok(None) };
    match outcome {
        Outcome::Value => {}
        Outcome::Nothing => codec.write_nothing(&mut draft)?,
        Outcome::Failed => return Ok(None),
    }
    Ok(Some(draft))
}

/// The result that the bytes are, if they are one.
pub(super) fn read<R>(
    codec: Codec,
    bytes: &[u8],
    travel: Travel<R>,
    max_payload: usize,
) -> std::result::Result<R, Reject> {
    if bytes.len() > max_payload {
        return Err(Reject::TooLong);
    }
    if codec.may_be_nothing(bytes)
        && let Ok(result) = travel.read(&record(codec, &[], Outcome::Nothing), codec)
    {
        return Ok(result);
    }
    travel.read(&record(codec, bytes, Outcome::Value), codec)
}

/// What a record around the bytes would have said.
fn record(codec: Codec, payload: &[u8], outcome: Outcome) -> Record<'_> {
    let encoding = codec.plain_encoding();
    let meta = Meta {
        codec: encoding.codec,
        outcome,
        outer: encoding.outer,
        key: KeyFingerprint::of(&[]),
        schema: 0,
        epochs: Epochs::default(),
        template: 0,
        fresh_for: Timeout::NEVER,
        grace: Timeout::ZERO,
        computed_in: std::time::Duration::ZERO,
    };
    Record { head: Head::until(Head::NEVER), meta, payload }
}

pub(super) fn unreadable_to_others() -> Error {
    Error::new(ErrorKind::Config, UNREADABLE)
}

const UNREADABLE: &str = "a plain cache keeps what other programs read: choose the codec `json` or `raw`";

impl Cache {
    /// Does its far tier keep bare values?
    pub(crate) fn is_plain(&self) -> bool {
        self.core.tier.0.as_ref().is_some_and(|(far, _)| far.is_plain())
    }

    /// Whether the function's results may go to this cache.
    ///
    /// # Errors
    /// Where the cache keeps bare values, which is more than the function has agreed to.
    pub(crate) fn admit(&self, site: &'static Site) -> Result<()> {
        if !self.is_plain() || site.facts.local || matches!(site.facts.codec, Some("json" | "raw")) {
            return Ok(());
        }
        let message = "the function's cache is plain: nothing in it says which function a value is of, nor of which type; who can \
                       do without that says `codec = \"json\"` or `codec = \"raw\"` at the function";
        Err(Error::new(ErrorKind::Config, message))
    }
}

//! Results become records, and records results: the envelope around what a codec writes.

use std::time::Duration;

use super::imp::Stored;
use super::plain;
use crate::adapter::{Left, Living};
use crate::cache::Cache;
use crate::codec::{Codec, EncodeError, Unfit};
use crate::defaults::default_codec;
use crate::error::{Error, ErrorKind, Result};
use crate::far::Place;
use crate::record::{
    CodecId, Draft, Epochs, Expected, HEADER_LEN, Head, KeyFingerprint, MAX_PAYLOAD, Meta, Outcome, Reject, decode,
};
use crate::rules::{Computed, Payload, Travel};
use crate::site::Site;
use crate::timeout::{Remaining, Timeout};

/// A result's record, but for the epochs that it will carry.
pub(super) struct Packed {
    draft: Draft,
    /// `None`: it goes without an envelope.
    meta: Option<Meta>,
}

impl Packed {
    /// `None` if such a result is never stored.
    ///
    /// # Errors
    /// Where the codec cannot write the value, or the store cannot hold it.
    pub(super) fn of(
        cache: &Cache,
        site: &'static Site,
        computed: &dyn Computed,
        place: &Place,
        fresh_for: Timeout,
        computed_in: Duration,
    ) -> Result<Option<Self>> {
        let codec = codec(cache, site)?;
        if cache.is_plain() {
            let draft = plain::write(codec, computed, max_payload(cache)).map_err(|error| refused(&error))?;
            return Ok(draft.map(|draft| Self { draft, meta: None }));
        }
        let version = site.facts.version;
        let Some(schemas) = computed.schemas(codec, version) else { return Ok(None) };
        let mut draft = Draft::new();
        let written = computed.write(codec, &mut draft, max_payload(cache));
        let Some(Payload { outcome, encoding }) = written.map_err(|error| refused(&error))? else {
            return Ok(None);
        };
        let schema = match (outcome, encoding.codec) {
            (_, CodecId::DECIMAL) => schemas.decimal,
            (Outcome::Failed, _) => schemas.failed.map_or(0, |schema| schema.fingerprint),
            (Outcome::Value | Outcome::Nothing, _) => schemas.value.fingerprint,
        };
        let meta = Meta {
            codec: encoding.codec,
            outcome,
            outer: encoding.outer,
            key: KeyFingerprint::of(place.key.as_str().as_bytes()),
            schema,
            epochs: Epochs::default(),
            template: place.template(),
            fresh_for,
            grace: cache.grace(site),
            computed_in,
        };
        Ok(Some(Self { draft, meta: Some(meta) }))
    }

    /// The record.
    pub(super) fn seal(self, living: Living) -> Vec<u8> {
        let Some(meta) = self.meta else { return self.draft.into_payload() };
        let epochs = Epochs { namespace: living.namespace, template: living.template.unwrap_or(0) };
        self.draft.seal(Head::until(Head::NEVER), &Meta { epochs, ..meta })
    }
}

impl Stored {
    /// The result that the record holds; `None` if it holds none that the function could have stored, which is counted.
    pub(crate) fn open<R>(&self, cache: &Cache, site: &'static Site, travel: Travel<R>) -> Option<R> {
        match self.read(cache, site, travel) {
            Ok(result) => Some(result),
            // What was cleared is no surprise.
            Err(Reject::Epoch) => None,
            Err(_) => {
                site.counters.unreadable();
                None
            }
        }
    }

    fn read<R>(&self, cache: &Cache, site: &'static Site, travel: Travel<R>) -> std::result::Result<R, Reject> {
        let codec = codec(cache, site).map_err(|_| Reject::Codec)?;
        if cache.is_plain() {
            return plain::read(codec, &self.record, travel, max_payload(cache));
        }
        let version = site.facts.version;
        let schemas = travel.schemas(codec, version).ok_or(Reject::Schema)?;
        let expected = Expected {
            key: KeyFingerprint::of(self.key.as_str().as_bytes()),
            codec: codec.id(),
            value: schemas.value.fingerprint,
            failed: schemas.failed.map(|schema| schema.fingerprint),
            decimal: schemas.decimal,
            namespace_epoch: self.living.namespace,
            template_epoch: self.living.template,
            max_payload: max_payload(cache),
        };
        travel.read(&decode(&self.record, &expected)?, codec)
    }

    /// How long it is still live.
    pub(crate) fn remaining(&self) -> Remaining {
        match self.left {
            Left::For(duration) => Remaining::For(duration),
            Left::Never => Remaining::Never,
            Left::Expired => Remaining::For(Duration::ZERO),
        }
    }
}

fn refused(error: &EncodeError) -> Error {
    let kind = if error.unfit() == Unfit::TooLong { ErrorKind::TooLarge } else { ErrorKind::Unstorable };
    Error::new(kind, error.to_string())
}

/// What the function asks for, else the cache's, else the process's.
fn codec(cache: &Cache, site: &'static Site) -> Result<Codec> {
    let codec = match site.facts.codec {
        Some(name) => Codec::named(name)?,
        None => cache.core.tier.0.as_ref().and_then(|(_, codec)| *codec).unwrap_or_else(default_codec),
    };
    if cache.is_plain() { codec.plain().ok_or_else(plain::unreadable_to_others) } else { Ok(codec) }
}

fn max_payload(cache: &Cache) -> usize {
    let largest = cache.core.tier.0.as_ref().map_or(0, |(far, _)| far.capability().largest_entry);
    largest.saturating_sub(HEADER_LEN).min(MAX_PAYLOAD)
}

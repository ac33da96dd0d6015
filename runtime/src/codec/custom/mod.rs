//! Codecs of users' own. serde's methods are generic, and a `dyn` codec could have none, so both sides meet in erased values.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::io;
use std::sync::{Mutex, PoisonError};

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

use super::bounded::{Bounded, Bounds, Undecoded};
use super::{Codec, Format, Kind, Sink, Unfit};
use crate::error::{Error, ErrorKind, Result};
use crate::record::CodecId;

/// What [`CustomCodec::decode`] gives the payload's deserializer to, once.
pub type Reader<'a> = dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> erased_serde::Result<()> + 'a;

/// Why a codec of one's own could not do it. It is not shown, as it may hold a value.
pub type CodecFailure = Box<dyn std::error::Error + Send + Sync>;

/// A codec of one's own: another format, a compression or a seal around one. [`Codec::custom`] makes a [`Codec`] of it.
///
/// Around it stands what stands around larder's own codecs: a value that the format may lose (NaN, `Some(None)`, a `u128` past
/// `i128::MAX`) is refused before it is written, and bytes cost little depth and memory, and no panic of the codec's or the
/// value's gets through. What fails, or reads anything but one value, is a miss. Integers and `None` are written without it.
/// Whether bytes that it reads are those that it wrote is known by then: a record has a checksum.
///
/// # Examples
/// ```
/// use larder::erased_serde::{Deserializer, Serialize};
/// use larder::{Codec, CodecFailure, CodecReader, CustomCodec};
///
/// /// JSON for people: in many lines.
/// struct Pretty;
///
/// impl CustomCodec for Pretty {
///     fn id(&self) -> u8 {
///         200
///     }
///
///     fn name(&self) -> &'static str {
///         "pretty"
///     }
///
///     fn writes_names(&self) -> bool {
///         true
///     }
///
///     fn encode(&self, value: &dyn Serialize, writer: &mut dyn std::io::Write) -> Result<(), CodecFailure> {
///         Ok(serde_json::to_writer_pretty(writer, value)?)
///     }
///
///     fn decode(&self, payload: &[u8], read: &mut CodecReader<'_>) -> Result<(), CodecFailure> {
///         let mut json = serde_json::Deserializer::from_slice(payload);
///         read(&mut <dyn Deserializer>::erase(&mut json))?;
///         Ok(json.end()?)
///     }
/// }
///
/// assert_eq!(Codec::custom(&Pretty)?.name(), "pretty");
/// # Ok::<(), larder::Error>(())
/// ```
pub trait CustomCodec: Send + Sync + 'static {
    /// Its number in records, 128 or more. Once something is stored it is this codec's for good.
    fn id(&self) -> u8;

    /// A short lower-case name. It is a part of what records are recognised by.
    fn name(&self) -> &'static str;

    /// Do fields and variants go by name, as in JSON? Else by position, as in bincode: then the shape of a type is a part of
    /// what its records are recognised by, and values that skip fields are refused.
    fn writes_names(&self) -> bool;

    /// Writes `value`.
    ///
    /// # Errors
    /// What is in the way; it is not stored then.
    fn encode(&self, value: &dyn erased_serde::Serialize, writer: &mut dyn io::Write) -> Result<(), CodecFailure>;

    /// Hands a deserializer of `payload` to `read`, once, and sees that nothing is left behind the value.
    ///
    /// # Errors
    /// Why it is no value: it is a miss then.
    fn decode(&self, payload: &[u8], read: &mut Reader<'_>) -> Result<(), CodecFailure>;
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Custom(&'static dyn CustomCodec);

/// Which names the numbers have in this process.
static NAMES: Mutex<BTreeMap<u8, &'static str>> = Mutex::new(BTreeMap::new());

impl Codec {
    /// A codec of one's own, for [`CacheBuilder::codec`](crate::CacheBuilder::codec) and [`set_default_codec`](crate::set_default_codec).
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config): its number is below 128 or another's in this process, or its name is larder's own.
    pub fn custom(codec: &'static dyn CustomCodec) -> Result<Self> {
        let (id, name) = (codec.id(), codec.name());
        let refused = |message: String| Err(Error::new(ErrorKind::Config, message));
        if id < 128 {
            return refused(format!("the codec `{name}` has the number {id}: those below 128 are larder's"));
        }
        if name.is_empty() || Self::named(name).map_or_else(|error| error.kind() == ErrorKind::FeatureOff, |_| true) {
            return refused(format!("a codec of one's own cannot be called `{name}`"));
        }
        let taken = *NAMES.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_insert(name);
        if taken != name {
            return refused(format!("the codecs `{taken}` and `{name}` have one number, {id}"));
        }
        let format = Format { named: codec.writes_names(), nested_none: false, not_finite: false, wide: false };
        Ok(Self { kind: Kind::Custom(Custom(codec)), name, id: CodecId(id), format })
    }
}

impl Custom {
    pub(super) fn write(self, value: &impl Serialize, sink: &mut Sink<'_>) -> Result<(), Unfit> {
        self.0.encode(value, sink).map_err(|_| Unfit::Failed)
    }

    pub(super) fn read<T: DeserializeOwned>(self, payload: &[u8], bounds: &Bounds) -> Undecoded<T> {
        let mut values = Vec::new();
        let mut read = |deserializer: &mut dyn erased_serde::Deserializer<'_>| {
            values.push(T::deserialize(Bounded::new(deserializer, bounds)).ok());
            if values.last().is_some_and(Option::is_none) {
                Err(serde_core::de::Error::custom("no value"))
            } else {
                Ok(())
            }
        };
        self.0.decode(payload, &mut read).map_err(drop)?;
        match (values.pop(), values.is_empty()) {
            (Some(Some(value)), true) => Ok((value, 0)),
            _ => Err(()),
        }
    }
}

/// In one process a number has one name.
impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        self.0.id() == other.0.id()
    }
}

impl Eq for Custom {}

impl Hash for Custom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id().hash(state);
    }
}

impl std::fmt::Debug for Custom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Custom({})", self.0.name())
    }
}

#[cfg(all(test, feature = "json"))]
mod tests;

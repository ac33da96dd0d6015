//! Results become payloads of records, and payloads results. What is generic here is compiled once per type of result; all
//! else about records is the cache's.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use foldhash::fast::FixedState;
use serde_core::de::DeserializeOwned;

use super::{Far, Near};
use crate::codec::{Codec, EncodeError, Encoding, Schema};
use crate::record::{CodecId, Draft, Outcome, Outer, Record, Reject};
use crate::rules::Rules;
use crate::rules::packing::{Packing, Part, Sharing};
use crate::rules::probe::{Fallible, FallibleOptional, Kind};
use crate::value::{Local, Storable};

/// How results of type `R` travel; three functions, so that who uses them is not generic over how.
pub struct Travel<R>(Option<Ways<R>>);

impl<R> Clone for Travel<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Travel<R> {}

impl<R> Clone for Ways<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Ways<R> {}

struct Ways<R> {
    write: fn(&R, Codec, &mut Draft, usize) -> Written,
    read: fn(&Record<'_>, Codec) -> Result<R, Reject>,
    schemas: fn(Codec, u32) -> Schemas,
}

/// `None`: such a result is never stored.
pub(crate) type Written = Result<Option<Payload>, EncodeError>;

/// What a record says of a payload.
#[derive(Clone, Copy)]
pub(crate) struct Payload {
    pub(crate) outcome: Outcome,
    pub(crate) encoding: Encoding,
}

/// The fingerprints of what a function stores.
#[derive(Clone, Copy)]
pub(crate) struct Schemas {
    pub(crate) value: Schema,
    pub(crate) failed: Option<Schema>,
    /// Of integers in decimal text. Here so that it is digested once, and not for every record that is read.
    pub(crate) decimal: u64,
}

/// Where results of a kind may go.
pub trait Route<R, K> {
    /// How they get there.
    fn travel(&self) -> Travel<R>;
}

impl<R> Travel<R> {
    /// The value may travel, and so may the error.
    #[inline]
    pub(crate) fn with_error<K: Failing<R, Error: Storable> + Kind<Value: Storable>>() -> Self {
        Self(Some(Ways {
            write: write_either::<R, K>,
            read: read_either::<R, K>,
            schemas: |codec, version| Schemas {
                failed: Some(known::<K::Error>(codec, version).0),
                ..schemas::<K::Value>(codec, version)
            },
        }))
    }

    /// Appends the payload of `result`; `None` if this kind of result is never stored.
    pub(crate) fn write(&self, result: &R, codec: Codec, draft: &mut Draft, max_payload: usize) -> Written {
        self.0.as_ref().map_or(Ok(None), |ways| (ways.write)(result, codec, draft, max_payload))
    }

    /// The result that a record holds.
    pub(crate) fn read(&self, record: &Record<'_>, codec: Codec) -> Result<R, Reject> {
        self.0.as_ref().map_or(Err(Reject::Schema), |ways| (ways.read)(record, codec))
    }

    /// What tells this function's records from others'.
    pub(crate) fn schemas(&self, codec: Codec, version: u32) -> Option<Schemas> {
        self.0.as_ref().map(|ways| (ways.schemas)(codec, version))
    }
}

impl<R, K> Route<R, K> for Near {
    #[inline]
    fn travel(&self) -> Travel<R> {
        Travel(None)
    }
}

impl<R, K: Packing<R> + Kind<Value: Storable>> Route<R, K> for Far {
    #[inline]
    fn travel(&self) -> Travel<R> {
        Travel(Some(Ways { write: write::<R, K>, read: read::<R, K>, schemas: schemas::<K::Value> }))
    }
}

/// A result that was computed, as far as its payload goes; without its type.
pub(crate) trait Writes {
    /// See [`Travel::write`].
    fn write(&self, codec: Codec, draft: &mut Draft, max_payload: usize) -> Written;
    /// See [`Travel::schemas`].
    fn schemas(&self, codec: Codec, version: u32) -> Option<Schemas>;
}

impl<R, U: Rules<R>> Writes for (&U, &R) {
    fn write(&self, codec: Codec, draft: &mut Draft, max_payload: usize) -> Written {
        self.0.travel().write(self.1, codec, draft, max_payload)
    }

    fn schemas(&self, codec: Codec, version: u32) -> Option<Schemas> {
        self.0.travel().schemas(codec, version)
    }
}

fn write<R, K: Packing<R> + Kind<Value: Storable>>(
    result: &R,
    codec: Codec,
    draft: &mut Draft,
    max_payload: usize,
) -> Written {
    match K::part(result) {
        Part::Value(value) => {
            let encoding = codec.encode(value, draft, max_payload)?;
            Ok(Some(Payload { outcome: Outcome::Value, encoding }))
        }
        Part::Nothing => {
            let encoding = Encoding { codec: codec.id(), outer: Outer::default() };
            Ok(Some(Payload { outcome: Outcome::Nothing, encoding }))
        }
        Part::Failed => Ok(None),
    }
}

fn write_either<R, K: Failing<R, Error: Storable> + Kind<Value: Storable>>(
    result: &R,
    codec: Codec,
    draft: &mut Draft,
    max_payload: usize,
) -> Written {
    match K::error(result) {
        Some(error) => {
            let encoding = codec.encode(error, draft, max_payload)?;
            Ok(Some(Payload { outcome: Outcome::Failed, encoding }))
        }
        None => write::<R, K>(result, codec, draft, max_payload),
    }
}

fn read<R, K: Packing<R> + Kind<Value: Storable>>(record: &Record<'_>, codec: Codec) -> Result<R, Reject> {
    match record.meta.outcome {
        Outcome::Value => decode(record, codec).map(K::of_value),
        Outcome::Nothing => K::of_nothing().ok_or(Reject::Schema),
        Outcome::Failed => Err(Reject::Schema),
    }
}

fn read_either<R, K: Failing<R, Error: Storable> + Kind<Value: Storable>>(
    record: &Record<'_>,
    codec: Codec,
) -> Result<R, Reject> {
    match record.meta.outcome {
        Outcome::Failed => decode(record, codec).map(K::of_error),
        Outcome::Value | Outcome::Nothing => read::<R, K>(record, codec),
    }
}

fn decode<T: DeserializeOwned>(record: &Record<'_>, codec: Codec) -> Result<T, Reject> {
    let encoding = Encoding { codec: record.meta.codec, outer: record.meta.outer };
    codec.decode(record.payload, encoding)
}

fn schemas<T: Storable>(codec: Codec, version: u32) -> Schemas {
    let (value, decimal) = known::<T>(codec, version);
    Schemas { value, failed: None, decimal }
}

/// The schema of `T`, and that of decimal text. One per type, for a `static` in a generic function would be shared by all
/// its instances.
fn known<T: Storable>(codec: Codec, version: u32) -> (Schema, u64) {
    // What is hashed is no stranger's choice, so that a quick hash will do.
    type Known = RwLock<HashMap<(TypeId, CodecId, u32), (Schema, u64), FixedState>>;
    static KNOWN: LazyLock<Known> = LazyLock::new(Known::default);
    let id = (TypeId::of::<T>(), codec.id(), version);
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
        return *known;
    }
    // With no lock held: it runs the type's `Deserialize`.
    let known = (Schema::of::<T>(codec, version), Schema::decimal(version));
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(id, known);
    known
}

/// A kind of result that can be an `Err`.
pub(crate) trait Failing<R>: Packing<R> {
    /// What `Err` holds.
    type Error;
    /// The error of `result`.
    fn error(result: &R) -> Option<&Self::Error>;
    /// The result that an error stands for.
    fn of_error(error: Self::Error) -> R;
}

impl<T: Local, E, S: Sharing<E>> Failing<Result<T, E>> for Fallible<T, E, S> {
    type Error = E;

    fn error(result: &Result<T, E>) -> Option<&E> {
        result.as_ref().err()
    }

    fn of_error(error: E) -> Result<T, E> {
        Err(error)
    }
}

impl<T: Local, E, S: Sharing<E>> Failing<Result<Option<T>, E>> for FallibleOptional<T, E, S> {
    type Error = E;

    fn error(result: &Result<Option<T>, E>) -> Option<&E> {
        result.as_ref().err()
    }

    fn of_error(error: E) -> Result<Option<T>, E> {
        Err(error)
    }
}

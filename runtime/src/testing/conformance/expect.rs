//! How a check says what it expects, and where it did not see it. Not by panics, so that a run can go on and list all.

use std::fmt;
use std::panic::Location;

use crate::adapter::Fetched;
use crate::adapter::layout::{HEAD, PAYLOAD};
use crate::error::Error;

pub(super) type Outcome<T = ()> = Result<T, Why>;

/// Why a check does not hold.
#[derive(Debug)]
pub(super) struct Why(String);

impl Why {
    #[track_caller]
    pub(super) fn new(why: impl fmt::Display) -> Self {
        let place = Location::caller();
        let file = place.file().rsplit('/').next().unwrap_or_default();
        Self(format!("{why} ({file}:{})", place.line()))
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for Why {
    #[track_caller]
    fn from(error: Error) -> Self {
        Self::new(format_args!("a verb failed: {error:?}"))
    }
}

#[track_caller]
pub(super) fn expect(holds: bool, otherwise: impl fmt::Display) -> Outcome {
    if holds { Ok(()) } else { Err(Why::new(otherwise)) }
}

#[track_caller]
pub(super) fn same<T: PartialEq + fmt::Debug>(seen: T, expected: T, what: impl fmt::Display) -> Outcome {
    if seen == expected { Ok(()) } else { Err(Why::new(format_args!("{what}: {seen:?}, not {expected:?}"))) }
}

/// Is it the record that was stored, its head aside?
pub(super) fn is_record(fetched: &Fetched, record: &[u8]) -> bool {
    fetched.record.len() == record.len() && fetched.record.get(HEAD.end..) == record.get(HEAD.end..)
}

/// The payload as text, cut to what fits a report.
pub(super) fn payload(record: &[u8]) -> String {
    let payload = record.get(PAYLOAD..).unwrap_or_default();
    let text = String::from_utf8_lossy(&payload[..payload.len().min(40)]);
    if payload.len() > 40 { format!("{text}… of {} bytes", payload.len()) } else { text.into_owned() }
}

//! Permits and epochs as a store sees them.
//!
//! A permit is a token that exists in the store from before a computation until its fill. Whatever changes the key deletes
//! the token in the same step, so a fill whose token is gone stores nothing: a permit may be lost and never guessed.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::entry::Left;
use super::head::Head;

/// Which entries are alive: those that carry these epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Living {
    /// The current epoch of the namespace.
    pub namespace: u64,
    /// That of the template; `None`: entries of any template are.
    pub template: Option<u64>,
}

impl Living {
    /// Does the record carry these epochs? One that belongs to no template carries every template's.
    pub fn admits(&self, record: &[u8]) -> bool {
        // How long it lives is another question.
        Head::of(record, Left::Never).is_some_and(|head| head.is_of(self))
    }
}

/// How a permit is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// Several may compute: a token that exists already is shared, and the first fill wins.
    Shared,
    /// A new token takes the place of the one there is: computations under way will be refused. For a refresh.
    Fresh,
}

/// What there is to know after asking for a permit.
#[derive(Clone, Debug)]
pub struct Permitted {
    /// The permit; `None` where an entry was live.
    pub token: Option<Token>,
    /// What stood under the key.
    pub found: Option<super::Fetched>,
    /// The epochs that were asked for, in order.
    pub epochs: Vec<u64>,
}

/// A permit. What its bytes say is the adapter's business.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; 16]);

impl Token {
    /// How long a permit that is neither used nor voided lasts; a computation that takes longer is not stored.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// One that nobody else has.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&random().to_le_bytes());
        bytes[8..].copy_from_slice(&random().to_le_bytes());
        Self(bytes)
    }

    /// One of these bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Not to be copied out of a log.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A new epoch: random, and never 0.
pub fn random_epoch() -> u64 {
    random().max(1)
}

/// From the system's randomness, through std.
fn random() -> u64 {
    RandomState::new().hash_one(0_u64)
}

/// When an entry is stored.
#[derive(Clone, Copy, Debug)]
pub enum Condition<'a> {
    /// Whatever stands there.
    Always,
    /// If no live entry does.
    IfAbsent(&'a Living),
    /// If the permit is still good.
    IfPermit(&'a Token),
}

//! The names under which things stand in a store.

use std::fmt;
use std::sync::Arc;

use crate::key::{Key, KeyRef};

/// The physical key of one entry: `namespace:text`.
///
/// 1 to 200 characters out of `A-Z a-z 0-9 % : / | # _ . ~ @ + = , -`, so that no store can be injected into through it:
/// an adapter may send it as it is, and may use any other character (`!`, `{`) to tell its own keys apart. The
/// namespace is escaped and ends at the first `:`, so `foo` and `foobar` never meet.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoreKey {
    text: Arc<str>,
}

impl StoreKey {
    /// The key of an entry in a namespace.
    ///
    /// # Examples
    /// ```
    /// use larder::adapter::StoreKey;
    ///
    /// assert_eq!(StoreKey::new("shop", "user:7").as_str(), "shop:user:7");
    /// assert_eq!(StoreKey::new("shop:eu", "user:7").as_str(), "shop%3Aeu:user:7");
    /// assert_eq!(StoreKey::new("shop", "x".repeat(100_000)).as_str().len(), 200);
    /// ```
    pub fn new(namespace: &str, key: impl Into<Key>) -> Self {
        Self::of(namespace, key.into().lend())
    }

    pub(crate) fn of(namespace: &str, key: KeyRef<'_>) -> Self {
        let text = std::str::from_utf8(key.as_bytes()).expect("keys are ASCII");
        let physical = Key::written(|writer| {
            writer.value(namespace);
            writer.literal(":");
            writer.literal(text);
        });
        Self { text: physical.as_str().into() }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreKey({})", self.text)
    }
}

/// The name of an epoch: of a namespace, or of one function's entries in it, on one shard of a store.
///
/// It has `!` in it, which no [`StoreKey`] has, and at most 200 characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EpochName {
    text: Arc<str>,
    shard: u16,
}

impl EpochName {
    /// Of all entries of a namespace.
    pub fn namespace(shard: u16, namespace: &str) -> Self {
        Self::written(shard, namespace, "")
    }

    /// Of the entries of one key template in a namespace; `template` is its fingerprint.
    pub fn template(shard: u16, namespace: &str, template: u64) -> Self {
        Self::written(shard, namespace, &format!("{template:016x}"))
    }

    fn written(shard: u16, namespace: &str, suffix: &str) -> Self {
        let namespace = Key::written(|writer| writer.value(namespace));
        let namespace = namespace.as_str();
        // Where a name is so long, it ends in its digest.
        let tail = namespace.len().saturating_sub(160);
        Self { text: format!("{}!epoch!{suffix}", &namespace[tail..]).into(), shard }
    }

    /// Its text. The shard is not in it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The shard that it is for; 0 where a store has but one.
    pub fn shard(&self) -> u16 {
        self.shard
    }
}

impl fmt::Debug for EpochName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EpochName({} on {})", self.text, self.shard)
    }
}

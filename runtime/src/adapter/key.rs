//! The names under which things stand in a store.

use std::fmt;
use std::sync::Arc;

use crate::key::{Key, KeyRef, KeyWriter};

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

    /// The same in a store that is shared with other programs: without a namespace it is the key alone.
    ///
    /// # Examples
    /// ```
    /// use larder::adapter::StoreKey;
    ///
    /// assert_eq!(StoreKey::plain("", "user:7").as_str(), "user:7");
    /// assert_eq!(StoreKey::plain("shop", "user:7").as_str(), "shop:user:7");
    /// ```
    pub fn plain(namespace: &str, key: impl Into<Key>) -> Self {
        Self::plain_of(namespace, key.into().lend())
    }

    pub(crate) fn plain_of(namespace: &str, key: KeyRef<'_>) -> Self {
        if !namespace.is_empty() {
            return Self::of(namespace, key);
        }
        Self { text: std::str::from_utf8(key.as_bytes()).expect("keys are ASCII").into() }
    }

    pub(crate) fn of(namespace: &str, key: KeyRef<'_>) -> Self {
        let text = std::str::from_utf8(key.as_bytes()).expect("keys are ASCII");
        // Where it stands: moving a key costs about as much as writing it.
        let mut writer = KeyWriter::new();
        let physical = KeyRef::written(&mut writer, |writer| {
            writer.value(namespace);
            writer.literal(":");
            writer.literal(text);
        });
        Self { text: std::str::from_utf8(physical.as_bytes()).expect("keys are ASCII").into() }
    }

    /// What all keys of a namespace begin with, and no other's: for stores that walk. A namespace of more than 134 characters
    /// is cut here, as it is in long keys; then another that begins alike has the same.
    ///
    /// # Examples
    /// ```
    /// use larder::adapter::StoreKey;
    ///
    /// assert_eq!(StoreKey::prefix("foo"), "foo:");
    /// assert!(StoreKey::new("foo", "x".repeat(100_000)).as_str().starts_with("foo:"));
    /// ```
    pub fn prefix(namespace: &str) -> String {
        let mut writer = KeyWriter::new();
        writer.value(namespace);
        writer.literal(":");
        // Of a digested key, so much of its text is left.
        writer.as_str().chars().take(135).collect()
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

    /// Of the entries of one key template, beside that of their namespace.
    pub(crate) fn and_template(&self, template: u64) -> Self {
        Self { text: format!("{}{template:016x}", self.text).into(), shard: self.shard }
    }

    fn written(shard: u16, namespace: &str, suffix: &str) -> Self {
        const LONGEST: usize = 160;
        let whole = Key::written(|writer| writer.value(namespace));
        let text = whole.as_str();
        if text.len() < LONGEST {
            return Self { text: format!("{text}!epoch!{suffix}").into(), shard };
        }
        // Padded past what a key holds, it ends in its digest; and with that it is longer than all that have none.
        let digested = Key::written(|writer| {
            writer.value(namespace);
            writer.literal(&"=".repeat(200));
        });
        let text = digested.as_str();
        Self { text: format!("{}!epoch!{suffix}", &text[text.len() - LONGEST..]).into(), shard }
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

#[cfg(test)]
mod tests {
    use super::{EpochName, StoreKey};

    #[test]
    fn keys_of_a_namespace_begin_with_its_prefix() {
        for namespace in ["", "foo", "a b:c\r\n", &"n".repeat(134), &"n".repeat(180), &"é".repeat(100_000)] {
            let prefix = StoreKey::prefix(namespace);
            for key in ["", "k", &"k".repeat(60), &"k".repeat(300)] {
                let key = StoreKey::new(namespace, key);
                assert!(key.as_str().starts_with(&prefix), "{key:?} {prefix}");
            }
        }
        assert!(!StoreKey::new("foobar", "k").as_str().starts_with(&StoreKey::prefix("foo")));
    }

    #[test]
    fn names_are_shown_as_their_text() {
        let key = StoreKey::new("shop", "user:7");
        assert_eq!(
            (format!("{key:>13}"), format!("{key:?}")),
            ("  shop:user:7".into(), "StoreKey(shop:user:7)".into())
        );
        let name = EpochName::namespace(3, "shop");
        assert_eq!((format!("{name:?}"), name.shard()), ("EpochName(shop!epoch! on 3)".into(), 3));
    }

    #[test]
    fn a_namespace_that_looks_like_the_digest_of_another_has_an_epoch_of_its_own() {
        let long = EpochName::namespace(0, &"n".repeat(200));
        let (digest, _) = long.as_str().split_once('!').unwrap();
        assert_ne!(EpochName::namespace(0, digest), long);
    }

    #[test]
    fn no_two_namespaces_share_an_epoch() {
        let mut names = std::collections::HashSet::new();
        for length in [1, 100, 158, 159, 160, 161, 180, 199, 200, 300] {
            let namespaces =
                ["a".repeat(length), format!("b{}", "a".repeat(length)), format!("{}b", "a".repeat(length))];
            for (number, namespace) in namespaces.iter().enumerate() {
                let name = EpochName::namespace(0, namespace);
                assert!(name.as_str().len() <= 200 && name.as_str().contains('!'), "{name:?}");
                assert!(names.insert(name), "{length} {number}");
            }
        }
    }
}

//! Permits and epochs as a store sees them.
//!
//! A permit is a token that exists in the store from before a computation until its fill. Whatever changes the key deletes
//! the token in the same step, so a fill whose token is gone stores nothing: a permit may be lost and never guessed. A
//! computation that comes to nothing that is stored releases its share instead.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
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
    /// The epochs that a caller knows before it has read any; none where it knows none.
    #[cfg_attr(
        not(any(feature = "redis", feature = "memcached")),
        allow(dead_code, reason = "for stores that read them elsewhere than where a permit is taken")
    )]
    pub(crate) fn known(&self) -> Vec<u64> {
        if self.namespace == 0 { Vec::new() } else { [self.namespace].into_iter().chain(self.template).collect() }
    }

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
    /// Several may compute: a token that a claim of the same epochs has taken already is shared, and the first fill wins. One
    /// that was taken by other epochs is replaced: its fill is of no use, and would take the permit from this one.
    Shared,
    /// A new token takes the place of the one there is: computations under way will be refused. For a refresh.
    Fresh,
}

/// What there is to know after asking for a permit.
#[derive(Clone, Debug)]
pub struct Permitted {
    /// This claim's share of the permit; `None` where an entry was live.
    pub token: Option<Token>,
    /// What stood under the key.
    pub found: Option<super::Fetched>,
    /// The epochs that were asked for, in order.
    pub epochs: Vec<u64>,
}

/// One claim's share of a permit: the bytes of the permit, which are the same for all claims that share it, and the id of this
/// claim among them. What the bytes say is the adapter's business.
///
/// Tokens of the same permit are equal, whichever claim holds them.
///
/// # Examples
/// ```
/// use larder::adapter::Token;
///
/// let first = Token::random();
/// let second = first.shared();
/// assert_eq!(first, second);
/// assert_ne!(first.holder(), second.holder());
/// ```
#[derive(Clone, Copy)]
pub struct Token {
    bytes: [u8; 16],
    holder: u64,
}

impl Token {
    /// How long a permit that is neither used nor voided lasts; a computation that takes longer is not stored.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// Makes a permit that nobody else has, for a new holder.
    pub fn random() -> Self {
        Self::of_epochs(&[]).with_tag(random().to_le_bytes())
    }

    /// Makes a permit that nobody else has, for a new holder, and says in its last eight bytes of which epochs it is. Its first
    /// eight are random, and the holder's id: the claim that makes a permit is its first holder.
    pub(crate) fn of_epochs(epochs: &[u64]) -> Self {
        let holder = random_holder();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&holder.to_le_bytes());
        Self { bytes, holder }.with_tag(tag(epochs))
    }

    fn with_tag(mut self, tag: [u8; 8]) -> Self {
        self.bytes[8..].copy_from_slice(&tag);
        self
    }

    /// The permit of these bytes, for no holder: 0 stands for it.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self { bytes, holder: 0 }
    }

    /// The same permit, for this holder.
    #[must_use]
    pub const fn with_holder(self, holder: u64) -> Self {
        Self { holder, ..self }
    }

    /// The same permit, for a new holder.
    #[must_use]
    pub fn shared(self) -> Self {
        self.with_holder(random_holder())
    }

    /// The permit's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// The random id of the claim that holds this share.
    pub const fn holder(&self) -> u64 {
        self.holder
    }

    /// The id of the claim that made the permit, where [`of_epochs`](Self::of_epochs) did.
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "others see to it on the server, or count nothing"))]
    pub(crate) fn first_holder(&self) -> u64 {
        self.bytes.first_chunk().map_or(0, |id| u64::from_le_bytes(*id))
    }

    /// May a claim of these epochs share the permit? The epochs of the claim that made it have to be the same, as far as both
    /// have read any: whoever acts by hand reads a namespace's alone.
    #[cfg_attr(
        not(any(feature = "redis", feature = "sqlite")),
        allow(dead_code, reason = "for stores whose tokens say it")
    )]
    pub(crate) fn is_of_epochs(&self, epochs: &[u64]) -> bool {
        let ([namespace, rest], [other_namespace, other_rest]) = (halves(&self.bytes[8..]), halves(&tag(epochs)));
        let none = [0; 4];
        namespace == other_namespace && (rest == other_rest || rest == none || other_rest == none)
    }
}

/// What of some epochs goes into a token: four leading bytes of the first, which is a namespace's, and as many of the others
/// together, so four of a template's; zeros where there are none.
/// Epochs are random: one in 2³² renewals leaves what is compared as it was. Then a fill that is dead can use up a permit that
/// is good, which costs one computation.
pub(crate) fn tag(epochs: &[u64]) -> [u8; 8] {
    let [first, others] = [epochs.get(..1).unwrap_or_default(), epochs.get(1..).unwrap_or_default()].map(|epochs| {
        let n_each = (4 / epochs.len().max(1)).max(1);
        let mut bytes = epochs.iter().flat_map(|epoch| epoch.to_le_bytes().into_iter().take(n_each));
        std::array::from_fn::<u8, 4, _>(|_| bytes.next().unwrap_or(0))
    });
    std::array::from_fn(|at| if at < 4 { first[at] } else { others[at - 4] })
}

/// Of a tag: what is a namespace's, and the rest.
pub(crate) fn halves(tag: &[u8]) -> [[u8; 4]; 2] {
    [0, 4].map(|start| std::array::from_fn(|at| tag.get(start + at).copied().unwrap_or(0)))
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Token {}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
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

/// The id of a claim among those that share its permit: random, and never 0.
pub(crate) fn random_holder() -> u64 {
    random().max(1)
}

/// From the system's randomness, through std.
fn random() -> u64 {
    RandomState::new().hash_one(0_u64)
}

/// What a release does with the entry that stands under the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Release {
    /// Leaves it.
    Keep,
    /// Removes it: the computation says that there is nothing to store, so what was stored before is not to be revived.
    Remove,
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

#[cfg(test)]
mod tests {
    use super::{Token, tag};

    #[test]
    fn a_token_says_of_which_epochs_it_is() {
        let token = Token::of_epochs(&[3, 4]);
        assert_eq!((token.holder(), token.shared().first_holder()), (token.first_holder(), token.holder()));
        assert!(token.is_of_epochs(&[3, 4]) && Token::of_epochs(&[3, 4]) != token);
        for other in [&[3, 5][..], &[5, 4], &[4, 3], &[4], &[3, 4, 5], &[]] {
            assert!(!token.is_of_epochs(other), "{other:?}");
        }
        // By hand: the template's is not read.
        assert!(token.is_of_epochs(&[3]) && Token::of_epochs(&[3]).is_of_epochs(&[3, 4]));
    }

    #[test]
    fn a_tag_has_room_for_any_number_of_epochs() {
        assert_eq!(tag(&[]), [0; 8]);
        assert_eq!(tag(&[0x0807_0605_0403_0201]), [1, 2, 3, 4, 0, 0, 0, 0]);
        assert_eq!(tag(&[0x0807_0605_0403_0201; 2]), [1, 2, 3, 4, 1, 2, 3, 4]);
        assert_eq!(tag(&[0x0807_0605_0403_0201; 3]), [1, 2, 3, 4, 1, 2, 1, 2]);
        assert_eq!(tag(&[7; 20]), [7, 0, 0, 0, 7, 7, 7, 7]);
    }
}

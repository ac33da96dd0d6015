//! What a store says of an entry without its value.

use super::entry::{Fetched, Left, layout};
use super::permit::Living;

/// An entry without its value: how long it lives, and whose it is. Enough to tell whether it is alive, whoever asks.
///
/// # Examples
/// ```
/// use larder::adapter::{Head, Left, Living, layout};
///
/// let mut record = vec![0; layout::PAYLOAD];
/// record[layout::NAMESPACE_EPOCH].copy_from_slice(&3_u64.to_le_bytes());
/// let head = Head::of(&record, Left::Never).expect("it is long enough for a record");
/// assert!(head.is_live(&Living { namespace: 3, template: Some(4) }));
/// assert!(!head.is_live(&Living { namespace: 5, template: None }));
/// assert_eq!(Head::of(b"another program's", Left::Never), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How much of its timeout is left.
    pub left: Left,
    /// The epoch of its namespace, when its permit was taken.
    pub namespace_epoch: u64,
    /// That of its template; 0 where it belongs to none.
    pub template_epoch: u64,
    /// Which template that is: its fingerprint.
    pub template: u64,
}

impl Head {
    /// That of a record, or of as much of it as goes up to the end of [`layout::TEMPLATE`]; `None` if it ends before, as no
    /// record does.
    pub fn of(record: &[u8], left: Left) -> Option<Self> {
        let word = |at| layout::word(record, at);
        Some(Self {
            left,
            namespace_epoch: word(layout::NAMESPACE_EPOCH)?,
            template_epoch: word(layout::TEMPLATE_EPOCH)?,
            template: word(layout::TEMPLATE)?,
        })
    }

    /// Does it carry these epochs? What belongs to no template carries every template's.
    pub fn is_of(&self, living: &Living) -> bool {
        let is_template = |epoch| epoch == self.template_epoch;
        self.namespace_epoch == living.namespace
            && (self.template_epoch == 0 || living.template.is_none_or(is_template))
    }

    /// Is the entry live, by its time and by these epochs?
    pub fn is_live(&self, living: &Living) -> bool {
        self.left.is_live() && self.is_of(living)
    }

    /// Is the epoch of its own template to be asked for, before it is known whether the entry is alive? So it is where who asks
    /// knows of no template, and the entry belongs to one. What is of a dead namespace is dead already, and is not believed.
    pub fn is_open(&self, living: &Living) -> bool {
        living.template.is_none() && self.template_epoch != 0 && self.is_of(living)
    }
}

impl Fetched {
    /// Its head; `None` if it is no record.
    pub fn head(&self) -> Option<Head> {
        Head::of(&self.record, self.left)
    }
}

/// What [`increment`](super::CacheAdapter::increment) comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The counter stands at so much now.
    Sum(i64),
    /// Nothing was counted: the live entry of this head [is open](Head::is_open).
    Open(Head),
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head { left: Left::Never, namespace_epoch: 3, template_epoch: 4, template: 7 };

    #[test]
    fn a_head_is_read_from_a_record_however_it_is_cut_behind_it() {
        let mut record = [0xEE; layout::PAYLOAD + 5];
        let words = [(layout::NAMESPACE_EPOCH, 3_u64), (layout::TEMPLATE_EPOCH, 4), (layout::TEMPLATE, 7)];
        words.into_iter().for_each(|(at, word)| record[at].copy_from_slice(&word.to_le_bytes()));
        for length in 0..record.len() {
            let expected = (length >= layout::TEMPLATE.end).then_some(HEAD);
            assert_eq!(Head::of(&record[..length], Left::Never), expected, "{length} bytes");
        }
    }

    #[test]
    fn only_what_may_be_alive_is_open() {
        let living = |namespace, template| Living { namespace, template };
        assert!(HEAD.is_open(&living(3, None)));
        assert!(!HEAD.is_open(&living(3, Some(4))) && !HEAD.is_open(&living(5, None)));
        assert!(!Head { template_epoch: 0, ..HEAD }.is_open(&living(3, None)));
    }
}

//! Which records of a namespace a sweep takes away: those whose epochs are not the current ones. Pure.

use super::entry::layout;
use super::head::Head;
use super::key::{EpochName, StoreKey};

/// Tells the dead of a namespace from the living.
///
/// A record is dead if it carries another epoch than the current one, of its namespace or of its template, or if there is no
/// current one: no reader believes it then. Whoever asks has to read the epochs *after* it has seen the record, or with it in one
/// step: epochs are random and none comes back, so what is not current then never is again. What begins with
/// [`layout::BEGINNING`] is a record; what does not is another program's, or of another release.
///
/// Where the namespace's [prefix](StoreKey::prefix) is cut, a key may be another's. There only what carries one of the epochs that
/// the caller has replaced is dead.
///
/// # Examples
/// ```
/// use larder::adapter::{EpochName, Sweep, layout};
///
/// let mut record = vec![0; layout::PAYLOAD];
/// record[..layout::BEGINNING.len()].copy_from_slice(&layout::BEGINNING);
/// record[layout::NAMESPACE_EPOCH].copy_from_slice(&3_u64.to_le_bytes());
/// let sweep = Sweep::new(0, "shop", &[]);
/// assert!(!sweep.is_dead(&record, |_| Some(3)));
/// assert!(sweep.is_dead(&record, |_| Some(4)) && sweep.is_dead(&record, |_| None));
/// assert!(!sweep.is_dead(b"another program's", |_| Some(4)));
/// ```
#[derive(Clone, Debug)]
pub struct Sweep {
    namespace: EpochName,
    replaced: Vec<u64>,
    /// No other namespace has its prefix.
    is_apart: bool,
}

impl Sweep {
    /// Of a namespace on one shard; `replaced` are epochs that the caller knows to be so.
    pub fn new(shard: u16, namespace: &str, replaced: &[u64]) -> Self {
        Self {
            namespace: EpochName::namespace(shard, namespace),
            replaced: replaced.iter().copied().filter(|&epoch| epoch != 0).collect(),
            is_apart: StoreKey::prefix(namespace).ends_with(':'),
        }
    }

    /// Is this record dead, or as much of one as goes up to the end of [`layout::TEMPLATE`]? `current` says the epoch of a name, if
    /// it has one.
    pub fn is_dead(&self, record: &[u8], current: impl FnMut(&EpochName) -> Option<u64>) -> bool {
        self.dead_epoch(record, current).is_some()
    }

    /// The epoch by which it is dead.
    pub(crate) fn dead_epoch(&self, record: &[u8], mut current: impl FnMut(&EpochName) -> Option<u64>) -> Option<u64> {
        let head = Head::of(record, super::Left::Never)?;
        let own = [head.namespace_epoch, head.template_epoch];
        let replaced = own.into_iter().find(|epoch| self.replaced.contains(epoch));
        if replaced.is_some() || !self.is_apart || !record.starts_with(&layout::BEGINNING) {
            return replaced;
        }
        let mut is_current = |(name, epoch): &(EpochName, u64)| current(name) == Some(*epoch);
        self.epochs_of(&head).into_iter().find(|epoch| !is_current(epoch)).map(|(_, epoch)| epoch)
    }

    /// The epochs that such a record carries, each under its name.
    pub(crate) fn epochs_of(&self, head: &Head) -> Vec<(EpochName, u64)> {
        let template = (self.namespace.and_template(head.template), head.template_epoch);
        [(self.namespace.clone(), head.namespace_epoch), template]
            .into_iter()
            .filter(|(_, epoch)| *epoch != 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(namespace: u64, template_epoch: u64) -> Vec<u8> {
        let mut record = vec![0; layout::PAYLOAD];
        record[..layout::BEGINNING.len()].copy_from_slice(&layout::BEGINNING);
        let words =
            [(layout::NAMESPACE_EPOCH, namespace), (layout::TEMPLATE_EPOCH, template_epoch), (layout::TEMPLATE, 7)];
        words.into_iter().for_each(|(at, word)| record[at].copy_from_slice(&word.to_le_bytes()));
        record
    }

    #[test]
    fn what_is_not_of_current_epochs_is_dead_by_the_first_that_is_not() {
        let sweep = Sweep::new(0, "shop", &[]);
        let of_template = EpochName::template(0, "shop", 7);
        let dead_epoch = |record: &[u8], namespace: Option<u64>, template: Option<u64>| {
            sweep.dead_epoch(record, |name| if *name == of_template { template } else { namespace })
        };
        assert_eq!(dead_epoch(&record(3, 4), Some(3), Some(4)), None);
        assert_eq!(dead_epoch(&record(3, 4), Some(3), Some(5)), Some(4));
        assert_eq!(dead_epoch(&record(3, 4), Some(3), None), Some(4));
        assert_eq!(dead_epoch(&record(3, 4), Some(5), Some(5)), Some(3));
        assert_eq!(dead_epoch(&record(3, 0), Some(3), None), None, "by hand");
        assert_eq!(dead_epoch(&record(0, 0), Some(3), None), None, "of no epoch at all");
    }

    #[test]
    fn what_is_no_record_or_may_be_anothers_is_dead_by_what_was_replaced_alone() {
        let mut foreign = record(3, 4);
        foreign[4] += 1;
        for (namespace, record) in [("shop", foreign), (&*"n".repeat(300), record(3, 4))] {
            assert!(!Sweep::new(0, namespace, &[0, 9]).is_dead(&record, |_| Some(8)));
            assert_eq!(Sweep::new(0, namespace, &[4]).dead_epoch(&record, |_| Some(8)), Some(4));
        }
        assert!(!Sweep::new(0, "shop", &[0]).is_dead(&[0; layout::PAYLOAD], |_| Some(8)), "none is never replaced");
    }
}

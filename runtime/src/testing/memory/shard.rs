//! One shard of the reference adapter: plain state, with time coming in as a value.

use std::collections::HashMap;

use crate::adapter::{
    Claim, Counted, Entry, EpochName, Fetched, Head, Left, Living, Release, StoreKey, Sweep, Token, layout,
    random_epoch,
};
use crate::clock::Moment;
use crate::error::Result;
use crate::timeout::Timeout;

/// What one server keeps.
#[derive(Default)]
pub(super) struct Shard {
    entries: HashMap<StoreKey, Stored>,
    /// The permit of each key that is being computed.
    permits: HashMap<StoreKey, Permit>,
    epochs: HashMap<EpochName, u64>,
}

struct Permit {
    token: Token,
    until: Moment,
    /// Of the claims that share it.
    epochs: Vec<u64>,
    /// Those of them that have not released it.
    holders: Vec<u64>,
}

struct Stored {
    record: Vec<u8>,
    deadline: Moment,
    gone: Moment,
}

impl Stored {
    fn left(&self, now: Moment) -> Left {
        Left::until(self.deadline.as_millis(), now.as_millis())
    }
}

/// Are they the same, as far as both claims have read any? Whoever acts by hand reads a namespace's alone.
fn agree(one: &[u64], other: &[u64]) -> bool {
    let n_read = one.len().min(other.len());
    one.first() == other.first() && one[..n_read] == other[..n_read]
}

impl Shard {
    pub(super) fn get(&mut self, key: &StoreKey, now: Moment) -> Option<Fetched> {
        let stored = self.kept(key, now)?;
        Some(Fetched { record: stored.record.clone(), left: stored.left(now) })
    }

    /// What stands there, live or in its grace.
    fn kept(&mut self, key: &StoreKey, now: Moment) -> Option<&mut Stored> {
        if self.entries.get(key)?.gone <= now {
            self.entries.remove(key);
        }
        self.entries.get_mut(key)
    }

    pub(super) fn is_live(&mut self, key: &StoreKey, living: &Living, now: Moment) -> bool {
        self.head(key, now).is_some_and(|head| head.is_live(living))
    }

    pub(super) fn head(&mut self, key: &StoreKey, now: Moment) -> Option<Head> {
        self.kept(key, now).and_then(|stored| Head::of(&stored.record, stored.left(now)))
    }

    pub(super) fn permit(
        &mut self,
        key: &StoreKey,
        claim: Claim,
        living: &Living,
        epochs: &[u64],
        now: Moment,
    ) -> (Option<Token>, Option<Fetched>) {
        let found = self.get(key, now);
        if claim != Claim::Fresh && self.is_live(key, living, now) {
            return (None, found);
        }
        let is_shared = |permit: &Permit| claim == Claim::Shared && permit.until > now && agree(&permit.epochs, epochs);
        if let Some(permit) = self.permits.get_mut(key).filter(|permit| is_shared(permit)) {
            let token = permit.token.shared();
            permit.holders.push(token.holder());
            return (Some(token), found);
        }
        let token = Token::random();
        let (until, epochs) = (now.after(Token::LIFETIME.into()), epochs.to_vec());
        let permit = Permit { token, until, epochs, holders: vec![token.holder()] };
        self.permits.insert(key.clone(), permit);
        (Some(token), found)
    }

    #[cfg(all(test, shuttle))]
    pub(super) fn n_permits(&self) -> usize {
        self.permits.len()
    }

    /// Is the permit still good? One that is not there is not.
    pub(super) fn is_good(&self, key: &StoreKey, token: &Token, now: Moment) -> bool {
        self.permits.get(key).is_some_and(|permit| permit.token == *token && permit.until > now)
    }

    pub(super) fn release(&mut self, key: &StoreKey, token: &Token, release: Release, now: Moment) -> bool {
        if !self.is_good(key, token, now) {
            return false;
        }
        if release == Release::Remove {
            self.entries.remove(key);
        }
        if let Some(permit) = self.permits.get_mut(key) {
            permit.holders.retain(|holder| *holder != token.holder());
            if permit.holders.is_empty() {
                self.permits.remove(key);
            }
        }
        true
    }

    pub(super) fn store(&mut self, key: &StoreKey, entry: &Entry, now: Moment) {
        let (deadline, gone) = (now.after(entry.timeout), now.after(entry.kept_for()));
        self.entries.insert(key.clone(), Stored { record: entry.record.clone(), deadline, gone });
        self.permits.remove(key);
    }

    pub(super) fn remove(&mut self, key: &StoreKey, now: Moment) -> Option<Head> {
        let head = self.head(key, now);
        self.entries.remove(key);
        self.permits.remove(key);
        head
    }

    pub(super) fn touch(
        &mut self,
        key: &StoreKey,
        (timeout, grace): (Timeout, Timeout),
        living: &Living,
        now: Moment,
    ) -> Option<Fetched> {
        let stored = self.kept(key, now).filter(|stored| living.admits(&stored.record))?;
        stored.deadline = now.after(timeout);
        stored.gone = stored.deadline.after(grace);
        self.get(key, now)
    }

    pub(super) fn increment(
        &mut self,
        key: &StoreKey,
        delta: i64,
        fresh: &Entry,
        living: &Living,
        now: Moment,
    ) -> Result<Counted> {
        let Some(head) = self.head(key, now).filter(|head| head.is_live(living)) else {
            self.store(key, fresh, now);
            return Ok(Counted::Sum(delta));
        };
        if head.is_open(living) {
            return Ok(Counted::Open(head));
        }
        let stored = self.entries.get_mut(key).expect("it is live");
        let sum = layout::count(&mut stored.record, delta)?;
        self.permits.remove(key);
        Ok(Counted::Sum(sum))
    }

    pub(super) fn has_epochs(&self, names: &[EpochName]) -> bool {
        names.iter().all(|name| self.epochs.contains_key(name))
    }

    pub(super) fn epoch(&mut self, name: &EpochName) -> u64 {
        *self.epochs.entry(name.clone()).or_insert_with(random_epoch)
    }

    pub(super) fn renew(&mut self, name: &EpochName) -> u64 {
        let epoch = random_epoch();
        self.epochs.insert(name.clone(), epoch);
        epoch
    }

    pub(super) fn sweep(&mut self, prefix: &str, sweep: &Sweep) -> u64 {
        let (n_before, epochs) = (self.entries.len(), &self.epochs);
        self.entries.retain(|key, stored| {
            let is_dead = || sweep.is_dead(&stored.record, |name| epochs.get(name).copied());
            !key.as_str().starts_with(prefix) || !is_dead()
        });
        (n_before - self.entries.len()) as u64
    }
}

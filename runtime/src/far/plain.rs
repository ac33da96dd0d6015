//! What is different where the store keeps bare values. They say neither when they were stored nor for whom, so nothing is
//! dead but what is gone, a clear walks, and the store refuses no fill. Within this process clears still beat fills: a fill
//! goes through its key's gate, where it looks whether its permit is still good, and who changes the key by another way
//! closes the gate.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::FixedState;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::{Claimed, Far, Journey, Lease, Place, join_all};
use crate::adapter::{CacheAdapter, Claim, Living, StoreKey};
use crate::error::{Error, ErrorKind, Result};
use crate::layer::Deadline;

/// All there are.
pub(super) const LIVING: Living = Living { namespace: 1, template: None };

/// How long a walk through a namespace may take. Each further clear goes on where it ended, as what is removed is gone.
const WALK: Duration = Duration::from_secs(30);

/// How long who changes a key waits for a fill of it. A fill ends sooner, if it is polled.
const GATE: Duration = Duration::from_secs(1);

/// Many fills go through a gate at once, or one who changes what they fill. Each key has one, shared with few others.
pub(super) struct Gates([Arc<RwLock<()>>; Self::COUNT]);

impl Gates {
    const COUNT: usize = 256;

    fn number(key: &StoreKey) -> usize {
        FixedState::default().hash_one(key.as_str()) as usize % Self::COUNT
    }
}

impl Default for Gates {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Arc::default()))
    }
}

/// Held while a fill is on its way.
#[derive(Default)]
pub(crate) struct Filling {
    #[expect(dead_code, reason = "held for its drop")]
    gate: Option<OwnedRwLockReadGuard<()>>,
    /// What was owed to the store when it began.
    n_noted: u64,
}

/// Held while keys are changed by another way than a fill. None of them is filled meanwhile.
#[derive(Default)]
pub(crate) struct Closed(#[expect(dead_code, reason = "held for its drop")] Vec<OwnedRwLockWriteGuard<()>>);

impl Far {
    /// Does the store keep bare values?
    pub(crate) fn is_plain(&self) -> bool {
        self.plain.is_some()
    }

    /// Before a fill looks at its permit for the last time. `None`: others were at the key for as long as the call may wait.
    pub(crate) async fn filling(&self, place: &Place, journey: &mut Journey) -> Option<Filling> {
        // Other stores look at permits themselves.
        let Some(gates) = &self.plain else { return Some(Filling::default()) };
        let gate = Arc::clone(&gates.0[Gates::number(&place.key)]);
        let n_noted = self.undelivered.n_noted();
        journey.wait(gate.read_owned()).await.map(|gate| Filling { gate: Some(gate), n_noted })
    }

    /// After a fill whose permit was voided on its way. Who did that and waits at the gate takes it away; but who has given up
    /// may have been made good before it came.
    pub(crate) fn take_back(self: &Arc<Self>, place: &Place, filling: &Filling) {
        if self.is_plain() && self.undelivered.n_noted() != filling.n_noted {
            self.owe_removals(std::slice::from_ref(place));
        }
    }

    /// After the permits of these places were voided, and until they are so once more. Waits for fills under way.
    ///
    /// # Errors
    /// One of them does not end: somebody keeps its future and does not poll it, this very thread perhaps.
    pub(crate) async fn closed(&self, places: &[Place]) -> Result<Closed> {
        let Some(gates) = &self.plain else { return Ok(Closed::default()) };
        let mut numbers: Vec<usize> = places.iter().map(|place| Gates::number(&place.key)).collect();
        // In one order for all, so that nobody waits in a ring.
        numbers.sort_unstable();
        numbers.dedup();
        let mut held = Vec::with_capacity(numbers.len());
        for number in numbers {
            held.push(self.in_time(Arc::clone(&gates.0[number]).write_owned()).await?);
        }
        Ok(Closed(held))
    }

    /// The same where what stands there is to go, whatever becomes of this: also if it cannot begin, or is given up before.
    ///
    /// # Errors
    /// As [`closed`](Self::closed).
    pub(crate) async fn closed_to_replace(self: &Arc<Self>, places: &[Place]) -> Result<Closed> {
        let mut promise = self.promise(places);
        let closed = self.closed(places).await;
        promise.told(&closed);
        closed
    }

    /// Fills that found their permits good before those were voided are stored when this returns.
    ///
    /// # Errors
    /// As [`closed`](Self::closed).
    pub(super) async fn fills_end(&self) -> Result<()> {
        let Some(gates) = &self.plain else { return Ok(()) };
        let ends = gates.0.iter().map(|gate| async { self.in_time(gate.write()).await.map(drop) });
        join_all(ends).await.into_iter().collect()
    }

    async fn in_time<T>(&self, gate: impl Future<Output = T>) -> Result<T> {
        let held = || Error::new(ErrorKind::Unavailable, "a computation for this key is being stored and does not end");
        self.clock.within(GATE.into(), gate).await.ok_or_else(held)
    }

    /// There are no permits to be had: it is a second look, unless what stands there is of no use.
    pub(super) async fn claim_plain(
        self: &Arc<Self>,
        place: &Place,
        claim: Claim,
        journey: &mut Journey,
    ) -> Result<Claimed> {
        let is_fresh = matches!(claim, Claim::Fresh);
        if !is_fresh && let Some((found, living)) = self.look(place, journey).await? {
            return Ok(Claimed::Found(found, living));
        }
        Ok(Claimed::Permit(Lease { held: None, living: LIVING, replaces: is_fresh }))
    }

    /// Can the namespace be walked through?
    ///
    /// # Errors
    /// Says why not.
    pub(super) fn refuse_walk(&self, namespace: &str) -> Result<()> {
        let refused = |message: &'static str| Err(Error::new(ErrorKind::Unsupported, message));
        if !self.capability().walks {
            return refused(
                "what is in a plain cache on this store cannot be listed: remove keys by name, or flush the store",
            );
        }
        if !StoreKey::prefix(namespace).ends_with(':') {
            return refused(
                "the namespace of a plain cache is too long to tell its values from those of another that begins alike",
            );
        }
        if namespace.is_empty() {
            return refused(
                "a plain cache without a namespace cannot tell its values from others': give it a `namespace`",
            );
        }
        Ok(())
    }

    /// Walks through the namespace.
    pub(super) async fn clear_plain(&self, namespace: &str, is_of_template: bool) -> Result<()> {
        if is_of_template {
            let message = "values in a plain cache do not say which function they are of: clear keys one by one, or the namespace";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        self.refuse_walk(namespace)?;
        // They are removed with the rest.
        self.fills_end().await?;
        let adapter = self.store.helpers.clone();
        let (name, namespace) = (adapter.name(), namespace.to_owned());
        let walk = crate::io::trip(async move { adapter.sweep(&namespace, &[]).await });
        Deadline::within(name, &self.clock, WALK.into(), walk).await.map(drop)
    }
}

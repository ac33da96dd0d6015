//! Who delivers what is owed: a task for each shard that is owed something, on the I/O runtime. Where the store is up it tries
//! soon, and then less and less often; where it is down it waits until the breaker has reached it, and then goes before all
//! callers. It keeps the store alive until nothing is owed.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use super::debts::Parcel;
use super::undelivered::Noted;
use super::{Far, Journey, Limit, Place};
use crate::adapter::{CacheAdapter, join_all};
use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};
use crate::io;
use crate::timeout::Timeout;

/// So many removals go in one trip.
const IN_ONE_TRIP: usize = 1_000;

/// So many trips go at once: a store that is far away is not kept out for long by many of them.
const AT_ONCE: usize = 16;

/// Between attempts, as long as the store is not given up.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Epochs that were replaced, each of a namespace, whose entries can be swept away; `None` where it was not told which.
type Dead = Vec<(Arc<str>, Option<u64>)>;

/// The stores that are owed something, or were. Always std's lock: one for the process is none of a model checker's, which runs many.
static OWING: LazyLock<Mutex<Vec<Weak<Far>>>> = LazyLock::new(Mutex::default);

fn list() -> MutexGuard<'static, Vec<Weak<Far>>> {
    OWING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stores that are owed something or are being swept, or of which something was forgotten.
pub(crate) fn owing() -> Vec<Arc<Far>> {
    let mut owing = list();
    let alive: Vec<_> = owing.iter().filter_map(Weak::upgrade).collect();
    owing.retain(|far| far.strong_count() > 0);
    drop(owing);
    alive.into_iter().filter(|far| far.undelivered.count() != [0; 4] || far.n_sweeps() > 0).collect()
}

impl Far {
    /// How much is owed to the store.
    pub(crate) fn n_undelivered(&self) -> usize {
        self.undelivered.n_owed()
    }

    /// Entries are kept in the store for so long.
    pub(crate) fn know(&self, timeout: Timeout, grace: Timeout) {
        self.undelivered.know(Timeout::from_millis(timeout.as_millis().saturating_add(grace.as_millis())));
    }

    /// Removals, renewals, shards that are owed any, and removals that were forgotten.
    pub(crate) fn count_undelivered(&self) -> [usize; 4] {
        self.undelivered.count()
    }

    /// Ends when nothing is owed, and nothing dead is left to be swept away.
    pub(crate) async fn all_delivered(&self) {
        for shard in self.undelivered.shard_numbers() {
            self.undelivered.shard(shard).hurry.notify_one();
        }
        for shard in self.undelivered.shard_numbers() {
            loop {
                let settled = self.undelivered.shard(shard).settled.notified();
                if self.undelivered.is_settled(shard) {
                    break;
                }
                settled.await;
            }
        }
        self.all_swept().await;
    }

    /// Before somebody writes to `places`, all of one shard: what is owed there is delivered first, so that it does not undo
    /// what is written.
    ///
    /// # Errors
    /// Where the store does not take it, or not within the journey.
    pub(crate) async fn settle(&self, places: &[Place], journey: &mut Journey) -> Result<()> {
        for place in places.iter().filter(|place| self.undelivered.owes(place)) {
            let breaker = self.store.breaker(place.shard());
            if breaker.is_shut() {
                return Err(breaker.refusal());
            }
            if journey.wait(self.is_settled(place)).await != Some(true) {
                return Err(self.untold());
            }
        }
        Ok(())
    }

    /// What somebody is told who cannot go on before the store is told something.
    pub(super) fn untold(&self) -> Error {
        let store = self.store.calls.name();
        Error::with_kind(ErrorKind::Unavailable, format!("{store} has still to be told what was cleared here before"))
    }

    /// Waits for the next attempt. Is nothing owed there after it?
    async fn is_settled(&self, place: &Place) -> bool {
        let shard = self.undelivered.shard(place.shard());
        let n_steps = shard.n_steps();
        loop {
            let settled = shard.settled.notified();
            let is_settled = !self.undelivered.owes(place);
            if is_settled || shard.has_tried(n_steps) {
                return is_settled;
            }
            shard.hurry.notify_one();
            settled.await;
        }
    }

    /// Has somebody deliver, unless somebody does.
    pub(super) fn send_for(self: &Arc<Self>, shard: u16, Noted { needs_courier }: Noted) {
        if !needs_courier {
            return;
        }
        self.store.breaker(shard).owe(true);
        self.enlist();
        Courier { far: Arc::clone(self), shard, is_at_work: false }.start();
    }

    /// From here on a program that ends waits for it.
    pub(super) fn enlist(self: &Arc<Self>) {
        let mut owing = list();
        if !owing.iter().any(|far| far.as_ptr() == Arc::as_ptr(self)) {
            owing.retain(|far| far.strong_count() > 0);
            owing.push(Arc::downgrade(self));
        }
    }

    /// All that is owed now, once. A renewal that walks goes when callers are in again: it may take its time.
    async fn deliver(&self, shard: u16, walks: bool, dead: &mut Dead) -> Result<()> {
        self.undelivered.attempt(shard);
        let (n_noted, renews, mut failure) = (self.undelivered.n_noted(), walks || !self.is_plain(), None);
        let take = || self.undelivered.take(shard, IN_ONE_TRIP, n_noted, renews);
        loop {
            let parcels: Vec<_> = std::iter::from_fn(take).take(AT_ONCE).collect();
            if parcels.is_empty() || failure.as_ref().is_some_and(is_away) {
                break;
            }
            let answers = join_all(parcels.iter().map(|parcel| self.hand_over(parcel))).await;
            for (parcel, answer) in parcels.iter().zip(answers) {
                match answer {
                    Ok(replaced) => {
                        dead.extend(replaced);
                        self.undelivered.delivered(shard, parcel);
                    }
                    // It is done, if not everywhere.
                    Err(error) if error.kind() == ErrorKind::NotReplicated => {
                        dead.extend(parcel.namespace().map(|namespace| (namespace, None)));
                        self.undelivered.delivered(shard, parcel);
                    }
                    Err(error) if error.kind() == ErrorKind::Unsupported => self.undelivered.give_up(shard, parcel),
                    Err(error) if is_away(&error) => failure = Some(error),
                    Err(error) => _ = failure.get_or_insert(error),
                }
            }
        }
        self.undelivered.attempted(shard, failure.as_ref().is_some_and(is_away));
        failure.map_or(Ok(()), Err)
    }

    /// For what happens, and no longer than that.
    pub(super) async fn wait(&self, until: Moment, event: impl Future<Output = ()>) {
        let mut sleep = pin!(self.clock.sleep_until(until));
        let mut event = pin!(event);
        poll_fn(|context| match event.as_mut().poll(context) {
            Poll::Pending => sleep.as_mut().poll(context),
            ready => ready,
        })
        .await;
    }

    /// Answers the epoch that is replaced by it, where its entries can be swept away.
    async fn hand_over(&self, parcel: &Parcel) -> Result<Option<(Arc<str>, Option<u64>)>> {
        let adapter = &self.store.deliveries;
        match parcel {
            Parcel::Removals(keys) => {
                let keys: Vec<_> = keys.iter().map(|(key, _)| key.clone()).collect();
                adapter.remove(&keys).await.map(|_| None)
            }
            Parcel::Renewal { namespace, .. } if self.is_plain() => {
                self.clear_plain(&namespace.name, false).await.map(|()| None)
            }
            Parcel::Renewal { epoch, namespace, .. } => {
                let journey = Journey::new(adapter, &self.clock, Limit::Helper, &self.store.limits);
                let old = self.renew_one(epoch.clone(), journey).await?;
                Ok(old.map(|old| (Arc::clone(&namespace.name), Some(old))))
            }
        }
    }
}

fn is_away(error: &Error) -> bool {
    error.kind() == ErrorKind::Unavailable
}

/// One at work. Should it end before its time (an adapter that panics), another goes on.
struct Courier {
    far: Arc<Far>,
    shard: u16,
    is_at_work: bool,
}

impl Courier {
    fn start(self) {
        io::spawn(self.run());
    }

    async fn run(mut self) {
        self.is_at_work = true;
        let (far, shard) = (Arc::clone(&self.far), self.shard);
        let breaker = far.store.breaker(shard);
        let pause = |n_failed: u32| FIRST_PAUSE.saturating_mul(1 << n_failed.min(10)).min(LONGEST_PAUSE);
        far.undelivered.attempted(shard, false);
        let mut n_failed = 0;
        loop {
            let next = far.undelivered.expire(shard, far.clock.now());
            if far.undelivered.dismiss(shard) {
                breaker.owe(false);
                self.is_at_work = false;
                return;
            }
            let returned = breaker.returned();
            if breaker.is_away() {
                far.undelivered.attempted(shard, true);
                far.wait(next, returned).await;
                n_failed = 0;
                continue;
            }
            if !breaker.is_shut() {
                // It has failed a moment ago, and who is in a hurry says so.
                let due = far.clock.now().after(pause(n_failed).into());
                far.wait(due, far.undelivered.shard(shard).hurry.notified()).await;
            }
            let mut dead = Dead::new();
            let delivered = far.deliver(shard, false, &mut dead).await;
            // Where it was not reached, it is told before anybody else is let in; also if it is back by now.
            if !delivered.as_ref().is_err_and(is_away) {
                breaker.admit();
            }
            for (namespace, epoch) in dead.drain(..) {
                far.sweep_behind(&namespace, epoch.into_iter().collect());
            }
            let delivered = match delivered {
                Ok(()) if far.is_plain() => far.deliver(shard, true, &mut dead).await,
                delivered => delivered,
            };
            n_failed = if delivered.is_ok() { 0 } else { n_failed + 1 };
        }
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        if self.is_at_work {
            self.far.store.breaker(self.shard).give_up_deliveries();
            Self { far: Arc::clone(&self.far), shard: self.shard, is_at_work: false }.start();
        }
    }
}

//! Callers who come while a result is being stored cost no computation, and hardly a request beside their look.

use std::sync::Arc;

use larder::{cached, scoped_async};

use crate::moody::When;
use crate::origin::Origin;
use crate::pair::{Faults, pairs};
use crate::relay::{Asked, until};

const N_CALLERS: usize = 1_000;

#[cached(key = "coalescing:{id}", skip(origin), timeout = 60)]
async fn value(id: u64, origin: Arc<Origin>) -> u64 {
    origin.read().await + id - id
}

#[cached(key = "coalescing_unstored:{id}", skip(origin), cache_if = |_| false)]
async fn unstored(id: u64, origin: Arc<Origin>) -> u64 {
    origin.read().await + id - id
}

/// They miss, as the result is on its way to the store, or find no entry that they had not missed before.
#[tokio::test]
async fn fill_on_its_way_is_shared_by_a_thousand_callers() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let origin = Origin::quick();
        let call = || tokio::spawn(scoped_async(&pair.here, value(7, Arc::clone(&origin))));
        let fill = pair.relay.hold(When::Before, Asked::Verdict);
        let first = call();
        until("it is to be stored", || pair.relay.n_sent(Asked::Verdict) == 1).await;
        let callers: Vec<_> = (0..N_CALLERS).map(|_| call()).collect();
        until("they look", || pair.relay.n_answered(Asked::Entry) > N_CALLERS).await;
        fill.close();
        assert_eq!(first.await.unwrap(), 1, "{}", pair.name);
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 1, "{}", pair.name);
        }
        let n_requests = pair.relay.n_answered(Asked::Lease) + pair.relay.n_answered(Asked::Verdict);
        let (n_reads, name) = (origin.n_reads(), pair.name);
        faults.unless((n_reads, n_requests) <= (1, 3), || {
            format!("{name}: {n_reads} computations, {n_requests} requests beside the looks")
        });
    }
    faults.judge();
}

/// The same for a result that is not stored: callers who come while it is computed share it, or the one that follows it.
#[tokio::test]
async fn unstored_result_is_shared_by_a_thousand_callers() {
    let mut faults = Faults::default();
    for pair in pairs() {
        let origin = Origin::slow();
        // So that a look need not ask for epochs too.
        assert_eq!(scoped_async(&pair.here, unstored(8, Origin::quick())).await, 1);
        let call = || tokio::spawn(scoped_async(&pair.here, unstored(7, Arc::clone(&origin))));
        let callers: Vec<_> = (0..N_CALLERS).map(|_| call()).collect();
        until("they look", || pair.relay.n_answered(Asked::Entry) > N_CALLERS).await;
        origin.release(1);
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 1, "{}", pair.name);
        }
        let (n_reads, name) = (origin.n_reads(), pair.name);
        faults.unless(n_reads == 1, || format!("{name}: {n_reads} computations"));
    }
    faults.judge();
}

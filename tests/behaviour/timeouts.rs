//! The matrix of timeouts over memory, and what re-timing does to entries that are live, in grace and gone.

use std::time::Duration;

use larder::{MemoryCache, Remaining, Timeout, cached, scoped};

use crate::support::{cache, secs};

#[cached(key = "entry:{id}")]
fn entry(id: u64) -> u64 {
    id
}

#[cached(key = "timed:{id}", skip(ms), timeout = Timeout::from_millis(ms))]
fn timed(id: u64, ms: u64) -> u64 {
    id + ms
}

fn left() -> Option<Remaining> {
    entry::timeout_left(7).unwrap()
}

#[test]
fn every_way_to_say_a_timeout_means_what_the_contract_says() {
    let table: [(Timeout, Option<Remaining>); 10] = [
        (60.into(), Some(Remaining::For(secs(60)))),
        (Duration::from_millis(1).into(), Some(Remaining::For(Duration::from_millis(1)))),
        (Duration::from_nanos(1).into(), Some(Remaining::For(Duration::from_millis(1)))),
        ((30 * 86_400).into(), Some(Remaining::For(secs(30 * 86_400)))),
        ((10 * 365 * 86_400_u64).into(), Some(Remaining::For(secs(10 * 365 * 86_400)))),
        (Timeout::NEVER, Some(Remaining::Never)),
        (None::<u64>.into(), Some(Remaining::Never)),
        (u64::MAX.into(), Some(Remaining::Never)),
        (Duration::MAX.into(), Some(Remaining::Never)),
        (0.into(), None),
    ];
    for (timeout, expected) in table {
        let (cache, clock) = cache();
        clock.advance(secs(1_000_000));
        scoped(&cache, || {
            entry(7);
            assert!(entry::update_timeout(7, timeout).unwrap());
            assert_eq!(left(), expected, "{timeout:?}");
        });
    }
}

#[test]
fn nothing_said_is_the_caches_default() {
    let (memory, _) = cache();
    scoped(&memory, || {
        entry(7);
        assert_eq!(left(), Some(Remaining::For(secs(300))));
    });
    let own = MemoryCache::builder().timeout(Duration::from_secs(9)).build().unwrap();
    scoped(&own, || {
        entry(7);
        assert!(left() <= Some(Remaining::For(secs(9))));
    });
    let none = MemoryCache::builder().timeout(0).build().unwrap();
    scoped(&none, || entry(7));
    assert_eq!(none.len(), 0);
}

#[test]
fn a_timeout_of_zero_that_was_computed_stores_nothing() {
    let (cache, _) = cache();
    scoped(&cache, || assert_eq!((timed(7, 0), timed(7, 0)), (7, 7)));
    assert_eq!(cache.len(), 0);
}

#[test]
fn an_entry_is_served_up_to_its_deadline_and_not_at_it() {
    let (cache, clock) = cache();
    scoped(&cache, || {
        timed(7, 1500);
        clock.advance(Duration::from_millis(1499));
        assert_eq!(timed::get(7).unwrap(), Some(1507));
        clock.advance(Duration::from_millis(1));
        assert_eq!(timed::get(7).unwrap(), None);
    });
}

#[test]
fn retiming_counts_from_now_and_revives_what_is_in_grace() {
    let (cache, clock) = cache();
    scoped(&cache, || {
        entry(7);
        clock.advance(secs(200));
        assert!(entry::update_timeout(7, 300).unwrap());
        clock.advance(secs(299));
        assert_eq!(entry::get(7).unwrap(), Some(7), "299 s after it was re-timed, 499 s after it was stored");

        clock.advance(secs(60));
        assert_eq!(entry::get(7).unwrap(), None, "expired for 59 s");
        assert!(entry::update_timeout(7, 10).unwrap(), "and in grace for one more");
        assert_eq!(entry::get(7).unwrap(), Some(7));

        clock.advance(secs(70));
        assert!(!entry::update_timeout(7, 10).unwrap(), "past its grace");
        assert_eq!(entry::get(7).unwrap(), None);
    });
    assert_eq!(entry::stats().computed, entry::stats().misses, "no helper computes");
}

#[test]
fn without_grace_an_expired_entry_is_gone() {
    let clock = larder::testing::ManualClock::new();
    let cache = MemoryCache::builder().clock(clock.clock()).grace(0).build().unwrap();
    scoped(&cache, || {
        entry(7);
        clock.advance(secs(300));
        assert!(!entry::update_timeout(7, 10).unwrap());
    });
}

#[test]
fn a_stored_value_has_its_own_deadline_not_the_old_one() {
    let (cache, clock) = cache();
    scoped(&cache, || {
        entry(7);
        assert!(entry::update_timeout(7, 10).unwrap());
        assert!(entry::set(7, 8).unwrap());
        clock.advance(secs(11));
        assert_eq!(entry::get(7).unwrap(), Some(8));
    });
}

#[test]
fn retiming_or_clearing_what_is_absent_says_so() {
    let (cache, _) = cache();
    scoped(&cache, || {
        assert!(!entry::update_timeout(7, 10).unwrap());
        assert!(!entry::update_timeout(7, 0).unwrap());
        assert!(!entry::clear(7).unwrap());
        assert_eq!(left(), None);
    });
}

#[test]
fn a_value_set_for_no_time_leaves_nothing_behind() {
    let (cache, _) = cache();
    scoped(&cache, || {
        timed(7, 1000);
        assert!(!timed::set(7, 0, 8).unwrap());
        assert_eq!(timed::get(7).unwrap(), None);
    });
}

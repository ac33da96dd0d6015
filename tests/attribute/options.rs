//! What each option does.

use std::time::Duration;

use futures_lite::future::block_on;
use larder::testing::ManualClock;
use larder::{MemoryCache, Remaining, cached};

use crate::{fresh, fresh_async, tick, tick_of};

const MINUTE: Duration = Duration::from_secs(60);

#[cached(timeout = 300)]
fn seconds(id: u64) -> u64 {
    tick_of(id)
}

#[cached(timeout = "1h30m")]
fn text(id: u64) -> u64 {
    tick_of(id)
}

#[cached(timeout = "250ms")]
fn milliseconds(id: u64) -> u64 {
    tick_of(id)
}

#[cached(timeout = "never")]
fn never(id: u64) -> u64 {
    tick_of(id)
}

#[cached(timeout = MINUTE)]
fn constant(id: u64) -> u64 {
    tick_of(id)
}

#[cached(timeout = id * 60)]
fn expression(id: u64) -> u64 {
    tick_of(id)
}

#[cached(timeout = *a + *b)]
fn of_a_pattern((a, b): (u64, u64)) -> u64 {
    tick_of((a, b))
}

#[cached(timeout = name.map(|name| name.len() as u64))]
fn optional(name: Option<&str>) -> u64 {
    tick_of(name)
}

#[cached(timeout_by = |value| *value)]
fn by_value(lifetime: u64) -> u64 {
    lifetime
}

#[cached(timeout_by = as_is)]
fn by_function(lifetime: u64) -> Result<Option<u64>, String> {
    Ok(Some(lifetime))
}

fn as_is(lifetime: &u64) -> Duration {
    Duration::from_secs(*lifetime)
}

#[cached]
fn silent(id: u64) -> u64 {
    tick_of(id)
}

#[test]
fn a_timeout_has_many_forms() {
    fresh(|| {
        let secs = |secs| Some(Remaining::For(Duration::from_secs(secs)));
        let left = |left: larder::Result<Option<Remaining>>| match left.unwrap() {
            Some(Remaining::For(left)) => {
                Some(Remaining::For(Duration::from_secs(left.as_millis().div_ceil(1000) as u64)))
            }
            other => other,
        };
        seconds(1);
        assert_eq!(left(seconds::timeout_left(1)), secs(300));
        text(1);
        assert_eq!(left(text::timeout_left(1)), secs(5400));
        milliseconds(1);
        assert_eq!(left(milliseconds::timeout_left(1)), secs(1));
        never(1);
        assert_eq!(never::timeout_left(1).unwrap(), Some(Remaining::Never));
        constant(1);
        assert_eq!(left(constant::timeout_left(1)), secs(60));
        expression(2);
        assert_eq!(left(expression::timeout_left(2)), secs(120));
        of_a_pattern((5, 6));
        assert_eq!(left(of_a_pattern::timeout_left((5, 6))), secs(11));
        optional(None);
        assert_eq!(optional::timeout_left(None).unwrap(), Some(Remaining::Never));
        by_value(9);
        assert_eq!(left(by_value::timeout_left(9)), secs(9));
        by_function(8).unwrap();
        assert_eq!(left(by_function::timeout_left(8)), secs(8));
        silent(1);
        assert_eq!(left(silent::timeout_left(1)), secs(300));
    });
}

#[test]
fn an_expression_holds_for_set_and_refresh_too() {
    fresh(|| {
        assert!(expression::set(3, 7).unwrap());
        let Some(Remaining::For(left)) = expression::timeout_left(3).unwrap() else { panic!("it is kept for 180 s") };
        assert!(left > Duration::from_secs(170));
        expression::refresh(4);
        let Some(Remaining::For(left)) = expression::timeout_left(4).unwrap() else { panic!("it is kept for 240 s") };
        assert!(left > Duration::from_secs(230));
    });
}

#[cached(none_timeout = 10)]
fn nothing(id: u64) -> Option<u64> {
    tick_of(id);
    None
}

#[cached]
fn nothing_kept(id: u64) -> Option<u64> {
    tick_of(id);
    None
}

#[cached(err_timeout = MINUTE, none_timeout = "never")]
fn failing(id: u64) -> Result<Option<u64>, u64> {
    if id == 0 { Ok(None) } else { Err(tick()) }
}

#[cached]
fn failing_each_time(id: u64) -> Result<u64, u64> {
    Err(tick_of(id))
}

#[test]
fn nothing_and_errors_are_kept_where_asked_for() {
    fresh(|| {
        nothing(1);
        assert_eq!(nothing::get(1).unwrap(), Some(None));
        nothing_kept(1);
        assert_eq!(nothing_kept::get(1).unwrap(), None);
        assert_eq!(failing(1), failing(1));
        assert!(failing(0).is_ok());
        assert_eq!(failing::timeout_left(0).unwrap(), Some(Remaining::Never));
        assert_ne!(failing_each_time(1), failing_each_time(1));
        assert!(!failing_each_time::set(1, Err(5)).unwrap());
    });
}

#[cached(cache_if = |value| value % 2 == 0)]
fn even(id: u64) -> u64 {
    tick();
    id
}

#[cached(cache_if = Vec::is_empty)]
fn empty(n: usize) -> Result<Vec<u64>, String> {
    Ok(vec![tick(); n])
}

#[test]
fn only_what_passes_is_stored() {
    fresh(|| {
        even(1);
        even(2);
        assert_eq!((even::get(1).unwrap(), even::get(2).unwrap()), (None, Some(2)));
        assert_eq!((even::set(1, 1).unwrap(), even::set(1, 4).unwrap()), (false, true));
        assert_ne!(empty(1), empty(1));
        assert_eq!(empty(0), empty(0));
        assert_eq!(empty::get(0).unwrap(), Some(Ok(vec![])));
    });
}

struct Opaque(u64);

#[cached(local)]
fn local(id: u64) -> std::sync::Arc<Opaque> {
    std::sync::Arc::new(Opaque(tick_of(id)))
}

#[cached(local, err_timeout = 10)]
fn local_error(id: u64) -> Result<u64, std::sync::Arc<Opaque>> {
    Err(std::sync::Arc::new(Opaque(tick_of(id))))
}

#[test]
fn what_stays_in_the_process_needs_no_serde() {
    fresh(|| {
        assert_eq!(local(1).0, local(1).0);
        assert_eq!(local_error(1).unwrap_err().0, local_error(1).unwrap_err().0);
    });
}

#[cached(adapter = "elsewhere", version = 2, wait = "250ms")]
fn elsewhere(id: u64) -> u64 {
    tick_of(id)
}

#[test]
fn a_named_cache_that_nobody_set_leaves_the_function_alone_and_is_told_by_helpers() {
    assert_ne!(elsewhere(1), elsewhere(1));
    assert!(elsewhere::clear(1).is_err());
    fresh(|| assert_eq!(elsewhere(1), elsewhere(1), "a scope stands in for every cache"));
}

#[cached(helpers = price_cache)]
fn price(id: u64) -> u64 {
    tick_of(id)
}

mod price {
    pub(super) const CURRENCY: &str = "EUR";
}

#[cached(helpers = str_cache)]
fn str(id: u64) -> u64 {
    tick_of(id)
}

#[test]
fn helpers_take_another_name_where_theirs_is_taken() {
    fresh(|| {
        assert_eq!(price_cache::get(1).unwrap(), None);
        assert_eq!(price(1), price(1));
        assert_eq!(str(1), str(1));
        assert!(str_cache::clear(1).unwrap());
        assert_eq!(price::CURRENCY, "EUR");
    });
}

#[cached(timeout = 10)]
async fn expiring(id: u64) -> u64 {
    tick_of(id)
}

#[test]
fn an_entry_expires_when_it_is_time() {
    let clock = ManualClock::new();
    let cache = MemoryCache::builder().clock(clock.clock()).build().unwrap();
    block_on(larder::scoped_async(&cache, async {
        let first = expiring(1).await;
        clock.advance(Duration::from_secs(9));
        assert_eq!(expiring(1).await, first);
        clock.advance(Duration::from_secs(1));
        assert_ne!(expiring(1).await, first);
    }));
}

#[test]
fn one_cache_never_sees_another() {
    let first = fresh_async(expiring(1));
    assert_ne!(fresh_async(expiring(1)), first);
}

#[test]
fn grace_is_how_long_an_expired_entry_can_be_revived() {
    #[cached(timeout = 10, grace = 5)]
    fn short(id: u64) -> u64 {
        tick_of(id)
    }
    #[cached(timeout = 10, grace = 0)]
    fn none(id: u64) -> u64 {
        tick_of(id)
    }
    #[cached(timeout = 10, grace = MINUTE)]
    async fn long(id: u64) -> u64 {
        tick_of(id)
    }
    for (after, revived) in [(9, [true, true, true]), (14, [true, false, true]), (69, [false, false, true])] {
        let clock = ManualClock::new();
        let cache = MemoryCache::builder().clock(clock.clock()).build().unwrap();
        larder::scoped(cache, || {
            (short(7), none(7), block_on(long(7)));
            clock.advance(Duration::from_secs(after));
            let long = block_on(long::update_timeout(7, 1)).unwrap();
            assert_eq!([short::update_timeout(7, 1).unwrap(), none::update_timeout(7, 1).unwrap(), long], revived);
        });
    }
}

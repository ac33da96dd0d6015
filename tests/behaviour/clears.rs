//! Clear beats fill: what was begun before a clear is never served to a call that comes after it. The races are in the
//! model checker's tests; here is what each kind of clear does to a computation that is under way.

use std::sync::atomic::{AtomicU64, Ordering};

use larder::{Cache, MemoryCache, cached, scoped, scoped_async};
use tokio::sync::Semaphore;

use crate::support::{cache, on_one_thread, settle};

static ORIGIN: AtomicU64 = AtomicU64::new(1);
static GATE: Semaphore = Semaphore::const_new(0);

/// Reads the origin, and comes back with it once the gate lets it.
#[cached(key = "price:{id}")]
async fn price(id: u64) -> u64 {
    let price = ORIGIN.load(Ordering::SeqCst) + id;
    GATE.acquire().await.unwrap().forget();
    price
}

/// What callers see around `clear`, called while two wait for a computation of the old value: what these two get, and what
/// comes after it.
async fn around(cache: &MemoryCache, clear: impl AsyncFnOnce(&MemoryCache)) -> (u64, u64, u64) {
    ORIGIN.store(1, Ordering::SeqCst);
    let before = tokio::spawn(scoped_async(cache, price(0)));
    let waiting = tokio::spawn(scoped_async(cache, price(0)));
    settle().await;
    ORIGIN.store(2, Ordering::SeqCst);
    clear(cache).await;
    let after = tokio::spawn(scoped_async(cache, price(0)));
    settle().await;
    GATE.add_permits(10);
    let results = (before.await.unwrap(), waiting.await.unwrap(), after.await.unwrap());
    GATE.forget_permits(10);
    results
}

#[test]
fn no_clear_lets_a_later_caller_see_what_was_begun_before() {
    on_one_thread(async {
        let (memory, _) = cache();
        assert_eq!(around(&memory, async |_| ()).await, (1, 1, 1), "without a clear, all three share");
        let refused = || price::stats().refused;

        let cleared = |cache: MemoryCache| async move { scoped_async(&cache, price::clear(0)).await.unwrap() };
        assert!(cleared(memory.clone()).await);
        assert!(!cleared(memory.clone()).await, "absent is an answer, not an error");

        let before = refused();
        let by_clear = around(&memory, async |cache| assert!(!cleared(cache.clone()).await)).await;
        assert_eq!((by_clear, refused() - before), ((1, 1, 2), 1));

        let clear_all = async |cache: &MemoryCache| scoped_async(cache, price::clear_all()).await.unwrap();
        clear_all(&memory).await;
        assert_eq!(around(&memory, clear_all).await, (1, 1, 2));

        Cache::from(&memory).clear().unwrap();
        assert_eq!(around(&memory, async |cache| Cache::from(cache).clear().unwrap()).await, (1, 1, 2));

        clear_all(&memory).await;
        let set = async |cache: &MemoryCache| assert!(scoped_async(cache, price::set(0, 9)).await.unwrap());
        assert_eq!(around(&memory, set).await, (1, 1, 9));
        assert_eq!(scoped_async(&memory, price::get(0)).await.unwrap(), Some(9), "the old value did not replace it");
    });
}

#[test]
fn a_refresh_replaces_and_those_who_come_meanwhile_wait_for_it() {
    static ORIGIN: AtomicU64 = AtomicU64::new(1);
    static GATE: Semaphore = Semaphore::const_new(0);

    #[cached(key = "rate")]
    async fn rate() -> u64 {
        let rate = ORIGIN.load(Ordering::SeqCst);
        GATE.acquire().await.unwrap().forget();
        rate
    }

    on_one_thread(async {
        let (cache, _) = cache();
        let first = tokio::spawn(scoped_async(&cache, rate()));
        settle().await;
        ORIGIN.store(2, Ordering::SeqCst);
        let refreshed = tokio::spawn(scoped_async(&cache, rate::refresh()));
        settle().await;
        ORIGIN.store(3, Ordering::SeqCst);
        let joined = tokio::spawn(scoped_async(&cache, rate()));
        settle().await;
        GATE.add_permits(2);
        assert_eq!((first.await.unwrap(), refreshed.await.unwrap(), joined.await.unwrap()), (1, 2, 2));
        assert_eq!(scoped_async(&cache, rate::get()).await.unwrap(), Some(2));
    });
}

#[test]
fn a_refresh_that_finds_nothing_takes_the_old_entry_away_and_one_that_fails_keeps_it() {
    static FOUND: AtomicU64 = AtomicU64::new(7);

    #[cached(key = "lookup")]
    fn lookup() -> Result<Option<u64>, String> {
        match FOUND.load(Ordering::SeqCst) {
            0 => Ok(None),
            1 => Err("out of order".to_owned()),
            found => Ok(Some(found)),
        }
    }

    let (cache, _) = cache();
    scoped(&cache, || {
        lookup().unwrap();
        FOUND.store(1, Ordering::SeqCst);
        assert!(lookup::refresh().is_err());
        assert_eq!(lookup::get().unwrap(), Some(Ok(Some(7))));
        FOUND.store(0, Ordering::SeqCst);
        assert_eq!(lookup::refresh(), Ok(None));
        assert_eq!(lookup::get().unwrap(), None);
    });
}

#[test]
fn clearing_one_entry_one_function_or_one_namespace_touches_nothing_else() {
    #[cached(key = "user:{id}")]
    fn user(id: u64) -> u64 {
        id
    }

    #[cached(key = "user:{id}:posts")]
    fn posts(id: u64) -> u64 {
        id
    }

    let (memory, _) = cache();
    let foo = Cache::from(&memory).with_namespace("foo");
    let foobar = Cache::from(&memory).with_namespace("foobar");
    let fill = || (user(1), user(2), posts(1));
    let stored = || [user::get(1), user::get(2), posts::get(1)].map(|found| found.unwrap().is_some());

    scoped(&foo, fill);
    scoped(&foobar, fill);
    scoped(&foo, || {
        assert!(user::clear(1).unwrap());
        assert_eq!(stored(), [false, true, true]);
        user::clear_all().unwrap();
        assert_eq!(stored(), [false, false, true]);
        fill();
    });
    foo.clear().unwrap();
    assert_eq!(scoped(&foo, stored), [false; 3]);
    assert_eq!(scoped(&foobar, stored), [true; 3]);
}

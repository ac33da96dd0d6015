//! What changes the whole process: the current adapter, own aliases, the switch, the codec. One test, so that nothing runs beside it.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_lite::future::block_on;
use larder::{
    ErrorKind, MemoryCache, NullCache, adapter_get, adapter_set, async_adapter_get, async_adapter_set, cached,
    register_adapter, scoped_async, set_caching,
};

#[cached(key = "answer:{id}")]
fn answer(id: u64) -> u64 {
    id
}

/// How often it was computed before.
#[cached(key = "ticks")]
fn ticks() -> u64 {
    static N: AtomicU64 = AtomicU64::new(0);
    N.fetch_add(1, Ordering::SeqCst)
}

#[cached(key = "reply:{id}")]
async fn reply(id: u64) -> u64 {
    id
}

#[cached(adapter = "Sessions", key = "session:{id}")]
fn session(id: u64) -> u64 {
    id
}

#[test]
fn functions_follow_the_registry_from_their_next_call_on() {
    let is_stored = || answer::get(7).unwrap().is_some();

    // Nothing was set: memory, made on first use.
    assert_eq!(adapter_get().adapter(), "memory");
    answer(7);
    assert!(is_stored());

    // Another instance does not have it; the first one, put back, still has. Handles that were taken before follow.
    let (blocking, asynchronous) = (larder::cache(), larder::async_cache());
    let by_hand = || {
        let key = answer::key(7);
        (blocking.get::<u64>(&key).unwrap(), block_on(asynchronous.get::<u64>(&key)).unwrap())
    };
    assert_eq!(by_hand(), (Some(7), Some(7)));
    let first = adapter_get();
    adapter_set(MemoryCache::new()).unwrap();
    assert!(!is_stored());
    assert_eq!(by_hand(), (None, None));
    adapter_set(first).unwrap();
    assert!(is_stored());
    assert_eq!(by_hand(), (Some(7), Some(7)));

    // Every other thread sees the change too.
    let (ask, asked) = std::sync::mpsc::channel::<()>();
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || asked.iter().for_each(|()| tell.send(answer::get(7).unwrap()).unwrap()));
    ask.send(()).unwrap();
    assert_eq!(told.recv().unwrap(), Some(7));
    adapter_set("NULL").unwrap();
    ask.send(()).unwrap();
    assert_eq!(told.recv().unwrap(), None);
    drop(ask);
    thread.join().unwrap();

    // Null: nothing is stored, every shape is intact.
    answer(7);
    assert!(!is_stored() && !answer::set(7, 8).unwrap() && !answer::clear(7).unwrap());
    assert!(!answer::update_timeout(7, 60).unwrap() && answer::timeout_left(7).unwrap().is_none());
    assert_eq!(adapter_get().adapter(), "null");

    // A wrong name changes nothing.
    assert_eq!(adapter_set("memroy").unwrap_err().kind(), ErrorKind::UnknownAdapter);
    assert_eq!(adapter_set("redis://user:pass@:port").unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(adapter_get().adapter(), "null");

    // A function that names an adapter which nobody registered just runs, and its helpers say why.
    assert_eq!((session(7), session(7)), (7, 7));
    assert_eq!(session::stats().unresolved, 2);
    assert_eq!(session::clear(7).unwrap_err().kind(), ErrorKind::UnknownAdapter);

    // Registered, in whatever case, it is one instance from the next call on.
    register_adapter("sessions", || Ok(MemoryCache::new()));
    session(7);
    assert_eq!(session::get(7).unwrap(), Some(7));
    assert_eq!(session::stats().computed, 1);

    // Registered anew, it is made anew.
    register_adapter("SESSIONS", || Ok(NullCache));
    session(7);
    assert_eq!(session::get(7).unwrap(), None);

    // Registered anew while the old one is being made: the new one counts.
    let (making, made) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
    let gates: &'static _ = Box::leak(Box::new((making, made)));
    register_adapter("slow", || {
        gates.0.wait();
        gates.1.wait();
        Ok(NullCache)
    });
    let slow = std::thread::spawn(|| adapter_set("slow").unwrap());
    gates.0.wait();
    register_adapter("slow", || Ok(MemoryCache::new()));
    gates.1.wait();
    slow.join().unwrap();
    assert_eq!(adapter_get().adapter(), "memory");

    // An alias of one's own serves `adapter_set` too.
    register_adapter("mine", || MemoryCache::builder().max_entries(5).build());
    adapter_set("Mine").unwrap();
    assert_eq!(adapter_get().adapter(), "memory");

    // Off: functions run, entries stay, helpers reach them.
    answer(7);
    ticks();
    set_caching(false);
    let before = answer::stats();
    answer(7);
    assert_eq!(answer::stats(), before);
    assert_eq!(by_hand(), (Some(7), Some(7)));
    assert!(is_stored() && answer::clear(7).unwrap());
    assert_eq!(ticks::refresh(), 1);
    set_caching(true);
    assert!(!is_stored());
    assert_eq!(ticks(), 1, "what was refreshed has replaced what was stored before");

    // Until it has a store of its own, the async side follows the other.
    let is_replied = || block_on(reply::get(7)).unwrap().is_some();
    let shared = MemoryCache::new();
    adapter_set(&shared).unwrap();
    block_on(reply(7));
    assert_eq!(shared.len(), 1);

    // From then on each has its own: functions, helpers, and what is set.
    let own = MemoryCache::new();
    async_adapter_set(&own).unwrap();
    assert!(!is_replied());
    block_on(reply(7));
    block_on(reply::refresh(8));
    answer(7);
    assert_eq!((shared.len(), own.len()), (2, 2));
    assert!(is_replied() && is_stored());
    adapter_set(NullCache).unwrap();
    assert_eq!((adapter_get().adapter(), async_adapter_get().adapter()), ("null", "memory"));
    assert!(is_replied() && !is_stored());
    assert!(block_on(reply::clear(7)).unwrap() && !is_replied());
    assert_eq!(async_adapter_set("memroy").unwrap_err().kind(), ErrorKind::UnknownAdapter);

    // A scope replaces both.
    let scope = MemoryCache::new();
    block_on(scoped_async(&scope, reply(7)));
    assert_eq!((scope.len(), own.len()), (1, 1));
}

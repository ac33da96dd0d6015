//! Configuring while in use: what is called meanwhile, and what becomes of the old.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;

use larder::{adapter_get, adapter_set, async_adapter_get, async_adapter_set, cached, caches, scoped};
use serde_json::json;

static N_COMPUTED: AtomicU64 = AtomicU64::new(0);

#[cached(adapter = "live-crowd", key = "crowd:{x}")]
fn crowd(x: u64) -> u64 {
    N_COMPUTED.fetch_add(1, Ordering::Relaxed);
    x * 7
}

#[test]
fn fifty_threads_call_while_caches_are_configured() {
    let _quiet = crate::quiet();
    let is_over = AtomicBool::new(false);
    let n_calls = AtomicU64::new(0);
    caches::configure(json!({ "live-crowd": "memory" })).unwrap();
    thread::scope(|scope| {
        for start in 0..50 {
            let (is_over, n_calls) = (&is_over, &n_calls);
            scope.spawn(move || {
                let mut x = start;
                while !is_over.load(Ordering::Relaxed) {
                    x = (x + 1) % 100;
                    assert_eq!(crowd(x), x * 7);
                    n_calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 1..=50_u64 {
            caches::configure(json!({ "live-crowd": { "max_entries": 1_000 + round } })).unwrap();
            // A wrong one changes nothing.
            assert!(caches::configure(json!({ "live-crowd": { "max_entries": 0 } })).is_err());
            thread::yield_now();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(crowd::stats().unresolved, 0);
    assert!(n_calls.load(Ordering::Relaxed) > N_COMPUTED.load(Ordering::Relaxed), "it was cached in between");
    // The last one is in use.
    crowd(3);
    assert!(crowd::get(3).unwrap().is_some());
}

#[cached(adapter = "live-way", key = "way:{x}", skip(gates))]
fn way(x: u64, gates: &[Barrier; 2]) -> u64 {
    gates[0].wait();
    gates[1].wait();
    x
}

#[test]
fn a_call_under_way_ends_on_the_old_cache() {
    caches::configure(json!({ "live-way": { "max_entries": 10 } })).unwrap();
    let old = caches::get("live-way").unwrap();
    let gates = [Barrier::new(2), Barrier::new(2)];
    thread::scope(|scope| {
        let call = scope.spawn(|| way(5, &gates));
        gates[0].wait();
        caches::configure(json!({ "live-way": { "max_entries": 20 } })).unwrap();
        gates[1].wait();
        assert_eq!(call.join().unwrap(), 5);
    });
    assert_eq!((old.n_entries(), caches::get("live-way").unwrap().n_entries()), (1, 0));
    assert_eq!(scoped(&old, || way::get(5)).unwrap(), Some(5));
    assert_eq!(way::get(5).unwrap(), None);
}

#[cached(adapter = "live-kept", key = "kept:{x}")]
fn kept(x: u64) -> u64 {
    x
}

#[test]
fn what_is_written_as_before_keeps_its_entries_and_so_does_what_is_not_mentioned() {
    let first = json!({ "live-kept": { "timeout": 60, "max_entries": 10 }, "live-other": "null" });
    caches::configure(first).unwrap();
    kept(1);
    for again in [
        json!({ "LIVE-KEPT": { "max_entries": 10, "timeout": 60 }, "live-other": "memory" }),
        json!({ "live-other": "null" }),
    ] {
        caches::configure(again).unwrap();
        assert_eq!(kept::get(1).unwrap(), Some(1));
    }
    caches::configure(json!({ "live-kept": { "timeout": 61, "max_entries": 10 } })).unwrap();
    assert_eq!(kept::get(1).unwrap(), None);
}

#[cached(adapter = "live-late", key = "late:{x}")]
fn late(x: u64) -> u64 {
    x
}

#[test]
fn functions_that_asked_before_find_it_on_every_thread() {
    let (ask, asked) = mpsc::channel::<()>();
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        for () in asked {
            late(1);
            tell.send(late::get(1).ok().flatten()).unwrap();
        }
    });
    ask.send(()).unwrap();
    assert_eq!(told.recv().unwrap(), None);
    assert_eq!(late::stats().unresolved, 1);
    caches::configure(json!({ "live-late": "memory" })).unwrap();
    ask.send(()).unwrap();
    assert_eq!(told.recv().unwrap(), Some(1));
    drop(ask);
    thread.join().unwrap();
}

#[test]
fn the_current_cache_follows_the_name_that_it_was_set_by() {
    // In a process of its own, as it changes what others read.
    crate::environment::alone("live::the_current_cache_follows_the_name_that_it_was_set_by", || {
        let configured = |namespace: &str| {
            caches::configure(json!({ "live-current": { "namespace": namespace } })).unwrap();
            (adapter_get().namespace().to_owned(), async_adapter_get().namespace().to_owned())
        };
        configured("a");
        adapter_set("live-current").unwrap();
        assert_eq!(configured("b"), ("b".into(), "b".into()));
        async_adapter_set("live-current").unwrap();
        adapter_set("null").unwrap();
        assert_eq!(configured("c"), ("".into(), "c".into()));
    });
}

static N_REFUSED: AtomicU64 = AtomicU64::new(0);

#[cached(adapter = "live-refused", key = "refused:{x}")]
fn refused(x: u64) -> u64 {
    x
}

#[cached(adapter = "live-refused", key = "refused-async:{x}")]
async fn refused_async(x: u64) -> u64 {
    x
}

#[test]
fn a_cache_that_cannot_be_had_is_asked_for_once_a_call() {
    larder::register_adapter("live-refused", || -> larder::Result<larder::MemoryCache> {
        N_REFUSED.fetch_add(1, Ordering::Relaxed);
        Err(larder::Error::with_kind(larder::ErrorKind::Config, "not today"))
    });
    for n_calls in 1..=3 {
        assert_eq!((refused(n_calls), N_REFUSED.load(Ordering::Relaxed)), (n_calls, n_calls));
    }
    for n_calls in 4..=6 {
        assert_eq!(futures_lite::future::block_on(refused_async(n_calls)), n_calls);
        assert_eq!(N_REFUSED.load(Ordering::Relaxed), n_calls);
    }
    assert_eq!(refused::stats().unresolved, 3);
}

#[test]
fn a_factory_that_asks_for_itself_is_told_so() {
    larder::register_adapter("live-itself", || caches::get("Live-Itself"));
    // It makes something of the error.
    larder::register_adapter("live-hopeful", || Ok(caches::get("live-other").unwrap_or(larder::NullCache.into())));
    larder::register_adapter("live-other", || caches::get("live-hopeful"));
    for name in ["live-itself", "live-hopeful"] {
        for error in [caches::get(name).unwrap_err(), caches::create(name).unwrap_err(), adapter_set(name).unwrap_err()]
        {
            assert_eq!(error.kind(), larder::ErrorKind::Config);
            assert!(error.to_string().contains("asks for itself while it is made"), "{error}");
        }
    }
    // One that panics leaves nothing behind.
    larder::register_adapter("live-panics", || -> larder::Result<larder::MemoryCache> { panic!("on purpose") });
    for _ in 0..2 {
        assert!(std::panic::catch_unwind(|| caches::get("live-panics")).is_err());
    }
    larder::register_adapter("live-panics", || Ok(larder::MemoryCache::new()));
    caches::get("live-panics").unwrap();
}

//! What a plain store could not be told: keys one by one, and where there are too many a walk through their namespace, if it can
//! be walked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use larder::adapter::AnyAdapter;
use larder::layer::{Layer, Layered, Verb};
use larder::{Cache, Codec, Error, ErrorKind};

use crate::shelf::Shelf;

/// Keeps everybody from a store.
#[derive(Default)]
struct Down(AtomicBool);

impl Layer for Down {
    async fn around<T: Send>(
        &self,
        _: Verb,
        call: impl Future<Output = larder::Result<T>> + Send,
    ) -> larder::Result<T> {
        if self.0.load(Ordering::SeqCst) {
            return Err(Error::with_kind(ErrorKind::Unavailable, "by order of a test"));
        }
        call.await
    }
}

fn store(namespace: &str) -> (Shelf, Arc<Down>, Cache) {
    let (shelf, down) = (Shelf::new(), Arc::<Down>::default());
    let adapter = Layered::new(AnyAdapter::plain(shelf.clone()), Arc::clone(&down));
    let cache = Cache::builder(adapter).codec(Codec::JSON).namespace(namespace).build().unwrap();
    for key in ["shop:tea", "shop:milk", "tea", "market:tea"] {
        shelf.put(key, "1");
    }
    (shelf, down, cache)
}

/// Until nothing is owed.
fn settle(cache: &Cache) {
    let start = Instant::now();
    while cache.n_undelivered() > 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "{} are owed", cache.n_undelivered());
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn what_could_not_be_removed_is_found_by_nobody_here_and_goes_later() {
    // The store is asked on, or given up.
    for n_failures in [1, 10] {
        let (shelf, down, cache) = store("shop");
        let by_hand = cache.blocking();
        down.0.store(true, Ordering::SeqCst);
        assert!((0..n_failures).all(|_| by_hand.delete("tea").is_err()) && by_hand.set("milk", 2, 60).is_err());
        assert_eq!(shelf.text("shop:tea").as_deref(), Some("1"));
        down.0.store(false, Ordering::SeqCst);
        for key in ["tea", "milk"] {
            assert_eq!(by_hand.get::<i32>(key).unwrap_or(None), None);
            assert!(!by_hand.exists(key).unwrap_or(false));
        }
        settle(&cache);
        assert_eq!(shelf.keys(), ["market:tea", "tea"]);
        by_hand.set("tea", 3, 60).unwrap();
        assert_eq!(shelf.text("shop:tea").as_deref(), Some("3"));
    }
}

#[test]
fn a_namespace_that_could_not_be_cleared_or_of_which_too_much_was_removed_is_walked_later() {
    type Clear = fn(&Cache) -> bool;
    let too_many = |cache: &Cache| cache.blocking().remove((0..10_001).map(|number| number.to_string())).is_err();
    for clear in [too_many as Clear, |cache: &Cache| cache.clear().is_err()] {
        let (shelf, down, cache) = store("shop");
        down.0.store(true, Ordering::SeqCst);
        assert!(clear(&cache));
        assert_eq!(cache.n_undelivered(), 1);
        down.0.store(false, Ordering::SeqCst);
        assert_eq!(cache.blocking().get::<i32>("tea").unwrap_or(None), None);
        settle(&cache);
        assert_eq!(shelf.keys(), ["market:tea", "tea"]);
    }
}

#[test]
fn past_what_is_remembered_of_a_store_that_cannot_be_walked_keys_are_forgotten_and_counted() {
    let (shelf, down, cache) = store("");
    down.0.store(true, Ordering::SeqCst);
    assert!(cache.blocking().remove((0..10_007).map(|number| number.to_string())).is_err());
    assert_eq!(cache.n_undelivered(), 10_000);
    down.0.store(false, Ordering::SeqCst);
    settle(&cache);
    assert_eq!(shelf.keys().len(), 4);
    assert_eq!(larder::shutdown(Duration::ZERO).forgotten, 7);
}

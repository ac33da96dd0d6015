//! Observers of all caches.

use std::sync::Arc;
use std::time::Duration;

use larder::observer::{Event, HitMissRatio, Observer, Outcome, observe};
use larder::{Cache, MemoryCache};

/// Counts reads under one key: other tests of this process are observed too.
struct OfKey(&'static str, HitMissRatio);

impl Observer for OfKey {
    fn before(&self, event: &Event<'_>) {
        self.1.before(event);
    }

    fn after(&self, event: &Event<'_>, outcome: Outcome, took: Duration) {
        if event.key() == Some(self.0) {
            self.1.after(event, outcome, took);
        }
    }
}

#[test]
fn it_watches_caches_made_before_and_after_until_it_is_taken_off() {
    let read = |cache: &Cache| cache.blocking().get::<i32>("everywhere").unwrap();
    let earlier = Cache::from(MemoryCache::new());
    let everywhere = Arc::new(OfKey("everywhere", HitMissRatio::new()));
    let observation = observe(Arc::clone(&everywhere));
    let later = Cache::from(MemoryCache::new());
    let own = Arc::new(HitMissRatio::new());
    later.observe(Arc::clone(&own));

    read(&earlier);
    read(&later);
    assert_eq!(everywhere.1.total(), 2);
    observation.end();
    read(&earlier);
    read(&later);
    assert_eq!(everywhere.1.total(), 2);
    assert_eq!(own.total(), 2, "an observer of one cache stays");
    assert_eq!(Arc::strong_count(&everywhere), 1);
}

//! Observers and layers that stand in the configuration by their names.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use larder::layer::{Layer, Verb};
use larder::observer::{Command, Event, HitMissRatio, Metrics, Observer, Outcome, Timing, Tracing};
use larder::{Error, ErrorKind, Result, cached, caches, register_layer, register_observer};
use serde_json::{Value, json};

/// Counts what begins.
#[derive(Default)]
struct Begun(AtomicU64);

impl Begun {
    fn n(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Observer for Begun {
    fn before(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn after(&self, _: &Event<'_>, _: Outcome, _: Duration) {}
}

#[cached(adapter = "watched-page", key = "page:{path}")]
fn page(path: &str) -> String {
    path.to_uppercase()
}

#[test]
fn observers_by_name_watch_their_cache_and_the_program_gets_at_them() {
    register_observer("watched-begun", || Ok(Begun::default()));
    let names = ["timing", "Hit_Miss_Ratio", "tracing", "metrics", "Watched-Begun"];
    caches::configure(json!({ "watched-page": { "observers": names }, "watched-other": { "observers": "timing" } }))
        .unwrap();
    page("a");
    page("a");
    let cache = caches::get("watched-page").unwrap();
    assert_eq!(cache.observer::<Timing>().unwrap().of(Command::Call).unwrap().count, 2);
    assert_eq!(cache.observer::<HitMissRatio>().unwrap().ratio(), Some(0.5));
    assert_eq!(cache.observer::<Begun>().unwrap().n(), 2);
    assert!(cache.observer::<Tracing>().is_some() && cache.observer::<Metrics>().is_some());
    let other = caches::get("watched-other").unwrap();
    assert_eq!(other.observer::<Timing>().unwrap().of(Command::Call), None, "each cache has its own");
    assert!(other.observer::<HitMissRatio>().is_none());
}

#[test]
fn an_observer_that_the_program_shares_watches_all_its_caches() {
    let begun = Arc::new(Begun::default());
    let shared = Arc::clone(&begun);
    register_observer("watched-shared", move || Ok(Arc::clone(&shared)));
    caches::configure(json!({
        "shared-a": { "observers": ["watched-shared"] },
        "shared-b": { "adapter": "null", "observers": ["watched-shared"] },
        "shared-c": { "adapter": "sqlite::memory:", "observers": ["watched-shared"] },
    }))
    .unwrap();
    for name in ["shared-a", "shared-b", "shared-c"] {
        caches::get(name).unwrap().blocking().set("x", 1, 60).unwrap();
        assert!(Arc::ptr_eq(&caches::get(name).unwrap().observer::<Begun>().unwrap(), &begun));
    }
    assert_eq!(begun.n(), 3);
}

#[test]
fn a_cache_that_is_configured_anew_is_watched_on() {
    let configure = |settings: Value| caches::configure(json!({ "watched-on": settings })).unwrap();
    configure(json!({ "max_entries": 10, "observers": ["timing", "hit_miss_ratio"] }));
    let before = caches::get("watched-on").unwrap();
    let timing = before.observer::<Timing>().unwrap();
    let by_hand = Arc::new(Begun::default());
    let observation = before.observe(Arc::clone(&by_hand));

    configure(json!({ "max_entries": 20, "observers": ["timing"] }));
    let after = caches::get("watched-on").unwrap();
    after.blocking().set("x", 1, 60).unwrap();
    assert!(Arc::ptr_eq(&after.observer::<Timing>().unwrap(), &timing), "what it has counted goes on");
    assert_eq!((timing.of(Command::Set).unwrap().count, by_hand.n()), (1, 1));
    assert!(after.observer::<HitMissRatio>().is_none(), "it is listed no more");

    observation.end();
    configure(json!({ "max_entries": 30 }));
    let last = caches::get("watched-on").unwrap();
    for cache in [&before, &after, &last] {
        cache.blocking().set("x", 1, 60).unwrap();
    }
    assert_eq!(by_hand.n(), 1, "it was taken off wherever it was");
    assert!(last.observer::<Timing>().is_none());
}

#[test]
fn a_name_with_another_meaning_makes_another_observer() {
    let configure = |n: u64| {
        caches::configure(json!({ "watched-anew": { "max_entries": n, "observers": ["watched-meaning"] } })).unwrap();
        caches::get("watched-anew").unwrap().observer::<Begun>().unwrap()
    };
    register_observer("watched-meaning", || Ok(Begun::default()));
    let first = configure(1);
    assert!(Arc::ptr_eq(&configure(2), &first));
    register_observer("watched-meaning", || Ok(Begun::default()));
    assert!(!Arc::ptr_eq(&configure(3), &first));
}

/// Writes its name down for each call that it lets through.
struct Named(&'static str, Arc<Mutex<String>>);

impl Layer for Named {
    async fn around<T: Send>(&self, verb: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if verb == Verb::Connect {
            self.1.lock().unwrap().push_str(self.0);
        }
        call.await
    }
}

#[test]
fn layers_by_name_stand_around_the_store_each_around_those_before_it() {
    let seen = Arc::new(Mutex::new(String::new()));
    for name in ["b", "c"] {
        let seen = Arc::clone(&seen);
        register_layer(&format!("layer-{name}"), move || Ok(Named(name, Arc::clone(&seen))));
    }
    caches::configure(json!({
        "layered-one": { "adapter": "sqlite::memory:", "layers": ["layer-b", "layer-c"] },
        "layered-servers": { "adapter": "memcache://127.0.0.1:1,127.0.0.1:2", "layers": "layer-b" },
        "layered-nothing": { "adapter": "null", "layers": ["layer-b"] },
    }))
    .unwrap();
    caches::get("layered-one").unwrap().blocking().connect().unwrap();
    assert_eq!(*seen.lock().unwrap(), "cb");
    caches::get("layered-servers").unwrap().blocking().connect().unwrap_err();
    assert_eq!(*seen.lock().unwrap(), "cbbb", "around each server");
}

/// Fails what is asked of the store while it is told to.
#[derive(Default)]
struct Chaos(AtomicBool);

impl Layer for Chaos {
    async fn around<T: Send>(&self, _: Verb, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Error::with_kind(ErrorKind::Unavailable, "chaos"));
        }
        call.await
    }
}

#[test]
fn the_program_reaches_its_layer_by_the_arc_that_it_shares() {
    let chaos = Arc::new(Chaos::default());
    let shared = Arc::clone(&chaos);
    register_layer("chaos", move || Ok(Arc::clone(&shared)));
    caches::configure(json!({ "chaotic": { "adapter": "sqlite::memory:", "layers": ["chaos"] } })).unwrap();
    let cache = caches::get("chaotic").unwrap().blocking();
    cache.set("x", 1, 60).unwrap();
    chaos.0.store(true, Ordering::Relaxed);
    assert_eq!(cache.get::<i32>("x").unwrap_err().to_string(), "chaos");
    chaos.0.store(false, Ordering::Relaxed);
    assert_eq!(cache.get("x").unwrap(), Some(1));
}

#[test]
fn a_name_that_cannot_be_had_is_told_with_its_place() {
    register_observer("audit", || Ok(Begun::default()));
    register_observer("broken", || -> Result<Begun> { Err(Error::with_kind(ErrorKind::Config, "no disk")) });
    register_layer("chaos-too", || Ok(Chaos::default()));
    let table = [
        (json!({ "observers": ["timing", "adit"] }), "w.observers[1]: no observer is named `adit`: known are "),
        (json!({ "observers": ["timing", "adit"] }), "; did you mean `audit`?"),
        (json!({ "observers": ["Timing", "timing"] }), "w.observers[1]: this is there twice"),
        (json!({ "observers": ["broken"] }), "w.observers[0]: no disk"),
        (json!({ "observers": ["redis://:hunter2@h"] }), "w.observers[0]: no observer is named `…`: known are "),
        (json!({ "observers": [1] }), "w.observers: this takes a list of names"),
        (json!({ "observers": true }), "w.observers: this takes a list of names"),
        (json!({ "observer": "timing" }), "did you mean `observers`?"),
        (json!({ "layers": ["chaos-too"] }), "w.layers: a cache over `memory` has no such setting"),
        (
            json!({ "adapter": "sqlite::memory:", "layers": ["caos-too"] }),
            "w.layers[0]: no layer is named `caos-too`: known",
        ),
        (json!({ "adapter": "sqlite::memory:", "layers": ["caos-too"] }), "did you mean `chaos-too`?"),
        (json!({ "adapter": "sqlite::memory:", "layers": ["breaker"] }), "stands larder's own already"),
    ];
    for (settings, said) in table {
        let error = caches::configure(json!({ "w": settings })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(said), "{error}");
        assert!(caches::get("w").is_err(), "nothing is half-configured");
    }
}

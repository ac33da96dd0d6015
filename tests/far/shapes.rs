//! A type that changes between two releases, on every codec: its functions return what they would compute, whatever the
//! other release has stored.

use std::sync::{Mutex, MutexGuard, PoisonError};

use larder::testing::MemoryAdapter;
use larder::{Cache, Codec, cached};
use serde::{Deserialize, Serialize};

/// One release: a type and a function, each in a block of its own, so that all have the same name.
struct Release {
    /// What a call returns, for people, and whether it was computed.
    call: fn() -> (String, bool),
    /// What it computes.
    computed: fn() -> String,
}

macro_rules! release {
    ($($(#[$attribute:meta])* $field:ident: $type:ty = $value:expr),*) => {{
        #[derive(Clone, Debug, Serialize, Deserialize)]
        struct User { $($(#[$attribute])* $field: $type),* }

        #[cached(key = "shapes:user", timeout = 60)]
        fn user() -> User {
            User { $($field: $value),* }
        }

        fn call() -> (String, bool) {
            let before = user::stats().computed;
            let value = user();
            (format!("{value:?}"), user::stats().computed > before)
        }

        Release { call, computed: || format!("{:?}", user::uncached()) }
    }};
}

fn ada() -> String {
    "Ada".into()
}

/// What changed since the first; the release; whether codecs that write names read it from what the first has stored.
fn releases() -> [(&'static str, Release, bool); 8] {
    [
        ("nothing", release! { id: u32 = 7, age: u32 = 36, name: String = ada() }, true),
        ("gained", release! { id: u32 = 7, age: u32 = 36, name: String = ada(), town: String = String::new() }, false),
        (
            "gained by default",
            release! { id: u32 = 7, #[serde(default)] town: String = String::new(), age: u32 = 36, name: String = ada() },
            true,
        ),
        ("lost", release! { id: u32 = 7, name: String = ada() }, true),
        ("renamed", release! { id: u32 = 7, years: u32 = 36, name: String = ada() }, false),
        ("reordered", release! { age: u32 = 36, id: u32 = 7, name: String = ada() }, true),
        ("retyped", release! { id: u32 = 7, age: String = "36".into(), name: String = ada() }, false),
        ("widened", release! { id: u64 = 7, age: u64 = 36, name: String = ada() }, true),
    ]
}

/// One test at a time, as they look at the same counters.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

const CODECS: [(&str, bool); 4] = [("msgpack", true), ("json", true), ("postcard", false), ("bincode", false)];

fn cache(adapter: &MemoryAdapter, codec: &str) -> Cache {
    Cache::builder(adapter.clone()).codec(Codec::named(codec).unwrap()).build().unwrap()
}

#[test]
fn what_an_older_release_stored_is_read_right_or_not_at_all() {
    let _turn = turn();
    for (codec, writes_names) in CODECS {
        for (number, (what, release, is_read)) in releases().into_iter().enumerate() {
            let [(_, first, _), ..] = releases();
            let adapter = MemoryAdapter::new();
            larder::scoped(cache(&adapter, codec), || assert!((first.call)().1));
            larder::scoped(cache(&adapter, codec), || {
                let is_read = number == 0 || is_read && writes_names;
                assert_eq!((release.call)(), ((release.computed)(), !is_read), "{what}, {codec}");
                // And if it was computed, it is stored in its new form.
                assert_eq!((release.call)(), ((release.computed)(), false), "{what}, {codec}");
            });
        }
    }
}

/// As in a rolling deploy: none is ever served what is the other's.
#[test]
fn releases_that_take_turns_on_one_store_do_not_harm_each_other() {
    let _turn = turn();
    for (codec, _) in CODECS {
        let adapter = MemoryAdapter::new();
        for (what, release, _) in releases().iter().chain(&releases()) {
            let (value, _) = larder::scoped(cache(&adapter, codec), release.call);
            assert_eq!(value, (release.computed)(), "{what}, {codec}");
        }
    }
}

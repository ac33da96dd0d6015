//! Bytes that cannot be believed are a miss: counted, computed anew, and repaired.

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, Condition, Entry, StoreKey, layout};
use larder::testing::MemoryAdapter;
use larder::{Cache, Codec, cached};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    tags: Vec<Option<String>>,
}

/// A function of its own for each test, as its counters are looked at.
macro_rules! user {
    ($key:literal $(, $option:ident = $value:literal)*) => {
        #[cached(key = $key, timeout = 60 $(, $option = $value)*)]
        fn user(id: u64) -> User {
            made(id)
        }
    };
}

fn made(id: u64) -> User {
    User { id, name: format!("user {id}"), tags: vec![None, Some("tag".repeat(id as usize))] }
}

fn physical(key: larder::Key) -> StoreKey {
    StoreKey::new("larder", key)
}

fn read(adapter: &impl CacheAdapter, key: &StoreKey) -> Vec<u8> {
    block_on(adapter.get(key)).unwrap().expect("something stands there").record
}

fn write(adapter: &impl CacheAdapter, key: &StoreKey, record: Vec<u8>) {
    let entry = Entry { record, timeout: 60.into(), grace: 60.into() };
    assert!(block_on(adapter.put(key, &entry, Condition::Always)).unwrap());
}

/// What a call makes of what stands in the store: the right value in any case, and if that was computed, it is stored now.
/// How often it was computed, and counted as unreadable.
macro_rules! called {
    ($id:expr) => {{
        let before = user::stats();
        assert_eq!(user($id), made($id));
        let after = user::stats();
        assert_eq!(user::get($id).unwrap(), Some(made($id)), "it was not repaired");
        assert_eq!(user($id), made($id));
        assert_eq!(user::stats().hits, after.hits + 1);
        (after.computed - before.computed, after.unreadable - before.unreadable)
    }};
}

#[test]
fn a_record_cut_anywhere_is_a_miss() {
    user!("records_cut:{id}");
    let adapter = MemoryAdapter::new();
    let key = physical(user::key(7));
    larder::scoped(Cache::far(adapter.clone()), || {
        user(7);
        let whole = read(&adapter, &key);
        for length in 0..whole.len() {
            // Whose it is is looked at first, and a record that does not say so is taken for one that was cleared.
            let n_counted = u64::from(length >= layout::TEMPLATE.end);
            write(&adapter, &key, whole[..length].to_vec());
            assert_eq!(called!(7), (1, n_counted), "{length} of {} bytes", whole.len());
        }
        let longer = [&whole[..], b"x"].concat();
        write(&adapter, &key, longer);
        assert_eq!(called!(7), (1, 1));
        write(&adapter, &key, whole);
        assert_eq!(called!(7), (0, 0));
    });
}

#[test]
fn a_record_with_one_bit_wrong_is_a_miss() {
    user!("records_flipped:{id}");
    let adapter = MemoryAdapter::new();
    let key = physical(user::key(7));
    larder::scoped(Cache::far(adapter.clone()), || {
        user(7);
        let whole = read(&adapter, &key);
        for bit in 0..8 * whole.len() {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            write(&adapter, &key, flipped);
            let called = called!(7);
            let is_epoch = (layout::NAMESPACE_EPOCH.start..layout::TEMPLATE_EPOCH.end).contains(&(bit / 8));
            match bit / 8 {
                // Of the head, which stores overwrite, not all says something.
                at if layout::HEAD.contains(&at) => assert!(called == (1, 1) || called == (0, 0), "{bit}: {called:?}"),
                _ => assert_eq!(called, (1, u64::from(!is_epoch)), "{bit}"),
            }
        }
    });
}

#[test]
fn gibberish_is_a_miss() {
    user!("records_gibberish:{id}");
    let adapter = MemoryAdapter::new();
    let key = physical(user::key(7));
    larder::scoped(Cache::far(adapter.clone()), || {
        user(7);
        let whole = read(&adapter, &key);
        let mut word = 1_u64;
        let mut byte = || {
            word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (word >> 33) as u8
        };
        for length in 0..400 {
            let noise: Vec<u8> = (0..length).map(|_| byte()).collect();
            write(&adapter, &key, noise);
            assert_eq!(called!(7).0, 1, "{length}");
            // Behind what a good one says of whose it is.
            let until = whole.len().min(layout::TEMPLATE.end);
            let noise = whole[..until].iter().copied().chain((0..length).map(|_| byte())).collect();
            write(&adapter, &key, noise);
            assert_eq!(called!(7), (1, 1), "{length}");
        }
    });
}

#[test]
fn the_record_of_another_key_is_a_miss() {
    user!("records_swapped:{id}");
    let adapter = MemoryAdapter::new();
    larder::scoped(Cache::far(adapter.clone()), || {
        let [seven, eight] = [7, 8].map(|id| {
            user(id);
            physical(user::key(id))
        });
        let (record, other) = (read(&adapter, &seven), read(&adapter, &eight));
        write(&adapter, &seven, other);
        write(&adapter, &eight, record);
        assert_eq!([called!(7), called!(8)], [(1, 1); 2]);
    });
}

#[test]
fn the_record_of_another_namespace_or_store_is_a_miss() {
    user!("records_moved:{id}");
    let (adapter, stranger) = (MemoryAdapter::new(), MemoryAdapter::new());
    let fill = |cache: Cache| larder::scoped(&cache, || drop(user(7)));
    fill(Cache::builder(adapter.clone()).namespace("shop").build().unwrap());
    fill(Cache::far(stranger.clone()));
    let of_shop = read(&adapter, &StoreKey::new("shop", user::key(7)));
    let of_stranger = read(&stranger, &physical(user::key(7)));
    larder::scoped(Cache::far(adapter.clone()), || {
        user(7);
        for mut record in [of_shop, of_stranger] {
            write(&adapter, &physical(user::key(7)), record.clone());
            assert_eq!(called!(7), (1, 0));
            // With the right epochs too: its checksum is of others.
            let whole = read(&adapter, &physical(user::key(7)));
            let epochs = layout::NAMESPACE_EPOCH.start..layout::TEMPLATE_EPOCH.end;
            record[epochs.clone()].copy_from_slice(&whole[epochs]);
            write(&adapter, &physical(user::key(7)), record);
            assert_eq!(called!(7), (1, 1));
        }
    });
}

#[test]
fn what_another_codec_wrote_is_a_miss() {
    user!("records_codec:{id}");
    let adapter = MemoryAdapter::new();
    let codecs = ["msgpack", "postcard", "bincode", "json"];
    let caches = codecs.map(|codec| {
        let codec = Codec::named(codec).unwrap();
        Cache::builder(adapter.clone()).codec(codec).build().unwrap()
    });
    larder::scoped(&caches[0], || drop(user(7)));
    for (number, cache) in caches.iter().enumerate().cycle().skip(1).take(8) {
        assert_eq!(larder::scoped(cache, || called!(7)), (1, 1), "{}", codecs[number]);
    }
}

#[test]
fn what_another_version_or_type_wrote_is_a_miss() {
    mod one {
        use super::*;
        user!("records_version:{id}");
        pub(super) fn fill() {
            user(7);
        }
    }
    mod text {
        #[larder::cached(key = "records_version:{id}", timeout = 60)]
        fn user(id: u64) -> String {
            id.to_string()
        }
        pub(super) fn fill() {
            user(7);
        }
    }
    mod number {
        #[larder::cached(key = "records_version:{id}", timeout = 60)]
        fn user(id: u64) -> u64 {
            id
        }
        pub(super) fn fill() {
            user(7);
        }
    }
    user!("records_version:{id}", version = 2);
    let adapter = MemoryAdapter::new();
    let (cache, other) = (Cache::far(adapter.clone()), Cache::far(adapter));
    let fills: [fn(); 3] = [one::fill, text::fill, number::fill];
    for (number, fill) in fills.into_iter().enumerate() {
        larder::scoped(&other, || {
            user::clear(7).unwrap();
            fill();
        });
        assert_eq!(larder::scoped(&cache, || called!(7)), (1, 1), "{number}");
    }
}

#[test]
fn a_crowd_before_a_damaged_record_repairs_it_once() {
    user!("records_crowd:{id}");
    let adapter = MemoryAdapter::new();
    let key = physical(user::key(7));
    let cache = Cache::far(adapter.clone());
    larder::scoped(&cache, || user(7));
    let whole = read(&adapter, &key);
    for damage in 0..50 {
        let mut record = whole.clone();
        let last = record.len() - 1 - damage % 20;
        record[last] ^= 0x55;
        write(&adapter, &key, record);
        std::thread::scope(|scope| {
            let call = || larder::scoped(&cache, || assert_eq!(user(7), made(7)));
            (0..8).for_each(|_| _ = scope.spawn(call));
        });
        assert_eq!(larder::scoped(&cache, || called!(7)), (0, 0), "it is repaired");
    }
    assert_eq!(cache.n_flights(), 0);
}

#[test]
fn damage_in_a_real_store_is_a_miss_too() {
    user!("records_real:{id}");
    let Some(server) = larder_servers::or_skip(larder_servers::Redis::start()) else { return };
    let adapter = larder::RedisCache::open(server.url()).unwrap();
    let connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let connection = std::cell::RefCell::new(connection);
    let run = |command: &mut redis::Cmd| command.exec(&mut *connection.borrow_mut()).unwrap();
    let set = |key: &StoreKey, bytes: &[u8]| run(redis::cmd("SET").arg(key.as_str()).arg(bytes));
    larder::scoped(Cache::far(adapter.clone()), || {
        user(7);
        let key = physical(user::key(7));
        let whole = read(&adapter, &key);
        for length in (0..whole.len()).step_by(7) {
            set(&key, &whole[..length]);
            assert_eq!(called!(7).0, 1, "{length}");
        }
        for bit in (layout::HEAD.end * 8..whole.len() * 8).step_by(13) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            set(&key, &flipped);
            assert_eq!(called!(7).0, 1, "{bit}");
        }
        // Not even bytes of ours.
        run(redis::cmd("DEL").arg(key.as_str()));
        run(redis::cmd("RPUSH").arg(key.as_str()).arg("a list"));
        assert_eq!(user(7), made(7));
    });
}

//! The rights that a user of the server needs: those that are written down for users to copy, and no others.

use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Claim, Condition, EpochName, Release, StoreKey};
use larder::{ErrorKind, IntoCache, RedisCache, cached};
use larder_servers::{Behaviour, Proxy, Redis, or_skip};

use crate::support::{LIVING, entry, raw};

const DOCS: &str = include_str!("../../runtime/docs/redis.md");

/// The line that users copy.
pub(crate) static LINE: std::sync::LazyLock<&str> =
    std::sync::LazyLock::new(|| DOCS.lines().find(|line| line.starts_with("ACL SETUSER")).unwrap());

/// Makes the user of that line.
pub(crate) async fn give(server: &Redis, line: &str) {
    let administrator = RedisCache::open(server.url()).unwrap();
    let words: Vec<_> = line.split(' ').collect();
    raw::<()>(&administrator, &words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keys_that_are_written_down_are_enough_and_no_others_are_reached() {
    let Some(server) = or_skip(Redis::start()) else { return };
    give(&server, &LINE).await;
    let app = RedisCache::builder().port(server.port()).user("app").password("s3cret").build().unwrap();
    let own = StoreKey::new("larder", "user:7");
    let names = [EpochName::namespace(0, "larder"), EpochName::template(0, "larder", 7)];
    let permitted = app.permit(&own, Claim::Shared, &LIVING, &names).await.unwrap();
    let shared = app.permit(&own, Claim::Shared, &LIVING, &names).await.unwrap();
    assert!(app.release(&own, &permitted.token.unwrap(), Release::Keep).await.unwrap());
    assert!(app.put(&own, &entry("1"), Condition::IfPermit(&shared.token.unwrap())).await.unwrap());
    app.increment(&own, 4, &entry("1"), &LIVING).await.unwrap();
    app.renew(&names[1]).await.unwrap();
    assert_eq!(app.sweep("larder", &[LIVING.namespace]).await.unwrap(), 1);

    let other = app.get(&StoreKey::new("shop", "user:7")).await.unwrap_err();
    assert!(format!("{other:?}").contains("NOPERM"), "{other:?}");
    let flushed = app.flush().await.unwrap_err();
    assert_eq!(flushed.kind(), ErrorKind::Unavailable);
}

#[test]
fn no_right_that_is_written_down_is_one_too_many() {
    let rights = LINE.split(' ').filter(|word| word.starts_with('+'));
    let source = [
        include_str!("../../runtime/src/adapters/redis/command.rs"),
        include_str!("../../runtime/src/adapters/redis/scripts.rs"),
        include_str!("../../runtime/src/adapters/redis/link.rs"),
    ];
    let source = source.concat().to_ascii_lowercase();
    for right in rights {
        let word = right.trim_start_matches('+').split('|').next().unwrap();
        assert!(source.contains(&format!("'{word}'")) || source.contains(&format!("\"{word}\"")), "{word}");
    }
}

/// What it is tried with is among the keys that the user has.
#[test]
fn a_server_that_was_slow_is_let_in_again_with_the_keys_that_are_written_down() {
    #[cached(key = "redis_rights_slow:{id}", timeout = 60)]
    fn value(id: u64) -> u64 {
        id
    }
    let Some(server) = or_skip(Redis::start()) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(give(&server, &LINE));
    let proxy = Proxy::before(server.port()).unwrap();
    let cache = format!("redis://app:s3cret@127.0.0.1:{}", proxy.port()).into_cache().unwrap();
    larder::scoped(&cache, || {
        value(7);
        assert_eq!(value::get(7).unwrap(), Some(7));
        proxy.switch(Behaviour::Delay(Duration::from_millis(400))).unwrap();
        (10..30).for_each(|id| _ = value(id));
        let error = value::get(8).unwrap_err().to_string();
        assert!(error.contains("is not asked while it is down"), "{error}");
        proxy.switch(Behaviour::Pass).unwrap();
        let start = Instant::now();
        while !matches!(value::get(7), Ok(Some(7))) {
            assert!(start.elapsed() < Duration::from_secs(15), "it is never let in again: {:?}", value::get(7));
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}

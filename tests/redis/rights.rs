//! The rights that a user of the server needs: those that are written down for users to copy, and no others.

use larder::adapter::{CacheAdapter, Claim, Condition, EpochName, Release, StoreKey};
use larder::{ErrorKind, RedisCache};
use larder_servers::{Redis, or_skip};

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

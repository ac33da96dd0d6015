//! Commands by hand.

use futures_lite::future::block_on;
use larder::{Cache, Key};

use crate::seen::{Seen, both, broken};

const EXPECTED: [&str; 24] = [
    "get a = miss",
    "get a = miss",
    "set a = done",
    "add a = not_stored",
    "add b = done",
    "get a = hit",
    "get a = hit",
    "get a = miss",
    "multi_set c d = done",
    "multi_get a x c = 2 of 3",
    "exists a = done",
    "exists x = absent",
    "increment n = done",
    "increment b = failed: WrongType",
    "remove a x = done",
    "remove x = absent",
    "update_timeout b = done",
    "update_timeout x = absent",
    "timeout_of b = done",
    "get_or_set z = computed",
    "get_or_set z = hit",
    "clear = done",
    "connect = done",
    "close = done",
];

macro_rules! commands {
    ($cache:ident $(, $await:tt)*) => {{
        $cache.get::<u64>("a")$(.$await)*?;
        $cache.get_or("a", 1)$(.$await)*?;
        $cache.set("a", 1, 60)$(.$await)*?;
        $cache.add("a", 1, 60)$(.$await)*?;
        $cache.add("b", String::from("text"), 60)$(.$await)*?;
        $cache.get::<i32>("a")$(.$await)*?;
        $cache.fetch::<i32>("a")$(.$await)*?;
        $cache.get::<String>("a")$(.$await)*?;
        $cache.multi_set([("c", 1), ("d", 2)], 60)$(.$await)*?;
        $cache.multi_get::<i32>(["a", "x", "c"])$(.$await)*?;
        $cache.exists("a")$(.$await)*?;
        $cache.exists("x")$(.$await)*?;
        $cache.increment("n", 1)$(.$await)*?;
        $cache.increment("b", 1)$(.$await)*.unwrap_err();
        $cache.remove(["a", "x"])$(.$await)*?;
        $cache.delete("x")$(.$await)*?;
        $cache.update_timeout::<String>("b", 60)$(.$await)*?;
        $cache.update_timeout::<String>("x", 60)$(.$await)*.unwrap_err();
        $cache.timeout_of("b")$(.$await)*?;
    }};
}

fn blocking(cache: &Cache) -> larder::Result<()> {
    let cache = cache.blocking();
    commands!(cache);
    cache.get_or_set("z", 60, || 1)?;
    cache.get_or_set("z", 60, |_: &Key| 2)?;
    cache.clear()?;
    cache.connect()?;
    cache.close()
}

async fn asynchronous(cache: &Cache) -> larder::Result<()> {
    let cache = cache.asynchronous();
    commands!(cache, await);
    cache.get_or_set("z", 60, || async { 1 }).await?;
    cache.get_or_set("z", 60, 2).await?;
    cache.clear().await?;
    cache.connect().await?;
    cache.close().await
}

#[test]
fn each_command_is_told_once_with_what_it_came_to() {
    for cache in both() {
        let seen = Seen::of(&cache);
        blocking(&cache).unwrap();
        assert_eq!(seen.lines(), EXPECTED, "{cache:?}");
    }
}

#[test]
fn async_commands_tell_the_same() {
    for cache in both() {
        let seen = Seen::of(&cache);
        block_on(asynchronous(&cache)).unwrap();
        assert_eq!(seen.lines(), EXPECTED, "{cache:?}");
    }
}

#[test]
fn a_session_and_a_flush_are_commands() {
    for cache in both() {
        let seen = Seen::of(&cache);
        drop(cache.blocking().session().unwrap());
        cache.blocking().flush_store().unwrap();
        assert_eq!(seen.lines(), ["connect = done", "close = done", "flush_store = done"], "{cache:?}");
    }
}

#[test]
fn a_store_that_fails_is_told_by_its_kind() {
    let cache = broken();
    let seen = Seen::of(&cache);
    assert!(cache.blocking().get::<i32>("a").is_err());
    assert!(cache.blocking().multi_set([("a", 1)], 60).is_err());
    assert_eq!(cache.blocking().get_or_set("a", 60, 1).unwrap(), 1);
    let expected = ["get a = failed: Unavailable", "multi_set a = failed: Unavailable", "get_or_set a = store_failed"];
    assert_eq!(seen.lines(), expected);
}

#[test]
fn a_value_that_cannot_be_written_fails_its_command() {
    let [_, far] = both();
    let seen = Seen::of(&far);
    assert!(far.blocking().set("a", vec![0_u8; 2 << 20], 60).is_err());
    assert_eq!(seen.lines(), ["set a = failed: TooLarge"]);
}

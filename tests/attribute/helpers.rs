//! What each helper does, for synchronous and asynchronous functions.

use std::time::Duration;

use larder::{Key, Remaining, cached};

use crate::{fresh, fresh_async, tick, tick_of};

/// Documented, and so are its helpers.
#[cached(key = "user:{id}:{name}", skip(_log))]
pub(crate) fn user(_log: &str, id: u64, name: &str) -> Result<u64, String> {
    if name.is_empty() { Err("nameless".into()) } else { Ok(tick_of(id)) }
}

#[cached(key = "page:{id}:{name}", skip(_log))]
pub(crate) async fn page(_log: &str, id: u64, name: &str) -> Result<u64, String> {
    if name.is_empty() { Err("nameless".into()) } else { Ok(tick_of(id)) }
}

#[test]
fn helpers_of_a_function_live_under_its_name() {
    fresh(|| {
        assert_eq!(user::key(7, "ada"), Key::from("user:7:ada"));
        assert_eq!(user::get(7, "ada").unwrap(), None);
        assert_eq!(user::timeout_left(7, "ada").unwrap(), None);
        assert!(!user::clear(7, "ada").unwrap());
        assert!(!user::update_timeout(7, "ada", 60).unwrap());
        let first = user("log", 7, "ada");
        assert_eq!(user::get(7, "ada").unwrap(), Some(first.clone()));
        assert!(user::update_timeout(7, "ada", Duration::from_secs(60)).unwrap());
        let left = user::timeout_left(7, "ada").unwrap();
        assert!(matches!(left, Some(Remaining::For(left)) if left <= Duration::from_secs(60)));
        assert!(user::update_timeout(7, "ada", larder::Timeout::NEVER).unwrap());
        assert_ne!(user::uncached("log", 7, "ada"), first);
        assert_eq!(user("log", 7, "ada"), first);
        let second = user::refresh("log", 7, "ada");
        assert_ne!(second, first);
        assert_eq!(user("log", 7, "ada"), second);
        assert!(user::clear(7, "ada").unwrap());
        assert_ne!(user("log", 7, "ada"), second);
        assert!(user::set(7, "ada", Ok(5)).unwrap());
        assert_eq!(user("log", 7, "ada"), Ok(5));
        assert!(!user::set(7, "bob", Err("no".into())).unwrap());
        user::clear_all().unwrap();
        assert_ne!(user("log", 7, "ada"), Ok(5));
    });
}

#[test]
fn helpers_of_an_asynchronous_function_are_asynchronous() {
    fresh_async(async {
        assert_eq!(page::key(7, "ada"), Key::from("page:7:ada"));
        assert_eq!(page::get(7, "ada").await.unwrap(), None);
        let first = page("log", 7, "ada").await;
        assert_eq!(page::get(7, "ada").await.unwrap(), Some(first.clone()));
        assert!(page::update_timeout(7, "ada", 60).await.unwrap());
        assert!(page::timeout_left(7, "ada").await.unwrap().is_some());
        assert_ne!(page::uncached("log", 7, "ada").await, first);
        let second = page::refresh("log", 7, "ada").await;
        assert_eq!(page("log", 7, "ada").await, second);
        assert!(page::clear(7, "ada").await.unwrap());
        assert!(page::set(7, "ada", Ok(5)).await.unwrap());
        assert_eq!(page("log", 7, "ada").await, Ok(5));
        page::clear_all().await.unwrap();
        assert_ne!(page("log", 7, "ada").await, Ok(5));
    });
}

#[cached]
fn counted(id: u64) -> Option<u64> {
    (id > 0).then(tick)
}

#[test]
fn the_counters_tell_what_happened() {
    fresh(|| {
        let before = counted::stats();
        for id in [1, 1, 2] {
            counted(id);
        }
        let after = counted::stats();
        assert_eq!(after.hits - before.hits, 1);
        assert_eq!(after.misses - before.misses, 2);
        assert_eq!(after.computed - before.computed, 2);
    });
}

mod elsewhere {
    use larder::cached;

    #[cached(key = "far-away:{id}")]
    pub(super) fn far_away(id: u64) -> u64 {
        crate::tick_of(id)
    }
}

#[test]
fn one_import_brings_the_function_and_its_helpers() {
    use elsewhere::far_away;
    fresh(|| {
        let first = far_away(1);
        assert_eq!(far_away::get(1).unwrap(), Some(first));
    });
}

#[test]
fn the_name_of_the_function_is_still_its_value() {
    let as_value: fn(&str, u64, &str) -> Result<u64, String> = user;
    assert!(as_value("log", 1, "").is_err());
    let user @ 1..=9 = 5 else { panic!("a pattern binds it anew") };
    assert_eq!(user, 5);
}

//! Every far store is there by its feature, with every codec; none needs a runtime or a crate of the user's. A store that
//! does not answer costs no answer, and helpers say so.

use larder::{ErrorKind, cached, scoped};

#[cached(key = "letters:{word}")]
fn letters(word: &str) -> Option<Vec<char>> {
    Some(word.chars().collect())
}

#[cached(key = "shout:{word}", codec = "raw")]
fn shout(word: &str) -> String {
    word.to_uppercase()
}

fn main() -> larder::Result<()> {
    for codec in ["msgpack", "json", "postcard", "bincode"] {
        larder::adapter_set(format!("sqlite::memory:?codec={codec}"))?;
        let before = letters::stats();
        assert_eq!((letters("tea"), letters("tea")), (letters::uncached("tea"), letters::uncached("tea")));
        let after = letters::stats();
        assert_eq!((after.computed - before.computed, after.hits - before.hits), (1, 1), "{codec}");
        assert!(letters::clear("tea")?);
    }

    for nowhere in ["redis://127.0.0.1:1", "memcache://127.0.0.1:1,127.0.0.1:2"] {
        larder::adapter_set(nowhere)?;
        assert_eq!(letters("tea"), letters::uncached("tea"));
        assert_eq!(letters::clear("tea").map_err(|error| error.kind()), Err(ErrorKind::Unavailable), "{nowhere}");
    }
    assert_eq!(letters::stats().store_failures, 2);

    // Shared with other languages: only functions that say their codec have to do with such a store.
    for nowhere in ["redis://127.0.0.1:1", "memcache://127.0.0.1:1,127.0.0.1:2"] {
        larder::adapter_set(format!("{nowhere}?envelope=off&codec=raw"))?;
        assert_eq!((shout("tea"), letters("tea")), ("TEA".to_owned(), letters::uncached("tea")));
        let kinds = [shout::clear("tea"), letters::clear("tea")].map(|cleared| cleared.unwrap_err().kind());
        assert_eq!(kinds, [ErrorKind::Unavailable, ErrorKind::Config], "{nowhere}");
    }
    scoped(larder::RedisCache::open("redis://127.0.0.1:1")?, || letters("tea"));
    Ok(())
}

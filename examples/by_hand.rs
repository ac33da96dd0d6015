//! What if a function is not the right shape? Then the cache is there by hand: values, counters and locks under keys of
//! one's own, and what annotated functions have stored, under theirs. Give it a store: `redis`, `sqlite:/path/of/file`.

use std::error::Error;
use std::time::Duration;

use larder::{CacheDefault, Timeout, cached};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
struct User {
    name: String,
}

#[cached(key = "user:{id}", timeout = 60)]
fn user(id: u64) -> User {
    User { name: format!("user {id}") }
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(store) = std::env::args().nth(1) {
        larder::adapter_set(store)?;
    }
    let cache = larder::cache();

    // Stored, read, computed once.
    cache.set("greeting", "hello".to_owned(), Duration::from_secs(60))?;
    println!("{:?}, {:?}", cache.get::<String>("greeting")?, cache.get_or("farewell", "bye".to_owned())?);
    let answer = cache.get_or_set("answer", CacheDefault, || 6 * 7)?;
    let port = cache.try_get_or_set("port", Timeout::NEVER, || "8080".parse::<u16>())??;
    println!("{answer}, {port}");

    // One of all processes is first, and all of them count.
    let is_first = cache.add("nightly-report", std::process::id(), 3600)?;
    println!("first: {is_first}, {} visits, kept for {:?}", cache.increment("visits", 1)?, cache.timeout_of("visits")?);

    // Many at once.
    cache.multi_set([("a", 1), ("b", 2)], 60)?;
    println!("{:?}", cache.multi_get::<i32>(["b", "c", "a"])?);
    println!("all removed: {}", cache.remove(["a", "b"])?.all());

    // What a function has stored stands under the key that it tells.
    user(7);
    println!("{:?}", cache.get::<User>(user::key(7))?);
    cache.set(user::key(7), User { name: "Ada".into() }, 60)?;
    println!("{}, for an hour more: {}", user(7).name, cache.update_timeout::<User>(user::key(7), 3600)?.name);
    Ok(())
}

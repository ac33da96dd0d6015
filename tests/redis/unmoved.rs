//! What asks about an entry, or takes it away, moves none of its value.

use larder::{Cache, cached};

use crate::support::{Store, raw};

const A_MEBIBYTE: usize = 1_000_000;

#[cached(key = "page:{id}", timeout = 60)]
fn page(id: u64) -> String {
    format!("{id}").repeat(A_MEBIBYTE)
}

/// How many bytes the server has sent so far.
async fn n_sent(store: &Store) -> u64 {
    let stats: String = raw(&store.cache, &["INFO", "stats"]).await;
    let sent = stats.lines().find_map(|line| line.strip_prefix("total_net_output_bytes:")).unwrap();
    sent.trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asks_about_an_entry_or_removes_it_moves_no_value() {
    let Some(store) = Store::start() else { return };
    let cache = Cache::far(store.cache.clone());
    let (blocking, asynchronous) = (cache.blocking(), cache.asynchronous());
    blocking.set("by hand", "x".repeat(A_MEBIBYTE), 60).unwrap();
    larder::scoped(&cache, || (1..=2).for_each(|id| drop(page(id))));
    let before = n_sent(&store).await;
    for key in ["by hand", "page:1", "page:2"] {
        assert!(blocking.exists(key).unwrap() && asynchronous.exists(key).await.unwrap(), "{key}");
        assert!(blocking.increment(key, 1).is_err() && asynchronous.increment(key, 1).await.is_err(), "{key}");
        assert!(!blocking.add(key, 1, 60).unwrap() && !asynchronous.add(key, 1, 60).await.unwrap(), "{key}");
    }
    assert!(blocking.remove(["by hand", "page:1"]).unwrap().all());
    assert!(asynchronous.delete("page:2").await.unwrap());
    let n_sent = n_sent(&store).await - before;
    assert!(n_sent < A_MEBIBYTE as u64 / 10, "{n_sent} bytes were sent");
}

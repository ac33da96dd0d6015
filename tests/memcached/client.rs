//! Commands of the program's own, on the connection that larder's go over.

use larder::adapter::StoreKey;
use larder::{Cache, Codec, ErrorKind};
use tokio::task::JoinSet;

use crate::support::{entry, got, key, put, server, stat};

#[tokio::test]
async fn commands_of_ones_own_are_answered_over_the_same_connection() {
    let Some((server, cache)) = server() else { return };
    put(&cache, &key("a"), &entry("1")).await;
    let n_connections = stat(&server, "total_connections");
    let client = cache.client();
    assert_eq!(client.store("ms greeting T60 F7", b"hello\r\nflush_all").await.unwrap().line(), "HD");
    let reply = client.send("mg greeting v t f").await.unwrap();
    assert_eq!(reply.value(), Some(&b"hello\r\nflush_all"[..]));
    assert!(reply.line().starts_with("VA 16 ") && reply.line().ends_with("f7"), "{reply:?}");
    assert_eq!(client.store("ms nothing", b"").await.unwrap().value(), None);
    assert_eq!(client.send("mg nothing v").await.unwrap().value(), Some(&b""[..]));
    assert_eq!(client.send("ma count N60 J5 v").await.unwrap().value(), Some(&b"5"[..]));
    assert_eq!(client.send("md count").await.unwrap().line(), "HD");
    assert_eq!(client.send("mg count v").await.unwrap().line(), "EN");
    assert!(client.send("version").await.unwrap().line().starts_with("VERSION 1."));
    let stats = client.send("stats").await.unwrap();
    assert!(stats.lines().any(|line| line == "STAT curr_items 3") && stats.lines().last() == Some("END"), "{stats:?}");
    assert_eq!(got(&cache, &key("a")).await.as_deref(), Some("1"));
    assert_eq!(stat(&server, "total_connections"), n_connections + 1, "the one that asks");
}

#[tokio::test]
async fn an_error_of_the_server_is_an_answer_and_leaves_the_connection_good() {
    let Some((server, cache)) = server() else { return };
    let client = cache.client();
    let n_connections = stat(&server, "total_connections");
    for line in ["mg a v v", "ma a Mx", "stats detail"] {
        let reply = client.send(line).await.unwrap();
        assert!(reply.line().starts_with("CLIENT_ERROR"), "{line}: {reply:?}");
    }
    assert!(client.store("ms a Mx", b"mn\r\nmn\r\n").await.unwrap().line().starts_with("CLIENT_ERROR"));
    let large = client.store("ms large", &vec![b'x'; 2 << 20]).await.unwrap();
    assert!(large.line().starts_with("SERVER_ERROR"), "{large:?}");
    put(&cache, &key("a"), &entry("1")).await;
    assert_eq!(got(&cache, &key("a")).await.as_deref(), Some("1"));
    assert_eq!(stat(&server, "total_connections"), n_connections + 2, "one, and the one that asks");
}

#[tokio::test]
async fn what_is_not_one_command_is_not_sent() {
    let Some((server, cache)) = server() else { return };
    let client = cache.client();
    client.send("mn").await.unwrap();
    let before = stat(&server, "bytes_read");
    for line in ["mg a\r\nflush_all", "flush_all", "mg a q", "get a b", "quit", "ms a 1"] {
        let error = client.send(line).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(!format!("{error:?}").contains(line), "{error:?}");
    }
    assert_eq!(client.store("ms a 0 T60", b"flush_all\r\n").await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(stat(&server, "bytes_read") - before, "stats\r\n".len() as u64, "what asks for the figure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn among_a_thousand_others_each_gets_its_own_answer_and_who_goes_away_takes_none() {
    let Some((_server, cache)) = server() else { return };
    let mut tasks = JoinSet::new();
    for number in 0..1_000 {
        let cache = cache.clone();
        tasks.spawn(async move {
            let (key, client) = (key(&number.to_string()), cache.client());
            let given_up = futures_lite::future::poll_once(Box::pin(client.send("stats"))).await;
            drop(given_up);
            put(&cache, &key, &entry(&number.to_string())).await;
            client.store(&format!("ms own{number}"), number.to_string().as_bytes()).await.unwrap();
            assert_eq!(got(&cache, &key).await, Some(number.to_string()));
            let reply = client.send(&format!("mg own{number} v")).await.unwrap();
            assert_eq!(reply.value(), Some(number.to_string().as_bytes()));
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
}

#[test]
fn on_no_executor_it_reads_what_a_plain_cache_has_written() {
    let Some((_server, store)) = server() else { return };
    let client = store.client();
    let cache = Cache::plain(store).codec(Codec::JSON).namespace("shop").build().unwrap().blocking();
    cache.set("tea", ["sencha", "assam"].map(String::from), 60).unwrap();
    let key = StoreKey::new("shop", "tea");
    let reply = futures_lite::future::block_on(client.send(&format!("mg {key} v"))).unwrap();
    assert_eq!(reply.value(), Some(&br#"["sencha","assam"]"#[..]));
}

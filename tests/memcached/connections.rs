//! Servers that are down, silent, or talk nonsense.

use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Claim, EpochName};
use larder::{ErrorKind, MemcachedCache};
use larder_servers::{Memcached, Unreachable, or_skip};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use crate::support::{LIVING, entry, got, key, put, server, stat, until};

#[tokio::test]
async fn a_server_that_is_down_is_told_at_once_and_found_when_it_is_back() {
    let Some((mut server, cache)) = server() else { return };
    put(&cache, &key("a"), &entry("1")).await;
    server.kill();
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(cache.get(&key("a")).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    server.restart().unwrap();
    assert_eq!(got(&cache, &key("a")).await, None);
    put(&cache, &key("a"), &entry("2")).await;
    assert_eq!(got(&cache, &key("a")).await.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_restart_while_nobody_asks_is_not_noticed_by_the_next_call() {
    let Some((mut server, cache)) = server() else { return };
    for _ in 0..20 {
        put(&cache, &key("a"), &entry("1")).await;
        server.restart().unwrap();
        // All connections are one thread's: what has made this one since has seen the end of that one.
        crate::support::cache(&server).connect().await.unwrap();
        assert_eq!(got(&cache, &key("a")).await, None);
    }
}

/// It would refuse every fill, and let no count come to an end.
#[tokio::test]
async fn a_server_without_numbers_is_told() {
    let Some(server) = or_skip(Memcached::with(&["-C"])) else { return };
    let cache = crate::support::cache(&server);
    let refused = cache.permit(&key("a"), Claim::Shared, &LIVING, &[]).await.unwrap_err();
    assert!(refused.kind() == ErrorKind::Unsupported && refused.to_string().contains("`-C`"), "{refused}");
    put(&cache, &key("n"), &entry("1")).await;
    let refused = cache.increment(&key("n"), 1, &entry("1"), &LIVING).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    let refused = larder::adapter::PlainAdapter::increment(&cache, &key("n"), 1, 60.into()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn building_needs_no_server_and_an_error_names_it() {
    let port = Unreachable::new().unwrap().port();
    let cache = MemcachedCache::builder().server(format!("127.0.0.1:{port}")).build().unwrap();
    let error = cache.connect().await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to memcached at 127.0.0.1:{port}"));
    cache.close().await.unwrap();
}

#[tokio::test]
async fn after_close_the_next_call_connects_again() {
    let Some((server, cache)) = server() else { return };
    for _ in 0..5 {
        let n_connections = stat(&server, "total_connections");
        cache.connect().await.unwrap();
        cache.connect().await.unwrap();
        cache.close().await.unwrap();
        cache.close().await.unwrap();
        put(&cache, &key("a"), &entry("1")).await;
        cache.close().await.unwrap();
        assert_eq!(stat(&server, "total_connections") - n_connections, 3, "two, and the one that asks");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_number_of_callers_and_executors_share_one_connection() {
    let Some((server, cache)) = server() else { return };
    let before = stat(&server, "total_connections");
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let cache = cache.clone();
            std::thread::spawn(move || {
                futures_lite::future::block_on(async {
                    for number in 0..100 {
                        put(&cache, &key(&format!("{thread}/{number}")), &entry("1")).await;
                    }
                });
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let callers: Vec<_> = (0..512)
        .map(|number| {
            let cache = cache.clone();
            tokio::spawn(async move { got(&cache, &key(&format!("0/{}", number % 100))).await })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap().is_some());
    }
    // One more is the question itself.
    assert_eq!(stat(&server, "total_connections") - before, 2);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_connected_anew() {
    let Some((server, cache)) = server() else { return };
    put(&cache, &key("a"), &entry("1")).await;
    server.freeze().unwrap();
    let failed = tokio::time::timeout(Duration::from_secs(10), cache.get(&key("a"))).await.unwrap();
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unavailable);
    server.thaw().unwrap();
    until(async || cache.get(&key("a")).await.is_ok()).await;
    assert_eq!(got(&cache, &key("a")).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn callers_wait_while_a_silent_server_takes_no_more_and_may_give_up() {
    let Some((server, cache)) = server() else { return };
    server.freeze().unwrap();
    let large = larder::adapter::Entry { record: vec![0; 1_000_000], ..entry("") };
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let (cache, large) = (cache.clone(), large.clone());
            tokio::spawn(async move {
                let key = key(&number.to_string());
                let put = cache.put(&key, &large, larder::adapter::Condition::Always);
                tokio::time::timeout(Duration::from_millis(250), put).await.is_err()
            })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    server.thaw().unwrap();
    until(async || cache.connect().await.is_ok()).await;
}

#[tokio::test]
async fn a_server_that_keeps_nothing_is_told_and_has_no_epoch() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cache = MemcachedCache::builder().server(listener.local_addr().unwrap().to_string()).build().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (reading, mut writing) = stream.split();
        let mut lines = BufReader::new(reading).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let number = line.split(' ').rfind(|word| word.starts_with('O')).unwrap_or_default();
            let reply = match line.split_once(' ') {
                Some(("ms", _)) => format!("HD {number}\r\n"),
                Some(("mg", _)) => "EN\r\n".to_owned(),
                // A value that came with its command.
                _ => continue,
            };
            writing.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    let error = cache.epochs(&[EpochName::namespace(0, "shop")]).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Unavailable, "memcached does not keep an epoch".into()));
}

#[tokio::test]
async fn nonsense_fails_the_calls_under_way_and_the_connection_with_them() {
    for nonsense in ["ERROR\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "VA 3 O99\r\nabc\r\n", "EN\r\nEN\r\nEN\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cache = MemcachedCache::builder().server(listener.local_addr().unwrap().to_string()).build().unwrap();
        let server = tokio::spawn(async move {
            for answer in [nonsense, "EN\r\n"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.readable().await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
                if answer == "EN\r\n" {
                    return stream;
                }
            }
            unreachable!("the last is an answer")
        });
        let first = cache.get(&key("a")).await;
        assert!(nonsense.starts_with("EN") || first.unwrap_err().kind() == ErrorKind::Unavailable);
        until(async || cache.get(&key("a")).await.is_ok_and(|found| found.is_none())).await;
        if !nonsense.starts_with("EN") {
            drop(server.await.unwrap());
        }
    }
}

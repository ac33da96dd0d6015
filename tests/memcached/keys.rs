//! Keys that would be commands.

use larder::MemcachedCache;
use larder::adapter::{CacheAdapter, EpochName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{entry, got, key, put, server};

const STRANGE: [&str; 10] = [
    "a b",
    "a\r\nflush_all",
    "a\0b",
    "\u{1f99d}",
    " ",
    "",
    "a\tb",
    "%0D%0Aflush_all",
    "\u{7f}\u{85}\u{2028}",
    "a 0 0 3\r\nxyz\r\nmg b v",
];

#[tokio::test]
async fn a_strange_key_is_one_key() {
    let Some((_server, cache)) = server() else { return };
    for (number, text) in STRANGE.iter().enumerate() {
        put(&cache, &key(text), &entry(&number.to_string())).await;
    }
    for (number, text) in STRANGE.iter().enumerate() {
        assert_eq!(got(&cache, &key(text)).await, Some(number.to_string()), "{text:?}");
    }
}

/// Answers each line with a miss, and gives the lines back.
async fn recorded(listener: TcpListener, n_lines: usize) -> Vec<String> {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    loop {
        stream.read_buf(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        if text.ends_with("\r\n") && text.matches('\n').count() >= n_lines {
            stream.write_all("EN\r\n".repeat(text.matches('\n').count()).as_bytes()).await.unwrap();
            return text.lines().map(String::from).collect();
        }
    }
}

#[tokio::test]
async fn a_strange_key_reaches_the_server_as_one_command() {
    let long = "x\r\n".repeat(100_000);
    let keys: Vec<_> = STRANGE.into_iter().chain([&*long]).map(key).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let cache = MemcachedCache::builder().server(listener.local_addr().unwrap().to_string()).build().unwrap();
    let recorder = tokio::spawn(recorded(listener, keys.len()));
    cache.get_many(&keys).await.unwrap();
    let lines = recorder.await.unwrap();
    assert_eq!(lines.len(), keys.len());
    for (line, key) in lines.iter().zip(&keys) {
        assert!(line.starts_with(&format!("mg {key} v c t f O")), "{line}");
        assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && line.len() < 250, "{line}");
    }
}

#[tokio::test]
async fn a_strange_namespace_has_an_epoch_as_any_other() {
    let Some((_server, cache)) = server() else { return };
    let names: Vec<_> = STRANGE.iter().map(|text| EpochName::template(0, text, u64::MAX)).collect();
    let epochs = cache.epochs(&names).await.unwrap();
    assert_eq!(cache.epochs(&names).await.unwrap(), epochs);
    let distinct: std::collections::HashSet<_> = epochs.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

//! Servers that are none, or are not what they should be.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, Left, layout};
use larder::{ErrorKind, RedisCache};

use crate::support::{key, record};

/// A server that answers whatever comes by `answer`.
fn fake(answer: fn(&str) -> Vec<u8>) -> RedisCache {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(move || serve(stream, answer));
        }
    });
    RedisCache::builder().port(port).build().unwrap()
}

fn serve(mut stream: TcpStream, answer: fn(&str) -> Vec<u8>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(n_bytes @ 1..) = stream.read(&mut buffer) {
        let text = String::from_utf8_lossy(&buffer[..n_bytes]).into_owned();
        let _ = stream.write_all(&answer(&text));
    }
}

/// One answer to each command that is in `text`.
fn each(text: &str, answer: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let commands = text.split("\r\n").filter(|word| matches!(*word, "INFO" | "SCRIPT" | "TIME" | "CLIENT" | "GET"));
    commands.flat_map(answer).collect()
}

fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_is_told_apart_from_one_that_is_down() {
    let cache = fake(|text| {
        each(text, |command| match command {
            "INFO" => bulk(b"# Server\r\nredis_version:5.0.14\r\n"),
            _ => b"+OK\r\n".to_vec(),
        })
    });
    let error = cache.get(&key("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("the server is Redis 5.0.14"), "{error}");
    assert!(error.to_string().contains("6.0"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlines_are_told_by_the_servers_clock_and_not_by_ours() {
    // A server that believes it to be 1970, and entries with half a minute left.
    let cache = fake(|text| {
        each(text, |command| match command {
            "TIME" => [b"*2\r\n".to_vec(), bulk(b"9000"), bulk(b"0")].concat(),
            "GET" => {
                let mut record = record("");
                record[layout::DEADLINE].copy_from_slice(&9_030_000_u64.to_le_bytes());
                bulk(&record)
            }
            _ => b"+OK\r\n".to_vec(),
        })
    });
    let Left::For(left) = cache.get(&key("a")).await.unwrap().unwrap().left else { panic!("it is live") };
    assert!((28..=30).contains(&left.as_secs()), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_another_language_is_an_error_soon() {
    for answer in [
        |_: &str| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        |_: &str| b"$99999999999999\r\n".to_vec(),
        |_: &str| b"*-7\r\n".to_vec(),
        |_: &str| vec![],
        |_: &str| b":1\r\n".repeat(1000),
        |text: &str| each(text, |_| b"*1\r\n$1\r\nx\r\n".to_vec()),
    ] {
        let cache = fake(answer);
        let start = Instant::now();
        let error = cache.get(&key("a")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(start.elapsed() < Duration::from_millis(2_500), "{:?}", start.elapsed());
    }
}

//! What depends on how bytes and replies fall together, which no real server can be made to do.

use std::pin::pin;
use std::sync::Arc;

use futures_lite::future::poll_once;
use tokio::net::{TcpListener, TcpStream};

use super::{Command, Queue, Reply, SENT_BY_CALLERS};
use crate::adapters::memcached::wire::{Decoded, Mode, decode};
use crate::io::trip;
use crate::park::block_on;

/// One that is connected to what never reads, and the other end.
async fn connected() -> (Queue, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    stream.writable().await.unwrap();
    let queue = Queue::new("a".into());
    queue.connected(Arc::new(stream));
    (queue, listener)
}

fn reply(bytes: &[u8]) -> Reply {
    match decode(bytes) {
        Ok(Decoded::Reply(reply, _)) => reply,
        _ => panic!("it is a reply"),
    }
}

/// What the connection's task is handed to send.
fn taken(queue: &Queue) -> String {
    let mut bytes = Vec::new();
    queue.take(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A value that is too large is refused by what is said ahead of it, while the rest is still being sent. Another's bytes would
/// be taken for the value's, and what is left of the value for commands.
#[test]
fn nobody_cuts_in_on_what_is_being_sent_though_it_was_answered() {
    let checked = trip(async {
        let (queue, _server) = connected().await;
        let value = [b'x'; SENT_BY_CALLERS + 1];
        let commands = [Command::Store { key: "a", value: &value, exptime: 0, flags: 0, mode: Mode::Always }];
        let mut put = pin!(queue.call(&commands));
        assert!(poll_once(&mut put).await.is_none());
        assert!(taken(&queue).starts_with("ms a "));
        queue.deliver(reply(b"SERVER_ERROR object too large for cache\r\n")).unwrap();
        assert!(put.await.is_ok());

        let mut get = pin!(queue.call(&[Command::Get { key: "b" }]));
        assert!(poll_once(&mut get).await.is_none());
        assert!(taken(&queue).starts_with("mg b "), "it waits until that is sent");
        Ok(())
    });
    block_on(checked).unwrap();
}

#[test]
fn a_small_command_is_sent_by_its_caller_where_nothing_is_under_way() {
    let checked = trip(async {
        let (queue, _server) = connected().await;
        for _ in 0..2 {
            let mut get = pin!(queue.call(&[Command::Get { key: "b" }]));
            assert!(poll_once(&mut get).await.is_none());
            assert_eq!(taken(&queue), "");
            queue.deliver(reply(b"EN\r\n")).unwrap();
            assert!(get.await.is_ok());
        }
        Ok(())
    });
    block_on(checked).unwrap();
}

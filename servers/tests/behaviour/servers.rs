//! Servers come, answer, are broken and come back, and leave nothing.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::thread;

use larder_servers::{Memcached, Redis, Server, Unreachable, free_port, or_skip};

use crate::client::{Client, ask, is_refused};

/// Puts one server of each kind through `check`, with the question by which it is known and the answer's beginning.
fn each(check: impl Fn(&mut Server, &str, &str)) {
    if let Some(mut redis) = or_skip(Redis::start()) {
        check(&mut redis, "PING", "+PONG");
    }
    if let Some(mut memcached) = or_skip(Memcached::start()) {
        check(&mut memcached, "version", "VERSION ");
    }
}

#[test]
fn it_answers_as_soon_as_it_has_started() {
    each(|server, question, answer| {
        assert!(ask(server.port(), question).unwrap().starts_with(answer));
        assert!(server.url().ends_with(&format!("://127.0.0.1:{}", server.port())));
    });
}

#[test]
fn its_process_is_the_program_itself() {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let mut client = Client::to(redis.port()).unwrap();
    let id = format!("process_id:{}", redis.pid().unwrap());
    client.say("INFO server").unwrap();
    while client.hear().unwrap() != id {}

    let Some(memcached) = or_skip(Memcached::start()) else { return };
    assert_eq!(ask(memcached.port(), "stats").unwrap(), format!("STAT pid {}", memcached.pid().unwrap()));
}

#[test]
fn redis_listens_on_its_socket_too() {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let mut stream = UnixStream::connect(redis.socket()).unwrap();
    stream.write_all(b"PING\r\n").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert_eq!(answer, "+PONG\r\n");
}

#[test]
fn settings_reach_it() {
    let Some(redis) = or_skip(Redis::with(&[("requirepass", "secret")])) else { return };
    assert!(ask(redis.port(), "PING").unwrap().starts_with("-NOAUTH"));
    assert_eq!(ask(redis.port(), "AUTH secret").unwrap(), "+OK");
    assert!(!format!("{redis:?}").contains("secret"));

    let Some(memcached) = or_skip(Memcached::with(&["-m", "7"])) else { return };
    assert_eq!(ask(memcached.port(), "stats settings").unwrap(), format!("STAT maxbytes {}", 7 << 20));
}

#[test]
fn two_of_a_kind_do_not_meet() {
    let Some(one) = or_skip(Redis::start()) else { return };
    let Some(two) = or_skip(Redis::start()) else { return };
    assert_eq!(ask(one.port(), "SET whose one").unwrap(), "+OK");
    assert_eq!(ask(two.port(), "GET whose").unwrap(), "$-1");
    drop(two);
    assert_eq!(ask(one.port(), "GET whose").unwrap(), "one");
}

#[test]
fn many_start_at_once() {
    let starting: Vec<_> = (0..6).map(|_| thread::spawn(Redis::start)).collect();
    let servers: Vec<_> = starting.into_iter().filter_map(|thread| or_skip(thread.join().unwrap())).collect();
    assert!(servers.iter().all(|server| ask(server.port(), "PING").unwrap() == "+PONG"));
}

#[test]
fn killed_it_refuses_and_it_comes_back_on_its_port_with_nothing_stored() {
    each(|server, question, answer| {
        let (port, id) = (server.port(), server.pid());
        let mut client = Client::to(port).unwrap();
        assert!(client.ask(question).unwrap().starts_with(answer));
        server.kill();
        assert!(client.ask(question).is_err());
        assert!(is_refused(port) && !server.folder().exists());
        assert!(server.pid().is_none() && server.freeze().is_err());
        for _ in 0..3 {
            server.restart().unwrap();
            assert!(ask(port, question).unwrap().starts_with(answer));
            assert!(server.port() == port && server.pid() != id);
        }
    });
    let Some(mut redis) = or_skip(Redis::start()) else { return };
    ask(redis.port(), "SET key value").unwrap();
    redis.restart().unwrap();
    assert_eq!(ask(redis.port(), "GET key").unwrap(), "$-1");
}

#[test]
fn frozen_it_is_silent_and_thawed_it_answers_what_it_was_asked() {
    each(|server, question, answer| {
        let mut client = Client::to(server.port()).unwrap();
        server.freeze().unwrap();
        client.say(question).unwrap();
        assert!(client.hears_nothing());
        server.thaw().unwrap();
        assert!(client.hear().unwrap().starts_with(answer));
    });
}

#[test]
fn nothing_is_left_of_one_that_is_dropped_even_frozen() {
    for is_frozen in [false, true] {
        let Some(redis) = or_skip(Redis::start()) else { return };
        // A file that the server makes itself.
        assert_eq!(ask(redis.port(), "SAVE").unwrap(), "+OK");
        let (port, folder) = (redis.port(), redis.folder().to_owned());
        assert!(folder.join("dump.rdb").exists());
        if is_frozen {
            redis.freeze().unwrap();
        }
        drop(redis);
        assert!(is_refused(port) && !folder.exists());
    }
}

#[test]
fn one_that_ended_by_itself_is_cleared_away_and_can_come_back() {
    let Some(mut redis) = or_skip(Redis::start()) else { return };
    assert!(ask(redis.port(), "SHUTDOWN NOSAVE").is_err());
    redis.restart().unwrap();
    assert_eq!(ask(redis.port(), "PING").unwrap(), "+PONG");
}

#[test]
fn what_keeps_it_from_starting_is_in_the_error() {
    if or_skip(Redis::start()).is_none() {
        return;
    }
    let error = Redis::with(&[("no-such-setting", "1")]).unwrap_err();
    assert!(error.to_string().contains("no-such-setting"), "{error}");

    let mut redis = Redis::start().unwrap();
    redis.kill();
    let _taken = TcpListener::bind(("127.0.0.1", redis.port())).unwrap();
    let error = redis.restart().unwrap_err();
    assert!(error.kind() == io::ErrorKind::AddrInUse && !redis.folder().exists(), "{error}");
}

#[test]
fn nobody_is_where_nobody_should_be() {
    let unreachable = Unreachable::new().unwrap();
    assert!(is_refused(unreachable.port()));
    assert_eq!(unreachable.url("redis"), format!("redis://127.0.0.1:{}", unreachable.port()));
    assert!((0..100).all(|_| free_port().unwrap() != unreachable.port()));
}

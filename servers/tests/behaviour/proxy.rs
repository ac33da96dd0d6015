//! A proxy passes, cuts, swallows, delays, drips and mixes up, and changes its mind.

use std::time::{Duration, Instant};

use larder_servers::{Behaviour, Memcached, Proxy, Redis, Unreachable, or_skip};

use crate::client::{Client, ask, is_refused};

fn proxied() -> Option<(Redis, Proxy)> {
    let redis = or_skip(Redis::start())?;
    let proxy = Proxy::before(redis.port()).unwrap();
    Some((redis, proxy))
}

#[test]
fn it_passes_all_in_both_directions() {
    let Some((_redis, proxy)) = proxied() else { return };
    let long = "x".repeat(1 << 20);
    let mut clients = [(); 4].map(|()| Client::to(proxy.port()).unwrap());
    for (number, client) in clients.iter_mut().enumerate() {
        client.say(&format!("*3\r\n$3\r\nSET\r\n$1\r\n{number}\r\n${}\r\n{long}", long.len())).unwrap();
        assert_eq!(client.hear().unwrap(), "+OK");
        assert_eq!(client.ask(&format!("GET {number}")).unwrap(), long);
    }
}

#[test]
fn cut_it_closes_and_refuses_until_it_passes_again() {
    let Some((_redis, proxy)) = proxied() else { return };
    for _ in 0..5 {
        let mut client = Client::to(proxy.port()).unwrap();
        assert_eq!(client.ask("PING").unwrap(), "+PONG");
        proxy.switch(Behaviour::Cut).unwrap();
        assert!(client.hear().is_err() && is_refused(proxy.port()));
        proxy.switch(Behaviour::Cut).unwrap();
        proxy.switch(Behaviour::Pass).unwrap();
        assert_eq!(ask(proxy.port(), "PING").unwrap(), "+PONG");
    }
}

#[test]
fn a_black_hole_accepts_and_swallows_and_what_it_swallowed_stays_lost() {
    let Some((redis, proxy)) = proxied() else { return };
    let mut idle = Client::to(proxy.port()).unwrap();
    let mut asked = Client::to(proxy.port()).unwrap();
    assert_eq!(asked.ask("PING").unwrap(), "+PONG");
    assert_eq!(idle.ask("PING").unwrap(), "+PONG");
    proxy.switch(Behaviour::BlackHole).unwrap();
    let mut late = Client::to(proxy.port()).unwrap();
    for client in [&mut asked, &mut late] {
        client.say("SET key value").unwrap();
        assert!(client.hears_nothing());
    }
    assert_eq!(ask(redis.port(), "GET key").unwrap(), "$-1");

    proxy.switch(Behaviour::Pass).unwrap();
    assert_eq!(idle.ask("PING").unwrap(), "+PONG");
    for client in [&mut asked, &mut late] {
        client.say("PING").unwrap();
        assert!(client.hears_nothing());
    }
    assert_eq!(ask(proxy.port(), "PING").unwrap(), "+PONG");
}

#[test]
fn a_delay_comes_before_each_answer_and_ends_with_a_switch() {
    let Some((_redis, proxy)) = proxied() else { return };
    let delay = Duration::from_millis(200);
    proxy.switch(Behaviour::Delay(delay)).unwrap();
    let start = Instant::now();
    assert_eq!(ask(proxy.port(), "PING").unwrap(), "+PONG");
    assert!(start.elapsed() >= delay);

    proxy.switch(Behaviour::Delay(Duration::from_secs(1000))).unwrap();
    let mut client = Client::to(proxy.port()).unwrap();
    client.say("PING").unwrap();
    assert!(client.hears_nothing());
    proxy.switch(Behaviour::Pass).unwrap();
    assert_eq!(client.hear().unwrap(), "+PONG");
}

#[test]
fn it_drips_byte_by_byte_and_the_rest_comes_with_a_switch() {
    let Some((_redis, proxy)) = proxied() else { return };
    proxy.switch(Behaviour::Drip).unwrap();
    let start = Instant::now();
    let mut client = Client::to(proxy.port()).unwrap();
    client.say("PING").unwrap();
    assert_eq!(client.hear_bytes(2), b"+P");
    assert!(start.elapsed() >= Duration::from_secs(2));
    proxy.switch(Behaviour::Pass).unwrap();
    assert_eq!(client.hear().unwrap(), "ONG");
}

#[test]
fn mute_it_has_all_done_and_answers_nothing() {
    let Some((redis, proxy)) = proxied() else { return };
    let mut client = Client::to(proxy.port()).unwrap();
    proxy.switch(Behaviour::Mute).unwrap();
    client.say("SET key value").unwrap();
    assert!(client.hears_nothing());
    assert_eq!(ask(redis.port(), "GET key").unwrap(), "value");
    proxy.switch(Behaviour::Pass).unwrap();
    client.say("SET key another").unwrap();
    assert!(client.hears_nothing());
    assert_eq!(ask(redis.port(), "GET key").unwrap(), "another");
}

#[test]
fn swapped_replies_come_each_in_the_place_of_the_other() {
    let Some((_redis, proxy)) = proxied() else { return };
    proxy.switch(Behaviour::Swap(3)).unwrap();
    let mut client = Client::to(proxy.port()).unwrap();
    (1..=6).for_each(|number| client.say(&format!("ECHO {number}")).unwrap());
    assert_eq!([(); 5].map(|()| client.hear().unwrap()), ["1", "2", "4", "3", "5"]);
    assert_eq!(proxy.n_misplaced(), 2);
    // The sixth waits for whom it changes places with.
    client.say("ECHO 7").unwrap();
    assert_eq!([client.hear().unwrap(), client.hear().unwrap()], ["7", "6"]);
}

#[test]
fn after_one_that_is_lost_all_replies_come_a_question_too_early() {
    let Some(redis) = or_skip(Redis::start()) else { return };
    let Some(memcached) = or_skip(Memcached::start()) else { return };
    for (server, question, answer) in [(&*redis, "ECHO ", ""), (&*memcached, "md key O", "NF O")] {
        let proxy = Proxy::before(server.port()).unwrap();
        proxy.switch(Behaviour::Shift(3)).unwrap();
        let mut client = Client::to(proxy.port()).unwrap();
        (1..=5).for_each(|number| client.say(&format!("{question}{number}")).unwrap());
        let answers = [1, 2, 4, 5].map(|number| format!("{answer}{number}"));
        assert_eq!([(); 4].map(|()| client.hear().unwrap()), answers);
        assert_eq!(proxy.n_misplaced(), 2);
        assert!(client.hears_nothing());
    }
}

#[test]
fn before_a_server_that_is_not_there_it_closes() {
    let proxy = Proxy::before(Unreachable::new().unwrap().port()).unwrap();
    assert!(ask(proxy.port(), "PING").is_err());
    proxy.switch(Behaviour::BlackHole).unwrap();
    let mut client = Client::to(proxy.port()).unwrap();
    client.say("PING").unwrap();
    assert!(client.hears_nothing());
}

#[test]
fn a_server_that_dies_is_seen_through_it_and_so_is_its_return() {
    let Some((mut redis, proxy)) = proxied() else { return };
    let mut client = Client::to(proxy.port()).unwrap();
    assert_eq!(client.ask("PING").unwrap(), "+PONG");
    redis.kill();
    assert!(client.hear().is_err());
    redis.restart().unwrap();
    assert_eq!(ask(proxy.port(), "PING").unwrap(), "+PONG");
}

#[test]
fn nothing_is_left_of_one_that_is_dropped_whatever_it_was_doing() {
    let Some((redis, _)) = proxied() else { return };
    let long = Duration::from_secs(1000);
    for behaviour in [
        Behaviour::Pass,
        Behaviour::BlackHole,
        Behaviour::Delay(long),
        Behaviour::Drip,
        Behaviour::Mute,
        Behaviour::Swap(1),
        Behaviour::Cut,
    ] {
        let proxy = Proxy::before(redis.port()).unwrap();
        let port = proxy.port();
        let mut client = Client::to(port).unwrap();
        proxy.switch(behaviour).unwrap();
        // After a cut there is nobody to say it to.
        let _ = client.say("PING");
        drop(proxy);
        while client.hear().is_ok() {}
        assert!(is_refused(port));
    }
}

//! Redis: async callers beside the bare client, threads beside `cached`.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cached::{ConcurrentCached, RedisCache};
use larder::adapter::StoreKey;
use larder_benches::answer;
use larder_servers::Redis;
use redis::aio::MultiplexedConnection;
use tokio::runtime::Runtime;

use crate::turns::{Contender, Target, judge, measure};
use crate::work::{self, N_KEYS, Profile, crowd, fill, name, profile, threads, user, user_sync};

/// The entries as the server has them.
fn keys(template: &str) -> Arc<Vec<String>> {
    let key = |id| StoreKey::new("larder", format!("{template}:{id}:{}", name(id))).as_str().to_owned();
    Arc::new((0..N_KEYS).map(key).collect())
}

async fn connect(url: String) -> MultiplexedConnection {
    let client = redis::Client::open(url).expect("the URL is right");
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    client.get_multiplexed_async_connection_with_config(&config).await.expect("the server answers")
}

/// A connection that lives on a runtime of its own, of one thread.
fn connect_elsewhere(url: String) -> MultiplexedConnection {
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        work::runtime().block_on(async {
            let _ = sender.send(connect(url).await);
            std::future::pending::<()>().await;
        });
    });
    receiver.recv().expect("the thread connects")
}

/// Where the payload begins in a record.
const PAYLOAD: usize = 96;

/// What is done with the bytes that the bare client brings.
#[derive(Clone, Copy)]
enum Then {
    Nothing,
    /// The payload becomes the function's result.
    Text,
    Profile,
}

impl Then {
    fn take(self, bytes: &[u8]) {
        match self {
            Self::Nothing => drop(black_box(bytes)),
            Self::Text => drop(black_box(rmp_serde::from_slice::<String>(&bytes[PAYLOAD..]).expect("it is one"))),
            Self::Profile => drop(black_box(rmp_serde::from_slice::<Profile>(&bytes[PAYLOAD..]).expect("it is one"))),
        }
    }
}

/// One plain `GET`, the bytes as they come.
async fn get(connection: &MultiplexedConnection, key: &str) -> Vec<u8> {
    let mut command = redis::cmd("GET");
    command.arg(key);
    let bytes: Option<Vec<u8>> = command.query_async(&mut connection.clone()).await.expect("the server answers");
    bytes.expect("the entry is there")
}

fn bare<'a>(
    title: &str,
    connection: MultiplexedConnection,
    keys: &Arc<Vec<String>>,
    runtime: &'a Runtime,
    load: (u64, u64),
    then: Then,
) -> Contender<'a> {
    let keys = Arc::clone(keys);
    Contender::new(title, move || {
        let (connection, keys) = (connection.clone(), Arc::clone(&keys));
        crowd(runtime, load.0, load.1, move |id| {
            let (connection, keys) = (connection.clone(), Arc::clone(&keys));
            async move { then.take(&get(&connection, &keys[id as usize]).await) }
        });
    })
}

/// The bare client, its connection on a thread of its own.
pub fn client<'a>(server: &Redis, runtime: &'a Runtime, load: (u64, u64)) -> Contender<'a> {
    bare("", connect_elsewhere(server.url()), &keys("user"), runtime, load, Then::Nothing)
}

pub fn tasks(server: &Redis) {
    let runtime = work::runtime();
    larder::adapter_set(server.url()).expect("the URL is right");
    fill(&runtime);
    let elsewhere = connect_elsewhere(server.url());
    let here = runtime.block_on(connect(server.url()));
    for (what, template) in [("32 bytes", "user"), ("1 KiB", "profile")] {
        let keys = keys(template);
        for n_callers in [64, 512] {
            // Long enough for the system to find its way with three busy threads.
            let load = (n_callers, 256_000);
            let title = format!("redis, {what}, {n_callers} tasks");
            let larder = Contender::new("larder", || match template {
                "user" => crowd(&runtime, load.0, load.1, |id| user(id, name(id))),
                _ => crowd(&runtime, load.0, load.1, |id| profile(id, name(id))),
            });
            let then = if template == "user" { Then::Text } else { Then::Profile };
            let on_its_own = |title, then| bare(title, elsewhere.clone(), &keys, &runtime, load, then);
            let [larder, elsewhere, decoding, here] = measure(
                &title,
                load.1,
                [
                    larder,
                    on_its_own("the client, its connection on a thread of its own", Then::Nothing),
                    on_its_own("the same, its payloads decoded by rmp-serde", then),
                    bare("the client, all on one thread", here.clone(), &keys, &runtime, load, Then::Nothing),
                ],
            );
            judge("larder / client on a thread of its own", larder.ratio_to(&elsewhere), Target::AtLeast(0.85));
            judge("the same, which decodes too", larder.ratio_to(&decoding), Target::Told);
            judge("larder / client on the same thread", larder.ratio_to(&here), Target::Told);
        }
    }
}

/// As its documentation shows it; the key is rendered and the result looked up, computed and stored by hand.
struct Cached(RedisCache<String, String>);

impl Cached {
    fn user(&self, id: u64, name: &str) -> String {
        let key = format!("user:{id}:{name}");
        if let Some(value) = self.0.cache_get(&key).expect("the server answers") {
            return value;
        }
        let value = answer(id, name);
        self.0.cache_set(key, value.clone()).expect("the server answers");
        value
    }
}

pub fn blocking(server: &Redis) {
    larder::adapter_set(server.url()).expect("the URL is right");
    fill(&work::runtime());
    let cached = RedisCache::builder("bench").connection_string(&server.url()).ttl(Duration::from_secs(3600));
    let cached = Cached(cached.build().expect("the server answers"));
    for n_threads in [1, 8, 32] {
        let n_calls = if n_threads == 1 { 4_096 } else { 16_384 };
        let [larder, cached] = measure(
            &format!("redis, 32 bytes, {n_threads} threads"),
            n_calls,
            [
                Contender::new("larder", || threads(n_threads, n_calls, |id| user_sync(id, name(id)))),
                Contender::new("cached", || threads(n_threads, n_calls, |id| cached.user(id, name(id)))),
            ],
        );
        judge("larder / cached", larder.ratio_to(&cached), Target::AtLeast(1.0));
    }
}

/// What the server is sent for a miss and for a hit.
pub fn commands(server: &Redis) {
    let runtime = work::runtime();
    larder::adapter_set(server.url()).expect("the URL is right");
    // Epochs are read with the first call, and are known from then on.
    runtime.block_on(user(100_000, "nobody"));
    let mut monitor = BufReader::new(TcpStream::connect(("127.0.0.1", server.port())).expect("the server answers"));
    monitor.get_mut().set_read_timeout(Some(Duration::from_millis(100))).expect("it is a socket");
    monitor.get_mut().write_all(b"MONITOR\r\n").expect("the server listens");
    let mut line = String::new();
    monitor.read_line(&mut line).expect("the server answers");
    println!("\nwhat the server is sent, its scripts' own commands aside");
    for what in ["miss", "hit"] {
        runtime.block_on(user(100_001, "somebody"));
        let mut commands = Vec::new();
        loop {
            line.clear();
            if monitor.read_line(&mut line).is_err() {
                break;
            }
            // Epochs are read again now and then, behind the callers, and the clock.
            if !line.contains(" lua]") && !line.contains("!epoch!") && !line.contains("\"TIME\"") {
                commands.push(line.split('"').nth(1).unwrap_or_default().to_owned());
            }
        }
        println!("  {what}: {}", commands.join(", "));
    }
    let key = StoreKey::new("larder", "user:100001:somebody");
    let record = runtime.block_on(async { get(&connect(server.url()).await, key.as_str()).await });
    // A text of 32 bytes is 34 as msgpack.
    judge("bytes of a record beside its payload", record.len() as f64 - 34.0, Target::AtMost(96.0));
}

//! What the server sees, by its own word.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::slice;
use std::time::Duration;

use larder::adapter::{CacheAdapter, Claim, Condition, Counted, EpochName, Release, Token};

use crate::support::{LIVING, Store, entry, key, ms};

/// Listens to what the server is asked.
struct Monitor(BufReader<TcpStream>);

impl Monitor {
    fn of(store: &Store) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", store.server.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream.write_all(b"MONITOR\r\n").unwrap();
        let mut monitor = Self(BufReader::new(stream));
        assert_eq!(monitor.line(), "+OK");
        monitor
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The names of the commands that came from outside since the last time, up to `mark`.
    async fn commands(&mut self, store: &Store, mark: &str) -> Vec<String> {
        store.raw::<String>(&["ECHO", mark]).await;
        let mut names = Vec::new();
        loop {
            let line = self.line();
            if line.contains(mark) {
                return names;
            }
            if !line.contains(" lua]") {
                names.push(line.split('"').nth(1).unwrap().to_owned());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_verb_is_one_trip_and_a_hit_is_one_plain_get() {
    let Some(store) = Store::start() else { return };
    let (cache, key, other) = (&store.cache, key("a"), key("b"));
    let group = EpochName::namespace(0, "shop");
    cache.put(&key, &entry("1"), Condition::Always).await.unwrap();
    let mut monitor = Monitor::of(&store);
    macro_rules! sends {
        ($call:expr, $names:expr) => {
            $call.await.unwrap();
            let seen = monitor.commands(&store, "the mark").await;
            assert_eq!(seen, $names, "{}", stringify!($call));
        };
    }
    sends!(cache.get(&key), ["GET"]);
    sends!(cache.get(&other), ["GET"]);
    sends!(cache.get_many(&[key.clone(), other.clone()]), ["MGET"]);
    sends!(cache.get_many(&[]), [""; 0]);
    sends!(cache.head(&key), ["GETRANGE"]);
    sends!(cache.permit(&other, Claim::Shared, &LIVING, &[]), ["EVALSHA"]);
    sends!(cache.permit(&other, Claim::Shared, &LIVING, &[group.clone(), group.clone()]), ["EVALSHA"]);
    sends!(cache.release(&other, &Token::random(), Release::Keep), ["EVALSHA"]);
    sends!(cache.put(&key, &entry("1"), Condition::Always), ["EVALSHA"]);
    sends!(cache.put_many(&[(key.clone(), entry("1")), (other.clone(), entry("2"))]), ["EVALSHA"; 2]);
    sends!(cache.put_many(&[]), [""; 0]);
    sends!(cache.touch(&key, ms(5000), ms(0), &LIVING), ["EVALSHA"]);
    sends!(cache.increment(&key, 1, &entry("1"), &LIVING), ["EVALSHA"]);
    sends!(cache.remove(&[key.clone(), other.clone()]), ["EVALSHA"]);
    sends!(cache.epochs(slice::from_ref(&group)), ["EVALSHA"]);
    sends!(cache.renew(&group), ["SET"]);
    sends!(cache.flush(), ["FLUSHDB"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgot_the_scripts_is_told_them_within_the_call() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    let group = EpochName::namespace(0, "shop");
    macro_rules! forgotten {
        ($call:expr) => {{
            store.raw::<()>(&["SCRIPT", "FLUSH"]).await;
            $call.await.unwrap()
        }};
    }
    let permitted = forgotten!(cache.permit(&key, Claim::Shared, &LIVING, slice::from_ref(&group)));
    assert_eq!(permitted.epochs, cache.epochs(slice::from_ref(&group)).await.unwrap());
    let token = permitted.token.unwrap();
    assert!(forgotten!(cache.release(&key, &token.shared(), Release::Keep)));
    assert!(forgotten!(cache.put(&key, &entry("1"), Condition::IfPermit(&token))));
    forgotten!(cache.put_many(&[(key.clone(), entry("41")), (key.clone(), entry("42"))]));
    assert_eq!(forgotten!(cache.increment(&key, 1, &entry("1"), &LIVING)), Counted::Sum(43));
    assert!(forgotten!(cache.touch(&key, ms(5000), ms(0), &LIVING)).is_some());
    assert_eq!(forgotten!(cache.epochs(&[group])), permitted.epochs);
    assert!(matches!(forgotten!(cache.remove(&[key]))[..], [Some(_)]));
}

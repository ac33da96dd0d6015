//! SQLite: async callers beside what tokio-rusqlite does, a thread beside a prepared `SELECT`.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use crossbeam_channel::{Sender, unbounded};
use larder::adapter::StoreKey;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::turns::{Contender, Target, judge, measure};
use crate::work::{self, N_KEYS, crowd, fill, name, threads, user, user_sync};

const GET: &str = "SELECT deadline, record FROM entry WHERE key = ?1";

fn get(connection: &Connection, key: &str) -> Vec<u8> {
    let mut statement = connection.prepare_cached(GET).expect("the table is there");
    let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0).and_then(|_| row.get(1));
    statement.query_row([key], read).expect("the entry is there")
}

/// `tokio_rusqlite::Connection`, word for word: closures through a channel to a thread, answers through oneshots.
#[derive(Clone)]
struct TokioRusqlite(Sender<Box<dyn FnOnce(&mut Connection) + Send>>);

impl TokioRusqlite {
    fn open(path: &Path) -> Self {
        let mut connection = Connection::open(path).expect("the file is there");
        let (sender, receiver) = unbounded::<Box<dyn FnOnce(&mut Connection) + Send>>();
        thread::spawn(move || receiver.into_iter().for_each(|function| function(&mut connection)));
        Self(sender)
    }

    async fn call<R: Send + 'static>(&self, function: impl FnOnce(&mut Connection) -> R + Send + 'static) -> R {
        let (sender, receiver) = oneshot::channel();
        let function = move |connection: &mut Connection| drop(sender.send(function(connection)));
        self.0.send(Box::new(function)).expect("the thread runs");
        receiver.await.expect("the thread answers")
    }
}

fn keys(template: &str) -> Arc<Vec<String>> {
    let key = |id| StoreKey::new("larder", format!("{template}:{id}:{}", name(id))).as_str().to_owned();
    Arc::new((0..N_KEYS).map(key).collect())
}

pub fn all() {
    let runtime = work::runtime();
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("cache.sqlite");
    larder::adapter_set(format!("sqlite:{}", path.display())).expect("the path is right");
    fill(&runtime);

    let peer = TokioRusqlite::open(&path);
    let shared = keys("user");
    let n_calls = 51_200;
    let [larder, peer] = measure(
        "sqlite, 32 bytes, 64 tasks",
        n_calls,
        [
            Contender::new("larder", || crowd(&runtime, 64, n_calls, |id| user(id, name(id)))),
            Contender::new("as tokio-rusqlite", || {
                let (peer, keys) = (peer.clone(), Arc::clone(&shared));
                crowd(&runtime, 64, n_calls, move |id| {
                    let (peer, keys) = (peer.clone(), Arc::clone(&keys));
                    async move { peer.call(move |connection| get(connection, &keys[id as usize])).await }
                });
            }),
        ],
    );
    judge("larder / as tokio-rusqlite", larder.ratio_to(&peer), Target::AtLeast(2.0));

    let connection = Connection::open(&path).expect("the file is there");
    let keys = keys("user_sync");
    let (ask, asked) = sync_channel::<u64>(1);
    let (answer, answered) = sync_channel(1);
    let echo = thread::spawn(move || asked.into_iter().try_for_each(|id| answer.send(id)));
    let n_calls = 8_192;
    let each = |call: &dyn Fn(u64)| (0..n_calls).for_each(|number| call(work::id(number)));
    let [larder, select, together, hand_over] = measure(
        "sqlite, 32 bytes, 1 thread",
        n_calls,
        [
            Contender::new("larder", || threads(1, n_calls, |id| user_sync(id, name(id)))),
            Contender::new("a prepared SELECT on this thread", || {
                each(&|id| drop(get(&connection, &keys[id as usize])))
            }),
            Contender::new("the same, all in one transaction", || {
                connection.execute_batch("BEGIN").expect("nobody writes");
                each(&|id| drop(get(&connection, &keys[id as usize])));
                connection.execute_batch("COMMIT").expect("it has begun");
            }),
            Contender::new("a hand-over to another thread and back", || {
                each(&|id| {
                    ask.send(id).expect("the thread runs");
                    answered.recv().expect("the thread answers");
                });
            }),
        ],
    );
    let both = select.ns() + hand_over.ns();
    judge("larder / (SELECT + hand-over)", larder.ns() / both, Target::AtMost(1.0));
    judge("larder beyond SELECT and hand-over, ns", larder.excess_over(&[&select, &hand_over]), Target::Told);
    judge("SELECT / SELECT in one transaction", together.ratio_to(&select), Target::Told);
    drop(ask);
    let _ = echo.join();
}

//! Lists of servers that shrink, grow, and are in use beside each other: what was cleared does not come back.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use larder::adapter::{CacheAdapter, EpochName};
use larder::{BlockingCache, IntoCache, MemcachedCache};
use larder_servers::{Memcached, or_skip};

use crate::support::{key, remove, stat};

const N_KEYS: usize = 60;

fn servers(n_servers: usize) -> Option<Vec<Memcached>> {
    (0..n_servers).map(|_| or_skip(Memcached::start())).collect()
}

/// A process with a list of these servers.
fn process<'a>(servers: impl IntoIterator<Item = &'a Memcached>) -> BlockingCache {
    listed(servers.into_iter().map(|server| format!("127.0.0.1:{}", server.port())))
}

fn listed(names: impl IntoIterator<Item = String>) -> BlockingCache {
    let names: Vec<_> = names.into_iter().collect();
    format!("memcache://{}?namespace=shop", names.join(",")).into_cache().unwrap().blocking()
}

fn fill(cache: &BlockingCache, value: i32) {
    (0..N_KEYS).for_each(|at| cache.set(format!("{at}"), value, 600).unwrap());
}

/// Which of the keys have a value.
fn found(cache: &BlockingCache) -> Vec<usize> {
    (0..N_KEYS).filter(|at| cache.get::<i32>(format!("{at}")).unwrap().is_some()).collect()
}

fn clear(cache: &BlockingCache) {
    (0..N_KEYS).for_each(|at| assert!(cache.delete(format!("{at}")).is_ok()));
}

#[test]
fn a_list_that_shrinks_and_grows_again_brings_nothing_back() {
    let Some(servers) = servers(3) else { return };
    fill(&process(&servers), 1);
    let fewer = process(&servers[..2]);
    fill(&fewer, 2);
    clear(&fewer);
    assert_eq!(found(&process(&servers)), [0; 0], "the server that came back gave what was cleared");
    // The keys that it has now were elsewhere meanwhile.
    fill(&process(&servers), 3);
    clear(&process(&servers));
    assert_eq!(found(&process(&servers[..2])), [0; 0], "those that stayed gave what was cleared");
}

/// Each of them finds that no list was in use so far, and says that its own is.
#[test]
fn processes_that_begin_at_once_lose_nothing() {
    const N_PROCESSES: usize = 8;
    let Some(servers) = servers(2) else { return };
    let names = servers.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect::<Vec<_>>().join(",");
    for list in [names.as_str(), names.split_once(',').unwrap().0] {
        for round in 0..20 {
            let url = format!("memcache://{list}?namespace={}{round}", list.len());
            let (begin, end) = (Barrier::new(N_PROCESSES), Barrier::new(N_PROCESSES));
            std::thread::scope(|scope| {
                for process in 0..N_PROCESSES {
                    let (url, begin, end) = (&url, &begin, &end);
                    scope.spawn(move || {
                        let cache = url.into_cache().unwrap().blocking();
                        begin.wait();
                        for number in 0..5 {
                            cache.set(format!("{process}:{number}"), process, 600).unwrap();
                        }
                        end.wait();
                        let kept = (0..5).filter(|number| cache.exists(format!("{process}:{number}")).unwrap()).count();
                        assert_eq!(kept, 5, "round {round} of {url}");
                    });
                }
            });
        }
    }
}

#[test]
fn a_process_that_only_clears_leaves_its_list_too() {
    let Some(servers) = servers(2) else { return };
    fill(&process(&servers), 1);
    clear(&process(&servers[..1]));
    assert_eq!(found(&process(&servers)), [0; 0]);
    fill(&process(&servers), 1);
    process(&servers[..1]).clear().unwrap();
    assert_eq!(found(&process(&servers)), [0; 0]);
}

#[test]
fn a_server_that_is_exchanged_for_another_and_back_brings_nothing_back() {
    let Some(servers) = servers(3) else { return };
    fill(&process(&servers[..2]), 1);
    let exchanged = process([&servers[0], &servers[2]]);
    fill(&exchanged, 2);
    clear(&exchanged);
    assert_eq!(found(&process(&servers[..2])), [0; 0]);
}

#[test]
fn one_server_alone_is_a_list_too() {
    let Some(servers) = servers(2) else { return };
    let alone = || process(&servers[..1]);
    fill(&alone(), 1);
    fill(&process(&servers), 2);
    clear(&process(&servers));
    assert_eq!(found(&alone()), [0; 0]);
    fill(&process(&servers), 3);
    let one = alone();
    clear(&one);
    assert_eq!(found(&process(&servers)), [0; 0]);
}

#[test]
fn the_same_list_keeps_its_entries_in_any_order_and_spelling() {
    let Some(mut servers) = servers(3) else { return };
    let port = |at: usize| servers[at].port();
    let names = [0, 1, 2].map(|at| format!("127.0.0.1:{}", port(at)));
    fill(&listed(names.clone()), 1);
    let [a, b, c] = names;
    let spelled = [c, b.replace("127.0.0.1", "LOCALHOST"), a.replace("127.0.0.1", "localhost")];
    assert_eq!(found(&listed(spelled)).len(), N_KEYS);
    // One that is empty takes only its own.
    let lost = N_KEYS - {
        servers[1].kill();
        servers[1].restart().unwrap();
        found(&process(&servers)).len()
    };
    assert!((1..N_KEYS / 2).contains(&lost), "{lost}");
}

#[test]
fn a_server_that_was_away_while_the_list_came_back_gives_nothing_older() {
    let Some(servers) = servers(3) else { return };
    fill(&process(&servers), 1);
    let fewer = process(&servers[..2]);
    fill(&fewer, 2);
    clear(&fewer);
    servers[2].freeze().unwrap();
    let again = process(&servers);
    let answers = (0..N_KEYS).filter_map(|at| again.get::<i32>(format!("{at}")).ok()).flatten().count();
    assert_eq!(answers, 0);
    servers[2].thaw().unwrap();
    let start = Instant::now();
    loop {
        let answers: Vec<_> = (0..N_KEYS).map(|at| again.get::<i32>(format!("{at}"))).collect();
        assert!(answers.iter().flatten().all(Option::is_none), "it came back with what was cleared");
        if answers.iter().all(Result::is_ok) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "it is not used again");
    }
}

/// What a process may read of what another, with another list, has cleared; and how often both lose what they have.
#[test]
fn two_lists_beside_each_other_hear_of_clears_late_and_do_not_replace_each_other_for_ever() {
    let Some(servers) = servers(2) else { return };
    let (both, one) = (process(&servers), process(&servers[..1]));
    fill(&both, 1);
    fill(&one, 2);
    clear(&one);
    let start = Instant::now();
    while !found(&both).is_empty() {
        assert!(start.elapsed() < Duration::from_secs(30), "a running process never sees that another list was in use");
    }
    // Some 40 looks each: each could replace the other's epochs.
    let adapter = MemcachedCache::builder().server(format!("127.0.0.1:{}", servers[0].port())).build().unwrap();
    let name = format!("mg {} v", EpochName::namespace(0, "shop").as_str());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut epochs, before) = (BTreeSet::new(), stat(&servers[0], "cmd_get"));
    while stat(&servers[0], "cmd_get") < before + 2_000 || start.elapsed() < Duration::from_secs(4) {
        fill(&both, 1);
        fill(&one, 1);
        epochs.insert(runtime.block_on(adapter.client().send(&name)).unwrap().as_bytes().to_vec());
    }
    let most = 8 + start.elapsed().as_secs();
    assert!((1..=most).contains(&(epochs.len() as u64)), "{} epochs in {:?}", epochs.len(), start.elapsed());
}

/// All of it is said beside the reading of epochs: a hit and a miss ask what they always have.
#[tokio::test]
async fn hits_and_fills_ask_for_no_list() {
    let Some(servers) = servers(2) else { return };
    let mut builder = MemcachedCache::builder();
    for server in &servers {
        builder = builder.url(&server.url()).unwrap();
    }
    let fleet = builder.build_fleet(|server| server).unwrap();
    let names = [EpochName::namespace(0, "shop"), EpochName::namespace(1, "shop")];
    fleet.epochs(&names).await.unwrap();
    let gets = || servers.iter().map(|server| stat(server, "cmd_get")).sum::<u64>();
    let before = gets();
    for at in 0..50 {
        fleet.get(&key(&at.to_string())).await.unwrap();
    }
    assert_eq!(gets() - before, 50);
    let before = gets();
    remove(&fleet, &(0..50).map(|at| key(&at.to_string())).collect::<Vec<_>>()).await;
    assert_eq!(gets() - before, 50);
}

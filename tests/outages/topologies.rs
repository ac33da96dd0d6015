//! What happens to clusters and to masters under sentinels: killed, frozen, failed over by hand, slots moved.

use std::time::{Duration, Instant};

use larder_servers::{RedisCluster, RedisSentinel, or_skip};

use crate::crowd::{Crowd, Load, MANY};
use crate::figures::Figures;
use crate::{cache, is_full, turn};

/// After so long a silence a replica takes over.
const NODE_TIMEOUT: Duration = Duration::from_secs(2);

/// Of the master to which it happens.
const SLOT: u16 = 0;

/// What is moved.
fn moved() -> std::ops::Range<u16> {
    0..if is_full() { 2_000 } else { 200 }
}

fn n_rounds() -> usize {
    if is_full() { 10 } else { 1 }
}

/// Of rounds from 1 on: many, then few and more, who read or clear for the most part.
fn load(round: usize) -> Load {
    let of = |n_tasks, n_clearing| Load { n_tasks, n_threads: 4, n_clearing };
    [MANY, of(4, 1), of(4, 4), of(100, 1), of(100, 50)][(round - 1) % 5]
}

#[test]
fn nobody_notices_what_happens_to_a_cluster() {
    let _turn = turn();
    let Some(mut cluster) = or_skip(RedisCluster::with_timeout(3, 1, NODE_TIMEOUT)) else { return };
    // Otherwise a master that dies may take an acknowledged clear with it.
    let store = cache(&format!("{}?wait_replicas=1", cluster.url()));
    for round in 1..=n_rounds() {
        for event in ["failed over by hand", "slots moved", "frozen", "killed"] {
            let crowd = Crowd::gather(store.clone(), load(round));
            crowd.wait_for_hits();
            let up = crowd.up(Duration::from_millis(300));
            let (master, start) = (cluster.master_of(SLOT).unwrap(), Instant::now());
            let amid = crowd.during(|| match event {
                "failed over by hand" => cluster.fail_over(SLOT).unwrap(),
                "slots moved" => move_away(&cluster, master),
                "frozen" => {
                    cluster.freeze(master).unwrap();
                    cluster.wait_for_another(master, SLOT).unwrap();
                }
                _ => {
                    cluster.kill(master);
                    cluster.wait_for_another(master, SLOT).unwrap();
                }
            });
            let over = Instant::now();
            crowd.wait_for_all_hits();
            tell("cluster", event, load(round), &[up, amid], over - start, over.elapsed());
            match event {
                "frozen" => cluster.thaw(master).unwrap(),
                "killed" if round < n_rounds() => cluster.rejoin(master, SLOT).unwrap(),
                _ => {}
            }
            cluster.wait_until_whole().unwrap();
            crowd.disperse();
        }
    }
}

/// Replicas cannot choose one another while no master is left to agree, so an operator has them take over.
#[test]
fn hits_come_back_where_all_masters_are_lost_at_once() {
    let _turn = turn();
    let Some(mut cluster) = or_skip(RedisCluster::with_timeout(3, 1, NODE_TIMEOUT)) else { return };
    let store = cache(&cluster.url());
    // At once, while connections are given up, and long after that.
    for (round, pause) in (1..).zip([100, 1_500, 4_000].map(Duration::from_millis)) {
        let crowd = Crowd::gather(store.clone(), load(round));
        crowd.wait_for_hits();
        let up = crowd.up(Duration::from_millis(300));
        let masters = [0, 8_000, 16_383].map(|slot| cluster.master_of(slot).unwrap());
        let start = Instant::now();
        let amid = crowd.during(|| {
            masters.iter().for_each(|&master| cluster.freeze(master).unwrap());
            std::thread::sleep(pause);
            for at in (0..6).filter(|at| !masters.contains(at)) {
                cluster.ask(at, &["CLUSTER", "FAILOVER", "TAKEOVER"]).unwrap();
            }
            let is_taken = |slot| cluster.master_of(slot).is_ok_and(|master| !masters.contains(&master));
            while ![0, 8_000, 16_383].into_iter().all(is_taken) {}
        });
        let over = Instant::now();
        crowd.wait_for_all_hits();
        let back = over.elapsed();
        tell("cluster", "all masters frozen", load(round), &[up, amid], over - start, back);
        assert!(!is_full() || back < Duration::from_secs(2), "hits came back {back:?} after others had taken over");
        masters.iter().for_each(|&master| cluster.thaw(master).unwrap());
        cluster.wait_until_whole().unwrap();
        crowd.disperse();
    }
}

/// To whoever has not got them.
fn move_away(cluster: &RedisCluster, from: usize) {
    let to = [16_383, 8_000].into_iter().map(|slot| cluster.master_of(slot).unwrap()).find(|&at| at != from);
    cluster.move_slots(moved(), to.unwrap()).unwrap();
}

#[test]
fn nobody_notices_that_sentinels_choose_another_master() {
    let _turn = turn();
    let Some(mut servers) = or_skip(RedisSentinel::start(NODE_TIMEOUT)) else { return };
    let store = cache(&format!("{}?wait_replicas=2", servers.url()));
    let events: &[_] = if is_full() { &["failed over by hand", "frozen", "killed"] } else { &["frozen", "killed"] };
    for round in 1..=n_rounds() {
        for &event in events {
            let crowd = Crowd::gather(store.clone(), load(round));
            crowd.wait_for_hits();
            let up = crowd.up(Duration::from_millis(300));
            let (master, start) = (servers.master().unwrap(), Instant::now());
            let amid = crowd.during(|| {
                match event {
                    "failed over by hand" => return servers.fail_over().unwrap(),
                    "frozen" => servers.node(master).freeze().unwrap(),
                    _ => servers.node(master).kill(),
                }
                servers.wait_for_another(master).unwrap();
            });
            let over = Instant::now();
            crowd.wait_for_all_hits();
            tell("sentinels", event, load(round), &[up, amid], over - start, over.elapsed());
            match event {
                "frozen" => servers.node(master).thaw().unwrap(),
                "killed" if round < n_rounds() => servers.node(master).restart().unwrap(),
                _ => {}
            }
            servers.wait_until_whole().unwrap();
            crowd.disperse();
        }
    }
}

/// In a soak, which has the machine for itself, hits are back within the node timeout and three seconds.
fn tell(store: &str, event: &str, load: Load, [up, amid]: &[Figures; 2], took: Duration, back: Duration) {
    let Load { n_tasks, n_clearing, .. } = load;
    let (took, back) = (took.as_millis(), back.as_millis());
    println!(
        "{store}, {event}, {n_tasks} tasks, {n_clearing} clearing: up {up}; amid {amid}; over after {took} ms, hits back {back} ms later"
    );
    assert!(!is_full() || back < 3_000, "hits came back {back} ms after another had taken over");
}

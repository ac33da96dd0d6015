//! What happens to clusters and to masters under sentinels: killed, frozen, failed over by hand, slots moved.

use std::time::{Duration, Instant};

use larder_servers::{RedisCluster, or_skip};

use crate::crowd::Crowd;
use crate::{cache, is_full, turn};

/// After so long a silence a replica takes over.
const NODE_TIMEOUT: Duration = Duration::from_secs(2);

/// The slot of the key that crowds wait for, and a run of slots to be moved.
const SLOT: u16 = 0;
const MOVED: std::ops::Range<u16> = 0..1_400;

fn n_rounds() -> usize {
    if is_full() { 10 } else { 1 }
}

#[test]
fn nobody_notices_what_happens_to_a_cluster() {
    let _turn = turn();
    let Some(mut cluster) = or_skip(RedisCluster::with_timeout(3, 1, NODE_TIMEOUT)) else { return };
    // Otherwise a master that dies may take an acknowledged clear with it.
    let store = cache(&format!("{}?wait_replicas=1", cluster.url()));
    for _ in 0..n_rounds() {
        for event in ["failed over by hand", "slots moved", "frozen", "killed"] {
            let crowd = Crowd::gather(store.clone());
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
            println!(
                "cluster, {event}: up {up}; amid {amid}; over after {} ms, hits back {} ms later",
                (over - start).as_millis(),
                over.elapsed().as_millis()
            );
            match event {
                "frozen" => cluster.thaw(master).unwrap(),
                "killed" => cluster.rejoin(master, SLOT).unwrap(),
                _ => {}
            }
            cluster.wait_until_whole().unwrap();
            crowd.disperse();
        }
    }
}

/// To whoever has not got them.
fn move_away(cluster: &RedisCluster, from: usize) {
    let to = [16_383, 8_000].into_iter().map(|slot| cluster.master_of(slot).unwrap()).find(|&at| at != from);
    cluster.move_slots(MOVED, to.unwrap()).unwrap();
}

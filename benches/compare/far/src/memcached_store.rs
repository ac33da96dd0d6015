//! Memcached: async callers beside `memcache::exp`.

use std::sync::Arc;

use larder::adapter::StoreKey;
use larder_servers::Memcached;
use memcache::exp::AsyncMemcache;

use crate::turns::{Contender, Target, judge, measure};
use crate::work::{self, N_KEYS, crowd, fill, name, user};

pub fn tasks(server: &Memcached) {
    let runtime = work::runtime();
    larder::adapter_set(server.url()).expect("the URL is right");
    fill(&runtime);
    let address = format!("127.0.0.1:{}", server.port());
    let client = runtime.block_on(AsyncMemcache::connect([address])).expect("the server answers");
    let key = |id| StoreKey::new("larder", format!("user:{id}:{}", name(id))).as_str().to_owned();
    let keys: Arc<Vec<String>> = Arc::new((0..N_KEYS).map(key).collect());
    for n_callers in [64, 512] {
        let n_calls = 25_600;
        let client = &client;
        let keys = &keys;
        let peer = || {
            let (client, keys) = (client.clone(), Arc::clone(keys));
            crowd(&runtime, n_callers, n_calls, move |id| {
                let (client, keys) = (client.clone(), Arc::clone(&keys));
                async move {
                    let bytes: Option<Vec<u8>> = client.get(&keys[id as usize]).await.expect("the server answers");
                    bytes.expect("the entry is there")
                }
            });
        };
        let [larder, peer] = measure(
            &format!("memcached, 32 bytes, {n_callers} tasks"),
            n_calls,
            [
                Contender::new("larder", || crowd(&runtime, n_callers, n_calls, |id| user(id, name(id)))),
                Contender::new("memcache::exp", peer),
            ],
        );
        judge("larder / memcache::exp", larder.ratio_to(&peer), Target::AtLeast(0.9));
    }
}

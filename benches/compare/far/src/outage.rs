//! A server that is gone: what a call costs beyond its computation while the breaker is open. No key is asked for twice, as
//! a result is kept near for a second then.

use std::cell::Cell;
use std::hint::black_box;

use larder_benches::answer;
use larder_servers::Redis;

use crate::turns::{Contender, Target, judge, measure};
use crate::work::{self, user, user_sync};

pub fn all(mut server: Redis) {
    let runtime = work::runtime();
    larder::adapter_set(server.url()).expect("the URL is right");
    server.kill();
    // The breaker opens.
    (0..50).for_each(|id| drop(user_sync(1_000_000 + id, "nobody")));
    let n_calls = 20_000;
    let next = Cell::new(2_000_000);
    let each = |call: &dyn Fn(u64)| {
        let first = next.replace(next.get() + n_calls);
        (first..first + n_calls).for_each(call);
    };
    let [computation, blocking, task] = measure(
        "the server is gone, 32 bytes, no key twice",
        n_calls,
        [
            Contender::new("the computation", || each(&|id| drop(black_box(answer(id, "nobody"))))),
            Contender::new("larder", || each(&|id| drop(user_sync(id, "nobody")))),
            Contender::new("larder, async", || each(&|id| drop(runtime.block_on(user(id, "nobody"))))),
        ],
    );
    judge("a call beyond its computation, ns", blocking.excess_over(&[&computation]), Target::AtMost(2000.0));
    judge("the same, async", task.excess_over(&[&computation]), Target::AtMost(2000.0));
}

//! What does a miss add to the computation? Every call has a key of its own, so the cache is full and evicts.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use larder_benches::{Contender, Load, Question, Target, answer, measure, ours, print_targets, print_times};

/// A contender whose calls never ask twice for one key.
fn fresh(name: &'static str, function: impl Fn(u64, &str) -> String + Sync + 'static) -> Contender {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    Contender::new(name, move |questions| {
        let first = NEXT.fetch_add(questions.len() as u64, Ordering::Relaxed);
        for (id, Question { name, .. }) in (first..).zip(questions) {
            black_box(function(id, name));
        }
    })
}

fn main() {
    let contenders = [fresh("the computation alone", answer), fresh("larder", ours::user)];
    let columns = [Load::OneThread, Load::TwoThreads].map(|load| (load, measure(load, &contenders)));
    print_times("miss", &columns);

    let targets = columns.iter().map(|(load, [alone, cached])| Target {
        name: format!("a miss adds, ns, {}", load.title()),
        figure: cached.excess_over(alone),
        at_most: 1000.0,
    });
    print_targets(&targets.collect::<Vec<_>>());
}

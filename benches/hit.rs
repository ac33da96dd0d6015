//! What does a hit cost? An annotated function, sync and async, beside the least that any cache with such keys must do;
//! and of it, the counter.

#[path = "../runtime/src/site/stripe.rs"]
#[allow(dead_code, reason = "a count is all that is measured")]
mod stripe;

use std::hint::black_box;

use larder_benches::{Contender, Load, Target, measure, ours, print_targets, print_times};
use stripe::Striped;

static COUNTER: Striped = Striped::new();

fn main() {
    let contenders = [
        Contender::of("floor: render the key, hash it, clone", ours::floor),
        Contender::of("larder", ours::user),
        Contender::of_async("larder, async", ours::user_async),
        Contender::new("nothing", |questions| {
            for question in questions {
                black_box(question);
            }
        }),
        Contender::new("the counter", |questions| {
            for question in questions {
                black_box(question);
                COUNTER.raise();
            }
        }),
    ];
    let columns = Load::ALL.map(|load| (load, measure(load, &contenders)));
    print_times("hit", &columns);
    assert_ne!(COUNTER.sum(), 0, "nothing was counted");

    let targets = columns.iter().flat_map(|(load, [_, sync, asynchronous, nothing, counter])| {
        let target =
            |name: &str, figure, at_most| Target { name: format!("{name}, {}", load.title()), figure, at_most };
        [
            target("async / sync", asynchronous.ratio_to(sync), 1.3),
            target("a count, ns", counter.excess_over(nothing), 3.0),
        ]
    });
    print_targets(&targets.collect::<Vec<_>>());
}

//! larder beside its peers, all in one process, turn by turn.
//!
//! ```text
//! compare                    times, ratios and targets
//! compare NAME REPETITIONS   one contender answers 1,024 questions so many times, for an instruction counter
//! ```

mod peers;

use std::env;

use larder_benches::{Contender, Load, Target, measure, ours, print_targets, print_times};

fn main() -> Result<(), String> {
    let contenders = [
        Contender::of("floor", ours::floor),
        Contender::of("larder", ours::user),
        Contender::of("quick_cache", peers::quick_cache),
        Contender::of("concurrent_cached", peers::concurrent_cached),
        Contender::of("a table behind locks", ours::table),
        Contender::of("concurrent_cached, string key", peers::concurrent_cached_text),
        Contender::of("cached", peers::cached),
        Contender::of("cached, no bound, no timeout", peers::cached_plain),
        Contender::of("memoize", peers::memoize),
        Contender::of("moka", peers::moka),
        Contender::of_async("larder, async", ours::user_async),
        Contender::of_async("concurrent_cached, async", peers::concurrent_cached_async),
        Contender::of_async("hitbox, async", peers::hitbox),
    ];
    if let Some(name) = env::args().nth(1) {
        let contender = contenders.iter().find(|contender| contender.name == name);
        let repetitions = env::args().nth(2).and_then(|text| text.parse().ok());
        return repeat(
            contender.ok_or_else(|| format!("there is no contender {name}"))?,
            repetitions.ok_or("how many repetitions?")?,
        );
    }

    let columns = Load::ALL.map(|load| (load, measure(load, &contenders)));
    print_times("hit", &columns);

    let limits = [(0.65, 1.0), (0.65, 1.0), (0.8, 1.6)];
    let targets = columns.iter().zip(limits).flat_map(|((load, rows), (of_cached, of_quick_cache))| {
        let [_, larder, quick_cache, concurrent_cached, ..] = rows;
        let target = |name: &str, peer, at_most| Target {
            name: format!("larder / {name}, {}", load.title()),
            figure: larder.ratio_to(peer),
            at_most,
        };
        [target("concurrent_cached", concurrent_cached, of_cached), target("quick_cache", quick_cache, of_quick_cache)]
    });
    print_targets(&targets.collect::<Vec<_>>());
    Ok(())
}

fn repeat(contender: &Contender, repetitions: u32) -> Result<(), String> {
    let questions = Load::OneThread.questions(1024);
    for _ in 0..repetitions {
        contender.answer_all(&questions);
    }
    Ok(())
}

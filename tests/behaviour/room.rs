//! The memory adapter gives the room of cleared and expired entries to new ones, before that of an entry that can be served.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use larder::testing::ManualClock;
use larder::{MemoryCache, MemoryCacheBuilder, Timeout, cached, scoped};

use crate::support::secs;

const BOUND: u64 = 1_000;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

static N_COMPUTED: AtomicU64 = AtomicU64::new(0);
/// Counting is for one test at a time.
static COUNTING: Mutex<()> = Mutex::new(());

fn compute(id: u64) -> u64 {
    N_COMPUTED.fetch_add(1, Ordering::Relaxed);
    id
}

#[cached(key = "brief:{id}", timeout = "200ms")]
fn brief(id: u64) -> u64 {
    compute(id)
}

#[cached(key = "once:{id}", timeout = "50ms")]
fn once(id: u64) -> u64 {
    compute(id)
}

#[cached(key = "tagged:{id}", timeout = 600)]
fn tagged(id: u64) -> u64 {
    compute(id)
}

/// A number below `end` that looks random, and is the same in each run.
fn random(numbers: &mut u64, end: u64) -> u64 {
    *numbers = numbers.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*numbers >> 33) % end
}

/// Each millisecond brings a new key, and asks for three of the last 200 ms: 200 are live at any time, of 8,160 in all.
fn keys_that_come_and_go(clock: &ManualClock) {
    let mut numbers = 1;
    for newest in 0..8_160 {
        brief(newest);
        (0..3).for_each(|_| _ = brief(newest - random(&mut numbers, (newest + 1).min(200))));
        clock.advance(millis(1));
    }
}

/// 200 keys are asked for twice in each 200 ms, among keys that are asked for once.
fn a_hot_set_among_keys_of_once(clock: &ManualClock) {
    for step in 0..4_000 {
        (0..2).for_each(|n| _ = brief((step * 2 + n) % 200));
        (0..5).for_each(|n| _ = once(step * 5 + n));
        clock.advance(millis(1));
    }
}

/// A function whose entries are cleared every 100 ms, beside one whose entries live.
fn a_function_that_is_cleared_often(clock: &ManualClock) {
    for step in 0..4_000 {
        tagged(step);
        (0..3).for_each(|n| _ = brief(step / 200 * 200 + (step + n * 50) % 200));
        clock.advance(millis(1));
        if step % 100 == 99 {
            tagged::clear_all().unwrap();
        }
    }
}

type Workload = fn(&ManualClock);

fn n_computed(builder: MemoryCacheBuilder, workload: Workload) -> u64 {
    let clock = ManualClock::new();
    let cache = builder.clock(clock.clock()).build().unwrap();
    let before = N_COMPUTED.load(Ordering::Relaxed);
    scoped(&cache, || workload(&clock));
    N_COMPUTED.load(Ordering::Relaxed) - before
}

fn bounded() -> MemoryCacheBuilder {
    MemoryCache::builder().max_entries(BOUND)
}

#[test]
fn expired_and_cleared_entries_leave_live_ones_their_room() {
    let _counting = COUNTING.lock().unwrap();
    // What each entry here weighs: 128 bytes, its key, its value.
    let weighed = || MemoryCache::builder().max_weight(BOUND * 147);
    let workloads: [(&str, Workload); 3] = [
        ("keys that come and go", keys_that_come_and_go),
        ("a hot set among keys of once", a_hot_set_among_keys_of_once),
        ("a function that is cleared often", a_function_that_is_cleared_often),
    ];
    let mut failures = Vec::new();
    for (workload_name, workload) in workloads {
        let needed = n_computed(MemoryCache::builder().max_entries(1_000_000), workload);
        let builders = [
            ("the default grace", bounded()),
            ("no grace", bounded().grace(0)),
            ("a grace without end", bounded().grace(Timeout::NEVER)),
            ("weights", weighed()),
        ];
        for (name, builder) in builders {
            let n_computed = n_computed(builder, workload);
            println!("{workload_name}, {name}: {n_computed} of {needed}");
            if n_computed > needed + needed / 20 {
                failures.push(format!("{workload_name}, {name}: {n_computed} computations where {needed} are needed"));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[cached(key = "one:{id}", timeout = 600)]
fn one(id: u64) -> u64 {
    id
}

#[cached(key = "other:{id}", timeout = 600)]
fn other(id: u64) -> u64 {
    id
}

fn fill(ids: Range<u64>) {
    for id in ids {
        one(id);
    }
}

fn n_live(ids: Range<u64>) -> usize {
    ids.filter(|&id| one::get(id).unwrap().is_some()).count()
}

fn n_revived(ids: Range<u64>) -> usize {
    ids.filter(|&id| one::update_timeout(id, 600).unwrap()).count()
}

/// A cache whose time stands still, and whose entries can be revived for a minute.
fn with_a_cache_of<T>(bound: u64, test: impl FnOnce(&MemoryCache, &ManualClock) -> T) -> T {
    let clock = ManualClock::new();
    let cache = MemoryCache::builder().max_entries(bound).clock(clock.clock()).build().unwrap();
    scoped(&cache, || test(&cache, &clock))
}

/// Small enough for one shard, whichever keys there are: so it holds 50 to the last.
fn with_a_small_cache(test: impl FnOnce(&MemoryCache, &ManualClock)) {
    with_a_cache_of(50, test);
}

const CLEARS: [fn(&MemoryCache); 3] = [
    |cache| larder::Cache::from(cache).clear().unwrap(),
    |_| one::clear_all().unwrap(),
    |_| larder::cache().flush_store().unwrap(),
];

#[test]
fn after_a_clear_new_entries_have_all_the_room() {
    for clear in CLEARS {
        with_a_small_cache(|cache, _| {
            for start in [0, 100, 200] {
                fill(start..start + 50);
                clear(cache);
                fill(start + 50..start + 100);
                assert_eq!(n_live(start + 50..start + 100), 50);
            }
        });
        // Of 1,000 some find their shard full before the last has come, more or less of them by the seed of the cache's hashes.
        let n_live_of_each = [(); 9].map(|()| {
            with_a_cache_of(BOUND, |cache, _| {
                fill(0..1_000);
                clear(cache);
                fill(1_000..2_000);
                n_live(1_000..2_000)
            })
        });
        assert!(n_live_of_each.iter().filter(|&&n_live| n_live >= 900).count() > 4, "{n_live_of_each:?} of 1000");
    }
}

#[test]
fn a_clear_of_one_function_costs_another_nothing() {
    with_a_small_cache(|_, _| {
        fill(0..20);
        (0..25).for_each(|id| _ = other(id));
        other::clear_all().unwrap();
        fill(20..45);
        assert_eq!(n_live(0..45), 45);
    });
}

#[test]
fn cleared_entries_go_before_those_in_their_grace() {
    with_a_small_cache(|_, clock| {
        // The older, which stand in front.
        fill(0..20);
        clock.advance(secs(600));
        (0..20).for_each(|id| _ = other(id));
        other::clear_all().unwrap();
        fill(100..120);
        assert_eq!((n_live(100..120), n_revived(0..20)), (20, 20));
    });
}

#[test]
fn entries_past_their_grace_go_before_those_in_it() {
    #[cached(key = "gone:{id}", timeout = 600, grace = 0)]
    fn gone(id: u64) -> u64 {
        id
    }

    with_a_small_cache(|_, clock| {
        fill(0..20);
        (0..20).for_each(|id| _ = gone(id));
        clock.advance(secs(600));
        fill(100..120);
        assert_eq!((n_live(100..120), n_revived(0..20)), (20, 20));
    });
}

#[test]
fn entries_in_their_grace_go_before_live_ones_and_the_oldest_first() {
    with_a_small_cache(|_, clock| {
        fill(0..15);
        clock.advance(secs(20));
        fill(15..25);
        clock.advance(secs(590));
        // From here on 15 are in their grace; 10 more ten seconds later.
        fill(100..115);
        clock.advance(secs(10));
        fill(115..130);
        assert_eq!((n_live(100..130), n_revived(15..25)), (30, 10), "all that live, and those that expired last");
    });
}

#[test]
fn a_grace_lasts_while_there_is_room() {
    with_a_small_cache(|_, clock| {
        fill(0..20);
        clock.advance(secs(600));
        fill(100..125);
        assert_eq!(n_revived(0..20), 20);
    });
}

#[test]
fn entries_whose_timeout_was_cut_short_leave_their_room() {
    with_a_small_cache(|_, clock| {
        fill(0..50);
        assert!((0..50).all(|id| one::update_timeout(id, 1).unwrap()));
        clock.advance(secs(1));
        fill(100..150);
        assert_eq!(n_live(100..150), 50);
    });
}

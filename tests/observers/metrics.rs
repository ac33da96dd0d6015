//! `Metrics`, behind a recorder that writes down which metrics there are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use larder::observer::Metrics;
use larder::{cached, scoped};
use metrics::{Counter, CounterFn, Gauge, Histogram, HistogramFn, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::seen::both;

#[cached(key = "price:{tea}")]
fn price(tea: &str) -> usize {
    tea.len()
}

/// Of each metric with its labels, the sum of what was told.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<BTreeMap<String, u64>>>);

struct One(Recorded, String);

impl One {
    fn add(&self, value: u64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for One {
    fn record(&self, _: f64) {
        self.add(1);
    }
}

impl Recorded {
    fn one(&self, key: &metrics::Key) -> Arc<One> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(One(self.clone(), format!("{}{{{}}}", key.name(), labels.join(","))))
    }

    fn of(&self, start: &str) -> BTreeMap<String, u64> {
        let recorded = self.0.lock().unwrap();
        recorded.iter().filter(|(name, _)| name.starts_with(start)).map(|(name, sum)| (name.clone(), *sum)).collect()
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &metrics::Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, _: &metrics::Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &metrics::Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

#[test]
fn a_call_is_counted_by_function_and_outcome() {
    let recorded = Recorded::default();
    let [near, _] = both();
    near.observe(Metrics::new());
    metrics::with_local_recorder(&recorded, || scoped(&near, || (price("oolong"), price("oolong"))));
    let labels = "command=call,function=price,module=observers::metrics,adapter=memory";
    let expected = [
        (format!("larder_command_seconds{{{labels}}}"), 2),
        (format!("larder_commands_total{{{labels},outcome=computed}}"), 1),
        (format!("larder_commands_total{{{labels},outcome=hit}}"), 1),
        (format!("larder_hits_total{{{labels}}}"), 1),
        (format!("larder_misses_total{{{labels}}}"), 1),
    ];
    assert_eq!(recorded.of(""), BTreeMap::from(expected));
}

#[test]
fn ten_thousand_keys_and_namespaces_make_no_more_label_sets_than_one() {
    let recorded = Recorded::default();
    for cache in both() {
        let observation = cache.observe(Metrics::new());
        metrics::with_local_recorder(&recorded, || {
            for n in 0..5_000 {
                let tenant = cache.with_namespace(&format!("tenant-{}", n % 100));
                scoped(&tenant, || price(&format!("secret-{n}")));
                tenant.blocking().set(format!("hand-{n}"), n, 60).unwrap();
                tenant.blocking().multi_get::<String>([format!("hand-{n}"), format!("more-{n}")]).unwrap();
            }
        });
        observation.end();
    }
    let commands = recorded.of("larder_commands_total");
    // Three commands, on two stores.
    assert_eq!(commands.values().copied().collect::<Vec<_>>(), [5_000; 6], "{commands:#?}");
    let all = format!("{:?}", recorded.of(""));
    for word in ["secret", "hand-", "more-", "tenant", "price:"] {
        assert!(!all.contains(word), "{word}");
    }
}

//! `Tracing`, behind a subscriber that writes down what it gets.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use larder::observer::Tracing;
use larder::{Cache, MemoryCache, cached, scoped};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::seen::{both, broken};

/// One line for each span, its fields when it closes, and each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>, Arc<AtomicU64>);

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Times differ from run to run.
        if field.name() != "took_us" {
            write!(self.0, " {}={value:?}", field.name()).unwrap();
        }
    }
}

impl Log {
    fn line(&self, what: &str, metadata: &Metadata<'_>, Fields(fields): Fields) {
        if metadata.target() == "larder" {
            self.0.lock().unwrap().push(format!("{what} {} {}{fields}", metadata.level(), metadata.name()));
        }
    }

    fn of(work: impl FnOnce()) -> Vec<String> {
        let log = Self::default();
        tracing::subscriber::with_default(log.clone(), work);
        let lines = log.0.lock().unwrap();
        lines.clone()
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "larder"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        self.line("span", span.metadata(), fields);
        Id::from_u64(self.1.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if !fields.0.is_empty() {
            self.0.lock().unwrap().push(format!("record {}{}", span.into_u64(), fields.0));
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.line("event", event.metadata(), fields);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, span: Id) -> bool {
        self.0.lock().unwrap().push(format!("close {}", span.into_u64()));
        true
    }
}

#[cached(key = "inches:{cm}")]
fn inches(cm: u64) -> u64 {
    cm * 100 / 254
}

#[test]
fn a_call_is_a_span_with_an_event_at_its_end() {
    let [cache, _] = both();
    cache.observe(Tracing::new());
    let fields =
        r#"command="call" function=observers::tracing::inches adapter="memory" namespace="" key="inches:5" n_keys=1"#;
    let expected = [
        format!("span DEBUG larder.command {fields}"),
        r#"record 1 outcome="computed""#.to_owned(),
        format!(r#"event DEBUG larder.end {fields} outcome="computed""#),
        "close 1".to_owned(),
    ];
    assert_eq!(Log::of(|| assert_eq!(scoped(&cache, || inches(5)), 1)), expected);
}

#[test]
fn a_store_that_fails_is_a_warning_and_no_key_is_told_where_none_is_wanted() {
    let cache = broken();
    cache.observe(Tracing::new().without_keys());
    let lines = Log::of(|| {
        scoped(&cache, || inches(6));
        cache.blocking().get::<i32>("secret").unwrap_err();
    });
    let warnings: Vec<_> = lines.iter().filter(|line| line.starts_with("event WARN larder.end")).collect();
    assert_eq!(warnings.len(), 2, "{lines:#?}");
    assert!(warnings[0].ends_with(r#"outcome="store_failed""#), "{}", warnings[0]);
    assert!(warnings[1].ends_with(r#"outcome="failed" error=Unavailable"#), "{}", warnings[1]);
    assert!(!format!("{lines:?}").contains("secret"));
}

#[test]
fn two_functions_with_one_template_are_told_once() {
    #[cached(key = "same:{x}")]
    fn elder(x: u64) -> u64 {
        x
    }

    #[cached(key = "same:{x}")]
    fn younger(x: u64) -> u64 {
        x
    }

    let cache = Cache::from(MemoryCache::new());
    let lines = Log::of(|| {
        scoped(&cache, || {
            for x in 0..3 {
                elder(x);
                elder::clear(x).unwrap();
                younger(x);
            }
        });
        younger::stats();
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with("event WARN larder.same_template"), "{lines:?}");
    assert!(lines[0].contains("function=observers::tracing::younger elder=observers::tracing::elder"), "{lines:?}");
}

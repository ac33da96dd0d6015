//! The matrix of timeouts, on bare values.

use std::thread::sleep;
use std::time::Duration;

use larder::{Remaining, Timeout};

use crate::stores::stores;

#[test]
fn what_has_expired_is_gone() {
    for store in stores() {
        let cache = store.json();
        cache.set("short", 1, Duration::from_millis(300)).unwrap();
        cache.set("never", 1, Timeout::NEVER).unwrap();
        cache.set("month", 1, Timeout::from_secs(31 * 24 * 3600)).unwrap();
        cache.set("absurd", 1, Timeout::from_millis(u64::MAX - 1)).unwrap();
        cache.set("gone", 1, 60).unwrap();
        cache.set("gone", 1, 0).unwrap();
        // Memcached knows whole seconds, and rounds up.
        sleep(Duration::from_millis(if store.name == "memcached" { 2_100 } else { 400 }));
        let left = ["short", "never", "month", "absurd", "gone"].map(|key| cache.exists(key).unwrap());
        assert_eq!(left, [false, true, true, true, false], "{}", store.name);
        assert_eq!(cache.timeout_of("never").unwrap(), Some(Remaining::Never), "{}", store.name);
        assert_eq!(cache.timeout_of("short").unwrap(), None, "{}", store.name);
        let month = cache.timeout_of("month").unwrap();
        assert!(matches!(month, Some(Remaining::For(left)) if left.as_secs() > 30 * 24 * 3600), "{}", store.name);
    }
}

#[test]
fn counting_does_not_move_the_deadline() {
    for store in stores() {
        let cache = store.raw();
        cache.set("n", 0, 2).unwrap();
        for _ in 0..30 {
            if cache.increment("n", 1).unwrap() == 1 && cache.timeout_of("n").unwrap() == Some(Remaining::Never) {
                break;
            }
            sleep(Duration::from_millis(100));
        }
        // It has expired on the way, and was made anew, without a timeout.
        assert_eq!(cache.timeout_of("n").unwrap(), Some(Remaining::Never), "{}", store.name);
    }
}

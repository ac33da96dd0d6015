//! What a helper that fails half-way leaves behind.

use std::time::Duration;

use larder::cached;

use crate::gate::{Gate, Verb, down};
use crate::support::on_clock;

#[test]
fn an_expired_entry_that_cannot_be_removed_is_not_revived() {
    #[cached(key = "rare_revived:{id}", timeout = 10)]
    fn value(id: u64) -> u64 {
        id
    }
    let (cache, clock) = on_clock(|store| {
        Gate::new(store).before(|verb| async move { if verb == Verb::Remove { Err(down()) } else { Ok(()) } })
    });
    larder::scoped(&cache, || {
        value(7);
        clock.advance(Duration::from_secs(11));
        assert_eq!(value::get(7).unwrap(), None);
        assert!(value::update_timeout(7, 0).is_err());
        assert_eq!(value::get(7).unwrap(), None);
    });
}

#[test]
fn a_timeout_of_zero_removes_what_is_live_or_expired_and_says_so() {
    #[cached(key = "rare_zeroed:{id}", timeout = 10)]
    fn value(id: u64) -> u64 {
        id
    }
    let (cache, clock) = on_clock(|store| store);
    larder::scoped(&cache, || {
        value(7);
        clock.advance(Duration::from_secs(11));
        assert!(value::update_timeout(7, 0).unwrap());
        assert!(!value::update_timeout(7, 5).unwrap());
        value(8);
        assert!(value::update_timeout(8, 0).unwrap());
        assert!(!value::update_timeout(8, 0).unwrap());
    });
}

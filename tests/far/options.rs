//! What the options that are about far stores do.

use std::time::Duration;

use larder::testing::{ManualClock, MemoryAdapter};
use larder::{Cache, cached};

/// Two processes over one store.
fn processes() -> ([Cache; 2], ManualClock) {
    let clock = ManualClock::new();
    let adapter = MemoryAdapter::new().with_clock(clock.clock());
    let process = |()| Cache::builder(adapter.clone()).clock(clock.clock()).build().unwrap();
    ([(), ()].map(process), clock)
}

mod first_release {
    #[larder::cached(key = "far_codec:{id}", codec = "json")]
    pub(super) fn as_json(id: u64) -> Vec<u64> {
        vec![id]
    }
}

mod next_release {
    #[larder::cached(key = "far_codec:{id}", codec = "json")]
    pub(super) fn as_json(id: u64) -> Vec<u64> {
        unreachable!("{id} is stored")
    }

    #[larder::cached(key = "far_codec:{id}", codec = "postcard")]
    pub(super) fn as_postcard(id: u64) -> Vec<u64> {
        vec![id, id]
    }
}

#[test]
fn a_codec_is_read_by_its_own_kind_alone() {
    let ([one, other], _) = processes();
    assert_eq!(larder::scoped(&one, || first_release::as_json(7)), [7]);
    larder::scoped(&other, || {
        assert_eq!(next_release::as_json(7), [7]);
        assert_eq!(next_release::as_postcard(7), [7, 7], "another codec's record is a miss");
        assert_eq!(next_release::as_postcard::stats().unreadable, 1);
        assert_eq!(next_release::as_postcard(7), [7, 7]);
        assert_eq!(next_release::as_postcard::stats().hits, 1);
        assert_eq!(next_release::as_json::stats().hits, 1);
    });
}

#[test]
fn an_expired_entry_can_be_revived_for_as_long_as_its_grace() {
    #[cached(key = "far_grace:{id}", timeout = 10, grace = "5s")]
    fn short(id: u64) -> u64 {
        id
    }
    #[cached(key = "far_no_grace:{id}", timeout = 10, grace = 0)]
    fn none(id: u64) -> u64 {
        id
    }
    let ([cache, _], clock) = processes();
    larder::scoped(&cache, || {
        let revived = |after: u64| {
            (short(7), none(7));
            clock.advance(Duration::from_secs(after));
            let revived = (short::update_timeout(7, 10).unwrap(), none::update_timeout(7, 10).unwrap());
            (short::clear(7).unwrap(), none::clear(7).unwrap());
            revived
        };
        assert_eq!(revived(9), (true, true));
        assert_eq!(revived(14), (true, false));
        assert_eq!(revived(16), (false, false));
    });
}

//! The null store: keeps nothing, and answers in shape.

use larder::{Cache, ErrorKind, NullCache};

use crate::hand::{FACES, Hand};

#[test]
fn the_null_store_answers_in_shape() {
    for face in FACES {
        let hand = Hand::of(&Cache::from(NullCache), face);
        hand.set("key", 7, 60).unwrap();
        hand.multi_set([("a", 1), ("b", 2)], 60).unwrap();
        assert_eq!((hand.get::<i32>("key").unwrap(), hand.get_or("key", 8).unwrap()), (None, 8));
        assert_eq!(hand.multi_get::<i32>(["a", "b", "a"]).unwrap(), [None, None, None]);
        assert_eq!(hand.fetch::<i32>("key").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(hand.update_timeout::<i32>("key", 60).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!((hand.get_or_set("key", 60, || 1).unwrap(), hand.get_or_set("key", 60, || 2).unwrap()), (1, 2));
        assert_eq!((hand.increment("key", 5).unwrap(), hand.increment("key", 5).unwrap()), (5, 5));
        assert!(!hand.exists("key").unwrap() && !hand.delete("key").unwrap());
        let removed = hand.remove(["a", "a", "b"]).unwrap();
        assert_eq!((removed.asked, removed.removed), (2, 0));
        assert_eq!(hand.timeout_of("key").unwrap(), None);
        for done in [hand.clear(), hand.flush_store(), hand.connect(), hand.reconnect(), hand.close()] {
            done.unwrap();
        }
        hand.in_sessions(2).unwrap();
        assert!(!hand.add("key", 7, 60).unwrap(), "what is ignored was not stored");
    }
}

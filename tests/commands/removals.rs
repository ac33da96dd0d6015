//! `remove` and `delete`.

use futures_lite::future::block_on;
use larder::adapter::{CacheAdapter, Condition, Entry, StoreKey, layout};
use larder::{ErrorKind, Timeout};

use crate::shop::everywhere;

#[test]
fn remove_says_how_many_were_live() {
    everywhere(|shop| {
        let hand = &shop.hand;
        let nothing = hand.remove([] as [&str; 0]).unwrap();
        assert!((nothing.asked, nothing.removed, nothing.all()) == (0, 0, true));
        hand.multi_set([("a", 1), ("b", 2), ("c", 3)], 60).unwrap();
        hand.set("expired", "d".to_owned(), 60).unwrap();
        shop.expire("expired");
        let removed = hand.remove(["a", "absent", "a", "b", "expired", "b"]).unwrap();
        assert_eq!((removed.asked, removed.removed, removed.all()), (4, 2, false));
        assert_eq!(hand.multi_get::<i32>(["a", "b", "c"]).unwrap(), [None, None, Some(3)]);
        assert!(hand.remove(["c"]).unwrap().all());
        assert_eq!(hand.update_timeout::<String>("expired", 60).unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn delete_says_whether_it_was_live() {
    everywhere(|shop| {
        let hand = &shop.hand;
        assert!(!hand.delete("key").unwrap());
        hand.set("key", "value".to_owned(), Timeout::NEVER).unwrap();
        assert!(hand.delete("key").unwrap() && !hand.delete("key").unwrap());
        assert_eq!(hand.get::<String>("key").unwrap(), None);
    });
}

/// Nothing is read in order to remove it.
#[test]
fn a_damaged_entry_is_a_miss_and_can_be_removed() {
    everywhere(|shop| {
        let Some(adapter) = shop.adapter() else { return };
        let hand = &shop.hand;
        for key in ["get", "remove", "delete", "add", "set", "fill"] {
            hand.set(key, "value".to_owned(), 60).unwrap();
            let store_key = StoreKey::new(shop.cache.namespace(), key);
            let mut record = block_on(adapter.get(&store_key)).unwrap().unwrap().record;
            record[layout::PAYLOAD] ^= 0x55;
            let damaged = Entry { record, timeout: 60.into(), grace: 60.into() };
            assert!(block_on(adapter.put(&store_key, &damaged, Condition::Always)).unwrap());
        }
        assert_eq!(hand.get::<String>("get").unwrap(), None);
        assert_eq!(hand.multi_get::<String>(["get"]).unwrap(), [None]);
        assert_eq!(hand.update_timeout::<String>("get", 60).unwrap_err().kind(), ErrorKind::WrongType);
        assert_eq!(hand.increment("get", 1).unwrap_err().kind(), ErrorKind::WrongType);
        assert!(hand.remove(["remove"]).unwrap().all());
        assert!(hand.delete("delete").unwrap());
        hand.set("set", "new".to_owned(), 60).unwrap();
        assert_eq!(hand.get::<String>("set").unwrap().as_deref(), Some("new"));
        assert_eq!(hand.get_or_set("fill", 60, || "computed".to_owned()).unwrap(), "computed");
        assert_eq!(hand.get::<String>("fill").unwrap().as_deref(), Some("computed"), "it has taken its place");
    });
}

#[test]
fn what_a_clear_voided_is_not_counted() {
    everywhere(|shop| {
        let hand = &shop.hand;
        hand.multi_set([("a", 1), ("b", 2)], 60).unwrap();
        hand.clear().unwrap();
        hand.set("b", 3, 60).unwrap();
        let removed = hand.remove(["a", "b"]).unwrap();
        assert_eq!((removed.asked, removed.removed), (2, 1));
        assert!(!hand.delete("a").unwrap());
    });
}

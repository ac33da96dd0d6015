//! Annotated functions over a plain cache: they have to agree to it, and then share what they store with other programs.

use std::sync::atomic::{AtomicU32, Ordering};

use larder::{Cache, Codec, ErrorKind, cached, scoped};

use crate::shelf::Shelf;
use crate::stores::stores;

fn shop(shelf: &Shelf) -> Cache {
    Cache::plain(shelf.clone()).codec(Codec::JSON).namespace("shop").build().unwrap()
}

#[test]
fn a_function_that_says_its_codec_shares_its_results() {
    static N_CALLS: AtomicU32 = AtomicU32::new(0);

    #[cached(key = "prices:{article}", codec = "json", timeout = 60)]
    fn prices(article: u32) -> Vec<u32> {
        N_CALLS.fetch_add(1, Ordering::SeqCst);
        vec![article, article + 1]
    }

    for store in stores() {
        N_CALLS.store(0, Ordering::SeqCst);
        scoped(store.cache(Codec::RAW, "shop"), || {
            assert_eq!((prices(7), prices(7), N_CALLS.load(Ordering::SeqCst)), (vec![7, 8], vec![7, 8], 1));
            assert_eq!(store.json().get::<Vec<u32>>("prices:7").unwrap(), Some(vec![7, 8]), "{}", store.name);
            store.json().set("prices:7", vec![9], 60).unwrap();
            assert_eq!((prices(7), prices::get(7).unwrap()), (vec![9], Some(vec![9])), "{}", store.name);
            assert!(prices::timeout_left(7).unwrap().is_some() && prices::update_timeout(7, 90).unwrap());
            assert!(prices::clear(7).unwrap() && !prices::clear(7).unwrap(), "{}", store.name);
            assert!(prices::set(7, vec![]).unwrap() && prices(7).is_empty(), "{}", store.name);
            assert_eq!(prices::refresh(7), [7, 8]);
            assert_eq!(prices(7), [7, 8]);
            assert_eq!(prices::clear_all().unwrap_err().kind(), ErrorKind::Unsupported, "{}", store.name);
        });
    }
}

#[test]
fn a_function_that_does_not_runs_uncached_and_its_helpers_say_what_to_write() {
    #[cached(key = "silent:{x}")]
    fn silent(x: u32) -> u32 {
        x
    }

    #[cached(key = "other:{x}", codec = "msgpack")]
    fn other(x: u32) -> u32 {
        x
    }

    #[cached(key = "local:{x}", local)]
    fn local(x: u32) -> u32 {
        x
    }

    let shelf = Shelf::new();
    scoped(shop(&shelf), || {
        assert_eq!((silent(7), silent(7), other(7), local(7), local(7)), (7, 7, 7, 7, 7));
        assert_eq!((silent::stats().unresolved, other::stats().unresolved), (2, 1));
        assert_eq!((local::stats().hits, local::stats().unresolved), (1, 0));
        let errors = [
            silent::clear(7).unwrap_err(),
            silent::get(7).unwrap_err(),
            silent::set(7, 8).unwrap_err(),
            silent::clear_all().unwrap_err(),
            other::update_timeout(7, 60).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("`codec = \"json\"`"), "{error}");
        }
    });
    assert_eq!(shelf.keys(), [""; 0]);
}

#[test]
fn a_none_is_null_where_it_is_stored_and_an_error_never_is() {
    #[cached(key = "kept:{id}", codec = "json", none_timeout = 60)]
    fn kept(id: u32) -> Option<u32> {
        (id > 0).then_some(id)
    }

    #[cached(key = "fallible:{id}", codec = "json", err_timeout = 60)]
    fn fallible(id: u32) -> Result<u32, String> {
        if id > 0 { Ok(id) } else { Err("no".into()) }
    }

    let shelf = Shelf::new();
    scoped(shop(&shelf), || {
        assert_eq!((kept(0), kept(0), kept::stats().hits), (None, None, 1));
        assert_eq!(kept(5), Some(5));
        assert_eq!((fallible(0), fallible(5)), (Err("no".into()), Ok(5)));
    });
    let texts = ["kept:0", "kept:5", "fallible:0", "fallible:5"].map(|key| shelf.text(&format!("shop:{key}")));
    assert_eq!(texts.each_ref().map(Option::as_deref), [Some("null"), Some("5"), None, Some("5")]);
}

#[test]
fn what_a_refresh_denies_is_taken_away() {
    static IS_THERE: AtomicU32 = AtomicU32::new(1);

    #[cached(key = "user:{id}", codec = "json")]
    fn user(id: u32) -> Option<u32> {
        (IS_THERE.load(Ordering::SeqCst) == 1).then_some(id)
    }

    let shelf = Shelf::new();
    scoped(shop(&shelf), || {
        assert_eq!((user(7), shelf.text("shop:user:7").as_deref()), (Some(7), Some("7")));
        IS_THERE.store(0, Ordering::SeqCst);
        assert_eq!((user(7), user::refresh(7)), (Some(7), None));
    });
    assert_eq!(shelf.text("shop:user:7"), None);
}

#[test]
fn what_others_wrote_wrongly_is_computed_anew() {
    #[cached(key = "sum:{id}", codec = "json")]
    fn sum(id: u32) -> u64 {
        u64::from(id) + 1
    }

    let shelf = Shelf::new();
    shelf.put("shop:sum:7", "\"eight\"");
    assert_eq!(scoped(shop(&shelf), || sum(7)), 8);
    assert_eq!((shelf.text("shop:sum:7").as_deref(), sum::stats().unreadable), (Some("8"), 1));
}

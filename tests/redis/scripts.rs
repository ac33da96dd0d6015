//! The scripts, at their edges.

use larder::ErrorKind;
use larder::adapter::{CacheAdapter, Claim, Condition, Counted, Entry, EpochName, Left, Living, Release, Token};

use crate::support::{LIVING, Store, entry, exists, key, live, ms, payload, record_of, remove, timed};

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_fills_once_and_whatever_changes_the_key_voids_it() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let key = key("a");
    let take = async || cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap().token.unwrap();
    let fill = async |token: Token| cache.put(&key, &entry("filled"), Condition::IfPermit(&token)).await.unwrap();
    let clean = async || remove(&cache, std::slice::from_ref(&key)).await;

    let (one, same) = (take().await, take().await);
    assert!(one == same, "a permit is shared");
    assert!(fill(one).await);
    assert!(!fill(same).await, "the first fill wins");
    clean().await;

    let voided = take().await;
    clean().await;
    assert!(!fill(voided).await, "removed");

    let voided = take().await;
    cache.put(&key, &entry("set"), Condition::Always).await.unwrap();
    assert!(!fill(voided).await, "set");
    clean().await;

    let voided = take().await;
    cache.put_many(&[(key.clone(), entry("set"))]).await.unwrap();
    assert!(!fill(voided).await, "set among many");
    clean().await;

    let voided = take().await;
    assert!(cache.put(&key, &entry("added"), Condition::IfAbsent(&LIVING)).await.unwrap());
    assert!(!fill(voided).await, "added");
    clean().await;

    let voided = take().await;
    cache.increment(&key, 1, &entry("1"), &LIVING).await.unwrap();
    assert!(!fill(voided).await, "incremented");
    clean().await;

    let voided = take().await;
    cache.flush().await.unwrap();
    assert!(!fill(voided).await, "lost");
    assert!(!fill(Token::random()).await, "guessed");
    assert_eq!(live(&cache, &key).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_claim_takes_over_and_a_live_entry_is_handed_out() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let key = key("a");
    let shared = cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap();
    assert!(shared.found.is_none());
    let fresh = cache.permit(&key, Claim::Fresh, &LIVING, &[]).await.unwrap().token.unwrap();
    assert!(!cache.put(&key, &entry("old"), Condition::IfPermit(&shared.token.unwrap())).await.unwrap());
    assert!(cache.put(&key, &entry("new"), Condition::IfPermit(&fresh)).await.unwrap());

    let found = cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap();
    assert!(found.token.is_none());
    assert_eq!(payload(&found.found.unwrap()), "new");
    let refresh = cache.permit(&key, Claim::Fresh, &LIVING, &[]).await.unwrap();
    assert!(refresh.token.is_some() && refresh.found.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_leaves_a_token_and_a_shared_one_a_note_and_what_ends_it_nothing() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    let take = async || cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap().token.unwrap();
    let keys = async || {
        let mut keys: Vec<String> = store.raw(&["KEYS", "*"]).await;
        keys.sort();
        keys
    };
    for change in ["release", "fill", "remove", "put", "increment", "add"] {
        let tokens = [take().await];
        assert_eq!(store.raw::<Vec<u8>>(&["GET", "{shop:a}!p"]).await, tokens[0].as_bytes());
        assert_eq!(keys().await, ["{shop:a}!p"], "one claim before {change}");
        let tokens = [tokens[0], take().await, take().await];
        assert_eq!(keys().await, ["{shop:a}!p", "{shop:a}!p!h"], "three claims before {change}");
        let left: i64 = store.raw(&["PTTL", "{shop:a}!p!h"]).await;
        assert!((599_000..=600_000).contains(&left), "{left}");
        match change {
            "release" => {
                for token in tokens {
                    assert!(cache.release(&key, &token, Release::Keep).await.unwrap());
                }
            }
            "fill" => assert!(cache.put(&key, &entry("1"), Condition::IfPermit(&tokens[1])).await.unwrap()),
            "remove" => drop(remove(cache, std::slice::from_ref(&key)).await),
            "put" => assert!(cache.put(&key, &entry("1"), Condition::Always).await.unwrap()),
            "increment" => drop(cache.increment(&key, 1, &entry("1"), &LIVING).await.unwrap()),
            _ => assert!(cache.put(&key, &entry("1"), Condition::IfAbsent(&LIVING)).await.unwrap()),
        }
        remove(cache, std::slice::from_ref(&key)).await;
        assert_eq!(keys().await, [""; 0], "after {change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_noted_of_one_permit_is_nothing_to_the_next() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    let names = [EpochName::namespace(0, "shop")];
    let take = async || cache.permit(&key, Claim::Shared, &LIVING, &names).await.unwrap().token.unwrap();
    let release = async |token: Token| cache.release(&key, &token, Release::Keep).await.unwrap();
    let is_taken = async || store.raw::<i64>(&["EXISTS", "{shop:a}!p"]).await == 1;
    for stands in ["an older note", "a list", "text"] {
        let _ = (take().await, take().await);
        // As a release does that knows of no notes.
        store.raw::<()>(&["DEL", "{shop:a}!p"]).await;
        match stands {
            "a list" => {
                store.raw::<()>(&["DEL", "{shop:a}!p!h"]).await;
                store.raw::<()>(&["LPUSH", "{shop:a}!p!h", "x"]).await;
            }
            "text" => store.raw::<()>(&["SET", "{shop:a}!p!h", "x"]).await,
            _ => {}
        }
        let token = take().await;
        assert!(release(token).await && !is_taken().await, "one, {stands}");
        let tokens = [take().await, take().await];
        assert!(release(tokens[0]).await && is_taken().await, "one of two, {stands}");
        assert!(release(tokens[1]).await && !is_taken().await, "two of two, {stands}");
    }
    // A token of an older release is of no epochs: it is replaced, as another's is.
    store.raw::<()>(&["SET", "{shop:a}!p", "sixteen letters."]).await;
    let older = Token::new(*b"sixteen letters.");
    assert_ne!(take().await, older);
    assert!(!release(older).await && is_taken().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_is_given_back_to_a_server_that_has_no_room() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("a"));
    let take = async || cache.permit(&key, Claim::Shared, &LIVING, &[]).await;
    let token = take().await.unwrap().token.unwrap();
    store.raw::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await;
    assert_eq!(take().await.unwrap().token, Some(token), "it is shared, though that cannot be noted");
    assert!(cache.release(&key, &token, Release::Keep).await.unwrap());
    assert_eq!(take().await.unwrap_err().kind(), ErrorKind::TooLarge);
    assert_eq!(store.raw::<i64>(&["DBSIZE"]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_goes_by_itself_after_its_lifetime() {
    let Some(store) = Store::start() else { return };
    store.cache.permit(&key("a"), Claim::Shared, &LIVING, &[]).await.unwrap();
    let left: i64 = store.raw(&["PTTL", "{shop:a}!p"]).await;
    assert!((599_000..=600_000).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_are_exact_to_the_last_of_64_bits() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("n"));
    let set = async |counter: i64| cache.put(&key, &entry(&counter.to_string()), Condition::Always).await.unwrap();
    let add = async |delta: i64| cache.increment(&key, delta, &entry(&delta.to_string()), &LIVING).await;
    let sums = [
        (0, 0),
        (5, -12),
        (-1, 1),
        (99, 1),
        (100, -1),
        (1 << 53, 1),
        ((1 << 53) + 1, 2),
        (i64::MAX - 1, 1),
        (i64::MIN + 1, -1),
        (i64::MAX, i64::MIN),
        (0, i64::MIN),
        (0, i64::MAX),
    ];
    for (counter, delta) in sums {
        set(counter).await;
        assert_eq!(add(delta).await.unwrap(), Counted::Sum(counter + delta), "{counter} + {delta}");
        assert_eq!(live(cache, &key).await.unwrap(), (counter + delta).to_string());
    }
    for (counter, delta) in [(i64::MAX, 1), (i64::MIN, -1), (-1, i64::MIN), (i64::MAX, i64::MAX)] {
        set(counter).await;
        assert_eq!(add(delta).await.unwrap_err().kind(), ErrorKind::OutOfRange, "{counter} + {delta}");
        assert_eq!(live(cache, &key).await.unwrap(), counter.to_string(), "unchanged");
    }
    let large = u64::MAX.to_string();
    let long = "9".repeat(1000);
    let not = ["", "x", "1.5", " 1", "1 ", "+1", "007", "1e3", "-", &long];
    for (text, kind) in
        not.map(|text| (text, ErrorKind::WrongType)).into_iter().chain([(&*large, ErrorKind::OutOfRange)])
    {
        cache.put(&key, &entry(text), Condition::Always).await.unwrap();
        assert_eq!(add(1).await.unwrap_err().kind(), kind, "{text}");
        assert_eq!(live(cache, &key).await.unwrap(), text, "unchanged");
    }
    let keys: Vec<String> = store.raw(&["KEYS", "*"]).await;
    assert_eq!(keys, ["shop:n"], "nothing is left beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_keeps_its_timeout_and_a_new_one_gets_its_own() {
    let Some(store) = Store::start() else { return };
    let (cache, key) = (&store.cache, key("n"));
    let fresh = timed("7", larder::Timeout::NEVER, larder::Timeout::NEVER);
    cache.put(&key, &timed("1", ms(30_000), ms(10_000)), Condition::Always).await.unwrap();
    assert_eq!(cache.increment(&key, 7, &fresh, &LIVING).await.unwrap(), Counted::Sum(8));
    let kept: i64 = store.raw(&["PTTL", "shop:n"]).await;
    assert!((39_000..=40_000).contains(&kept), "{kept}");
    let Left::For(left) = cache.get(&key).await.unwrap().unwrap().left else { panic!("it has a timeout") };
    assert!((29_000..=30_000).contains(&left.as_millis()), "{left:?}");

    remove(cache, std::slice::from_ref(&key)).await;
    assert_eq!(cache.increment(&key, 7, &fresh, &LIVING).await.unwrap(), Counted::Sum(7));
    assert_eq!(store.raw::<i64>(&["PTTL", "shop:n"]).await, -1);
    assert_eq!(cache.get(&key).await.unwrap().unwrap().left, Left::Never);
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_other_epochs_are_absent() {
    let Some(Store { cache, server: _server }) = Store::start() else { return };
    let key = key("a");
    // A counter, its epochs, and whether it is alive to `LIVING`.
    let cases = [(11, 22, true), (11, 0, true), (12, 22, false), (11, 23, false), (0, 0, false), (22, 11, false)];
    for (namespace, template, alive) in cases {
        let old = Entry { record: record_of(namespace, template, "5"), ..entry("") };
        let put = async || cache.put(&key, &old, Condition::Always).await.unwrap();
        let case = format!("{namespace} {template}");
        put().await;
        assert_eq!(exists(&cache, &key).await, alive, "exists {case}");
        assert_eq!(cache.permit(&key, Claim::Shared, &LIVING, &[]).await.unwrap().token.is_none(), alive, "{case}");
        assert_eq!(cache.touch(&key, ms(60_000), ms(0), &LIVING).await.unwrap().is_some(), alive, "touch {case}");
        assert_eq!(cache.put(&key, &entry("1"), Condition::IfAbsent(&LIVING)).await.unwrap(), !alive, "add {case}");
        put().await;
        let sum = Counted::Sum(if alive { 6 } else { 1 });
        assert_eq!(cache.increment(&key, 1, &entry("1"), &LIVING).await.unwrap(), sum, "{case}");
        put().await;
        assert_eq!(remove(&cache, &[key.clone(), key.clone()]).await, [alive, false], "remove {case}");
        assert_eq!(cache.get(&key).await.unwrap(), None);
    }
    let of_any = Living { template: None, ..LIVING };
    cache.put(&key, &Entry { record: record_of(11, 99, "5"), ..entry("") }, Condition::Always).await.unwrap();
    let counted = cache.increment(&key, 1, &entry("1"), &of_any).await.unwrap();
    assert!(matches!(counted, Counted::Open(head) if head.template_epoch == 99 && head.is_live(&of_any)));
    let removed = cache.remove(std::slice::from_ref(&key)).await.unwrap();
    assert!(matches!(removed[..], [Some(head)] if head.template_epoch == 99 && head.is_live(&of_any)));
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_are_made_once_seen_by_all_and_replaced() {
    let Some(store) = Store::start() else { return };
    let cache = &store.cache;
    let names = [EpochName::namespace(0, "shop"), EpochName::template(0, "shop", 7)];
    let made = cache.epochs(&names).await.unwrap();
    assert!(made[0] != made[1] && !made.contains(&0));
    let other = larder::RedisCache::open(store.server.url()).unwrap();
    assert_eq!(other.epochs(&names).await.unwrap(), made);
    let new = other.renew(&names[1]).await.unwrap();
    let permitted = cache.permit(&key("a"), Claim::Shared, &LIVING, &names).await.unwrap();
    assert_eq!(permitted.epochs, [made[0], new]);
    assert_ne!(new, made[1]);
}

//! TLS: who is believed to be the server, who is not, and what is said of that.

use std::time::Duration;

use larder::adapter::{CacheAdapter, Condition};
use larder::testing::conformance::{Subject, run};
use larder::{ErrorKind, IntoCache, RedisCache, RedisTls};
use larder_servers::{Redis, or_skip};

use crate::certificates::Authority;
use crate::rights::{LINE, give};
use crate::support::{entry, key, live, within};

/// A server with a certificate for `names`, and a URL of it as `localhost` with further settings.
fn server(authority: &Authority, names: &[&str]) -> Option<(Redis, impl Fn(&str) -> String)> {
    let signed = authority.sign(names);
    let (server, port) = or_skip(Redis::with_tls(&signed.of_server(None), &[]))?;
    Some((server, move |settings: &str| format!("rediss://localhost:{port}{settings}")))
}

async fn works(cache: &RedisCache) {
    cache.put(&key("a"), &entry("1"), Condition::Always).await.unwrap();
    assert_eq!(live(cache, &key("a")).await.as_deref(), Some("1"));
}

/// What a connection that must not come to be is refused with.
async fn refusal(url: &str) -> String {
    let cache = RedisCache::open(url).unwrap();
    let refused = within(Duration::from_secs(10), cache.get(&key("a"))).await.expect("it says so soon");
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let told = format!("{error} {error:?}");
    assert!(!told.contains("hunter2"), "{told}");
    told
}

/// Over TLS, as a user who has no right that is not written down.
#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract_over_tls_with_the_rights_that_are_written_down() {
    let authority = Authority::new();
    let Some((server, url)) = server(&authority, &["localhost"]) else { return };
    // The namespaces of checks are theirs, so the patterns of keys have a test of their own.
    give(&server, &format!("{} ~* +select +flushdb", LINE.replace("~larder", "~none"))).await;
    let open = || {
        let tls = RedisTls::new().ca_file(authority.file());
        RedisCache::builder().url(url("/1")).user("app").password("s3cret").tls(tls).build().unwrap()
    };
    run(&Subject::new("redis over TLS", open()).with_peer(open()).with_flush()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_says_whom_to_trust() {
    let authority = Authority::new();
    let Some((_server, url)) = server(&authority, &["localhost"]) else { return };
    let url = url(&format!("?ca={}&namespace=shop", authority.file().display()));
    let cache = url.into_cache().unwrap().blocking();
    tokio::task::spawn_blocking(move || {
        cache.set("tea", 1, 60).unwrap();
        assert_eq!(cache.get::<i32>("tea").unwrap(), Some(1));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_who_we_are_is_told() {
    let authority = Authority::new();
    let (server, own) = (authority.sign(&["127.0.0.1"]), authority.sign(&["app"]));
    let Some((_server, port)) = or_skip(Redis::with_tls(&server.of_server(Some(&authority.file())), &[])) else {
        return;
    };
    let ca = format!("rediss://127.0.0.1:{port}?ca={}", authority.file().display());
    let (certificate, key) = (own.certificate.display(), own.key.display());
    works(&RedisCache::open(format!("{ca}&certificate={certificate}&key={key}")).unwrap()).await;
    let told = refusal(&ca).await;
    assert!(told.contains("CertificateRequired") || told.contains("certificate required"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_show_to_be_the_server_is_none() {
    let (authority, other) = (Authority::new(), Authority::new());
    let Some((server, url)) = server(&authority, &["elsewhere.internal"]) else { return };
    let told = refusal(&url(&format!("?ca={}", other.file().display()))).await;
    assert!(told.contains("nobody who is trusted"), "{told}");
    let told = refusal(&url("").replace("//", "//:hunter2@")).await;
    assert!(told.contains("nobody who is trusted"), "{told}");
    let told = refusal(&url(&format!("?ca={}", authority.file().display()))).await;
    assert!(told.contains("other host names"), "{told}");
    // One that does not speak TLS gets neither the password nor a second try without.
    let ca = format!("?ca={}", authority.file().display());
    let plain = format!("rediss://:hunter2@127.0.0.1:{}{ca}", server.port());
    let told = refusal(&plain).await;
    assert!(told.contains("speak TLS"), "{told}");
}

#[test]
fn files_that_are_of_no_use_are_named_when_the_cache_is_built() {
    let authority = Authority::new();
    let signed = authority.sign(&["localhost"]);
    let missing = || RedisTls::new().ca_file("/no/such/ca.pem");
    let swapped = RedisTls::new().ca_file(&signed.key);
    let without_key =
        RedisTls::new().ca_file(authority.file()).client_certificate(&signed.certificate, &signed.certificate);
    for (tls, said) in [(missing(), "/no/such/ca.pem"), (swapped, "no certificate"), (without_key, "`key`")] {
        let error = RedisCache::builder().tls(tls).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(said), "{error}");
    }
    let stranger = authority.sign(&["elsewhere"]);
    let mixed = RedisTls::new().ca_file(authority.file()).client_certificate(&signed.certificate, &stranger.key);
    let told = RedisCache::builder().tls(mixed).build().unwrap_err().to_string();
    let names = |path: &std::path::Path| told.contains(&path.display().to_string());
    assert!(names(&signed.certificate) && names(&stranger.key), "{told}");
    let half = format!("rediss://h?ca={}&key=/k", authority.file().display());
    assert!(RedisCache::open(half).unwrap_err().to_string().contains("together"));
    let both = RedisCache::builder().socket("/s").tls(RedisTls::new().ca_file(authority.file()));
    assert!(both.build().unwrap_err().to_string().contains("`socket` or `tls`"));
}

//! Certificates that are exchanged while a program runs, and files that are half written meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use larder::adapter::CacheAdapter;
use larder::{ErrorKind, RedisCache};
use larder_servers::{Certificates, Redis, or_skip};
use tempfile::TempDir;

use crate::certificates::{Authority, Signed};
use crate::support::{key, within};

/// The files of a program and of its server, which both are asked who they are, at places that stay.
struct Files {
    folder: TempDir,
}

impl Files {
    /// Of one authority.
    fn new(authority: &Authority) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        files.exchange_servers(authority);
        files.exchange_ours(authority);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, from: &Path) {
        fs::copy(from, self.path(name)).unwrap();
    }

    fn exchange_servers(&self, authority: &Authority) {
        let Signed { certificate, key } = authority.sign(&["localhost"]);
        self.put("server.pem", &certificate);
        self.put("server-key.pem", &key);
        self.put("clients.pem", &authority.file());
    }

    fn exchange_ours(&self, authority: &Authority) {
        let Signed { certificate, key } = authority.sign(&["app"]);
        self.put("ca.pem", &authority.file());
        self.put("app.pem", &certificate);
        self.put("app-key.pem", &key);
    }

    fn start(&self) -> Option<(Redis, RedisCache)> {
        let clients = self.path("clients.pem");
        let (certificate, key) = (self.path("server.pem"), self.path("server-key.pem"));
        let certificates = Certificates { certificate: &certificate, key: &key, clients: Some(&clients) };
        let (server, port) = or_skip(Redis::with_tls(&certificates, &[]))?;
        let [ca, own, key] = ["ca.pem", "app.pem", "app-key.pem"].map(|name| self.path(name).display().to_string());
        let url = format!("rediss://localhost:{port}?ca={ca}&certificate={own}&key={key}");
        Some((server, RedisCache::open(url).unwrap()))
    }
}

/// The connection is lost.
fn restart(server: &mut Redis) {
    server.kill();
    server.restart().unwrap();
}

async fn connects(cache: &RedisCache) -> larder::Result<()> {
    // One that is lost may be noticed by the first.
    let _ = within(Duration::from_secs(10), cache.get(&key("a"))).await;
    within(Duration::from_secs(10), cache.get(&key("a"))).await.expect("it says so soon").map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_all_certificates_were_exchanged_a_lost_connection_comes_back() {
    let (old, new) = (Authority::new(), Authority::new());
    let files = Files::new(&old);
    let Some((mut server, cache)) = files.start() else { return };
    connects(&cache).await.unwrap();
    files.exchange_servers(&new);
    restart(&mut server);
    assert_eq!(connects(&cache).await.unwrap_err().kind(), ErrorKind::Unavailable);
    files.put("ca.pem", &new.file());
    // The server is believed, and does not believe us.
    let told = format!("{:?}", connects(&cache).await.unwrap_err());
    assert!(told.contains("alert") && !told.contains("of no use"), "{told}");
    fs::remove_file(files.path("app-key.pem")).unwrap();
    let told = format!("{:?}", connects(&cache).await.unwrap_err());
    assert!(told.contains("app-key.pem"), "{told}");
    files.exchange_ours(&new);
    connects(&cache).await.unwrap();
    // And again, by a restart alone.
    files.exchange_servers(&old);
    files.exchange_ours(&old);
    restart(&mut server);
    connects(&cache).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_files_make_no_sense_what_was_read_before_is_used() {
    let (authority, other) = (Authority::new(), Authority::new());
    let files = Files::new(&authority);
    let Some((mut server, cache)) = files.start() else { return };
    connects(&cache).await.unwrap();
    let half = |name: &str| {
        let bytes = fs::read(files.path(name)).unwrap();
        fs::write(files.path(name), &bytes[..bytes.len() / 2]).unwrap();
    };
    let stranger = other.sign(&["app"]);
    let states: [(&str, &dyn Fn()); 8] = [
        ("ca.pem", &|| half("ca.pem")),
        ("ca.pem", &|| fs::write(files.path("ca.pem"), "").unwrap()),
        ("ca.pem", &|| fs::remove_file(files.path("ca.pem")).unwrap()),
        ("app.pem", &|| half("app.pem")),
        ("app-key.pem", &|| half("app-key.pem")),
        ("app-key.pem", &|| fs::remove_file(files.path("app-key.pem")).unwrap()),
        // One of the two is exchanged already.
        ("app-key.pem", &|| files.put("app.pem", &stranger.certificate)),
        ("app-key.pem", &|| files.put("app-key.pem", &stranger.key)),
    ];
    for (at, (name, spoil)) in states.into_iter().enumerate() {
        spoil();
        restart(&mut server);
        connects(&cache).await.unwrap_or_else(|error| panic!("state {at}: {error:?}"));
        // Where that fails too, the file is named, and nothing of what is in it.
        files.exchange_servers(&other);
        restart(&mut server);
        let told = format!("{:?}", connects(&cache).await.unwrap_err());
        let path = files.path(name).display().to_string();
        assert!(told.contains(&path) && told.contains("of no use") && !told.contains("MII"), "state {at}: {told}");
        // All is well again.
        files.exchange_servers(&authority);
        files.exchange_ours(&authority);
        restart(&mut server);
        connects(&cache).await.unwrap();
    }
}

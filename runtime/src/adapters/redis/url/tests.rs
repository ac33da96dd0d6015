//! What URLs say, and what is said of wrong ones.

use super::*;
use crate::error::ErrorKind;

fn tcp(host: &str, port: u16) -> Place {
    Place::Tcp(host.into(), port)
}

#[test]
fn urls_are_read() {
    let read = |url| {
        let Server { place, database, settings: Settings { user, password, .. }, .. } = parse(url).unwrap();
        (place, user.unwrap_or_default(), password.unwrap_or_default(), database)
    };
    let cases = [
        ("redis://h", (tcp("h", 6379), "", "", 0)),
        ("redis://h/", (tcp("h", 6379), "", "", 0)),
        ("rediss://h/3", (tcp("h", 6379), "", "", 3)),
        ("valkeys://:pass@h:7", (tcp("h", 7), "", "pass", 0)),
        ("valkey://h:1/5", (tcp("h", 1), "", "", 5)),
        ("REDIS://h:1?db=5", (tcp("h", 1), "", "", 5)),
        ("redis://ann:pass@h", (tcp("h", 6379), "ann", "pass", 0)),
        ("redis://:pass@h", (tcp("h", 6379), "", "pass", 0)),
        ("redis://:p@ss:w@h", (tcp("h", 6379), "", "p@ss:w", 0)),
        ("redis://:p%40%2f%23@h", (tcp("h", 6379), "", "p@/#", 0)),
        ("redis://[::1]:7/1", (tcp("::1", 7), "", "", 1)),
        ("redis://[::1]", (tcp("::1", 6379), "", "", 0)),
        ("redis+unix:///run/r.sock?db=3", (Place::Socket("/run/r.sock".into()), "", "", 3)),
        ("unix:///run/r%20s", (Place::Socket("/run/r s".into()), "", "", 0)),
        ("valkey+unix://:pass@/r", (Place::Socket("/r".into()), "", "pass", 0)),
    ];
    for (url, (place, user, password, database)) in cases {
        assert_eq!(read(url), (place, user.into(), password.into(), database), "{url}");
    }
}

#[test]
fn an_error_names_the_part_and_shows_none_of_it() {
    let cases = [
        ("secret", "scheme"),
        ("secret://h", "scheme"),
        ("rediss+unix://:secret@/h", "scheme"),
        ("redis+secret://h", "scheme"),
        ("redis://:secret@h?ca=/secret", "TLS"),
        ("rediss://:secret@h?ca", "`ca`"),
        ("rediss://:secret@h?key=%secret", "`key`"),
        ("redis+cluster://:secret@h/1", "database"),
        ("redis+cluster://:secret@h,", "host"),
        ("redis+cluster://h?db=1", "`db`"),
        ("redis://h?wait_replicas=secret", "`wait_replicas`"),
        ("redis://h?sentinel_password=secret", "`sentinel_password`"),
        ("redis+sentinel://h/m?sentinel_password=%secret", "`sentinel_password`"),
        ("redis+sentinel://:secret@h", "master"),
        ("redis+sentinel://h/%secret", "master"),
        ("redis://", "host"),
        ("redis://:secret@", "host"),
        ("redis://h:secret", "port"),
        ("redis://h:0", "port"),
        ("redis://h:99999", "port"),
        ("redis://h/secret", "database"),
        ("redis://h/-1", "database"),
        ("redis://h?db=secret", "database"),
        ("redis://h?secret:x=1", "query"),
        ("redis://h?namespace=x", "`namespace`"),
        ("redis://[::1", "host"),
        ("redis://[::1]secret", "host"),
        ("redis+unix://secret/path", "path"),
        ("redis+unix://", "path"),
        ("redis://:sec%ret@h", "password"),
        ("redis://:%ff@h", "password"),
        // Passwords that nobody escaped.
        ("redis://:se/cret@h", "password"),
        ("redis://:se?cret@h", "password"),
        ("redis://:se#cret@h", "fragment"),
    ];
    for (url, part) in cases {
        let Err(error) = parse(url) else { panic!("{url} was read") };
        let text = format!("{error:?}");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(text.contains(part), "{url}: {text}");
        assert!(!text.contains("secret") && !text.contains("cret"), "{url}: {text}");
    }
}

#[test]
fn several_servers_are_told_apart_by_commas_and_what_they_are_by_the_scheme() {
    let server = parse("rediss+cluster://ann:pass@a,b:7,[::1]?ca=/etc/a%20b.pem&wait_replicas=1").unwrap();
    assert_eq!((server.place, server.others), (tcp("a", 6379), vec![tcp("b", 7), tcp("::1", 6379)]));
    assert!(server.topology == Topology::Cluster && server.is_encrypted);
    assert_eq!((server.settings.ca, server.settings.wait_replicas), (Some("/etc/a b.pem".into()), Some(1)));

    let url = "valkey+sentinel://:pass@a,b:7/prime/2?sentinel_user=ann&sentinel_password=p%23";
    let server = parse(url).unwrap();
    assert_eq!((server.place, server.others), (tcp("a", 26379), vec![tcp("b", 7)]));
    assert_eq!((server.topology, server.database), (Topology::Sentinel("prime".into()), 2));
    let Settings { sentinel_user, sentinel_password, .. } = server.settings;
    assert_eq!(sentinel_user.zip(sentinel_password), Some(("ann".into(), "p#".into())));
    assert!(is_cluster("VALKEY+cluster://h") && !is_cluster("redis://redis+cluster") && !is_cluster("redis"));
}

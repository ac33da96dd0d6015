//! Keys tell arguments apart, whatever is in them, and hold nothing that a store could misread.

use proptest::prelude::*;

use super::{Key, KeyPart, KeyWriter};

fn part(value: impl KeyPart) -> String {
    let mut key = KeyWriter::new();
    value.write_key(&mut key);
    key.as_str().to_owned()
}

fn is_physical(key: &str) -> bool {
    (1..=200).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"%:/|#_.~@+=,-".contains(&b))
}

#[test]
fn parts_read_as_pinned() {
    let table = [
        (part(7_u64), "7"),
        (part(-7_i8), "-7"),
        (part(u128::MAX), "340282366920938463463374607431768211455"),
        (part(true), "true"),
        (part('é'), "%C3%A9"),
        (part("a b:c/d|e#f,g%h"), "a%20b%3Ac%2Fd%7Ce%23f%2Cg%25h"),
        (part("Ada_L.~@+=-9"), "Ada_L.~@+=-9"),
        (part(""), ""),
        (part(None::<&str>), "%n"),
        (part(Some("")), ""),
        (part(Some("%n")), "%25n"),
        (part(Some(None::<u8>)), "%n%s"),
        (part(Some(Some(5))), "5"),
        (part([1, 2]), "%l1,2,%."),
        (part(Vec::<u8>::new()), "%l%."),
        (part([""]), "%l,%."),
        (part(&[1, 2][..]), "%l1,2,%."),
        (part(std::collections::BTreeMap::from([("a", 1)])), "%l%la,1,%.,%."),
        (part(std::borrow::Cow::Borrowed("a b")), "a%20b"),
        (part(("a", 1, None::<u8>)), "%la,1,%n,%."),
        (part(std::path::Path::new("src/lib.rs")), "src%2Flib.rs"),
        (part(std::time::Duration::from_millis(5)), "5000000"),
    ];
    for (written, expected) in table {
        assert_eq!(written, expected);
    }
}

#[test]
fn addresses_that_differ_in_what_their_text_leaves_out_have_different_keys() {
    use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
    let address = |flowinfo| SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, flowinfo, 0));
    assert_ne!(part(address(0)), part(address(5)));
}

#[test]
fn a_key_is_its_text_wherever_text_is_asked_for() {
    let key = Key::from("user:7");
    assert_eq!(
        (key.as_ref(), format!("{key:>8}"), format!("{key:?}")),
        ("user:7", "  user:7".into(), "Key(user:7)".into())
    );
    // Borrowed and hashed as its text, it is found by it.
    let keys = std::collections::HashSet::from([key]);
    assert!(keys.contains("user:7") && !keys.contains("user:8"));
}

#[test]
fn text_at_the_limits_keeps_its_place() {
    for n in [1, 127, 128, 129, 199] {
        assert_eq!(Key::from("x".repeat(n)).as_str(), "x".repeat(n));
    }
    for n in [200, 201, 300, 100_000] {
        let key = Key::from("x".repeat(n));
        assert_eq!(key.as_str().len(), 200, "{n} characters");
        assert!(key.as_str().starts_with("xxxx") && key.as_str()[134..].starts_with("x~"));
        assert_ne!(key, Key::from("x".repeat(n + 1)));
    }
}

#[test]
fn a_digested_key_is_the_same_in_every_release() {
    // The digest by another program: `b2sum --length 256`.
    let digest = "7eb9c902d76f4876a0494066a9773bd4f8c0caf612f4683e352af66bc12af33e";
    assert_eq!(Key::from("x".repeat(200)).as_str(), format!("{}~{digest}", "x".repeat(135)));
}

#[test]
fn a_digested_key_cannot_be_forged_by_a_short_one() {
    let long = Key::from("secret".repeat(100));
    assert_ne!(Key::from(long.as_str()), long, "200 characters of text are digested themselves");
}

#[test]
fn a_key_that_was_made_elsewhere_stays_as_it_is() {
    for text in ["user:7", "", &"x".repeat(500)] {
        let made = Key::from(text);
        assert_eq!(Key::written(|key| made.clone().pour(key)), made);
    }
}

#[test]
fn what_is_displayed_is_escaped_as_a_value_is() {
    let mut key = KeyWriter::new();
    key.display(format_args!("{}:{:.1}", "a b", 0.25));
    assert_eq!((key.as_str(), format!("{key:?}")), ("a%20b%3A0.2", "KeyWriter(a%20b%3A0.2)".into()));
}

#[test]
fn a_display_that_fails_does_not_meet_its_own_prefix() {
    struct Fails;
    impl std::fmt::Display for Fails {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("half")?;
            Err(std::fmt::Error)
        }
    }
    let mut key = KeyWriter::new();
    key.display(Fails);
    assert_eq!(key.as_str(), "half%f");
}

#[test]
fn a_part_of_the_users_own_cannot_pass_for_an_absent_one() {
    struct Wrapped(Option<u8>);
    impl KeyPart for Wrapped {
        fn write_key(&self, key: &mut KeyWriter) {
            self.0.write_key(key);
        }
    }
    assert_ne!(part(Some(Wrapped(None))), part(None::<Wrapped>));
}

/// Short strings out of everything that means something in a key, so that collisions would be found.
fn nasty() -> impl Strategy<Value = String> {
    "[a%:/,nsl.|#e0~ é\\n\\x00]{0,4}"
}

type Arguments = (String, Option<String>, Vec<String>, (String, Option<Option<String>>), i16);

fn arguments() -> impl Strategy<Value = Arguments> {
    (
        nasty(),
        proptest::option::of(nasty()),
        proptest::collection::vec(nasty(), 0..3),
        (nasty(), proptest::option::of(proptest::option::of(nasty()))),
        -2_i16..3,
    )
}

fn key(arguments: &Arguments) -> Key {
    let (a, b, c, d, e) = arguments;
    let mut key = KeyWriter::new();
    key.literal("f:");
    a.write_key(&mut key);
    key.literal(":");
    b.write_key(&mut key);
    key.literal("/");
    c.write_key(&mut key);
    key.literal("|");
    d.write_key(&mut key);
    key.literal("#");
    e.write_key(&mut key);
    key.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn different_arguments_have_different_keys(one in arguments(), other in arguments()) {
        prop_assert_eq!(one == other, key(&one) == key(&other));
    }

    #[test]
    fn what_moves_between_neighbours_is_seen(a in nasty(), b in nasty(), c in nasty()) {
        // The likeliest collision: the same characters, cut elsewhere.
        let moved = (format!("{a}{b}"), Some(c.clone()), vec![], (String::new(), None), 0);
        let stayed = (a, Some(format!("{b}{c}")), vec![], (String::new(), None), 0);
        prop_assert_eq!(moved == stayed, key(&moved) == key(&stayed));
    }

    #[test]
    fn every_key_is_physical(text in "(\\PC|[\\x00-\\x20]){0,40}", arguments in arguments()) {
        prop_assert!(is_physical(Key::from(&text).as_str()));
        prop_assert!(is_physical(key(&arguments).as_str()));
    }

    #[test]
    fn different_texts_have_different_keys(one in nasty(), other in nasty()) {
        prop_assert_eq!(one == other, Key::from(&one) == Key::from(&other));
    }
}

//! Keys: templates, functions, and that no two tuples of arguments share one.

use std::collections::BTreeMap;
use std::path::Path;

use larder::{Key, cached};

use crate::{check, fresh, tick_of};

struct Organization {
    slug: String,
    place: (u64, Place),
}

struct Place {
    city: &'static str,
}

#[cached(key = "org:{org.slug}:{org.place.0}:{org.place.1.city}")]
fn fields(org: &Organization) -> u64 {
    tick_of(&org.slug)
}

#[cached(key = "{{braces}}/50%/{id}|{name}#ü")]
fn literal(id: u64, name: &str) -> u64 {
    tick_of((id, name))
}

#[cached(key = "price:{amount:.2}:{amount:?}:{factor:>5}")]
fn formatted(amount: f64, factor: u8) -> u64 {
    tick_of((amount, factor))
}

#[cached(key = "twice:{id}:{id}")]
fn twice(id: u64) -> u64 {
    tick_of(id)
}

#[test]
fn a_template_is_rendered_as_it_reads() {
    let organization = Organization { slug: "a:b".into(), place: (7, Place { city: "Bern" }) };
    for (key, text) in [
        (fields::key(&organization), "org:a%3Ab:7:Bern"),
        (literal::key(7, "x y"), "%7Bbraces%7D/50%25/7|x%20y#%C3%BC"),
        (formatted::key(1.0 / 3.0, 7), "price:0.33:0.3333333333333333:%20%20%20%207"),
        (twice::key(7), "twice:7:7"),
    ] {
        assert_eq!(key.as_str(), text);
    }
    check(|| fields(&organization), || fields(&Organization { slug: "c".into(), place: (7, Place { city: "Bern" }) }));
    check(|| literal(1, "a"), || literal(1, "b"));
    check(|| formatted(0.001, 1), || formatted(0.002, 1));
    check(|| twice(1), || twice(2));
}

#[cached(key = "{name}:{aliases}:{alias}")]
fn many(name: &str, aliases: &[&str], alias: Option<&str>) -> u64 {
    tick_of((name, aliases.len(), alias))
}

#[test]
fn different_arguments_never_share_a_key() {
    let names = ["", "a", "b", "a:b", ":", "%", "%3A", "%n", "ü", "a b", ",", "%l", "%."];
    let mut seen = BTreeMap::new();
    for name in names {
        for aliases in [&[][..], &[""], &["", ""], &[","], &["a", "b"], &["a,b"], &["a:b"]] {
            for alias in [None, Some(""), Some("a"), Some("%n"), Some("None")] {
                let key = many::key(name, aliases, alias);
                let before = seen.insert(key.to_string(), (name, aliases, alias));
                assert_eq!(before, None, "{key}");
            }
        }
    }
}

#[expect(clippy::ptr_arg, reason = "a key function is handed references to what the function takes")]
fn of_user(id: &u64, name: &str, tags: &Vec<String>) -> String {
    format!("user:{id}:{name}:{}", tags.len())
}

#[cached(key = of_user, skip(_log))]
fn by_function(_log: &str, id: u64, name: &str, tags: Vec<String>) -> u64 {
    tick_of((id, name, tags))
}

fn of_pair(pair: &(u64, u64)) -> Key {
    Key::from(format!("pair:{}:{}", pair.0.min(pair.1), pair.0.max(pair.1)))
}

#[cached(key = of_pair)]
fn by_function_of_pattern((a, b): (u64, u64)) -> u64 {
    tick_of((a, b))
}

fn of_named<T: ToString>(value: &T) -> String {
    format!("named:{}:{}", std::any::type_name::<T>(), value.to_string())
}

#[cached(key = of_named::<T>)]
fn by_generic_function<T: ToString>(value: T) -> u64 {
    tick_of(value.to_string())
}

mod of {
    pub(super) fn id(name: &str) -> String {
        format!("namesake:{name}")
    }
}

#[cached(key = of::id, skip(id))]
fn by_namesake(id: u64, name: &str) -> u64 {
    tick_of((id, name))
}

struct Reader {
    root: String,
}

fn of_reader(reader: &Reader, path: &Path) -> String {
    format!("{}/{}", reader.root, path.display())
}

impl Reader {
    #[cached(key = of_reader)]
    fn read(&self, path: &Path) -> u64 {
        tick_of((&self.root, path))
    }

    fn key_of(&self, n: &u64) -> String {
        format!("{}:{n}", self.root)
    }

    #[cached(key = Self::key_of)]
    fn number(&self, n: u64) -> u64 {
        tick_of((&self.root, n))
    }
}

#[test]
fn a_function_makes_the_key_from_what_is_not_skipped() {
    let reader = Reader { root: "root".into() };
    for (key, text) in [
        (by_function::key(7, "ada", vec![]), "user:7:ada:0"),
        (by_function_of_pattern::key((9, 3)), "pair:3:9"),
        (by_generic_function::key(7_u8), "named:u8:7"),
        (by_namesake::key("ada"), "namesake:ada"),
        (reader.read_key(Path::new("a b")), "root/a%20b"),
        (reader.number_key(5), "root:5"),
    ] {
        assert_eq!(key.as_str(), text);
    }
    check(|| by_function("", 1, "a", vec![]), || by_function("", 2, "a", vec![]));
    check(|| by_function_of_pattern((1, 2)), || by_function_of_pattern((2, 2)));
    check(|| by_generic_function(1_u8), || by_generic_function(1_u16));
    check(|| by_namesake(1, "a"), || by_namesake(1, "b"));
    check(|| reader.read(Path::new("a")), || reader.read(Path::new("b")));
    check(|| reader.number(1), || reader.number(2));
}

#[cached(key = "same:{id}")]
fn by_id(id: u64) -> u64 {
    tick_of(id)
}

#[cached(key = "same:{name}")]
fn by_name(name: u64) -> u64 {
    tick_of(name)
}

#[cached(key = "same:{id}:posts")]
fn posts(id: u64) -> u64 {
    tick_of(id)
}

#[test]
fn functions_of_the_same_keys_are_cleared_together_whatever_their_arguments_are_called() {
    fresh(|| {
        let (first, other) = (by_id(1), posts(1));
        assert_eq!(by_id::key(1), by_name::key(1));
        by_name::clear_all().unwrap();
        assert_ne!(by_id(1), first);
        assert_eq!(posts(1), other);
        by_name(1);
        assert_eq!(by_name::stats().same_template.map(|function| function.name), Some("by_id"));
        assert_eq!(posts::stats().same_template, None);
    });
}

#[cached(key = "raw:{type}:{r#type}")]
fn raw(r#type: u64) -> u64 {
    tick_of(r#type)
}

struct Ruler;

impl Ruler {
    #[cached(skip(self))]
    fn größe(&self, id: u64) -> u64 {
        tick_of(id)
    }
}

#[test]
fn any_name_can_stand_in_a_key() {
    assert_eq!(raw::key(7).as_str(), "raw:7:7");
    check(|| raw(1), || raw(2));
    check(|| Ruler.größe(1), || Ruler.größe(2));
    assert!(Ruler::größe_key(7).as_str().ends_with(":gr%C3%B6%C3%9Fe:7"));
}

#[test]
fn a_long_key_is_cut_and_still_its_own() {
    check(|| many("a", &[], None), || many("a", &[], Some("a")));
    let (long, longer) = ("x".repeat(1000), "x".repeat(1001));
    assert_eq!(many::key(&long, &[], None).as_str().len(), 200);
    assert_ne!(many::key(&long, &[], None), many::key(&longer, &[], None));
}

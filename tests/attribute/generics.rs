//! Type parameters, const parameters, lifetimes, where clauses.

use std::fmt::Debug;

use larder::{KeyPart, Storable, cached};

use crate::{check, check_async, fresh, tick, tick_of};

#[cached]
fn of_key<K>(key: K) -> u64
where
    K: KeyPart + Debug,
{
    tick_of(format!("{key:?}").len())
}

#[cached]
fn of_type<T>(factor: usize) -> u64 {
    tick_of(size_of::<T>() * factor)
}

#[cached(key = "sized:{T}:{N}")]
fn of_both<T, const N: usize>() -> u64 {
    tick_of(size_of::<T>() * N)
}

#[cached(key = "elements:{elements}:{N}")]
fn of_array<const N: usize>(elements: [u64; N]) -> u64 {
    tick_of(elements.len())
}

#[cached(key = "mapped:{id}:{F}", skip(map))]
fn mapped<F: Fn(u64) -> u64>(map: F, id: u64) -> u64 {
    map(id)
}

#[test]
fn closures_of_one_function_do_not_meet() {
    fresh(|| {
        let twice = |id| id * 2;
        assert_eq!((mapped(|id| id + 1, 10), mapped(twice, 10)), (11, 20));
        assert_eq!(mapped::key::<fn(u64) -> u64>(10), mapped::key::<fn(u64) -> u64>(10));
        mapped(twice, 10);
        assert_eq!(mapped::stats().computed, 2);
    });
}

#[test]
fn a_parameter_is_in_the_key() {
    check(|| of_key(1_u8), || of_key("x"));
    check(|| of_type::<u8>(1), || of_type::<u16>(1));
    check(|| of_type::<u8>(1), || of_type::<u8>(2));
    check(of_both::<u8, 1>, of_both::<u8, 2>);
    check(of_both::<u8, 1>, of_both::<u16, 1>);
    check(|| of_array([1, 2]), || of_array([1, 2, 3]));
}

#[cached]
fn bytes<T: KeyPart>(value: T) -> u64 {
    tick_of(value)
}

#[cached(key = "bytes:{value}:{T}")]
fn bytes_of_template<T: KeyPart>(value: T) -> u64 {
    tick_of(value)
}

#[cached]
fn elements<T: KeyPart>(elements: &[T]) -> u64 {
    tick_of(elements.len())
}

struct Wrapped<T> {
    id: u64,
    inner: T,
}

#[cached(key = "wrapped:{wrapped.id}:{T}")]
fn of_field<T>(wrapped: &Wrapped<T>) -> u64 {
    tick_of(&wrapped.inner)
}

#[cached]
fn unnamed(value: impl KeyPart) -> u64 {
    tick_of(value)
}

#[cached(key = "unnamed:{value}")]
async fn unnamed_of_template(value: &(impl KeyPart + ?Sized + Sync)) -> u64 {
    tick_of(value)
}

#[cached(key = "in-place:{value}", helpers = false)]
fn unnamed_in_place(value: impl KeyPart) -> u64 {
    tick_of(value)
}

#[cached(key = "unnamed-parts:{id}", skip(inner))]
fn unnamed_by_pattern(Wrapped { id, inner }: Wrapped<impl Send>) -> u64 {
    tick_of((id, inner))
}

#[cached(key = "unnamed-parts-in-place:{a}:{b}", helpers = false)]
fn unnamed_by_pattern_in_place((a, b): (impl KeyPart, impl KeyPart)) -> u64 {
    tick_of((a, b))
}

#[test]
fn values_that_read_alike_do_not_meet_if_their_types_differ() {
    check(|| bytes::<u8>(1), || bytes::<u64>(1));
    check(|| bytes(1_u8), || bytes("1"));
    check(|| bytes_of_template(1_u8), || bytes_of_template(1_u64));
    check(|| elements::<u8>(&[]), || elements::<u64>(&[]));
    check(|| of_field(&Wrapped { id: 1, inner: 1_u8 }), || of_field(&Wrapped { id: 1, inner: 1_u64 }));
    check(|| unnamed(1), || unnamed("1"));
    check_async(|| unnamed_of_template(&1), || unnamed_of_template("1"));
    check(|| unnamed_in_place(1), || unnamed_in_place("1"));
    let wrapped = |id| Wrapped { id, inner: () };
    check(|| unnamed_by_pattern(wrapped(1)), || unnamed_by_pattern(Wrapped { id: 1, inner: 1 }));
    check(|| unnamed_by_pattern(wrapped(1)), || unnamed_by_pattern(wrapped(2)));
    check(|| unnamed_by_pattern_in_place((1, 1)), || unnamed_by_pattern_in_place((1, "1")));
    assert_eq!(unnamed::key(1_u8).as_str().rsplit(':').next(), Some("1%tu8"));
}

trait Database {
    fn name(&self) -> String;
}

struct Tables;

impl Database for Tables {
    fn name(&self) -> String {
        "tables".into()
    }
}

#[cached(key = "row:{id}", skip(database, D))]
fn row<D: Database>(database: &D, id: u64) -> String {
    format!("{}:{id}:{}", database.name(), tick())
}

#[test]
fn a_helper_takes_no_parameter_that_it_does_not_need() {
    fresh(|| {
        let first = row(&Tables, 1);
        assert_eq!(row(&Tables, 1), first);
        assert_eq!(row::get(1).unwrap(), Some(first));
        assert!(row::clear(1).unwrap());
        assert_ne!(row::refresh(&Tables, 1), "");
    });
}

#[cached(key = "parsed:{text}:{T}")]
fn parsed<T: std::str::FromStr + Storable>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[test]
fn a_result_of_a_type_parameter_is_kept_per_type() {
    fresh(|| {
        assert_eq!(parsed::<u8>("7"), Some(7));
        assert_eq!(parsed::<i64>("7"), Some(7));
        assert_eq!(parsed::get::<u8>("7").unwrap(), Some(Some(7)));
        assert_eq!(parsed::get::<u16>("7").unwrap(), None);
        assert!(parsed::set::<u8>("8", Some(9)).unwrap());
        assert_eq!(parsed::<u8>("8"), Some(9));
    });
}

#[cached]
fn longest<'a, 'b: 'a>(left: &'a str, right: &'b str) -> u64 {
    tick_of(left.len() + right.len())
}

#[derive(Debug, PartialEq)]
struct Refused<'a>(&'a str);

#[cached]
fn borrowing_error(text: &str) -> Result<u64, Refused<'_>> {
    if text.is_empty() { Err(Refused(text)) } else { Ok(tick()) }
}

#[cached]
#[allow(mismatched_lifetime_syntaxes, reason = "this is what is tested")]
fn hidden_lifetime(text: &str) -> Result<u64, Refused> {
    if text.is_empty() { Err(Refused(text)) } else { Ok(tick()) }
}

#[cached(skip(left))]
fn named_lifetime<'a>(left: &'a str, right: &str) -> Result<u64, &'a str> {
    if right.is_empty() { Err(left) } else { Ok(tick()) }
}

#[cached]
async fn borrowing_error_async(text: &str) -> Result<u64, &str> {
    if text.is_empty() { Err(text) } else { Ok(tick()) }
}

#[test]
fn arguments_and_errors_may_borrow() {
    check(|| longest("a", "b"), || longest("b", "a"));
    check(|| borrowing_error("a").unwrap(), || borrowing_error("b").unwrap());
    check(|| hidden_lifetime("a").unwrap(), || hidden_lifetime("b").unwrap());
    check(|| named_lifetime("l", "a").unwrap(), || named_lifetime("l", "b").unwrap());
    fresh(|| {
        assert_eq!(borrowing_error(""), Err(Refused("")));
        assert_eq!(borrowing_error::get("").unwrap(), None);
        assert_eq!(futures_lite::future::block_on(borrowing_error_async("")), Err(""));
        assert_eq!(futures_lite::future::block_on(borrowing_error_async::get("")).unwrap(), None);
        assert_eq!(named_lifetime("l", ""), Err("l"));
        assert_eq!(named_lifetime::get("").unwrap(), None);
    });
}

trait Limits {
    const LIMIT: u64;
    const LIFETIME: u64;
}

struct Small;

impl Limits for Small {
    const LIMIT: u64 = 10;
    const LIFETIME: u64 = 60;
}

#[cached(key = "limited:{id}", skip(L), timeout = L::LIFETIME, cache_if = |value| *value < L::LIMIT)]
fn limited<L: Limits>(id: u64) -> u64 {
    id
}

#[cached(key = "mixed:{left}:{right}:{K}")]
fn mixed<K>(left: impl KeyPart + AsRef<str>, right: K) -> u64
where
    K: KeyPart,
{
    tick_of((left, right))
}

struct Table<T>(T);

impl<T: KeyPart> Table<T> {
    #[cached(key = "cell:{Self}:{self.0}:{column}:{C}", local)]
    fn cell<C: KeyPart + Clone + Send + Sync + 'static>(&self, column: C) -> (C, u64)
    where
        Self: Sized,
    {
        (column, tick())
    }
}

#[test]
fn parameters_may_stand_anywhere() {
    check(|| mixed("a", 1), || mixed("a".to_owned(), 2));
    check(|| Table(1).cell("a").1, || Table("x").cell("a").1);
    fresh(|| {
        assert_eq!((limited::<Small>(5), limited::<Small>(15)), (5, 15));
        assert_eq!((limited::get::<Small>(5).unwrap(), limited::get::<Small>(15).unwrap()), (Some(5), None));
        assert!(limited::set::<Small>(6, 7).unwrap());
        assert!(limited::clear(6).unwrap());
    });
}

#[cached(local)]
fn text(id: u64) -> &'static str {
    if tick() + id > 0 { "text" } else { "" }
}

#[test]
fn what_is_static_may_be_returned_by_reference() {
    fresh(|| assert_eq!(text(1), text(1)));
}

//! What is cached is decided by the concrete type, also behind an alias.

use larder::cached;

use crate::{fresh, tick, tick_of};

type Answer<T> = Result<T, Failure>;
type Maybe<T> = Option<T>;

#[derive(Clone, Debug, PartialEq)]
struct Failure(u64);

#[cached]
fn aliased(id: u64) -> Answer<u64> {
    if id == 0 { Err(Failure(tick())) } else { Ok(tick()) }
}

#[cached]
fn aliased_option(id: u64) -> Maybe<u64> {
    (id > 0).then(tick)
}

#[cached]
fn aliased_both(id: u64) -> Answer<Maybe<u64>> {
    match id {
        0 => Err(Failure(tick())),
        1 => Ok(None),
        _ => Ok(Some(tick())),
    }
}

#[test]
fn a_result_is_known_behind_its_alias() {
    fresh(|| {
        assert_ne!(aliased(0), aliased(0));
        assert_eq!(aliased(1), aliased(1));
        aliased_option(0);
        aliased_option(1);
        assert_eq!(aliased_option::get(0).unwrap(), None);
        assert!(aliased_option::get(1).unwrap().is_some());
        assert!(aliased_both(0).is_err() && aliased_both(1).is_ok() && aliased_both(2).is_ok());
        assert_eq!(aliased_both::get(0).unwrap(), None);
        assert_eq!(aliased_both::get(1).unwrap(), None);
        assert!(aliased_both::get(2).unwrap().is_some());
    });
}

#[cached]
fn unclonable(id: u64) -> Result<u64, std::io::Error> {
    if id == 0 { Err(std::io::Error::other("no")) } else { Ok(tick()) }
}

#[cached]
fn dynamic(id: u64) -> Result<u64, Box<dyn std::error::Error>> {
    if id == 0 { Err("no".into()) } else { Ok(tick()) }
}

#[cached]
fn nested_option(id: u64) -> Option<Option<u64>> {
    match id {
        0 => None,
        1 => Some(None),
        _ => Some(Some(tick())),
    }
}

#[test]
fn an_error_may_be_anything_and_only_the_outermost_type_decides() {
    fresh(|| {
        assert!(unclonable(0).is_err() && dynamic(0).is_err());
        assert_eq!(unclonable(1).unwrap(), unclonable(1).unwrap());
        assert_eq!(dynamic(1).unwrap(), dynamic(1).unwrap());
        for id in 0..3 {
            nested_option(id);
        }
        assert_eq!(nested_option::get(0).unwrap(), None);
        assert_eq!(nested_option::get(1).unwrap(), Some(Some(None)));
    });
}

#[cached(key = "kept:{T}:{id}")]
fn kept<T: larder::Storable + Default>(id: u64) -> T {
    tick_of(id);
    T::default()
}

#[test]
fn a_bare_type_parameter_is_kept_as_it_is() {
    fresh(|| {
        kept::<Option<u64>>(1);
        assert_eq!(kept::get::<Option<u64>>(1).unwrap(), Some(None));
    });
}

//! Inside `macro_rules!`, and with names that generated code uses too.

use larder::cached;

use crate::{check, check_async, fresh, tick_of};

macro_rules! cached_function {
    ($name:ident($argument:ident: $ty:ty) -> $body:expr) => {
        #[cached]
        fn $name($argument: $ty) -> u64 {
            tick_of($body)
        }
    };
}

cached_function!(from_macro(id: u64) -> id);

macro_rules! own_names {
    ($name:ident, $template:literal) => {
        #[cached(key = $template)]
        fn $name(id: u64, (left, right): (u64, u64)) -> u64 {
            tick_of((id, left, right))
        }
    };
}

own_names!(names_of_the_macro, "macro:{id}:{left}:{right}");

macro_rules! mixed_names {
    ($name:ident, $id:ident) => {
        #[cached(key = "mixed:{id}", skip(key), timeout = key)]
        async fn $name($id: u64, key: u64) -> u64 {
            tick_of(($id, key))
        }
    };
}

mixed_names!(names_of_both, id);

macro_rules! method {
    ($name:ident, $self:ident, $body:expr) => {
        #[cached(key = "method:{self.0}:{n}")]
        fn $name(&$self, n: u64) -> u64 {
            tick_of(($body, n))
        }
    };
}

struct Shop(u64);

impl Shop {
    method!(written_by_macro, self, self.0);
}

macro_rules! typed {
    ($($ty:ty => $name:ident),*) => {$(
        #[cached]
        fn $name(value: $ty) -> Result<$ty, String> {
            Ok(value)
        }
    )*};
}

typed!(u8 => typed_u8, Option<u16> => typed_option, Vec<(u8, String)> => typed_vec);

#[test]
fn a_macro_may_write_the_function() {
    check(|| from_macro(1), || from_macro(2));
    check(|| names_of_the_macro(1, (2, 3)), || names_of_the_macro(1, (2, 4)));
    check(|| Shop(1).written_by_macro(1), || Shop(2).written_by_macro(1));
    check_async(|| names_of_both(1, 60), || names_of_both(2, 60));
    fresh(|| {
        assert_eq!(typed_u8(1), Ok(1));
        assert_eq!(typed_option(None), Ok(None));
        assert_eq!(typed_vec(vec![]), Ok(vec![]));
    });
}

#[cached(timeout = *timeout_left + value)]
#[expect(clippy::too_many_arguments, reason = "they are what is tested")]
fn names_of_ours(
    key: u64,
    value: u64,
    timeout: u64,
    site: u64,
    rules: u64,
    probe: u64,
    call: u64,
    names_of_ours: u64,
    (timeout_left, job): (u64, u64),
    (key_value, _): (u64, u64),
    unnamed: u64,
) -> u64 {
    let all = (key, value, timeout, site, rules, probe, call, names_of_ours, timeout_left, job);
    tick_of((all, key_value, unnamed))
}

#[test]
fn arguments_may_have_the_names_that_generated_code_uses() {
    let one = || names_of_ours(1, 2, 3, 4, 5, 6, 7, 8, (9, 10), (11, 12), 13);
    check(one, || names_of_ours(1, 2, 3, 4, 5, 6, 7, 8, (9, 11), (11, 12), 13));
    fresh(|| {
        one();
        assert!(names_of_ours::update_timeout(1, 2, 3, 4, 5, 6, 7, 8, (9, 10), (11, 12), 13, 60).unwrap());
        assert!(names_of_ours::set(1, 2, 3, 4, 5, 6, 7, 8, (9, 10), (11, 12), 13, 5).unwrap());
        assert_eq!(one(), 5);
    });
}

#[cached(key = "colliding:{a}:{b_c}:{a_b}:{c}")]
fn colliding_patterns((a, b_c): (u64, u64), (a_b, c): (u64, u64)) -> u64 {
    tick_of((a, b_c, a_b, c))
}

#[test]
fn patterns_whose_bindings_read_alike_stay_apart() {
    check(|| colliding_patterns((1, 2), (3, 4)), || colliding_patterns((1, 2), (3, 5)));
}

#[cached(crate = crate::hygiene::vendored::cache)]
fn renamed(id: u64) -> u64 {
    tick_of(id)
}

mod vendored {
    pub(super) use ::larder as cache;
}

#[test]
fn the_crate_may_have_another_name() {
    check(|| renamed(1), || renamed(2));
}

macro_rules! with_body {
    ($name:ident, $body:block) => {
        #[cached]
        fn $name(_id: u64) -> u64 $body
    };
}

with_body!(of_block, { crate::tick() });

#[test]
fn a_body_may_come_from_a_macro() {
    check(|| of_block(1), || of_block(2));
}

//! What stands on a function keeps its meaning.
#![deny(missing_docs, unused, unreachable_pub, unused_qualifications, nonstandard_style)]

use larder::cached;

use crate::{fresh, tick_of};

/// Two functions of which one exists.
#[cached]
#[cfg(not(test))]
fn conditional(id: u64) -> String {
    compile_error!("this one does not exist");
}

/// Two functions of which one exists.
#[cached]
#[cfg(test)]
fn conditional(id: u64) -> u64 {
    tick_of(id)
}

/// The same by way of another attribute.
#[cached]
#[cfg_attr(test, cfg(not(test)))]
fn conditional_indirectly(id: u64) -> String {
    compile_error!("this one does not exist");
}

/// The same by way of another attribute.
#[cached]
#[cfg_attr(test, cfg(test), inline, allow(unused_variables))]
fn conditional_indirectly(id: u64) -> u64 {
    let unused = 5;
    tick_of(id)
}

struct Shop;

impl Shop {
    #[cached(skip(self))]
    #[cfg(not(test))]
    fn conditional(&self, id: u64) -> String {
        compile_error!("this one does not exist");
    }

    #[cached(skip(self))]
    #[cfg(test)]
    fn conditional(&self, id: u64) -> u64 {
        tick_of(id)
    }
}

#[test]
fn a_condition_holds_for_the_helpers_too() {
    fresh(|| {
        assert_eq!(conditional(1), conditional(1));
        assert!(conditional::clear(1).unwrap());
        assert_eq!(conditional_indirectly(1), conditional_indirectly(1));
        assert_eq!(Shop.conditional(1), Shop.conditional(1));
        assert!(Shop::conditional_clear(1).unwrap());
    });
}

/// Every lint level goes with the body.
#[cached]
#[allow(unused_mut, reason = "this is what is tested")]
#[expect(unused_variables, clippy::needless_return, reason = "this is what is tested")]
fn lenient(id: u64) -> u64 {
    let mut twice = id * 2;
    return tick_of(id);
}

/// In place they stay where they are.
#[cached(key = "in-place:{id}", helpers = false)]
#[expect(unused_variables, reason = "this is what is tested")]
fn lenient_in_place(id: u64) -> u64 {
    let twice = id * 2;
    tick_of(id)
}

/// In place those of the body stay in it.
#[cached(key = "inside:{id}", helpers = false)]
fn lenient_inside(id: u64) -> u64 {
    #![expect(unused_variables, reason = "this is what is tested")]
    let twice = id * 2;
    tick_of(id)
}

/// And goes out of use.
#[cached]
#[deprecated(note = "this is what is tested")]
#[must_use]
#[inline]
#[track_caller]
fn outdated(id: u64) -> u64 {
    if id > 1 {
        #[expect(deprecated, reason = "a function may call itself")]
        return outdated(id - 1);
    }
    tick_of(id)
}

#[test]
fn lints_and_marks_stay() {
    fresh(|| {
        assert_eq!(lenient(1), lenient(1));
        assert_eq!(lenient_in_place(1), lenient_in_place(1));
        assert_eq!(lenient_inside(1), lenient_inside(1));
        #[expect(deprecated, reason = "this is what is tested")]
        let first = outdated(1);
        #[expect(deprecated, reason = "the helpers go out of use with the function")]
        let got = outdated::get(1).unwrap();
        assert_eq!(got, Some(first));
    });
}

/// Nothing of this is used, and nothing of what is generated complains.
pub(crate) mod public {
    #![allow(unreachable_pub, reason = "a test is no library")]

    use larder::cached;

    /// Documented.
    #[cached]
    pub fn documented(id: u64) -> u64 {
        id
    }

    /// Documented.
    pub struct Shop;

    impl Shop {
        /// Documented.
        #[cached(skip(self))]
        pub async fn documented(&self, id: u64) -> u64 {
            id
        }
    }
}

#[test]
fn visibility_is_that_of_the_function() {
    fresh(|| {
        assert_eq!(public::documented(1), 1);
        assert!(public::documented::clear(1).unwrap());
    });
    crate::fresh_async(async {
        assert_eq!(public::Shop.documented(1).await, 1);
        assert!(public::Shop::documented_clear(1).await.unwrap());
    });
}

//! Which values can be cloned while a lock of ours is held: those whose `clone` is known to run no code of the user's, and is
//! soon done.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// So many bytes are copied in less time than it takes to raise a count that another core has raised.
const LONGEST: usize = 1024;

/// Is `value` one of them? Of other types the answer is known at compile time.
#[inline]
pub(super) fn is_brief<T: Any>(value: &T) -> bool {
    let value: &dyn Any = value;
    macro_rules! is_any_of {
        ($($small:ty)*) => { $(value.is::<$small>())||* };
    }
    macro_rules! is_short {
        ($($long:ty)*) => { $(value.downcast_ref::<$long>().is_some_and(|long| long.len() <= LONGEST))||* };
    }
    is_any_of!(() bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 Duration)
        || is_any_of!(&'static str Arc<str> Arc<[u8]>)
        || is_short!(String Box<str> Vec<u8> Box<[u8]>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Own;

    #[test]
    fn what_is_long_or_the_users_is_not_brief() {
        assert!(
            is_brief(&7_u64) && is_brief(&"x".repeat(LONGEST)) && is_brief(&Arc::<str>::from("x".repeat(LONGEST + 1)))
        );
        assert!(!is_brief(&"x".repeat(LONGEST + 1)) && !is_brief(&vec![0_u8; LONGEST + 1]));
        assert!(!is_brief(&Own) && !is_brief(&Some(Own)) && !is_brief(&vec![Own]));
    }
}

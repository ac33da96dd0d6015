//! Clears that replicas have confirmed, where somebody asks for that.
//!
//! They have connections of their own: `WAIT` speaks of what came by its own connection, and keeps all that comes after it
//! waiting.

use std::sync::Arc;

use redis::Value;

use super::link::Link;
use super::reply;
use crate::error::{Error, ErrorKind, Result};

/// How long replicas are waited for, of the second that helpers have.
const LIMIT_MS: u32 = 500;

/// By which connection a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Calls,
    Clears,
}

/// How many replicas have to confirm what is cleared; 0 is not to ask.
#[derive(Clone, Copy, Default)]
pub(super) struct Confirmation(pub(super) u32);

impl Confirmation {
    pub(super) fn lane(self) -> Lane {
        if self.0 == 0 { Lane::Calls } else { Lane::Clears }
    }

    /// Waits for as many replicas of each server that has just cleared something.
    pub(super) async fn of(self, links: impl IntoIterator<Item = &Arc<Link>>) -> Result<()> {
        if self.0 == 0 {
            return Ok(());
        }
        let mut each: Vec<&Arc<Link>> = Vec::new();
        for link in links {
            if !each.iter().any(|other| Arc::ptr_eq(other, link)) {
                each.push(link);
            }
        }
        let mut wait = redis::cmd("WAIT");
        wait.arg(self.0).arg(LIMIT_MS);
        let confirmed = crate::adapter::join_all(each.into_iter().map(|link| link.ask(&wait))).await;
        confirmed.into_iter().try_for_each(|reply| self.check(reply?))
    }

    fn check(self, reply: Value) -> Result<()> {
        let n_replicas = reply::integer(reply)?;
        if n_replicas >= i64::from(self.0) {
            return Ok(());
        }
        let message =
            format!("cleared, and confirmed by {n_replicas} replicas within {LIMIT_MS} ms, not by {}", self.0);
        Err(Error::new(ErrorKind::NotReplicated, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_are_an_error_that_does_not_say_that_the_store_is_down() {
        let error = Confirmation(2).check(Value::Int(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotReplicated);
        assert_eq!(error.to_string(), "cleared, and confirmed by 1 replicas within 500 ms, not by 2");
        assert!(Confirmation(2).check(Value::Int(2)).is_ok() && Confirmation(2).check(Value::Nil).is_err());
        assert_eq!((Confirmation(0).lane(), Confirmation(1).lane()), (Lane::Calls, Lane::Clears));
    }
}

//! The way to the server for commands that larder has no word for.

use std::fmt;
use std::sync::Arc;

use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, Value};

use super::connection::Connector;

/// The connection of a [`RedisCache`](super::RedisCache), for commands of one's own.
///
/// It is whatever connection the cache has at the moment, shared with it: multiplexed, so commands that block or that
/// change the connection (`BLPOP`, `SUBSCRIBE`, `SELECT`) have no place on it. It works on any executor. There is no limit
/// on how long an answer may take.
///
/// # Examples
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = larder::RedisCache::open("redis://127.0.0.1")?;
/// let n_keys: u64 = redis::cmd("DBSIZE").query_async(&mut cache.client()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisClient {
    pub(super) connector: Arc<Connector>,
    pub(super) database: i64,
}

impl ConnectionLike for RedisClient {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let link = self.connector.link().await.map_err(foreign)?;
            let _unbounded = link.unbounded();
            link.one(command).await
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let link = self.connector.link().await.map_err(foreign)?;
            let _unbounded = link.unbounded();
            link.many(pipeline, offset, count).await
        })
    }

    fn get_db(&self) -> i64 {
        self.database
    }
}

/// Our error in the client's words.
fn foreign(error: crate::error::Error) -> RedisError {
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    (ErrorKind::Io, "no connection", format!("{error}: {cause}")).into()
}

impl fmt::Debug for RedisClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisClient({})", self.connector.name())
    }
}

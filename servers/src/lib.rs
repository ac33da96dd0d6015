//! Real servers for tests: started in private, broken at will, gone when the test is.
//!
//! A fake store agrees with its author; only the real one knows how it is silent, or comes back. So tests start
//! [`Redis`] and [`Memcached`] of their own, or a whole [`RedisCluster`], each on a free port and in a folder of its own. They never meet a server that
//! somebody else runs. `LARDER_REDIS_SERVER` names a program to be run in place of `redis-server`, as Valkey's. Where a test needs a network that misbehaves, a [`Proxy`] stands in between.
//!
//! ```
//! use larder_servers::{Redis, or_skip};
//!
//! # fn main() -> std::io::Result<()> {
//! let Some(mut redis) = or_skip(Redis::start()) else { return Ok(()) };
//! println!("a client would connect to {}", redis.url());
//! redis.kill();
//! redis.restart()?; // the same port, nothing stored
//! # Ok(())
//! # }
//! ```

mod cluster;
mod ensure;
mod memcached;
mod port;
mod process;
mod proxy;
mod python;
mod redis;
mod resp;
mod sentinel;
mod server;
mod skip;
mod wait;

pub use cluster::RedisCluster;
pub use ensure::{VALKEY, ensure, ensure_valkey};
pub use memcached::Memcached;
pub use port::{Unreachable, free_port};
pub use proxy::{Behaviour, Proxy};
pub use python::Python;
pub use redis::{Certificates, Redis};
pub use sentinel::RedisSentinel;
pub use server::Server;
pub use skip::or_skip;

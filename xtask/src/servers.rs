//! Servers to try things on: they run while this runs, on ports where they meet nobody else's, and keep nothing.

use std::io::{self, Read};

use std::time::Duration;

use larder_servers::{Memcached, Redis, RedisCluster, RedisSentinel};

use crate::call::{Outcome, Workspace};

/// How many memcached servers stand together, as several are one store to a client.
const N_TOGETHER: usize = 3;

const N_MASTERS: usize = 3;
const N_REPLICAS_EACH: usize = 1;

/// A master that is silent for so long is replaced: soon enough for who has stopped it to see what happens.
const PATIENCE: Duration = Duration::from_secs(5);

/// Starts them, says where they are, and waits. Ctrl-C ends this process, and they end with it.
pub(crate) fn serve(_: &Workspace) -> Outcome {
    serve_each(io::stdin()).map_err(|error| error.to_string())
}

/// The same of a Redis Cluster, which takes longer to start, and is for fewer.
pub(crate) fn serve_cluster(_: &Workspace) -> Outcome {
    cluster(io::stdin()).map_err(|error| error.to_string())
}

/// And of a Redis behind sentinels.
pub(crate) fn serve_sentinel(_: &Workspace) -> Outcome {
    sentinel(io::stdin()).map_err(|error| error.to_string())
}

fn serve_each(until_end_of: impl Read) -> io::Result<()> {
    let redis = Redis::start()?;
    let memcached = Memcached::start()?;
    let together = (0..N_TOGETHER).map(|_| Memcached::start()).collect::<io::Result<Vec<_>>>()?;

    let addresses: Vec<_> = together.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
    println!("redis                {}", redis.url());
    println!("                     {}", redis.socket().display());
    println!("memcached            {}", memcached.url());
    println!("memcached, together  memcache://{}", addresses.join(","));
    wait(&redis.url(), until_end_of)
}

fn cluster(until_end_of: impl Read) -> io::Result<()> {
    let servers = RedisCluster::with_timeout(N_MASTERS, N_REPLICAS_EACH, PATIENCE)?;
    println!("redis cluster        {}", servers.url());
    println!(
        "                     {N_MASTERS} masters, then a replica of each, for a master that is silent for {PATIENCE:?}"
    );
    wait(&servers.url(), until_end_of)
}

fn sentinel(until_end_of: impl Read) -> io::Result<()> {
    let mut servers = RedisSentinel::start(PATIENCE)?;
    println!("redis sentinel       {}", servers.url());
    println!("the master           {}", servers.node(0).url());
    println!("                     two replicas, for a master that is silent for {PATIENCE:?}");
    wait(&servers.url(), until_end_of)
}

/// What the servers are good for, until the input ends.
fn wait(url: &str, input: impl Read) -> io::Result<()> {
    println!("\nfor example: cargo run --release --example quickstart -- --adapter {url}");
    println!("Ctrl-C stops them all.");
    read_to_end(input)
}

fn read_to_end(mut input: impl Read) -> io::Result<()> {
    io::copy(&mut input, &mut io::sink()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use larder_servers::or_skip;

    use super::*;

    #[test]
    fn servers_of_each_kind_start_and_end_with_the_input() {
        for serve in [serve_each as fn(io::Empty) -> io::Result<()>, cluster, sentinel] {
            or_skip(serve(io::empty()));
        }
    }

    /// So many zeros, into buffers of a usual size.
    struct Zeros(usize);

    impl Read for Zeros {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(buffer.len() <= 64 << 10, "{} bytes are set aside", buffer.len());
            let n_bytes = buffer.len().min(self.0);
            self.0 -= n_bytes;
            buffer[..n_bytes].fill(0);
            Ok(n_bytes)
        }
    }

    #[test]
    fn what_comes_in_is_not_kept() {
        let mut zeros = Zeros(64 << 20);
        read_to_end(&mut zeros).unwrap();
        assert_eq!(zeros.0, 0);
    }
}

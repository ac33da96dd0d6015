//! Servers to try things on: they run while this runs, on ports where they meet nobody else's, and keep nothing.

use std::io::{self, Read};

use larder_servers::{Memcached, Redis};

use crate::call::{Outcome, Workspace};

/// How many memcached servers stand together, as several are one store to a client.
const N_TOGETHER: usize = 3;

/// Starts them, says where they are, and waits. Ctrl-C ends this process, and they end with it.
pub(crate) fn serve(_: &Workspace) -> Outcome {
    serve_until_end().map_err(|error| error.to_string())
}

fn serve_until_end() -> io::Result<()> {
    let redis = Redis::start()?;
    let memcached = Memcached::start()?;
    let together = (0..N_TOGETHER).map(|_| Memcached::start()).collect::<io::Result<Vec<_>>>()?;

    let addresses: Vec<_> = together.iter().map(|server| format!("127.0.0.1:{}", server.port())).collect();
    println!("redis                {}", redis.url());
    println!("                     {}", redis.socket().display());
    println!("memcached            {}", memcached.url());
    println!("memcached, together  memcache://{}", addresses.join(","));
    println!("\nfor example: cargo run --release --example quickstart -- --adapter {}", redis.url());
    println!("Ctrl-C stops them all.");
    read_to_end(io::stdin())
}

fn read_to_end(mut input: impl Read) -> io::Result<()> {
    io::copy(&mut input, &mut io::sink()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

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

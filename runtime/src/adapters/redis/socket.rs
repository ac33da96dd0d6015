//! Making a connection: the socket, the client's protocol over it, and the task that drives both.
//!
//! The sockets are made here and not by the client, because its driver is then ours: it says at once when the server closes
//! the connection, so that the next verb does not go into it and fail.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, RedisResult};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};

use super::bounded::Bounded;
use super::health::Health;
use super::reply::{self, Failure};
use super::tls::{self, Tls};

/// How many commands may wait for the driver before callers do.
const QUEUE: usize = 1024;

/// Where a connection leads, and whether it is encrypted.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) server: ConnectionInfo,
    pub(super) tls: Option<Tls>,
    /// What is larger is not read.
    pub(super) largest_entry: usize,
}

/// A connection to `target`, logged in, its database selected. `health` tells when it has ended, and ends it.
pub(super) async fn open(target: &Target, health: &Health) -> Result<MultiplexedConnection, Failure> {
    let Target { server, tls: encryption, largest_entry } = target;
    let mut wrong = None;
    let opened = match (server.addr(), encryption) {
        (ConnectionAddr::Tcp(host, port), None) => match tcp(host, *port).await {
            Ok(stream) => speak(server, stream, health, *largest_entry).await,
            Err(error) => Err(error.into()),
        },
        (ConnectionAddr::Tcp(host, port), Some(tls)) => match tcp(host, *port).await {
            Ok(stream) => {
                let (stream, unread) = tls.around(stream, host).await?;
                wrong = unread;
                speak(server, stream, health, *largest_entry).await
            }
            Err(error) => Err(error.into()),
        },
        (ConnectionAddr::Unix(path), _) => unix::open(path, server, health, *largest_entry).await,
        _ => by_client(server).await,
    };
    let failed =
        |error| tls::because(Failure { attempted: String::new(), cause: reply::cause(&error) }, wrong.as_deref());
    opened.map_err(failed)
}

/// No limit on answers: that is a layer's work.
fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None).set_pipeline_buffer_size(QUEUE)
}

/// Over a transport that only the user's build of the client has, such as TLS.
async fn by_client(server: &ConnectionInfo) -> RedisResult<MultiplexedConnection> {
    Client::open(server.clone())?.get_multiplexed_async_connection_with_config(&config()).await
}

async fn speak<S>(
    server: &ConnectionInfo,
    stream: S,
    health: &Health,
    largest_entry: usize,
) -> RedisResult<MultiplexedConnection>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = Bounded::new(stream, largest_entry, health.clone());
    let (connection, driver) =
        MultiplexedConnection::new_with_config(server.redis_settings(), stream, config()).await?;
    crate::io::spawn(drive(driver, health.clone()));
    Ok(connection)
}

/// Drives a connection until either it or the need for it ends.
async fn drive(driver: impl Future<Output = ()>, health: Health) {
    let mut driver = pin!(health.crowd().gather(driver));
    let mut dead = pin!(health.dead());
    poll_fn(|context| {
        let is_over = dead.as_mut().poll(context).is_ready() || driver.as_mut().poll(context).is_ready();
        if is_over { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    health.give_up();
}

/// To the first of the host's addresses that accepts.
async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in tokio::net::lookup_host((host, port)).await? {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        socket.set_nodelay(true)?;
        socket.set_keepalive(true)?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

#[cfg(unix)]
mod unix {
    use std::path::Path;

    use redis::aio::MultiplexedConnection;
    use redis::{ConnectionInfo, RedisResult};
    use tokio::net::UnixStream;

    use super::{Health, speak};

    pub(super) async fn open(
        path: &Path,
        server: &ConnectionInfo,
        health: &Health,
        largest_entry: usize,
    ) -> RedisResult<MultiplexedConnection> {
        speak(server, UnixStream::connect(path).await?, health, largest_entry).await
    }
}

/// Without such sockets, the client says so.
#[cfg(not(unix))]
mod unix {
    use std::path::Path;

    use redis::aio::MultiplexedConnection;
    use redis::{ConnectionInfo, RedisResult};

    use super::{Health, by_client};

    pub(super) async fn open(
        _: &Path,
        server: &ConnectionInfo,
        _: &Health,
        _: usize,
    ) -> RedisResult<MultiplexedConnection> {
        by_client(server).await
    }
}

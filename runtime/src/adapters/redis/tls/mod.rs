//! TLS around a connection: who is trusted, and what is said where nobody is.
//!
//! The server's certificate and its name are always verified; there is no switch for that. Who runs servers with certificates
//! of their own says by which authority they are signed.

mod current;
mod files;
mod said;

pub(super) use current::Tls;

use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::reply::Failure;

/// A server that does not speak TLS may wait for the end of a line that never comes.
const LIMIT: Duration = Duration::from_millis(1500);

/// TLS to a Redis server: by whom its certificate is signed, and who we are.
///
/// The server's certificate and host name are verified, always. Without [`ca_file`](Self::ca_file), those are trusted whom the
/// system trusts. Files are read when the cache is built, and again with each attempt to connect, so that certificates can be
/// exchanged while the program runs; as long as one of them makes no sense, what was read before is used.
///
/// # Examples
/// ```no_run
/// use larder::{RedisCache, RedisTls};
///
/// let tls = RedisTls::new().ca_file("/etc/redis/ca.pem").client_certificate("/etc/app/cert.pem", "/etc/app/key.pem");
/// let cache = RedisCache::builder().host("cache.internal").tls(tls).build()?;
/// // The same in a URL:
/// let url = "rediss://cache.internal?ca=/etc/redis/ca.pem&certificate=/etc/app/cert.pem&key=/etc/app/key.pem";
/// let cache = RedisCache::open(url)?;
/// # Ok::<(), larder::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RedisTls {
    pub(super) ca: Option<PathBuf>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

impl RedisTls {
    /// Whom the system trusts is trusted, and we need not say who we are.
    pub fn new() -> Self {
        Self::default()
    }

    /// The authorities that sign the server's certificate, as PEM, in the place of those that the system trusts.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(path.into());
        self
    }

    /// Our own certificate with what leads to its authority, and its key, as PEM: for servers that ask who we are, which Redis
    /// does by default.
    pub fn client_certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.certificate = Some(certificate.into());
        self.key = Some(key.into());
        self
    }
}

impl Tls {
    /// `stream`, encrypted, to what has shown to be `host`; and what is wrong with the files, if something is: they may be why the
    /// server does not believe us, which it says later.
    pub(super) async fn around(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> Result<(TlsStream<TcpStream>, Option<String>), Failure> {
        let (config, wrong) = self.latest().await;
        let failed = |cause| because(Failure { attempted: "TLS failed".into(), cause }, wrong.as_deref());
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| failed("the host has a name that no certificate can have".into()))?;
        match tokio::time::timeout(LIMIT, TlsConnector::from(config).connect(name, stream)).await {
            Ok(Ok(stream)) => Ok((stream, wrong)),
            Ok(Err(error)) => Err(failed(said::said(&error))),
            Err(_) => Err(failed("the server did not answer; does it speak TLS on this port?".into())),
        }
    }
}

/// The failure, with what is wrong with the files.
pub(super) fn because(failure: Failure, wrong: Option<&str>) -> Failure {
    let Some(wrong) = wrong else { return failure };
    Failure { cause: format!("{}; {wrong}, so that what was read before is used", failure.cause), ..failure }
}

//! Certificates and keys out of files, and whom the system trusts. An error names the file and shows nothing of it.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::RedisTls;
use crate::error::{Error, ErrorKind, Result};

/// So long what the system trusts is not read again, as that is a hundred certificates.
const SYSTEM: Duration = Duration::from_secs(10);

/// What was read at one time.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Contents {
    roots: Roots,
    /// Our certificate and its key.
    own: Option<(Vec<u8>, Vec<u8>)>,
}

#[derive(Clone)]
enum Roots {
    File(Vec<u8>),
    System(Vec<CertificateDer<'static>>, Instant),
}

impl PartialEq for Roots {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(own), Self::File(other)) => own == other,
            (Self::System(own, _), Self::System(other, _)) => own == other,
            _ => false,
        }
    }
}

impl Eq for Roots {}

impl Contents {
    /// Reads the files, and whom the system trusts if no file says whom; that not again if it was read `before` just now.
    pub(super) fn read(settings: &RedisTls, before: Option<&Self>) -> Result<Self> {
        let roots = match (&settings.ca, before.map(|before| &before.roots)) {
            (Some(path), _) => Roots::File(bytes("ca", path)?),
            (None, Some(roots @ Roots::System(_, read))) if read.elapsed() < SYSTEM => roots.clone(),
            (None, _) => Roots::System(rustls_native_certs::load_native_certs().certs, Instant::now()),
        };
        let own = match (&settings.certificate, &settings.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((bytes("certificate", certificate)?, bytes("key", key)?)),
            _ => {
                let message = "TLS to redis takes `certificate` and `key` together, or neither";
                return Err(Error::new(ErrorKind::Config, message));
            }
        };
        Ok(Self { roots, own })
    }

    /// What connections need, if it makes sense.
    pub(super) fn config(&self, settings: &RedisTls) -> Result<Arc<ClientConfig>> {
        let refused = |error| Error::new(ErrorKind::Config, format!("TLS to redis cannot be set up: {error}"));
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_root_certificates(self.roots(settings)?);
        let (Some((chain, secret)), Some(certificate), Some(key)) = (&self.own, &settings.certificate, &settings.key)
        else {
            return Ok(Arc::new(config.with_no_client_auth()));
        };
        let chain = certificates("certificate", certificate, chain)?;
        // What the parser says may quote a line.
        let secret = PrivateKeyDer::from_pem_slice(secret).map_err(|_| wrong("key", key, "it holds no key in PEM"))?;
        let config = config.with_client_auth_cert(chain, secret);
        config.map(Arc::new).map_err(|error| {
            let what = format!("it does not go with the `certificate`, {}: {error}", certificate.display());
            wrong("key", key, what)
        })
    }

    fn roots(&self, settings: &RedisTls) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        match (&self.roots, &settings.ca) {
            (Roots::File(bytes), Some(path)) => {
                for certificate in certificates("ca", path, bytes)? {
                    roots.add(certificate).map_err(|error| wrong("ca", path, error))?;
                }
            }
            // Some of them may make no sense to us, as they may be of another age.
            (Roots::System(certificates, _), _) => drop(roots.add_parsable_certificates(certificates.iter().cloned())),
            (Roots::File(_), None) => {}
        }
        if roots.is_empty() {
            let message = "TLS to redis: the system trusts no authority; name a file with the server's by `ca`";
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(roots)
    }
}

/// All certificates of a file, of which there is at least one.
fn certificates(setting: &str, path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let certificates = read.map_err(|error| wrong(setting, path, error))?;
    if certificates.is_empty() {
        return Err(wrong(setting, path, "it holds no certificate in PEM"));
    }
    Ok(certificates)
}

fn bytes(setting: &str, path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| wrong(setting, path, error))
}

fn wrong(setting: &str, path: &Path, what: impl Display) -> Error {
    let message = format!("the file of `{setting}` for TLS to redis, {}, is of no use: {what}", path.display());
    Error::new(ErrorKind::Config, message)
}

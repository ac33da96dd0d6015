//! Certificates and keys out of files, and whom the system trusts. An error names the file and shows nothing of it.

use std::path::Path;

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::{Error, ErrorKind, Result};

/// Those that a file names.
pub(super) fn authorities(path: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("ca", path)? {
        roots.add(certificate).map_err(|error| wrong("ca", path, &error.to_string()))?;
    }
    Ok(roots)
}

/// Those that the system trusts. Some of them may make no sense to us, as they may be of another age.
pub(super) fn of_the_system() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let message = "TLS to redis: the system trusts no authority; name a file with the server's by `ca`";
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(roots)
}

/// All certificates of a file, of which there is at least one.
pub(super) fn certificates(setting: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates: Vec<_> = read.map_err(|error| wrong(setting, path, &error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong(setting, path, "it holds no certificate in PEM"));
    }
    Ok(certificates)
}

/// The one key of a file.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    // What the parser says may quote a line.
    PrivateKeyDer::from_pem_file(path).map_err(|_| wrong("key", path, "it cannot be read, or holds no key in PEM"))
}

fn wrong(setting: &str, path: &Path, what: &str) -> Error {
    let message = format!("the file of `{setting}` for TLS to redis, {}, is of no use: {what}", path.display());
    Error::new(ErrorKind::Config, message)
}

//! What went wrong between two who meant to speak TLS, in words that name the fix.

use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

pub(super) fn said(error: &io::Error) -> String {
    match error.get_ref().and_then(|cause| cause.downcast_ref::<Error>()) {
        Some(error) => told(error),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the server closed the connection; does it speak TLS on this port?".into()
        }
        None => error.to_string(),
    }
}

fn told(error: &Error) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, UnknownIssuer,
    };
    match error {
        Error::InvalidCertificate(UnknownIssuer | BadSignature) => {
            "nobody who is trusted has signed the server's certificate; name its authority by `ca`".into()
        }
        Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "the server's certificate is for other host names than the one it was reached by".into()
        }
        Error::InvalidCertificate(Expired | ExpiredContext { .. }) => "the server's certificate has expired".into(),
        Error::InvalidMessage(_) => "the server does not speak TLS on this port".into(),
        Error::AlertReceived(alert @ (AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure)) => {
            format!("the server refused ({alert:?}); it may want a `certificate` of ours")
        }
        other => other.to_string(),
    }
}

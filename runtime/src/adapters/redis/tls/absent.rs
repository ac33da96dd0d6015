//! A build without TLS: who asks for it is told of the feature.

use std::convert::Infallible;
use std::path::PathBuf;

use tokio::net::TcpStream;

use super::reply::Failure;
use crate::error::{Error, ErrorKind, Result};

#[derive(Clone, Default)]
pub(super) struct RedisTls {
    pub(super) ca: Option<PathBuf>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

/// There is none.
#[derive(Clone)]
pub(super) struct Tls(Infallible);

impl Tls {
    pub(super) fn new(_: &RedisTls) -> Result<Self> {
        let message = "TLS to redis is not in this build: it needs the cargo feature `redis-tls` of larder";
        Err(Error::new(ErrorKind::FeatureOff, message))
    }

    pub(super) async fn around(&self, _: TcpStream, _: &str) -> Result<(TcpStream, Option<String>), Failure> {
        match self.0 {}
    }
}

pub(super) fn because(failure: Failure, _: Option<&str>) -> Failure {
    failure
}

//! How to get into servers, wherever they are: logins and TLS.

use redis::{ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo};

use super::addresses::AddressMap;
use super::socket::Target;
use super::tls::{RedisTls, Tls};
use super::url::{self, Place};
use crate::error::{Error, ErrorKind, Result};

/// What is the same for all servers that belong together.
#[derive(Clone, Default)]
pub(super) struct Access {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) database: u32,
    pub(super) tls: Option<Tls>,
    /// The largest entry that is stored, and so read.
    pub(super) largest_entry: usize,
    /// Where servers are reached that others announce.
    pub(super) addresses: AddressMap,
}

impl Access {
    pub(super) fn check(&self) -> Result<()> {
        if self.user.is_some() && self.password.is_none() {
            return Err(Error::new(ErrorKind::Config, "a redis cache with a `user` needs its `password`"));
        }
        Ok(())
    }

    /// What a connection to `place` needs.
    pub(super) fn to(&self, place: Place) -> Result<Target> {
        let mut settings = RedisConnectionInfo::default()
            .set_db(self.database.into())
            .set_lib_name(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        if let Some(user) = &self.user {
            settings = settings.set_username(user);
        }
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        let address = match place {
            Place::Tcp(host, port) => ConnectionAddr::Tcp(host, port),
            Place::Socket(path) => ConnectionAddr::Unix(path),
        };
        let info = address.into_connection_info();
        let info = info.map_err(|_| Error::new(ErrorKind::Config, "the address of a redis cache is not understood"))?;
        let server = info.set_redis_settings(settings);
        Ok(Target { server, tls: self.tls.clone(), largest_entry: self.largest_entry })
    }
}

/// What code says of TLS, and what a URL and the settings beside it do.
pub(super) fn encryption(said: Option<RedisTls>, is_encrypted: bool, settings: &url::Settings) -> Result<Option<Tls>> {
    if said.is_none() && !is_encrypted {
        let message = "`ca`, `certificate` and `key` of a redis cache are for TLS: its URL begins with rediss://";
        return if settings.is_of_tls() { Err(Error::new(ErrorKind::Config, message)) } else { Ok(None) };
    }
    let RedisTls { ca, certificate, key } = said.unwrap_or_default();
    let said = url::Settings { ca, certificate, key, ..url::Settings::default() };
    let url::Settings { ca, certificate, key, .. } = said.or(settings.clone());
    Tls::new(&RedisTls { ca, certificate, key }).map(Some)
}

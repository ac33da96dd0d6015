//! What a URL says of the cache over a far store, whatever the store:
//! `?namespace=shop&timeout=60&grace=0&codec=json&envelope=off`. The rest of the query is the store's.

use crate::cache::CacheBuilder;
use crate::codec::Codec;
#[cfg(any(feature = "memcached", feature = "redis"))]
use crate::config::{Fault, Fields};
use crate::error::{Error, ErrorKind, Result};
use crate::layer::LimitSettings;
use crate::timeout::Timeout;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Settings {
    namespace: Option<String>,
    timeout: Option<Timeout>,
    grace: Option<Timeout>,
    codec: Option<Codec>,
    /// Values stand there bare, for programs in other languages.
    is_plain: bool,
    limits: LimitSettings,
}

const NAMES: [&str; 5] = ["namespace", "timeout", "grace", "codec", "envelope"];

impl Settings {
    /// The store's part of the URL, with what it has settings of its `own` for, and the settings.
    pub(super) fn split(url: &str, own: &[&str]) -> Result<(String, Self)> {
        let mut settings = Self::default();
        let Some((address, query)) = url.split_once('?') else { return Ok((url.to_owned(), settings)) };
        // What looks like the settings of the cache may be the end of a password that nobody escaped.
        if query.contains('@') {
            return Err(Error::new(ErrorKind::Config, "in the URL of a store, a `?` in a password is written %3F"));
        }
        let mut rest = Vec::new();
        for setting in query.split('&').filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            match name {
                "namespace" => settings.namespace = Some(value.to_owned()),
                "timeout" => settings.timeout = Some(span(name, value)?),
                "grace" => settings.grace = Some(span(name, value)?),
                "codec" => settings.codec = Some(Codec::named(value)?),
                "envelope" => settings.is_plain = is_off(name, value)?,
                name if own.contains(&name) => rest.push(setting),
                name if settings.limit(name, value)? => {}
                _ => {
                    let known = [&NAMES, own, &LimitSettings::SPANS, &LimitSettings::COUNTS].concat().join(", ");
                    let message = format!("the URL of a store has no setting `{name}`: known are {known}");
                    return Err(Error::new(ErrorKind::Config, message));
                }
            }
        }
        let url = if rest.is_empty() { address.to_owned() } else { format!("{address}?{}", rest.join("&")) };
        Ok((url, settings))
    }

    /// Was it one of the limits?
    fn limit(&mut self, name: &str, value: &str) -> Result<bool> {
        if let Some(name) = LimitSettings::SPANS.into_iter().find(|known| *known == name) {
            self.limits.set_span(name, span(name, value)?)?;
            return Ok(true);
        }
        let Some(name) = LimitSettings::COUNTS.into_iter().find(|known| *known == name) else { return Ok(false) };
        let number = value
            .parse()
            .map_err(|_| Error::new(ErrorKind::Config, format!("`{name}` in the URL of a store is a whole number")))?;
        self.limits.set_count(name, number)?;
        Ok(true)
    }

    /// Is the cache shared with programs in other languages?
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// The cache that they are said of.
    pub(super) fn on(self, mut builder: CacheBuilder) -> CacheBuilder {
        let Self { namespace, timeout, grace, codec, is_plain: _, limits } = self;
        builder = builder.limits(limits);
        if let Some(namespace) = namespace {
            builder = builder.namespace(namespace);
        }
        if let Some(timeout) = timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(grace) = grace {
            builder = builder.grace(grace);
        }
        if let Some(codec) = codec {
            builder = builder.codec(codec);
        }
        builder
    }
}

fn span(name: &str, value: &str) -> Result<Timeout> {
    value.parse().map_err(|error| Error::new(ErrorKind::Config, format!("`{name}` in the URL of a store: {error}")))
}

/// The same by a field beside the URL, which goes before it.
#[cfg(any(feature = "memcached", feature = "redis"))]
pub(super) fn is_plain_by(fields: &mut Fields, is_plain: bool) -> Result<bool, Fault> {
    match fields.text("envelope")? {
        Some(value) => is_off("envelope", &value).map_err(|error| Fault::at("envelope", error)),
        None => Ok(is_plain),
    }
}

fn is_off(name: &str, value: &str) -> Result<bool> {
    match value {
        "off" => Ok(true),
        "on" => Ok(false),
        _ => Err(Error::new(ErrorKind::Config, format!("`{name}` of a store is `on` or `off`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_caches_is_taken_out_and_the_rest_left() {
        let (url, settings) =
            Settings::split("redis://h/1?namespace=shop&x=1&timeout=1m&grace=never&codec=msgpack", &["x"]).unwrap();
        assert_eq!(url, "redis://h/1?x=1");
        let expected = Settings {
            namespace: Some("shop".into()),
            timeout: Some(Timeout::from_secs(60)),
            grace: Some(Timeout::NEVER),
            codec: Some(Codec::default()),
            is_plain: false,
            limits: LimitSettings::default(),
        };
        assert_eq!(settings, expected);
        assert!(Settings::split("redis://h?envelope=off", &[]).unwrap().1.is_plain());
        assert_eq!(Settings::split("sqlite:a.db?", &[]).unwrap(), ("sqlite:a.db".into(), Settings::default()));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (url, said) in [
            ("x:?timeout=soon", "`timeout`"),
            ("x:?codec=yaml", "unknown codec"),
            ("x:?grace=-1", "`grace`"),
            ("x:?ttl=1", "`ttl`: known are namespace, timeout, grace, codec, envelope, db"),
            ("x:?envelope=none", "`envelope`"),
            ("x:?time_budget=0", "`time_budget`"),
            ("x:?request_timeout=never", "`request_timeout`"),
            ("x:?breaker_pause=soon", "`breaker_pause`"),
            ("x:?max_in_flight=many", "`max_in_flight`"),
            ("x:?breaker_failures=0", "`breaker_failures`"),
            ("x:a?b=c@h", "%3F"),
        ] {
            assert!(Settings::split(url, &["db"]).unwrap_err().to_string().contains(said), "{url}");
        }
    }
}

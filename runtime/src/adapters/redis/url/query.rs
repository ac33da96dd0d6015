//! The settings behind the `?` of a URL.

use super::part::{database, decoded, wrong};
use super::{Server, Topology};
use crate::adapters::redis::addresses::pair;
use crate::error::Result;

/// All there are. Some are for some servers only.
pub(in crate::adapters) const KNOWN: [&str; 8] =
    ["db", "ca", "certificate", "key", "sentinel_user", "sentinel_password", "wait_replicas", "address_map"];

pub(super) fn read(query: &str, server: &mut Server) -> Result<()> {
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        let Some((name, value)) = setting.split_once('=') else { return unknown(setting, query) };
        let is_sentinel = matches!(server.topology, Topology::Sentinel(_));
        let settings = &mut server.settings;
        match name {
            "db" if server.topology != Topology::Cluster => server.database = database(value)?,
            "ca" if server.is_encrypted => settings.ca = Some(decoded("`ca`", value)?.into()),
            "certificate" if server.is_encrypted => {
                settings.certificate = Some(decoded("`certificate`", value)?.into());
            }
            "key" if server.is_encrypted => settings.key = Some(decoded("`key`", value)?.into()),
            "ca" | "certificate" | "key" => return wrong(&format!("`{name}`"), "is for TLS: rediss://…"),
            "sentinel_user" if is_sentinel => settings.sentinel_user = Some(decoded("`sentinel_user`", value)?),
            "sentinel_password" if is_sentinel => {
                settings.sentinel_password = Some(decoded("`sentinel_password`", value)?);
            }
            "wait_replicas" => match value.parse() {
                Ok(n_replicas) => settings.wait_replicas = Some(n_replicas),
                Err(_) => return wrong("`wait_replicas`", "is a number of replicas"),
            },
            "address_map" if server.topology != Topology::Single => {
                let pairs = decoded("`address_map`", value)?;
                settings.address_map = Some(pairs.split(',').map(pair).collect::<Result<_>>()?);
            }
            _ => return unknown(setting, query),
        }
    }
    Ok(())
}

/// A setting is named, unless it may be what is left of a password.
fn unknown(setting: &str, query: &str) -> Result<()> {
    let name = setting.split('=').next().unwrap_or_default();
    let is_plain = name.len() <= 32 && name.chars().all(|char| char.is_ascii_lowercase() || char == '_');
    let known = KNOWN.join(", ");
    if KNOWN.contains(&name) {
        return wrong("query", &format!("has `{name}`, which means nothing for these servers, or no value"));
    }
    if is_plain && !query.contains(['@', ':']) {
        return wrong("query", &format!("has no setting `{name}`: known are {known}"));
    }
    wrong("query", &format!("has a setting that is not known: known are {known}"))
}

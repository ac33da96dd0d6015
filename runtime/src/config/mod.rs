//! Settings from outside of code, whatever file they stand in: values as serde reads them, the fields of one cache, and what
//! is said of those that are wrong. Pure: what they are for is known to those who take them.

mod fault;
mod fields;
mod names;
mod nearest;
mod value;

pub(crate) use fault::Fault;
pub(crate) use fields::Fields;
pub(crate) use names::Names;
pub(crate) use nearest::nearest;
pub(crate) use value::Value;

/// The limits on a far store that are times, as they are written in a URL or a file.
pub(crate) const LIMIT_SPANS: [&str; 6] = [
    "request_timeout",
    "time_budget",
    "helper_request_timeout",
    "helper_time_budget",
    "breaker_window",
    "breaker_pause",
];

/// Those that are numbers.
pub(crate) const LIMIT_COUNTS: [&str; 2] = ["breaker_failures", "max_in_flight"];

/// The text if it can be a name, so that no message shows what may be a password.
pub(crate) fn shown(name: &str) -> &str {
    let is_name = name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c));
    if is_name { name } else { "…" }
}

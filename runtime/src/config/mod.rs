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

/// The text if it can be a name, so that no message shows what may be a password.
pub(crate) fn shown(name: &str) -> &str {
    let is_name = name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c));
    if is_name { name } else { "…" }
}

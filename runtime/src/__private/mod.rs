//! All that generated code may name. Nothing here is for people, and none of it is covered by semantic versioning: the
//! two crates are pinned to each other exactly.

pub mod codec;

pub use crate::call::{
    Answer, AsyncLead, Entry, Helped, Lead, call, call_async, clear, clear_all, clear_all_async, clear_async, get,
    get_async, recompute, refresh, refresh_async, refresh_or_raise, refresh_or_raise_async, set, set_async, stats,
    timeout_left, timeout_left_async, update_timeout, update_timeout_async,
};
pub use crate::error::Result;
pub use crate::key::{Key, KeyPart, KeyWriter};
pub use crate::rules::{Probing, Rules, Vtable, far, far_if, local, local_if, probe};
pub use crate::site::{Facts, Site, Stats};
pub use crate::timeout::{Remaining, Timeout};

use crate::key::KeyRef;

/// Puts a key that a function of the user's made into `key`, which is empty.
pub fn pour(made: impl Into<Key>, key: &mut KeyWriter) {
    made.into().pour(key);
}

/// The text of the key that `write` writes into `writer`, which is empty: for the floor of the benches, which moves it no
/// more often than a hit does.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn written(writer: &mut KeyWriter, write: impl FnOnce(&mut KeyWriter)) -> &[u8] {
    KeyRef::written(writer, write).as_bytes()
}

/// Appends text of a template, which the macro has put into the alphabet of keys.
#[cfg_attr(not(debug_assertions), inline(always))]
pub fn literal(key: &mut KeyWriter, text: &'static str) {
    key.literal(text);
}

/// Appends the path of a module, which may hold letters outside the alphabet.
#[inline]
pub fn module(key: &mut KeyWriter, path: &str) {
    key.template(path);
}

/// Appends what `value` displays, escaped: a placeholder with a format spec.
pub fn display(key: &mut KeyWriter, value: impl std::fmt::Display) {
    key.display(value);
}

/// Appends the name of `T` in this build, escaped: a placeholder that names a type parameter.
pub fn type_name<T: ?Sized>(key: &mut KeyWriter) {
    key.type_name::<T>();
}

/// Appends the name of the type of `value` in this build, escaped, behind a mark that no value writes: `impl Trait` is a
/// type parameter without a name.
pub fn type_name_of_val<T: ?Sized>(_value: &T, key: &mut KeyWriter) {
    key.literal("%t");
    key.type_name::<T>();
}

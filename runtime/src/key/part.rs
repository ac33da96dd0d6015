//! What can stand in a placeholder. Each implementation writes text that no other value of its type writes, and that
//! ends where its surroundings can see it: leaves escape every separator, groups stand between markers that no leaf
//! can write (`%` followed by a character that is no upper-case hexadecimal digit).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::KeyWriter;

/// A value that can identify an entry: `{arg}` in a template asks for it.
///
/// Two values that differ must write differently, and equal values alike. Derive it for structs and enums:
///
/// ```
/// use larder::{Key, KeyPart, cached};
///
/// #[derive(KeyPart)]
/// struct Page { number: u32, locale: Option<String> }
///
/// #[cached(key = "page:{page}")]
/// fn render(page: Page) -> String { format!("page {}", page.number) }
///
/// let key = render::key(Page { number: 3, locale: None });
/// assert_eq!(key, render::key(Page { number: 3, locale: None }));
/// assert_ne!(key, render::key(Page { number: 3, locale: Some(String::new()) }));
/// ```
///
/// Floats have none, because NaN differs from itself and 0.0 equals -0.0: write a format spec (`{price:.2}`) or a key
/// function. Hash maps have none, because they have no order: take a `BTreeMap`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a cache key",
    label = "not a `KeyPart`",
    note = "derive it (`#[derive(larder::KeyPart)]`), name a field that has it (`{{arg.id}}`), write a format spec \
            (`{{arg:.2}}`, for floats), compute the key by a function (`key = path::to::function`), or leave the \
            argument out with `skip(...)` if it does not change the result"
)]
pub trait KeyPart {
    /// Writes this value's part.
    fn write_key(&self, key: &mut KeyWriter);
}

macro_rules! integers {
    ($($int:ty)*) => {$(
        impl KeyPart for $int {
            #[cfg_attr(not(debug_assertions), inline)]
            fn write_key(&self, key: &mut KeyWriter) {
                key.literal(itoa::Buffer::new().format(*self));
            }
        }
        impl KeyPart for NonZero<$int> {
            #[inline]
            fn write_key(&self, key: &mut KeyWriter) {
                self.get().write_key(key);
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

impl KeyPart for bool {
    #[inline]
    fn write_key(&self, key: &mut KeyWriter) {
        key.literal(if *self { "true" } else { "false" });
    }
}

impl KeyPart for char {
    fn write_key(&self, key: &mut KeyWriter) {
        key.value(self.encode_utf8(&mut [0; 4]));
    }
}

impl KeyPart for str {
    #[inline]
    fn write_key(&self, key: &mut KeyWriter) {
        key.value(self);
    }
}

impl KeyPart for String {
    #[inline]
    fn write_key(&self, key: &mut KeyWriter) {
        key.value(self);
    }
}

macro_rules! paths {
    ($($type:ty)*) => {$(
        /// The bytes of this platform's encoding.
        impl KeyPart for $type {
            fn write_key(&self, key: &mut KeyWriter) {
                let text: &OsStr = self.as_ref();
                key.bytes(text.as_encoded_bytes());
            }
        }
    )*};
}

paths!(Path PathBuf OsStr OsString);

/// Whole nanoseconds.
impl KeyPart for Duration {
    fn write_key(&self, key: &mut KeyWriter) {
        self.as_nanos().write_key(key);
    }
}

macro_rules! displayed {
    ($($type:ty)*) => {$(
        impl KeyPart for $type {
            fn write_key(&self, key: &mut KeyWriter) {
                key.display(self);
            }
        }
    )*};
}

displayed!(IpAddr Ipv4Addr Ipv6Addr SocketAddrV4);

/// With the flow information, which its text leaves out.
impl KeyPart for SocketAddrV6 {
    fn write_key(&self, key: &mut KeyWriter) {
        (self.ip(), self.port(), self.flowinfo(), self.scope_id()).write_key(key);
    }
}

impl KeyPart for SocketAddr {
    fn write_key(&self, key: &mut KeyWriter) {
        match self {
            Self::V4(address) => address.write_key(key),
            Self::V6(address) => address.write_key(key),
        }
    }
}

macro_rules! transparent {
    ($($pointer:ty),*) => {$(
        impl<T: KeyPart + ?Sized> KeyPart for $pointer {
            #[inline]
            fn write_key(&self, key: &mut KeyWriter) {
                T::write_key(self, key);
            }
        }
    )*};
}

transparent!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: KeyPart + ToOwned + ?Sized> KeyPart for Cow<'_, T> {
    fn write_key(&self, key: &mut KeyWriter) {
        T::write_key(self, key);
    }
}

/// `%n` for `None`; for `Some` the value itself, and `%s` behind it where it reads like a `None`.
impl<T: KeyPart> KeyPart for Option<T> {
    #[inline]
    fn write_key(&self, key: &mut KeyWriter) {
        const NONE: &str = "%n";
        match self {
            None => key.literal(NONE),
            Some(value) => {
                let start = key.as_bytes().len();
                value.write_key(key);
                if key.as_bytes()[start..].starts_with(NONE.as_bytes()) {
                    key.literal("%s");
                }
            }
        }
    }
}

/// `%l`, each element and a comma, `%.`: an empty list, an empty string in a list and nested lists all differ.
fn list(parts: impl IntoIterator<Item = impl KeyPart>, key: &mut KeyWriter) {
    key.literal("%l");
    for part in parts {
        part.write_key(key);
        key.literal(",");
    }
    key.literal("%.");
}

impl<T: KeyPart> KeyPart for [T] {
    fn write_key(&self, key: &mut KeyWriter) {
        list(self, key);
    }
}

impl<T: KeyPart, const N: usize> KeyPart for [T; N] {
    fn write_key(&self, key: &mut KeyWriter) {
        list(self, key);
    }
}

macro_rules! ordered {
    ($($collection:ident)*) => {$(
        impl<T: KeyPart> KeyPart for $collection<T> {
            fn write_key(&self, key: &mut KeyWriter) {
                list(self, key);
            }
        }
    )*};
}

ordered!(Vec VecDeque BTreeSet);

impl<K: KeyPart, V: KeyPart> KeyPart for BTreeMap<K, V> {
    fn write_key(&self, key: &mut KeyWriter) {
        list(self, key);
    }
}

/// Nothing, as of `()`: ids that know what they are of can derive theirs.
impl<T: ?Sized> KeyPart for PhantomData<T> {
    fn write_key(&self, _: &mut KeyWriter) {}
}

impl KeyPart for () {
    fn write_key(&self, _: &mut KeyWriter) {}
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: KeyPart),*> KeyPart for ($($name,)*) {
            #[allow(non_snake_case, reason = "the bindings are named after their types")]
            fn write_key(&self, key: &mut KeyWriter) {
                let ($($name,)*) = self;
                key.literal("%l");
                $($name.write_key(key); key.literal(",");)*
                key.literal("%.");
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);

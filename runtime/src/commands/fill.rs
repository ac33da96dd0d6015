//! What `get_or_set` takes: a value, or what makes one.

use crate::key::Key;
use crate::value::Storable;

/// A value, a closure that makes one, or a closure that makes one of the key.
///
/// `Form` is inferred. A closure runs only where nothing is stored, and once for all who wait for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of type `{T}` and no closure that makes one",
    note = "give a value, `|| value` or `|key: &larder::Key| value`; for a closure that can fail there is `try_get_or_set`"
)]
pub trait Fill<T, Form> {
    /// The value for `key`.
    fn fill(self, key: &Key) -> T;
}

/// What makes a value for async code: what [`Fill`] is, or a closure whose future makes one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of type `{T}`, and no closure or async closure that makes one",
    note = "give a value, `|| async {{ value }}` or `|key: larder::Key| async move {{ value }}`; for one that can fail there is \
            `try_get_or_set`"
)]
pub trait AsyncFill<T, Form> {
    /// The value for `key`.
    fn fill(self, key: &Key) -> impl Future<Output = T>;
}

/// The forms of [`Fill`] and [`AsyncFill`].
pub(crate) mod form {
    /// A value.
    #[derive(Debug)]
    pub enum Value {}
    /// A closure without arguments.
    #[derive(Debug)]
    pub enum Closure {}
    /// A closure that takes the key.
    #[derive(Debug)]
    pub enum OfKey {}
    /// A closure without arguments whose future is awaited.
    #[derive(Debug)]
    pub enum Future {}
    /// A closure that takes the key whose future is awaited.
    #[derive(Debug)]
    pub enum FutureOfKey {}
}

impl<T: Storable> Fill<T, form::Value> for T {
    fn fill(self, _: &Key) -> T {
        self
    }
}

impl<T: Storable, F: FnOnce() -> T> Fill<T, form::Closure> for F {
    fn fill(self, _: &Key) -> T {
        self()
    }
}

impl<T: Storable, F: FnOnce(&Key) -> T> Fill<T, form::OfKey> for F {
    fn fill(self, key: &Key) -> T {
        self(key)
    }
}

impl<T: Storable> AsyncFill<T, form::Value> for T {
    async fn fill(self, _: &Key) -> T {
        self
    }
}

impl<T: Storable, F: FnOnce() -> T> AsyncFill<T, form::Closure> for F {
    async fn fill(self, _: &Key) -> T {
        self()
    }
}

impl<T: Storable, C: Future<Output = T>, F: FnOnce() -> C> AsyncFill<T, form::Future> for F {
    async fn fill(self, _: &Key) -> T {
        self().await
    }
}

impl<T: Storable, C: Future<Output = T>, F: FnOnce(Key) -> C> AsyncFill<T, form::FutureOfKey> for F {
    async fn fill(self, key: &Key) -> T {
        self(key.clone()).await
    }
}

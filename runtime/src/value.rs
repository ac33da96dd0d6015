//! What a value must be able to do to be cached.

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;

/// A value that can live in the near tier: it is kept as it is, and handed out as clones to any thread.
///
/// Implemented for whatever is `Clone + Send + Sync + 'static`; it cannot be implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a cache",
    label = "not `Clone + Send + Sync + 'static`",
    note = "every caller gets a clone, on any thread: derive `Clone`, own what it borrows, or return it in an `Arc`"
)]
pub trait Local: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Local for T {}

/// A value that can also travel to a far store, as bytes.
///
/// Implemented for whatever is [`Local`] and has serde's `Serialize` and `DeserializeOwned`; it cannot be implemented
/// by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a cache",
    label = "not `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`",
    note = "derive `serde::Serialize`, `serde::Deserialize` and `Clone`, so that the store can be switched by `adapter_set`",
    note = "or, of an annotated function, write `#[cached(local)]` to keep the results in this process: that lifts the serde bounds"
)]
pub trait Storable: Local + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Local + Serialize + DeserializeOwned> Storable for T {}

//! A store that this build has left out.

use super::Store;

pub(super) const STORE: Option<Store> = None;

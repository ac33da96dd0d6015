//! Which functions there are, by cache and key template: two with the same ones share their entries, which is rarely
//! meant.

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use super::Site;

/// Where a function is declared.
///
/// # Examples
/// ```
/// use larder::cached;
///
/// #[cached(key = "twin:{x}")]
/// fn first(x: u64) -> u64 { x }
///
/// #[cached(key = "twin:{x}")]
/// fn second(x: u64) -> u64 { x }
///
/// (first(1), second(2));
/// assert_eq!(first::stats().same_template, None);
/// assert!(second::stats().same_template.unwrap().to_string().ends_with("::first"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FunctionName {
    /// Its module, with the crate.
    pub module: &'static str,
    /// Its own name.
    pub name: &'static str,
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.module, self.name)
    }
}

/// A site's entry in the directory: the one that had its template before, if there was one.
#[derive(Debug)]
pub(super) struct Listing(OnceLock<Option<FunctionName>>);

impl Listing {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(super) fn elder(&self) -> Option<FunctionName> {
        self.0.get().copied().flatten()
    }
}

type Directory = HashMap<(Option<&'static str>, &'static str), &'static Site>;

static DIRECTORY: LazyLock<Mutex<Directory>> = LazyLock::new(Mutex::default);

impl Site {
    /// Lists the function, once.
    pub(crate) fn enlist(&'static self) {
        self.listing.0.get_or_init(|| {
            let mut directory = DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner);
            let elder = *directory.entry((self.facts.adapter, self.facts.template)).or_insert(self);
            // By address: two functions of one name, in two blocks of a module, are two.
            let name = || FunctionName { module: elder.facts.module, name: elder.facts.name };
            (!std::ptr::eq(elder, self)).then(name)
        });
    }
}

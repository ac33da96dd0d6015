//! Which functions there are, by cache and key template: two with the same ones share their entries, which is rarely
//! meant.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::{Site, report};

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

/// Whether a site is in the directory. Only a flag, so that a [`Site`] needs no drop: the compiler asks that of each.
#[derive(Debug)]
pub(super) struct Listing(AtomicBool);

impl Listing {
    pub(super) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }
}

type Directory = HashMap<(Option<&'static str>, &'static str), &'static Site>;

static DIRECTORY: LazyLock<Mutex<Directory>> = LazyLock::new(Mutex::default);

fn directory() -> MutexGuard<'static, Directory> {
    DIRECTORY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    /// Lists the function, once.
    pub(crate) fn enlist(&'static self) {
        if self.listing.0.load(Ordering::Relaxed) {
            return;
        }
        let elder = *directory().entry((self.facts.adapter, self.facts.template)).or_insert(self);
        let is_first = !self.listing.0.swap(true, Ordering::Relaxed);
        // By address: two functions of one name, in two blocks of a module, are two.
        if is_first && !std::ptr::eq(elder, self) {
            report::same_template(self.name(), elder.name());
        }
    }

    /// The function that was listed before with the same template.
    pub(super) fn elder(&'static self) -> Option<FunctionName> {
        self.enlist();
        let elder = *directory().get(&(self.facts.adapter, self.facts.template))?;
        (!std::ptr::eq(elder, self)).then(|| elder.name())
    }

    /// The function; `None` for commands by hand, which are nobody's.
    pub(crate) fn function(&self) -> Option<FunctionName> {
        (!self.facts.template.is_empty()).then(|| self.name())
    }

    fn name(&self) -> FunctionName {
        FunctionName { module: self.facts.module, name: self.facts.name }
    }
}

//! What a program has registered under names of its own, beside those that come with larder.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{nearest, shown};
use crate::error::{Error, ErrorKind};

/// Things of one kind by lower-case name. What was registered last counts.
pub(crate) struct Names<M> {
    /// What they are: `observer`.
    what: &'static str,
    /// Those that come with larder, whether they are in this build or not.
    usual: &'static [&'static str],
    /// Sorted. A handful: a map would cost who builds larder more than it saves who looks here.
    registered: Mutex<Vec<(String, M)>>,
}

impl<M: Clone> Names<M> {
    pub(crate) const fn new(what: &'static str, usual: &'static [&'static str]) -> Self {
        Self { what, usual, registered: Mutex::new(Vec::new()) }
    }

    pub(crate) fn register(&self, name: &str, made: M) {
        // What is replaced is the program's, and dropped with the lock released.
        let name = name.to_ascii_lowercase();
        let mut registered = self.registered();
        let replaced = match registered.binary_search_by(|(other, _)| other.cmp(&name)) {
            Ok(at) => Some(std::mem::replace(&mut registered[at].1, made)),
            Err(at) => {
                registered.insert(at, (name, made));
                None
            }
        };
        drop(registered);
        drop(replaced);
    }

    pub(crate) fn find(&self, name: &str) -> Option<M> {
        let name = name.to_ascii_lowercase();
        self.registered().iter().find(|(other, _)| *other == name).map(|(_, made)| made.clone())
    }

    /// For who has found none.
    pub(crate) fn unknown(&self, name: &str) -> Error {
        let (what, lower) = (self.what, name.to_ascii_lowercase());
        let registered: Vec<_> = self.registered().iter().map(|(name, _)| name.clone()).collect();
        let known: Vec<_> = self.usual.iter().copied().chain(registered.iter().map(String::as_str)).collect();
        let hint = nearest(&lower, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
        let known = if known.is_empty() {
            format!("none is known before `register_{what}` has said one")
        } else {
            format!("known are {}", known.join(", "))
        };
        let message = format!("no {what} is named `{}`: {known}{}", shown(name), hint.unwrap_or_default());
        Error::new(ErrorKind::Config, message)
    }

    fn registered(&self) -> MutexGuard<'_, Vec<(String, M)>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_are_one_in_any_case_and_an_unknown_one_is_told_the_known() {
        let names: Names<u8> = Names::new("spice", &["salt", "pepper"]);
        names.register("Cumin", 1);
        names.register("cumin", 2);
        assert_eq!((names.find("CUMIN"), names.find("salt")), (Some(2), None));
        let said = "no spice is named `cumim`: known are salt, pepper, cumin; did you mean `cumin`?";
        assert_eq!(names.unknown("cumim").to_string(), said);
        assert!(names.unknown("hunter2@host").to_string().contains("`…`"));
        let none: Names<u8> = Names::new("spice", &[]);
        assert_eq!(
            none.unknown("salt").to_string(),
            "no spice is named `salt`: none is known before `register_spice` has said one"
        );
    }
}

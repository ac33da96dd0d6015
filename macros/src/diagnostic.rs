//! What went wrong so far. Every stage adds what it finds and goes on, so that a user sees all mistakes at once; each
//! message names what to write instead.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds one.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// Adds one that underlines `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds one at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// The value, or `None` with the error added.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` for each.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}

/// ``; did you mean `timeout`?`` if one of `known` is close to `wrong`, else nothing.
pub(crate) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let tolerated = (wrong.len() / 3).clamp(1, 3);
    let nearest = known.into_iter().map(|name| (strsim::osa_distance(wrong, name), name)).min();
    match nearest {
        Some((off, name)) if off <= tolerated => format!("; did you mean `{name}`?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn a_slip_of_the_finger_is_recognized_and_another_word_is_not() {
        let known = ["timeout", "timeout_by", "skip", "key"];
        for (wrong, answer) in [
            ("timeuot", "; did you mean `timeout`?"),
            ("skp", "; did you mean `skip`?"),
            ("timeoutby", "; did you mean `timeout_by`?"),
            ("stale", ""),
            ("", ""),
        ] {
            assert_eq!(did_you_mean(wrong, known), answer, "{wrong}");
        }
    }
}

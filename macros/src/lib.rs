//! The attribute macros of larder. Users reach them as `larder::cached` and `larder::KeyPart`, where their documentation
//! stands too.
//!
//! Stages with data between them, and none looks back: `args` and `signature` read what the user wrote, `plan` holds the
//! one against the other, `expand` writes and cannot fail. A mistake anywhere ends in `fallback`, which reports all of
//! them and emits the function as it was.

#![deny(missing_docs)]

mod args;
mod diagnostic;
mod expand;
mod fallback;
mod key_part;
mod plan;
mod signature;
mod template;
mod tokens;

use proc_macro::TokenStream;

use crate::diagnostic::Errors;

/// Memoizes a function. The documentation stands on `larder::cached`.
#[proc_macro_attribute]
pub fn cached(args: TokenStream, item: TokenStream) -> TokenStream {
    cached_tokens(args.into(), item.into()).into()
}

/// Derives `larder::KeyPart`. The documentation stands on `larder::KeyPart`.
#[proc_macro_derive(KeyPart, attributes(key))]
pub fn key_part(item: TokenStream) -> TokenStream {
    key_part::derive(item.into()).into()
}

/// The attribute, on tokens that tests can make too.
fn cached_tokens(args: proc_macro2::TokenStream, item: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let args = args::parse(args, &mut errors);
    let function = match syn::parse2::<signature::Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            return fallback::emit(item, errors);
        }
    };
    let shape = signature::read(&function.signature, &mut errors);
    match plan::make(args, &function, shape, errors) {
        Ok(plan) => expand::expand(&function, &plan),
        Err(errors) => fallback::emit(item, errors),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{cached_tokens, key_part, tokens};

    #[test]
    fn under_another_name_nothing_names_the_crate_but_its_path() {
        for args in [
            quote!(crate = cache),
            quote!(crate = cache, key = "a:{id:>5}:{T}", timeout = id, none_timeout = 5, wait = 5, cache_if = |_| true),
            quote!(crate = cache, key = keys::user::<T>),
            quote!(crate = cache, key = "a:{id}:{T}", helpers = false),
        ] {
            let item = quote!(
                async fn user<T>(id: u64) -> Option<T> {
                    None
                }
            );
            let expansion = cached_tokens(args.clone(), item);
            assert!(tokens::mentions(&expansion, "cache"), "{args}");
            assert!(!tokens::mentions(&expansion, "larder"), "{args}: {expansion}");
        }
        let derived = key_part::derive(quote!(
            #[key(crate = cache)]
            enum Page<T> {
                First,
                Other(T),
            }
        ));
        assert!(!tokens::mentions(&derived, "larder"), "{derived}");
    }

    #[test]
    fn a_wrong_attribute_leaves_the_function_as_it_was() {
        for (args, item) in [
            (
                quote!(timeout = 0),
                quote!(
                    #[inline]
                    pub fn user(id: u64) -> u64 {
                        id
                    }
                ),
            ),
            (
                quote!(key = "{x}", what),
                quote!(
                    const fn user<T>(&mut self, (a, b): T) -> impl Iterator {
                        body
                    }
                ),
            ),
            (
                quote!(),
                quote!(
                    struct User;
                ),
            ),
        ] {
            let expansion = cached_tokens(args, item.clone()).to_string();
            assert!(expansion.starts_with(&item.to_string()), "{expansion}");
            assert!(expansion[item.to_string().len()..].contains("compile_error"), "{expansion}");
        }
    }
}

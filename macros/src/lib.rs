//! The attribute macros of larder. Users reach them as `larder::cached` and `larder::KeyPart`, where their documentation
//! stands too.
//!
//! Stages with data between them, and none looks back: `args` and `signature` read what the user wrote, `plan` holds the
//! one against the other, `expand` writes and cannot fail. A mistake anywhere ends in `fallback`, which reports all of
//! them and emits the function as it was.

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

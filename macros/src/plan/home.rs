//! Where the helpers live, and what they are called.

use proc_macro2::Ident;
use syn::Signature;
use syn::ext::IdentExt;

use crate::args::{Args, Helpers};
use crate::diagnostic::Errors;
use crate::signature::Shape;

/// The place of the helpers.
pub(crate) enum Home {
    /// A type beside the function, of this name.
    Type(Ident),
    /// Methods beside the method, whose names begin so.
    Siblings(Ident),
    /// None: everything stands in the body.
    Body,
}

const PRIMITIVES: [&str; 17] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "f32", "f64",
];

/// Chooses by the options and by what the signature shows.
pub(super) fn choose(args: &Args, signature: &Signature, shape: &Shape, errors: &mut Errors) -> Home {
    let name = match &args.helpers {
        Helpers::Off(span) => {
            if !args.key_given {
                errors.at(*span, "without helpers an entry is reached by its key alone; write a `key = \"…\"` too");
            }
            return Home::Body;
        }
        Helpers::Name(name) => name,
        Helpers::Function => &signature.ident,
    };
    if args.method || shape.in_impl {
        return Home::Siblings(name.unraw());
    }
    if PRIMITIVES.iter().any(|primitive| name == primitive) {
        errors.at(
            name.span(),
            format!(
                "the helpers would live on a type called `{name}` and hide the primitive; name them otherwise: \
                 `helpers = {name}_cache`"
            ),
        );
    }
    Home::Type(name.clone())
}

//! Everything that the expansion needs to know, and only if every rule holds: a [`Plan`] cannot be wrong.

mod complete;
mod home;
mod key;
mod placeholder;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use home::Home;
pub(crate) use key::{Key, Step};

use crate::args::Args;
use crate::diagnostic::Errors;
use crate::signature::{Argument, Function, Receiver, Returns, Shape};
use crate::tokens::mentions;

/// A function and an attribute that fit each other.
pub(crate) struct Plan {
    /// `::larder::__private`
    pub(crate) private: TokenStream,
    pub(crate) home: Home,
    /// What the entries are grouped by: the template without the names in it.
    pub(crate) template: TokenStream,
    pub(crate) key: Key,
    pub(crate) receiver: Option<Input<Receiver>>,
    pub(crate) arguments: Vec<Input<Argument>>,
    pub(crate) returns: Returns,
    pub(crate) args: Args,
}

impl Plan {
    /// What is stored depends on more than the type of the result.
    pub(crate) fn has_conditions(&self) -> bool {
        let Args { none_timeout, err_timeout, cache_if, timeout_by, on_error, .. } = &self.args;
        none_timeout.is_some()
            || err_timeout.is_some()
            || cache_if.is_some()
            || timeout_by.is_some()
            || on_error.is_some()
    }
}

/// Something the function takes.
pub(crate) struct Input<T> {
    pub(crate) what: T,
    /// It is not skipped: helpers take it, the key is made from it.
    pub(crate) in_key: bool,
    /// `timeout = expression` reads it, skipped or not.
    pub(crate) in_timeout: bool,
}

/// Holds the attribute against the function.
pub(crate) fn make(args: Args, function: &Function, shape: Shape, mut errors: Errors) -> Result<Plan, Errors> {
    let signature = &function.signature;
    let home = home::choose(&args, signature, &shape, &mut errors);
    let key = key::resolve(&args, signature, &shape, &mut errors);
    if let Some(reference) = shape.returns.static_reference.as_ref().filter(|_| !args.local) {
        errors.on(
            reference,
            "a reference cannot be read back from a store; return an owned value (`String` for `&str`), or write `local` to \
             keep the results in this process",
        );
    }
    complete::check(&args, signature, &shape, key.as_ref(), &mut errors);
    let Some(key) = key.filter(|_| errors.is_empty()) else { return Err(errors) };
    let krate = &args.krate;
    let skipped = |name: &str| args.skip.iter().any(|skip| skip == name);
    let in_timeout = |name: &str| args.timeout_expression().is_some_and(|expression| mentions(expression, name));
    let receiver = shape.receiver.map(|what| Input { what, in_key: !skipped("self"), in_timeout: in_timeout("self") });
    let input = |what: Argument| Input {
        in_key: what.bindings.iter().any(|binding| !skipped(&binding.to_string())),
        in_timeout: what.bindings.iter().any(|binding| in_timeout(&binding.to_string())),
        what,
    };
    Ok(Plan {
        private: quote!(#krate::__private),
        template: key::template(&args, signature, &key),
        home,
        key,
        receiver,
        arguments: shape.arguments.into_iter().map(input).collect(),
        returns: shape.returns,
        args,
    })
}

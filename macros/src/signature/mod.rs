//! What the macro knows of the function: its signature, parsed; its body, as tokens. Forms that cannot be cached are
//! refused here, each with the reason and the way out.

mod argument;
mod attributes;
mod generics;
mod receiver;
mod returns;

use proc_macro2::{Group, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Safety, Signature, Token, Visibility};

pub(crate) use argument::Argument;
pub(crate) use receiver::Receiver;
pub(crate) use returns::{Form, Returns};

pub(crate) use self::attributes::Attributes;
pub(crate) use self::generics::{params, turbofish, used_by};
use crate::diagnostic::Errors;
use crate::tokens;

/// A function as the user wrote it.
pub(crate) struct Function {
    pub(crate) attributes: Attributes,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attributes = Attributes(input.call(Attribute::parse_outer)?);
        let visibility = input.parse()?;
        let start = input.fork();
        let signature: Signature = input.parse().map_err(|error| explain(&start, error))?;
        let body = match input.parse::<Option<Token![;]>>()? {
            Some(semi) => {
                let message = "a function without a body cannot be cached; put the attribute on its implementations";
                return Err(syn::Error::new(semi.span(), message));
            }
            None => tokens::braced(Some(input.parse::<TokenTree>()?)),
        };
        let body = body.ok_or_else(|| syn::Error::new(signature.fn_token.span(), "expected a function with a body"))?;
        Ok(Self { attributes, visibility, signature, body })
    }
}

/// Says what `#[cached]` is for where it stands on something else.
fn explain(start: ParseStream, error: syn::Error) -> syn::Error {
    let ahead = start.fork();
    if ahead.peek(Token![impl]) {
        return ahead.error("`#[cached]` memoizes a function; put it on the methods inside");
    }
    for token in
        [ahead.peek(Token![struct]), ahead.peek(Token![enum]), ahead.peek(Token![trait]), ahead.peek(Token![mod])]
    {
        if token {
            return ahead.error("`#[cached]` memoizes a function; put it on a `fn`");
        }
    }
    error
}

/// The parts of a signature, named.
pub(crate) struct Shape {
    pub(crate) receiver: Option<Receiver>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) returns: Returns,
    /// A receiver or `Self` shows that the function stands in an `impl`.
    pub(crate) in_impl: bool,
}

/// Takes the signature apart.
pub(crate) fn read(signature: &Signature, errors: &mut Errors) -> Shape {
    refuse_qualifiers(signature, errors);
    let mut receiver = None;
    let mut arguments: Vec<Argument> = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(found) => receiver = Some(Receiver::read(found, errors)),
            FnArg::Typed(typed) => {
                let argument = Argument::read(typed, &arguments, errors);
                arguments.push(argument);
            }
        }
    }
    Shape {
        in_impl: receiver.is_some() || tokens::mentions(signature, "Self"),
        returns: returns::read(signature, errors),
        receiver,
        arguments,
    }
}

fn refuse_qualifiers(signature: &Signature, errors: &mut Errors) {
    if let Some(token) = &signature.constness {
        errors.on(token, "a `const fn` cannot be cached: there is no cache at compile time; remove `const`");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        errors.on(
            token,
            "an `unsafe fn` cannot be cached: its callers promise something about each call, and a hit makes none; \
             cache a safe function that calls it",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.on(abi, "a function with a foreign ABI cannot be cached; cache a plain `fn` and call it from this one");
    }
    if let Some(variadic) = &signature.variadic {
        errors.on(variadic.dots, "variadic arguments cannot stand in a key; take a slice");
    }
}

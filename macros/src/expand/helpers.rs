//! The helpers, one row each.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;

use super::inputs::Take;
use super::parts::Beside;
use super::{answered, computed, key, timed, timeout};
use crate::plan::Plan;
use crate::signature::{Form, Function};

/// One helper.
#[derive(Default)]
struct Helper {
    name: &'static str,
    /// `{}` stands for the function.
    doc: &'static str,
    take: Take,
    /// A parameter behind the function's own.
    extra: TokenStream,
    /// The result type occurs in its signature, or in what it calls.
    with_result: bool,
    face: Face,
    output: TokenStream,
    body: TokenStream,
}

/// How a helper of an async function answers. An `async fn` costs the compiler several times as much as a plain one that
/// hands on a future of the runtime's.
#[derive(Clone, Copy, Default)]
enum Face {
    /// As a sync function's.
    Sync,
    /// By the future that the runtime has for it, by its name.
    #[default]
    Named,
    /// By a future of the runtime's that has no name.
    Opaque,
    /// By one of its own.
    Async,
}

/// ```text
/// pub async fn user(id: u64) -> User
/// ⇒ pub fn clear(id: u64) -> Helped<Result<bool>> { clear_async(Self::__entry(&id)) }
///   pub fn get(id: u64) -> impl Future<Output = Result<Option<User>>> { get_async(Self::__entry(&id), Self::__rules(…)) }
///   …
/// ```
pub(super) fn all(beside: &Beside) -> Vec<TokenStream> {
    let helpers = of_an_entry(beside).into_iter().chain(of_all_entries(beside)).chain(of_a_result(beside));
    helpers.map(|helper| write(beside, helper)).collect()
}

fn of_an_entry(beside: &Beside) -> [Helper; 4] {
    let private = &beside.plan.private;
    let entry = beside.entry();
    [
        Helper {
            name: "key",
            doc: "The key of the result of {} for these arguments.",
            face: Face::Sync,
            output: generate!(#private::Key),
            body: generate!(#private::Entry::into_key(#entry)),
            ..Helper::default()
        },
        Helper {
            name: "clear",
            doc: "Forgets the result of {} for these arguments. `false`: there was no live one.",
            output: generate!(#private::Result<bool>),
            body: in_runtime(beside, "clear", &entry),
            ..Helper::default()
        },
        Helper {
            name: "update_timeout",
            doc: "Lets the result of {} for these arguments expire `timeout` from now. `false`: there is none.",
            extra: generate!(timeout: impl ::core::convert::Into<#private::Timeout>),
            output: generate!(#private::Result<bool>),
            body: in_runtime(beside, "update_timeout", &generate!(#entry, timeout)),
            ..Helper::default()
        },
        Helper {
            name: "timeout_left",
            doc: "How long the result of {} for these arguments may still be served. `None`: there is none.",
            output: generate!(#private::Result<::core::option::Option<#private::Remaining>>),
            body: in_runtime(beside, "timeout_left", &entry),
            ..Helper::default()
        },
    ]
}

fn of_all_entries(beside: &Beside) -> [Helper; 2] {
    let private = &beside.plan.private;
    let site = beside.site(&generate!(Self));
    [
        Helper {
            name: "clear_all",
            doc: "Forgets all results of {}.",
            take: Take::Nothing,
            output: generate!(#private::Result<()>),
            body: in_runtime(beside, "clear_all", &site),
            ..Helper::default()
        },
        Helper {
            name: "stats",
            doc: "What has happened to calls of {} so far.",
            take: Take::Nothing,
            face: Face::Sync,
            output: generate!(#private::Stats),
            body: generate!(#private::stats(#site)),
            ..Helper::default()
        },
    ]
}

fn of_a_result(beside: &Beside) -> [Helper; 3] {
    let Plan { private, returns, args, .. } = beside.plan;
    let (owner, result, written) = (generate!(Self), beside.result(), &returns.ty);
    let (entry, rules) = (beside.entry(), beside.rules(&owner));
    // Nothing is to be done between the turn and the computation, which begins with its future.
    let at_once = returns.form == Form::Async && args.on_error.is_none() && args.timeout_expression().is_none();
    let timeout = match timeout(beside.plan) {
        Some(timeout) => generate!(::core::option::Option::Some(::core::convert::Into::into(#timeout))),
        None => generate!(::core::option::Option::None),
    };
    [
        Helper {
            name: "get",
            doc: "What {} would return for these arguments, if it is cached. Computes nothing.",
            with_result: true,
            face: Face::Opaque,
            output: generate!(#private::Result<::core::option::Option<#result>>),
            body: in_runtime(beside, "get", &generate!(#entry, #rules)),
            ..Helper::default()
        },
        Helper {
            name: "set",
            doc: "Stores `value` as the result of {} for these arguments. `false`: such a result is not stored.",
            take: Take::Timeout,
            extra: generate!(value: #result),
            with_result: true,
            face: Face::Opaque,
            output: generate!(#private::Result<bool>),
            body: in_runtime(beside, "set", &generate!(#entry, #rules, #timeout, value)),
        },
        Helper {
            name: "refresh",
            doc: "Computes the result of {} for these arguments, whatever is stored, and stores it.",
            take: Take::All,
            output: generate!(#written),
            face: if at_once { Face::Opaque } else { Face::Async },
            body: refreshed(beside, &entry, &rules, at_once),
            ..Helper::default()
        },
    ]
}

/// `refresh(entry, rules).land(Self::uncached(id))`, or `recompute(entry, rules, Self::uncached(id))`
fn refreshed(beside: &Beside, entry: &TokenStream, rules: &TokenStream, at_once: bool) -> TokenStream {
    let Plan { private, args, returns, .. } = beside.plan;
    let computation = beside.computation(&generate!(Self));
    if at_once {
        return generate!(#private::recompute(#entry, #rules, #computation));
    }
    let (timed, compute) = (timed(beside.plan), computed(beside.plan, &computation));
    if args.on_error.is_none() {
        let turn = in_runtime(beside, "refresh", &generate!(#entry, #rules));
        return generate!(#turn #timed #compute);
    }
    let turn = in_runtime(beside, "refresh_or_raise", &generate!(#entry, #rules));
    let wait = (returns.form != Form::Value).then(|| generate!(.await));
    answered(private, &generate!(#turn #wait), &generate!(#timed #compute))
}

/// `get(entry, rules)`, or `get_async(entry, rules)`
fn in_runtime(beside: &Beside, name: &str, arguments: &TokenStream) -> TokenStream {
    let private = &beside.plan.private;
    let name = match beside.plan.returns.form {
        Form::Value => Ident::new(name, Span::mixed_site()),
        _ => format_ident!("{name}_async", span = Span::mixed_site()),
    };
    generate!(#private::#name(#arguments))
}

fn write(beside: &Beside, helper: Helper) -> TokenStream {
    let Beside { function: Function { visibility, signature, .. }, plan } = beside;
    let Helper { name, doc, take, extra, with_result, face, output, body } = helper;
    let doc = doc.replace("{}", &format!("`{}`", signature.ident));
    let (name, attributes) = (beside.public(name), beside.attributes());
    let private = &plan.private;
    let face = if plan.returns.form == Form::Value { Face::Sync } else { face };
    let asyncness = matches!(face, Face::Async).then(|| generate!(async));
    let output = match face {
        Face::Sync | Face::Async => output,
        Face::Named => generate!(#private::Helped<#output>),
        Face::Opaque => generate!(impl ::core::future::Future<Output = #output>),
    };
    let generics = match take {
        Take::All => signature.generics.clone(),
        Take::Nothing => syn::Generics::default(),
        Take::Key => beside.generics(|| key::generics(plan), with_result),
        Take::Timeout => {
            let needed = || {
                let (of_the_key, types) = (key::generics(plan), take.types(plan));
                let expression = plan.args.timeout_expression();
                generate!(#of_the_key #types #expression)
            };
            beside.generics(needed, with_result)
        }
    };
    let where_clause = &generics.where_clause;
    let mut inputs = take.declared(plan);
    inputs.extend((!extra.is_empty()).then_some(extra));
    // `inline`: what nobody calls is not compiled.
    generate! {
        #[doc = #doc]
        #attributes
        #[inline]
        #visibility #asyncness fn #name #generics(#(#inputs),*) -> #output #where_clause { #body }
    }
}

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
    /// Not async, whatever the function is.
    sync: bool,
    output: TokenStream,
    body: TokenStream,
}

/// ```text
/// pub async fn user(id: u64) -> User
/// ⇒ pub async fn clear(id: u64) -> Result<bool> { clear_async(Self::__entry(&id)).await }
///   pub async fn get(id: u64) -> Result<Option<User>> { … }
///   …
/// ```
pub(super) fn all(beside: &Beside) -> Vec<TokenStream> {
    let helpers = of_an_entry(beside).into_iter().chain(of_all_entries(beside)).chain(of_a_result(beside));
    helpers.map(|helper| write(beside, helper)).collect()
}

fn of_an_entry(beside: &Beside) -> [Helper; 4] {
    let private = &beside.plan.private;
    let entry = beside.entry(&generate!(Self));
    [
        Helper {
            name: "key",
            doc: "The key of the result of {} for these arguments.",
            sync: true,
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
            sync: true,
            output: generate!(#private::Stats),
            body: generate!(#private::stats(#site)),
            ..Helper::default()
        },
    ]
}

fn of_a_result(beside: &Beside) -> [Helper; 3] {
    let Plan { private, returns, .. } = beside.plan;
    let (owner, result, written) = (generate!(Self), beside.result(), &returns.ty);
    let (entry, rules) = (beside.entry(&owner), beside.rules(&owner));
    let timeout = match timeout(beside.plan) {
        Some(timeout) => generate!(::core::option::Option::Some(::core::convert::Into::into(#timeout))),
        None => generate!(::core::option::Option::None),
    };
    [
        Helper {
            name: "get",
            doc: "What {} would return for these arguments, if it is cached. Computes nothing.",
            with_result: true,
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
            output: generate!(#private::Result<bool>),
            body: in_runtime(beside, "set", &generate!(#entry, #rules, #timeout, value)),
            ..Helper::default()
        },
        Helper {
            name: "refresh",
            doc: "Computes the result of {} for these arguments, whatever is stored, and stores it.",
            take: Take::All,
            output: generate!(#written),
            body: {
                let (timed, compute) = (timed(beside.plan), computed(beside.plan, &beside.computation(&owner)));
                match &beside.plan.args.on_error {
                    Some(_) => {
                        let turn = in_runtime(beside, "refresh_or_raise", &generate!(#entry, #rules));
                        answered(private, &turn, &generate!(#timed #compute))
                    }
                    None => {
                        let name = in_form(beside, "refresh").0;
                        generate!(#private::#name(#entry, #rules) #timed #compute)
                    }
                }
            },
            ..Helper::default()
        },
    ]
}

/// `get(entry, rules)` or `get_async(entry, rules).await`
fn in_runtime(beside: &Beside, name: &str, arguments: &TokenStream) -> TokenStream {
    let (private, (name, wait)) = (&beside.plan.private, in_form(beside, name));
    generate!(#private::#name(#arguments) #wait)
}

/// `clear` and nothing, or `clear_async` and `.await`.
fn in_form(beside: &Beside, name: &str) -> (Ident, TokenStream) {
    match beside.plan.returns.form {
        Form::Value => (Ident::new(name, Span::mixed_site()), TokenStream::new()),
        _ => (format_ident!("{name}_async", span = Span::mixed_site()), generate!(.await)),
    }
}

fn write(beside: &Beside, helper: Helper) -> TokenStream {
    let Beside { function: Function { visibility, signature, .. }, plan } = beside;
    let Helper { name, doc, take, extra, with_result, sync, output, body } = helper;
    let doc = doc.replace("{}", &format!("`{}`", signature.ident));
    let (name, attributes) = (beside.public(name), beside.attributes());
    let asyncness = (!sync && plan.returns.form != Form::Value).then(|| generate!(async));
    let generics = match take {
        Take::All => signature.generics.clone(),
        Take::Nothing => syn::Generics::default(),
        Take::Key => beside.generics(&key::generics(plan), with_result),
        Take::Timeout => {
            let (needed, types, expression) = (key::generics(plan), take.types(plan), plan.args.timeout_expression());
            beside.generics(&generate!(#needed #types #expression), with_result)
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

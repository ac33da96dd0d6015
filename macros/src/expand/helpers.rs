//! The helpers, one row each.

use proc_macro2::TokenStream;

use super::beside::Beside;
use super::inputs::Take;
use super::{key, timeout};
use crate::plan::Plan;
use crate::signature::{Form, Function};

/// One helper.
struct Helper {
    name: &'static str,
    doc: &'static str,
    take: Take,
    /// A parameter behind the function's own.
    extra: TokenStream,
    /// The result type occurs in its signature.
    with_result: bool,
    output: TokenStream,
    body: TokenStream,
    /// Never async.
    sync: bool,
}

/// ```text
/// pub async fn user(id: u64) -> User
/// ⇒ pub async fn clear(id: u64) -> Result<bool> { Self::__site().clear_async(Self::__key(&id)).await }
///   pub async fn get(id: u64) -> Result<Option<User>> { … }
///   …
/// ```
pub(super) fn all(beside: &Beside) -> Vec<TokenStream> {
    let mut helpers = entries(beside);
    helpers.extend(results(beside));
    helpers.into_iter().map(|helper| write(beside, helper)).collect()
}

/// Those that need no more than the key.
fn entries(beside: &Beside) -> Vec<Helper> {
    let Plan { private, .. } = beside.plan;
    let owner = generate!(Self);
    let (site, key) = (beside.site(&owner), beside.key(&owner));
    let flag = generate!(#private::Result<bool>);
    let on_site = |sync: &str, arguments: TokenStream| method(beside, &site, sync, &arguments);
    let helper = |name, doc, output, body| Helper {
        name,
        doc,
        take: Take::Key,
        extra: TokenStream::new(),
        with_result: false,
        output,
        body,
        sync: false,
    };
    let nothing = |helper| Helper { take: Take::Nothing, ..helper };
    vec![
        Helper { sync: true, ..helper("key", "The key of the entry", generate!(#private::Key), key.clone()) },
        helper(
            "clear",
            "Forgets the entry; `false` if there was no live one",
            flag.clone(),
            on_site("clear", key.clone()),
        ),
        Helper {
            extra: generate!(timeout: impl ::core::convert::Into<#private::Timeout>),
            ..helper(
                "update_timeout",
                "Lets the entry expire `timeout` from now; `false` if there is none",
                flag,
                on_site("update_timeout", generate!(#key, ::core::convert::Into::into(timeout))),
            )
        },
        helper(
            "timeout_left",
            "How long the entry may still be served; `None` if there is none",
            generate!(#private::Result<::core::option::Option<#private::Remaining>>),
            on_site("timeout_left", key),
        ),
        nothing(helper(
            "clear_all",
            "Forgets all entries",
            generate!(#private::Result<()>),
            on_site("clear_all", TokenStream::new()),
        )),
        Helper {
            sync: true,
            ..nothing(helper("stats", "The counters", generate!(#private::Stats), generate!(#site.stats())))
        },
    ]
}

/// Those that handle results.
fn results(beside: &Beside) -> [Helper; 3] {
    let Plan { private, returns, .. } = beside.plan;
    let (owner, result, written) = (generate!(Self), beside.result(), &returns.ty);
    let (site, key, rules, job) = (beside.site(&owner), beside.key(&owner), beside.rules(&owner), beside.job(&owner));
    let timeout = match timeout(beside.plan) {
        Some(timeout) => generate!(::core::option::Option::Some(::core::convert::Into::into(#timeout))),
        None => generate!(::core::option::Option::None),
    };
    let call = |name: &str, arguments: TokenStream| function(beside, private, name, &arguments);
    let helper = |name, doc, take, output, body| Helper {
        name,
        doc,
        take,
        extra: TokenStream::new(),
        with_result: true,
        output,
        body,
        sync: false,
    };
    [
        helper(
            "get",
            "What a call would return, if it is cached; computes nothing",
            Take::Key,
            generate!(#private::Result<::core::option::Option<#result>>),
            call("get", generate!(#site, #key, #rules)),
        ),
        Helper {
            extra: generate!(value: #result),
            ..helper(
                "set",
                "Stores `value` as the result; `false` if such a result is not stored",
                Take::Timeout,
                generate!(#private::Result<bool>),
                call("set", generate!(#site, #key, #rules, #timeout, value)),
            )
        },
        helper(
            "refresh",
            "Computes the result anew and stores it",
            Take::All,
            generate!(#written),
            call("refresh", generate!(#site, #key, #rules, #job)),
        ),
    ]
}

/// `site.clear(key)` or `site.clear_async(key).await`
fn method(beside: &Beside, site: &TokenStream, name: &str, arguments: &TokenStream) -> TokenStream {
    let name = named(beside, name);
    let wait = wait(beside);
    generate!(#site.#name(#arguments) #wait)
}

/// `get(site, key, rules)` or `get_async(site, key, rules).await`
fn function(beside: &Beside, private: &TokenStream, name: &str, arguments: &TokenStream) -> TokenStream {
    let name = named(beside, name);
    let wait = wait(beside);
    generate!(#private::#name(#arguments) #wait)
}

fn named(beside: &Beside, name: &str) -> proc_macro2::Ident {
    match beside.plan.returns.form {
        Form::Value => quote::format_ident!("{name}", span = proc_macro2::Span::mixed_site()),
        _ => quote::format_ident!("{name}_async", span = proc_macro2::Span::mixed_site()),
    }
}

fn wait(beside: &Beside) -> TokenStream {
    match beside.plan.returns.form {
        Form::Value => TokenStream::new(),
        _ => generate!(.await),
    }
}

fn write(beside: &Beside, helper: Helper) -> TokenStream {
    let Beside { function: Function { visibility, signature, .. }, plan } = beside;
    let Helper { name, doc, take, extra, with_result, output, body, sync } = helper;
    let doc = match take {
        Take::Nothing => format!("{doc} of `{}`.", signature.ident),
        _ => format!("{doc} of `{}` for these arguments.", signature.ident),
    };
    let name = beside.public(name);
    let attributes = beside.attributes();
    let asyncness = (!sync && plan.returns.form != Form::Value).then(|| generate!(async));
    let generics = match take {
        Take::All => signature.generics.clone(),
        Take::Nothing => syn::Generics::default(),
        Take::Key => beside.generics(&key::generics(plan), with_result),
        Take::Timeout => {
            let (needed, types) = (key::generics(plan), take.types(plan));
            beside.generics(&generate!(#needed #types), with_result)
        }
    };
    let where_clause = &generics.where_clause;
    let mut inputs = take.declared(plan);
    inputs.extend((!extra.is_empty()).then_some(extra));
    generate! {
        #[doc = #doc]
        #attributes
        #visibility #asyncness fn #name #generics(#(#inputs),*) -> #output #where_clause { #body }
    }
}

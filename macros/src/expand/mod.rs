//! Writes the code: facts, and one call into the runtime. Nothing here can fail, and nothing decides what the runtime could
//! decide.

/// `quote!` in the macro's own hygiene: a local here never meets a name of the user's.
macro_rules! generate {
    ($($tokens:tt)*) => { ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*) };
}

mod beside;
mod helpers;
mod in_place;
mod inputs;
mod key;
mod parts;
mod rules;

use proc_macro2::TokenStream;

use crate::args::{Lifetime, Named};
use crate::plan::{Home, Plan};
use crate::signature::{Form, Function};

/// The whole output.
pub(crate) fn expand(function: &Function, plan: &Plan) -> TokenStream {
    match &plan.home {
        Home::Body => in_place::expand(function, plan),
        Home::Type(_) | Home::Siblings(_) => beside::expand(function, plan),
    }
}

/// The facts, for a `static`.
///
/// ```text
/// key = "user:{id}", timeout = "5m", version = 2
/// ⇒ Site::new("user", module_path!(), "user:{id}").timeout(Timeout::from_millis(300000)).version(2)
/// ```
fn site(function: &Function, plan: &Plan) -> TokenStream {
    let Plan { private, template, args, .. } = plan;
    let name = syn::ext::IdentExt::unraw(&function.signature.ident).to_string();
    let constant = |option: &Option<Named<Lifetime>>| option.as_ref().map(|option| option.value.constant(private));
    let timeout = args.timeout.as_ref().filter(|_| plan.args.timeout_expression().is_none());
    let timeout = timeout.map(|timeout| timeout.value.constant(private)).into_iter();
    let none = constant(&args.none_timeout).into_iter();
    let err = constant(&args.err_timeout).into_iter();
    let wait = args.wait.iter().map(Lifetime::duration);
    let version = args.version.iter();
    let adapter = args.adapter.iter();
    generate! {
        #private::Site::new(#name, ::core::module_path!(), #template)
            #(.timeout(#timeout))* #(.none_timeout(#none))* #(.err_timeout(#err))*
            #(.wait(#wait))* #(.version(#version))* #(.adapter(#adapter))*
    }
}

/// The job of a caller that computes.
///
/// ```text
/// timeout = ttl(id), compute = `move || user::uncached(id)`
/// ⇒ move || Job::timed({ ttl(id) }, move || user::uncached(id))
/// ```
fn job(plan: &Plan, compute: &TokenStream) -> TokenStream {
    let private = &plan.private;
    match timeout(plan) {
        None => generate!(move || #private::Job::new(#compute)),
        Some(timeout) => generate!(move || #private::Job::timed(#timeout, #compute)),
    }
}

/// `timeout = expression`, where the arguments are in scope by name: patterns are matched against references.
fn timeout(plan: &Plan) -> Option<TokenStream> {
    let expression = plan.args.timeout_expression()?;
    let patterns = plan.arguments.iter().filter(|input| input.in_timeout && !input.what.is_simple()).map(|input| {
        let (pattern, name) = (input.what.borrowed_pattern(), &input.what.name);
        generate!(#[allow(unused_variables)] let #pattern = &#name;)
    });
    let patterns: TokenStream = patterns.collect();
    Some(if patterns.is_empty() { generate!(#expression) } else { generate!({ #patterns #expression }) })
}

/// The call in the form that the function has.
///
/// ```text
/// `site, key, rules, job` ⇒ call(site, key, rules, job)
///                         ⇒ call_async(site, key, rules, job).await
///                         ⇒ async move { call_async(site, key, rules, job).await }
/// ```
fn call(plan: &Plan, arguments: &TokenStream) -> TokenStream {
    let private = &plan.private;
    match plan.returns.form {
        Form::Value => generate!(#private::call(#arguments)),
        Form::Async => generate!(#private::call_async(#arguments).await),
        Form::Future => generate!(async move { #private::call_async(#arguments).await }),
        Form::Boxed => generate!(::std::boxed::Box::pin(async move { #private::call_async(#arguments).await })),
    }
}

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

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::LitStr;

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
/// ⇒ Site::new(Facts::new("user", module_path!(), "user:{}").timeout(Timeout::from_millis(300000)).version(2))
///
/// key = "user:{id}", timeout = "5m"
/// ⇒ Site::timed("user", module_path!(), "user:{}", 300000)
/// ```
fn site(function: &Function, plan: &Plan) -> TokenStream {
    let Plan { private, template, args, .. } = plan;
    let name = syn::ext::IdentExt::unraw(&function.signature.ident).to_string();
    let unusual = [&args.none_timeout, &args.err_timeout].iter().any(|option| option.is_some())
        || args.wait.is_some()
        || args.grace.is_some()
        || args.local
        || args.adapter.is_some()
        || args.codec.is_some()
        || args.version.is_some();
    if let (Some(Named { value: Lifetime::Millis(ms), .. }), false) = (&args.timeout, unusual) {
        return generate!(#private::Site::timed(#name, ::core::module_path!(), #template, #ms));
    }
    let constant = |option: &Option<Named<Lifetime>>| option.as_ref().map(|option| option.value.constant(private));
    let timeout = args.timeout.as_ref().filter(|_| plan.args.timeout_expression().is_none());
    let timeout = timeout.map(|timeout| timeout.value.constant(private)).into_iter();
    let none = constant(&args.none_timeout).into_iter();
    let err = constant(&args.err_timeout).into_iter();
    let wait = args.wait.iter().map(Lifetime::duration);
    let grace = constant(&args.grace).into_iter();
    let local = args.local.then(|| generate!(.local()));
    let adapter = args.adapter.iter();
    let codec = args.codec.iter().map(|codec| named_codec(private, &codec.value));
    let version = args.version.iter();
    generate! {
        #private::Site::new(
            #private::Facts::new(#name, ::core::module_path!(), #template)
                #(.timeout(#timeout))* #(.none_timeout(#none))* #(.err_timeout(#err))*
                #(.wait(#wait))* #(.grace(#grace))* #local
                #(.adapter(#adapter))* #(.codec(#codec))* #(.version(#version))*
        )
    }
}

/// `codec::json()`, at the option: where the feature of the codec is off, evaluating it says so.
fn named_codec(private: &TokenStream, name: &LitStr) -> TokenStream {
    let (start, name) = (Span::mixed_site().located_at(name.span()), name.value());
    let name = Ident::new(&name, start);
    quote_spanned!(start=> #private::codec::#name())
}

/// `.timed(|| Into::into(ttl(id)))`, where there is a `timeout = expression`.
fn timed(plan: &Plan) -> TokenStream {
    match timeout(plan) {
        Some(timeout) => generate!(.timed(|| ::core::convert::Into::into(#timeout))),
        None => TokenStream::new(),
    }
}

/// `timeout = expression`, where the arguments are in scope by name: patterns are matched against references.
fn timeout(plan: &Plan) -> Option<TokenStream> {
    let expression = plan.args.timeout_expression()?;
    let patterns = plan.arguments.iter().filter(|input| input.in_timeout && !input.what.is_simple()).map(|input| {
        let (pattern, name) = (input.what.borrowed_pattern(), &input.what.name);
        generate!(#[allow(unused_variables, non_shorthand_field_patterns)] let #pattern = &#name;)
    });
    let patterns: TokenStream = patterns.collect();
    Some(if patterns.is_empty() { generate!(#expression) } else { generate!({ #patterns #expression }) })
}

/// The call in the form that the function has; `compute` hands the result to `lead`.
///
/// ```text
/// `let mut entry = …`, `rules`, `lead.land(user::uncached(id))`
/// ⇒ let mut entry = …;
///   match call(&mut entry, rules) {
///       Answer::Result(result) => result,
///       Answer::Compute(lead) => lead.land(user::uncached(id)),
///   }
///
/// `let mut entry = …`, `rules`, `lead.compute(user::uncached(id)).await`
/// ⇒ let way = {
///       let mut entry = …;
///       match call_async(&mut entry, rules) {
///           Answer::Result(result) => return result,
///           Answer::Compute(way) => way,
///       }
///   };
///   match way.await {
///       Answer::Result(result) => result,
///       Answer::Compute(lead) => lead.compute(user::uncached(id)).await,
///   }
/// ```
fn call(plan: &Plan, entry: &TokenStream, rules: &TokenStream, compute: &TokenStream) -> TokenStream {
    let private = &plan.private;
    let timed = timed(plan);
    let turn = generate!(#timed #compute);
    if plan.returns.form == Form::Value {
        let answered = answered(private, &generate!(#private::call(&mut entry, #rules)), &turn);
        return generate!(#entry #answered);
    }
    let rest = answered(private, &generate!(way.await), &turn);
    // In a block, so that nothing of the entry is left in a future that goes on.
    let call = generate! {
        let way = {
            #entry
            match #private::call_async(&mut entry, #rules) {
                #private::Answer::Result(result) => return result,
                #private::Answer::Compute(way) => way,
            }
        };
        #rest
    };
    match plan.returns.form {
        Form::Value | Form::Async => call,
        Form::Future => generate!(async move { #call }),
        Form::Boxed => generate!(::std::boxed::Box::pin(async move { #call })),
    }
}

/// The result that is known, or what a lead does with its turn.
fn answered(private: &TokenStream, answer: &TokenStream, turn: &TokenStream) -> TokenStream {
    generate! {
        match #answer {
            #private::Answer::Result(result) => result,
            #private::Answer::Compute(lead) => lead #turn,
        }
    }
}

/// What a lead does with a computation, an expression: `.land(…)`, and for futures `.compute(…).await`. One that works
/// before it returns its future is handed over as a closure.
fn computed(plan: &Plan, computation: &TokenStream) -> TokenStream {
    match plan.returns.form {
        Form::Value => generate!(.land(#computation)),
        Form::Async => generate!(.compute(#computation).await),
        Form::Future | Form::Boxed => generate!(.run(move || #computation).await),
    }
}

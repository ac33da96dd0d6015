//! The function where nothing can stand beside it (`helpers = false`): everything is in its body, the user's tokens as
//! a closure or an async block.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use syn::ReturnType;

use super::beside::{in_place_of, with_inputs};
use super::{call, computed, key, rules, site};
use crate::plan::Plan;
use crate::signature::{Argument, Form, Function};

/// ```text
/// fn find(&self, id: u64) -> Option<User> { body }
/// ⇒
/// fn find(&self, id: u64) -> Option<User> {
///     static SITE: Site = Site::new(…);
///     let mut entry = Entry::new(&SITE);
///     …
///     match call(&mut entry, { rules }) {
///         Answer::Result(result) => result,
///         Answer::Compute(lead) => lead.land((move || -> Option<User> { body })()),
///     }
/// }
/// ```
pub(super) fn expand(function: &Function, plan: &Plan) -> TokenStream {
    let Function { attributes, visibility, signature, .. } = function;
    let Plan { private, .. } = plan;
    let attributes = attributes.as_written();
    let signature = with_inputs(signature, inputs(plan));
    let facts = site(function, plan);
    let entry = key::in_place(plan, &generate!(__LARDER_SITE));
    let compute = computed(plan, &computation(function, plan));
    let call = call(plan, &entry, &rules::block(plan), &compute);
    let statements = generate! {
        static __LARDER_SITE: #private::Site = #facts;
        #call
    };
    let block = in_place_of(&function.body, statements);
    generate!(#attributes #visibility #signature #block)
}

/// `mut self, id: u64`: other arguments are bound anew around the body, `self` cannot be.
fn inputs(plan: &Plan) -> Vec<TokenStream> {
    let receiver = plan.receiver.iter().map(|input| input.what.written());
    receiver.chain(plan.arguments.iter().map(|input| input.what.declared())).collect()
}

/// The user's body, to be run later.
fn computation(function: &Function, plan: &Plan) -> TokenStream {
    let body = &function.body;
    let rebound = rebound(plan);
    // A closure's block takes no inner attributes; one inside it does.
    let is_bare = rebound.is_empty() && !has_inner_attributes(body);
    let body = if is_bare { body.clone() } else { behind(&rebound, body) };
    let ty = &plan.returns.ty;
    match (plan.returns.form, &function.signature.output) {
        (Form::Value, _) => generate!((move || -> #ty #body)()),
        (Form::Async, _) => {
            let block = behind(&guard(plan), &body);
            generate!(async move #block)
        }
        (Form::Boxed, ReturnType::Type(_, boxed)) => generate!((move || -> #boxed #body)()),
        _ => generate!((move || #body)()),
    }
}

/// `{ statements … }`, with what `body` holds. As a block of its own rustc would call its braces unused; inner attributes
/// need theirs.
fn behind(statements: &TokenStream, body: &Group) -> Group {
    let stream = body.stream();
    let inside = if has_inner_attributes(body) { generate!(#statements #body) } else { generate!(#statements #stream) };
    let mut block = Group::new(Delimiter::Brace, inside);
    block.set_span(Span::mixed_site());
    block
}

fn has_inner_attributes(body: &Group) -> bool {
    let mut start = body.stream().into_iter().map(|token| token.to_string());
    start.next().is_some_and(|token| token == "#") && start.next().is_some_and(|token| token == "!")
}

/// A return that never runs, at the return type: it gives an async block its type. Without it rustc would blame the
/// attribute for an early return of another one.
fn guard(plan: &Plan) -> TokenStream {
    let returns = &plan.returns;
    let (ty, never) = (&returns.ty, Ident::new("never", Span::mixed_site().located_at(returns.place.start)));
    generate! {
        #[allow(unreachable_code, clippy::all, clippy::pedantic)]
        if false {
            let #never: #ty = loop {};
            return #never;
        }
    }
}

/// `let (a, b) = a_b; let mut id = id;` for arguments whose pattern is more than a name.
fn rebound(plan: &Plan) -> TokenStream {
    let patterns = plan.arguments.iter().map(|input| &input.what).filter(|argument| !argument.is_bare());
    let patterns = patterns.map(|Argument { pattern, name, .. }| generate!(let #pattern = #name;));
    patterns.collect()
}

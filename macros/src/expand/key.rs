//! The key, from references to the inputs.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::inputs::{self, Take};
use crate::plan::{Key, Plan, Step};
use crate::signature::Argument;

/// A block that makes the key; the inputs are in scope as references.
///
/// ```text
/// key = "user:{id}:{org.slug}"
/// ⇒ { key(|key| {
///     literal(key, "user:");
///     KeyPart::write_key(id, key);
///     literal(key, ":");
///     KeyPart::write_key(&org.slug, key);
/// }) }
/// ```
pub(super) fn block(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    match &plan.key {
        Key::Function(path) => {
            let inputs = arguments_of_function(plan);
            let inputs = quote_spanned!(Span::mixed_site().located_at(path.span())=> (#inputs));
            generate!({ ::core::convert::Into::<#private::Key>::into(#path #inputs) })
        }
        Key::Steps(steps) => {
            let steps = merged(steps).into_iter().map(|step| statement(private, &step));
            generate!({ #private::key(|key| { #(#steps)* }) })
        }
    }
}

/// Texts that follow one another are one text.
fn merged(steps: &[Step]) -> Vec<Step> {
    let mut merged: Vec<Step> = Vec::new();
    for step in steps {
        match (merged.last_mut(), step) {
            (Some(Step::Text(last)), Step::Text(text)) => last.push_str(text),
            _ => merged.push(step.clone()),
        }
    }
    merged
}

fn statement(private: &TokenStream, step: &Step) -> TokenStream {
    match step {
        Step::Home => generate!(#private::module(key, ::core::any::type_name::<Self>());),
        Step::Text(text) => generate!(#private::literal(key, #text);),
        Step::Part { root, fields, .. } if fields.is_empty() => {
            generate!(#private::KeyPart::write_key(#root, key);)
        }
        Step::Part { root, fields, .. } => generate!(#private::KeyPart::write_key(&#root #fields, key);),
        Step::Display { root, fields, format, .. } => {
            generate!(#private::display(key, ::core::format_args!(#format, #root #fields));)
        }
        Step::TypeName(ty) => generate!(#private::type_name::<#ty>(key);),
        Step::Constant(name) => generate!(#private::KeyPart::write_key(&#name, key);),
    }
}

/// `self, id, name`: references, which is what they are by now.
fn arguments_of_function(plan: &Plan) -> TokenStream {
    let receiver = plan.receiver.iter().filter(|input| input.in_key).map(|input| {
        let token = &input.what.token;
        generate!(#token)
    });
    let arguments = plan.arguments.iter().filter(|input| input.in_key).map(|input| {
        let Argument { name, .. } = &input.what;
        generate!(#name)
    });
    let all = receiver.chain(arguments);
    generate!(#(#all),*)
}

/// The generic parameters that the key needs, and those of the inputs that it is made from.
pub(super) fn generics(plan: &Plan) -> TokenStream {
    let types = Take::Key.types(plan);
    let named = match &plan.key {
        Key::Function(path) => generate!(#path),
        Key::Steps(steps) => steps
            .iter()
            .map(|step| match step {
                Step::TypeName(ty) => generate!(#ty),
                Step::Constant(name) => generate!(#name),
                _ => TokenStream::new(),
            })
            .collect(),
    };
    generate!(#types #named)
}

/// The key made where the inputs are.
pub(super) fn in_place(plan: &Plan) -> TokenStream {
    let (looks, block) = (inputs::looks(plan), block(plan));
    generate!({ #looks #block })
}

//! The key, from references to the inputs.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::inputs::{self, Take};
use crate::plan::{Key, Plan, Step};
use crate::signature::Argument;

/// Statements that write the key into `key`; the inputs are in scope as references.
///
/// ```text
/// key = "user:{id}:{org.slug}"
/// ⇒ literal(key, "user:");
///   KeyPart::write_key(id, key);
///   literal(key, ":");
///   KeyPart::write_key(&org.slug, key);
///
/// key = path::to::function
/// ⇒ pour(path::to::function(id, org), key);
/// ```
pub(super) fn steps(plan: &Plan) -> TokenStream {
    let private = &plan.private;
    match &plan.key {
        Key::Function(path) => {
            let inputs = arguments_of_function(plan);
            let made = quote_spanned!(Span::mixed_site().located_at(path.span())=> #path (#inputs));
            generate!(#private::pour(#made, key);)
        }
        Key::Steps(steps) => merged(steps).into_iter().map(|step| statement(private, &step)).collect(),
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
        Step::TypeOf(name) => generate!(#private::type_name_of_val(#name, key);),
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

/// Statements that make `entry` where the inputs are, behind the static that is its function's site.
pub(super) fn in_place(plan: &Plan, site: &TokenStream) -> TokenStream {
    let (private, looks, steps) = (&plan.private, inputs::looks(plan), steps(plan));
    generate! {
        let mut entry = #private::Entry::new(&#site);
        {
            let key = &mut entry.key;
            #looks
            #steps
        }
    }
}

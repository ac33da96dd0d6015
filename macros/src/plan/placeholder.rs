//! From placeholders to the things they name. Every identifier comes from the signature, so that it has the hygiene of
//! the argument and not that of the literal.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{GenericParam, Signature};

use super::key::Step;
use crate::diagnostic::did_you_mean;
use crate::signature::{Shape, params};
use crate::template::Placeholder;

/// The thing that a placeholder names.
pub(super) fn named(
    placeholder: &Placeholder,
    span: Span,
    signature: &Signature,
    shape: &Shape,
) -> Result<Step, String> {
    let name = placeholder.name.trim_start_matches("r#");
    let bindings = || shape.arguments.iter().flat_map(|argument| &argument.bindings);
    let part = |root: TokenStream, name: String| {
        let fields = fields(placeholder, span);
        match &placeholder.spec {
            None => Step::Part { name, root, fields },
            Some(spec) => {
                let mut format = Literal::string(&format!("{{:{spec}}}"));
                format.set_span(Span::call_site().located_at(span));
                Step::Display { name, root, fields, format }
            }
        }
    };
    if let Some(binding) = bindings().find(|binding| binding.unraw() == name) {
        return Ok(part(binding.to_token_stream(), binding.to_string()));
    }
    if let Some(receiver) = shape.receiver.as_ref().filter(|_| name == "self") {
        return Ok(part(receiver.token.to_token_stream(), "self".to_owned()));
    }
    if let Some(step) = generic(name, signature, shape) {
        return match placeholder.fields.is_empty() && placeholder.spec.is_none() {
            true => Ok(step),
            false => {
                Err(format!("`{name}` is a generic parameter and has neither fields nor a format; write `{{{name}}}`"))
            }
        };
    }
    Err(unknown(name, signature, shape))
}

fn unknown(name: &str, signature: &Signature, shape: &Shape) -> String {
    let function = &signature.ident;
    let bindings = shape.arguments.iter().flat_map(|argument| &argument.bindings).map(|name| name.unraw().to_string());
    let receiver = shape.receiver.iter().map(|_| "self".to_owned());
    let all: Vec<String> = bindings.chain(receiver).chain(params(&signature.generics).map(Ident::to_string)).collect();
    if all.is_empty() {
        return format!("the key names `{name}`, but `{function}` takes nothing; write the key without placeholders");
    }
    let list = all.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
    let meant = did_you_mean(name, all.iter().map(String::as_str));
    format!("the key names `{name}`, which is no argument of `{function}`{meant}\nwrite one of {list}")
}

/// `{T}`, `{N}`, `{Self}`
pub(super) fn generic(name: &str, signature: &Signature, shape: &Shape) -> Option<Step> {
    if name == "Self" && shape.in_impl {
        return Some(Step::TypeName(quote!(Self)));
    }
    signature.generics.params.iter().find_map(|param| match param {
        GenericParam::Type(param) if param.ident == name => Some(Step::TypeName(param.ident.to_token_stream())),
        GenericParam::Const(param) if param.ident == name => Some(Step::Constant(param.ident.clone())),
        _ => None,
    })
}

/// `.field.0`, located at the template.
fn fields(placeholder: &Placeholder, span: Span) -> TokenStream {
    let span = Span::call_site().located_at(span);
    let field = |text: &String| match text.parse::<usize>() {
        Ok(index) => {
            let mut index = Literal::usize_unsuffixed(index);
            index.set_span(span);
            quote!(.#index)
        }
        Err(_) => {
            let field = match text.strip_prefix("r#") {
                Some(raw) => Ident::new_raw(raw, span),
                None => Ident::new(text, span),
            };
            quote!(.#field)
        }
    };
    placeholder.fields.iter().map(field).collect()
}

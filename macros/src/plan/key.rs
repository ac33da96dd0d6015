//! The key: as the template or the function says, or made from the signature.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{ExprPath, LitStr, Signature};

use super::placeholder;
use crate::args::{Args, KeySource};
use crate::diagnostic::Errors;
use crate::signature::{Shape, params};
use crate::template::{self, Piece};
use crate::tokens::mentions;

/// How the key is made.
pub(crate) enum Key {
    /// From pieces, one after the other.
    Steps(Vec<Step>),
    /// By the user's function.
    Function(ExprPath),
}

/// A piece of a key.
#[derive(Clone)]
pub(crate) enum Step {
    /// The path of the type that the helpers live on.
    Home,
    /// Text in the alphabet of keys.
    Text(String),
    /// A `KeyPart`.
    Part { name: String, root: TokenStream, fields: TokenStream },
    /// With a format spec.
    Display { name: String, root: TokenStream, fields: TokenStream, format: Literal },
    /// The name of a type.
    TypeName(TokenStream),
    /// The name of the type of an argument, which is how `impl Trait` is told apart.
    TypeOf(Ident),
    /// The value of a const parameter.
    Constant(Ident),
}

impl Key {
    /// Does it name `name`: an argument, `self`, a generic parameter? A key function can name the last alone.
    pub(super) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Function(path) => path.path.segments.iter().any(|segment| mentions(&segment.arguments, name)),
            Self::Steps(steps) => steps.iter().any(|step| match step {
                Step::Home | Step::Text(_) | Step::TypeOf(_) => false,
                Step::Part { name: part, .. } | Step::Display { name: part, .. } => part == name,
                Step::TypeName(ty) => mentions(ty, name),
                Step::Constant(constant) => constant == name,
            }),
        }
    }
}

/// Reads the key, or makes the one that holds whatever is not skipped. `None` if it is reported to be wrong.
pub(super) fn resolve(args: &Args, signature: &Signature, shape: &Shape, errors: &mut Errors) -> Option<Key> {
    match &args.key {
        Some(KeySource::Function(path)) => Some(Key::Function(path.clone())),
        Some(KeySource::Template(template)) => {
            from_template(template, signature, shape, errors).map(|steps| Key::Steps(with_types(steps, shape)))
        }
        None if args.key_given => None,
        None => Some(Key::Steps(with_types(from_signature(args, signature, shape), shape))),
    }
}

/// A part writes a value and not its type: behind the first of an argument that is `impl Trait`, the name of its type.
fn with_types(mut steps: Vec<Step>, shape: &Shape) -> Vec<Step> {
    for argument in shape.arguments.iter().filter(|argument| argument.is_generic()) {
        let of_argument = |step: &Step| match step {
            Step::Part { name, .. } | Step::Display { name, .. } => argument.bindings.iter().any(|own| own == name),
            _ => false,
        };
        if let Some(position) = steps.iter().position(of_argument) {
            steps.insert(position + 1, Step::TypeOf(argument.name.clone()));
        }
    }
    steps
}

fn from_template(template: &LitStr, signature: &Signature, shape: &Shape, errors: &mut Errors) -> Option<Vec<Step>> {
    let pieces = match template::parse(&template.value()) {
        Ok(pieces) => pieces,
        Err(wrong) => {
            wrong.iter().for_each(|message| errors.at(template.span(), message));
            return None;
        }
    };
    let mut steps = Vec::new();
    let mut known = true;
    for piece in pieces {
        match piece {
            Piece::Text(text) => steps.push(Step::Text(template::escape(&text))),
            Piece::Placeholder(placeholder) => {
                match placeholder::named(&placeholder, template.span(), signature, shape) {
                    Ok(step) => steps.push(step),
                    Err(message) => {
                        errors.at(template.span(), message);
                        known = false;
                    }
                }
            }
        }
    }
    known.then_some(steps)
}

/// Path, name of a method, then everything that is not skipped.
fn from_signature(args: &Args, signature: &Signature, shape: &Shape) -> Vec<Step> {
    let skipped = |name: &Ident| args.skip.contains(name);
    let mut steps = vec![Step::Home];
    if args.method || shape.in_impl {
        steps.push(Step::Text(template::escape(&format!(":{}", signature.ident.unraw()))));
    }
    let bindings = shape.arguments.iter().flat_map(|argument| &argument.bindings);
    for binding in bindings.filter(|binding| !skipped(binding)) {
        let (name, root) = (binding.to_string(), binding.to_token_stream());
        steps.push(Step::Text(":".to_owned()));
        steps.push(Step::Part { name, root, fields: TokenStream::new() });
    }
    for param in params(&signature.generics).filter(|param| !skipped(param)) {
        steps.push(Step::Text(":".to_owned()));
        steps.extend(placeholder::generic(&param.to_string(), signature, shape));
    }
    steps
}

/// What the entries are grouped by, as an expression: the template as written, or the text it stands for, each without
/// the names of its placeholders, since they are not in the keys.
pub(super) fn template(args: &Args, signature: &Signature, key: &Key) -> TokenStream {
    let name = signature.ident.unraw();
    let text = match (&args.key, key) {
        (Some(KeySource::Template(template)), _) => {
            let template = template::without_names(&template.value());
            return quote!(#template);
        }
        (_, Key::Function(path)) => format!("::{name} = {}", path.to_token_stream().to_string().replace(' ', "")),
        (_, Key::Steps(steps)) => {
            let written = |step: &&Step| !matches!(step, Step::Home | Step::Text(_) | Step::TypeOf(_));
            format!("::{name}{}", ":{}".repeat(steps.iter().filter(written).count()))
        }
    };
    quote!(::core::concat!(::core::module_path!(), #text))
}

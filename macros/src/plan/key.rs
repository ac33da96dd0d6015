//! From placeholders to the things they name. Every identifier comes from the signature, so that it has the hygiene of
//! the argument and not that of the literal.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{ExprPath, GenericParam, LitStr, Signature};

use crate::args::{Args, KeySource};
use crate::diagnostic::{Errors, did_you_mean};
use crate::signature::{Shape, params};
use crate::template::{self, Piece, Placeholder};
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
    /// The value of a const parameter.
    Constant(Ident),
}

impl Key {
    /// Is `name` (an argument, `self`, a generic parameter) a part of it? A key function sees what is not skipped.
    pub(super) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Function(path) => mentions(path, name),
            Self::Steps(steps) => steps.iter().any(|step| match step {
                Step::Home | Step::Text(_) => false,
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
        Some(KeySource::Template(template)) => from_template(template, signature, shape, errors).map(Key::Steps),
        None if args.key_given => None,
        None => Some(Key::Steps(from_signature(args, signature, shape))),
    }
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
            Piece::Placeholder(placeholder) => match named(&placeholder, template.span(), signature, shape) {
                Ok(step) => steps.push(step),
                Err(message) => {
                    errors.at(template.span(), message);
                    known = false;
                }
            },
        }
    }
    known.then_some(steps)
}

/// The thing that a placeholder names.
fn named(placeholder: &Placeholder, span: Span, signature: &Signature, shape: &Shape) -> Result<Step, String> {
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
fn generic(name: &str, signature: &Signature, shape: &Shape) -> Option<Step> {
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

/// Path, name of a method, then everything that is not skipped.
fn from_signature(args: &Args, signature: &Signature, shape: &Shape) -> Vec<Step> {
    let skipped = |name: &Ident| args.skip.contains(name);
    let mut steps = vec![Step::Home];
    if args.method || shape.in_impl {
        steps.push(Step::Text(format!(":{}", signature.ident.unraw())));
    }
    let bindings = shape.arguments.iter().flat_map(|argument| &argument.bindings);
    for binding in bindings.filter(|binding| !skipped(binding)) {
        let (name, root) = (binding.to_string(), binding.to_token_stream());
        steps.push(Step::Text(":".to_owned()));
        steps.push(Step::Part { name, root, fields: TokenStream::new() });
    }
    for param in params(&signature.generics).filter(|param| !skipped(param)) {
        let fixed = shape.arguments.iter().filter(|argument| !argument.bindings.iter().all(skipped));
        if !fixed.into_iter().any(|argument| mentions(&argument.ty, &param.to_string())) {
            steps.push(Step::Text(":".to_owned()));
            steps.extend(generic(&param.to_string(), signature, shape));
        }
    }
    steps
}

/// What the entries are called in statistics, as an expression: the template as written, or the text it stands for.
pub(super) fn template(args: &Args, signature: &Signature, key: &Key) -> TokenStream {
    let name = signature.ident.unraw();
    let text = match (&args.key, key) {
        (Some(KeySource::Template(template)), _) => {
            let template = template.value();
            return quote!(#template);
        }
        (_, Key::Function(path)) => format!("::{name} = {}", path.to_token_stream().to_string().replace(' ', "")),
        (_, Key::Steps(steps)) => {
            let shown = steps.iter().map(|step| match step {
                Step::Home | Step::Text(_) => String::new(),
                Step::Part { name, .. } | Step::Display { name, .. } => format!(":{{{name}}}"),
                Step::TypeName(ty) => format!(":{{{ty}}}"),
                Step::Constant(name) => format!(":{{{name}}}"),
            });
            format!("::{name}{}", shown.collect::<String>())
        }
    };
    quote!(::core::concat!(::core::module_path!(), #text))
}

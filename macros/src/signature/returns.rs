//! What the function returns, and how it is to be awaited.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Signature, Type, TypeParamBound};

use crate::diagnostic::Errors;
use crate::tokens;

/// How the result comes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Form {
    /// `fn -> R`
    Value,
    /// `async fn -> R`
    Async,
    /// `fn -> impl Future<Output = R>`
    Future,
    /// `fn -> Pin<Box<dyn Future<Output = R>>>`
    Boxed,
}

/// The result and its form.
pub(crate) struct Returns {
    pub(crate) form: Form,
    /// `R`
    pub(crate) ty: Type,
    /// `&'static T`, or an `Option` or a `Result` of one: it cannot be read back from a store.
    pub(crate) static_reference: Option<Type>,
    /// `R` names or elides a lifetime, which can only be its error's.
    pub(crate) borrows: bool,
    /// Where a bound that `R` fails is reported.
    pub(crate) place: Place,
}

/// The first and the last token of something: stable Rust does not join them.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) start: Span,
    pub(crate) end: Span,
}

/// Finds the form and the result type.
pub(super) fn read(signature: &Signature, errors: &mut Errors) -> Returns {
    let written = match &signature.output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    let (form, ty) = if signature.asyncness.is_some() {
        (Form::Async, written)
    } else if let Some(output) = future_output(&written) {
        (Form::Future, output)
    } else if let Some(output) = boxed_output(&written) {
        (Form::Boxed, output)
    } else {
        (Form::Value, written)
    };
    refuse(&ty, errors);
    let place = match &signature.output {
        ReturnType::Default => Place { start: signature.ident.span(), end: signature.ident.span() },
        ReturnType::Type(..) => place(&ty),
    };
    let value = first_argument(&ty).unwrap_or(&ty);
    let static_reference = matches!(value, Type::Reference(reference) if is_static(reference)).then(|| value.clone());
    Returns { form, static_reference, borrows: tokens::borrows(&ty), ty, place }
}

fn place(ty: &Type) -> Place {
    let spans: Vec<Span> = ty.to_token_stream().into_iter().map(|token| token.span()).collect();
    let start = spans.first().copied().unwrap_or_else(Span::mixed_site);
    Place { start, end: spans.last().copied().unwrap_or(start) }
}

fn refuse(ty: &Type, errors: &mut Errors) {
    let borrowed =
        "a cached value is kept, so it cannot borrow; return an owned value (`String` for `&str`), or an `Arc`";
    match ty {
        Type::Never(_) => errors.on(ty, "a function that never returns has nothing to cache; remove the attribute"),
        Type::Reference(reference) if !is_static(reference) => errors.on(ty, borrowed),
        Type::ImplTrait(_) if tokens::mentions(ty, "Iterator") => {
            errors.on(ty, "an iterator can be walked only once, and by one caller; collect it and return a `Vec`");
        }
        _ if tokens::mentions(ty, "impl") => {
            errors.on(ty, "a cached value needs a type that can be named; write the type instead of `impl`");
        }
        _ => {
            if let Some(Type::Reference(reference)) = first_argument(ty)
                && !is_static(reference)
            {
                errors.on(reference, borrowed);
            }
        }
    }
}

fn is_static(reference: &syn::TypeReference) -> bool {
    reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static")
}

/// `T` of `Option<T>` and `Result<T, E>`.
fn first_argument(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty)?;
    if segment.ident != "Option" && segment.ident != "Result" {
        return None;
    }
    types(segment).next()
}

/// `R` of `impl Future<Output = R> + …`.
fn future_output(ty: &Type) -> Option<Type> {
    match ty {
        Type::ImplTrait(ty) => ty.bounds.iter().find_map(output_of_bound),
        _ => None,
    }
}

/// `R` of `Pin<Box<dyn Future<Output = R> + …>>`, and of the alias that the futures crate gives it.
fn boxed_output(ty: &Type) -> Option<Type> {
    let segment = last_segment(ty)?;
    if segment.ident == "BoxFuture" || segment.ident == "LocalBoxFuture" {
        return types(segment).next().cloned();
    }
    let boxed = last_segment(types(segment).next().filter(|_| segment.ident == "Pin")?)?;
    match types(boxed).next().filter(|_| boxed.ident == "Box")? {
        Type::TraitObject(object) => object.bounds.iter().find_map(output_of_bound),
        _ => None,
    }
}

/// `R` of `Future<Output = R>`.
fn output_of_bound(bound: &TypeParamBound) -> Option<Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let segment = bound.path.segments.last().filter(|segment| segment.ident == "Future")?;
    arguments(segment).find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
        _ => None,
    })
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

fn types(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    arguments(segment).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten()
}

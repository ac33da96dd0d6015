//! `#[derive(KeyPart)]`: a struct is a group of its fields, an enum the name of its variant and a group. The marks are
//! those of the runtime's own groups, so that no two values write the same.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Fields, Path, WherePredicate, parse_quote, parse_quote_spanned};

use crate::diagnostic::{Errors, did_you_mean};
use crate::template::escape;
use crate::tokens::mentions;

/// ```text
/// enum Shape<T> { Point, Circle { center: T, #[key(skip)] label: String } }
/// ⇒
/// impl<T> KeyPart for Shape<T> where T: KeyPart {
///     fn write_key(&self, key: &mut KeyWriter) {
///         match self {
///             Self::Point => literal(key, "Point"),
///             Self::Circle { center: field_0, .. } => {
///                 literal(key, "Circle%l"); KeyPart::write_key(field_0, key); literal(key, ",%.");
///             }
///         }
///     }
/// }
/// ```
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::default();
    let krate = of_container(&input.attrs, &mut errors);
    let private = quote_spanned!(Span::mixed_site()=> #krate::__private);
    let variants = variants(&input, &mut errors);
    for field in variants.iter().flat_map(|variant| variant.fields.iter()) {
        is_skipped(field, &mut errors);
    }
    if !errors.is_empty() {
        return errors.into_tokens();
    }
    let arms = variants.iter().map(|variant| arm(variant, &private));
    let generics = bounded(&input, &variants, &private);
    let (params, args, clause) = generics.split_for_impl();
    let name = &input.ident;
    let arms: TokenStream = arms.collect();
    let place = if variants.is_empty() {
        quote_spanned!(Span::mixed_site()=> *self)
    } else {
        quote_spanned!(Span::mixed_site()=> self)
    };
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #params #private::KeyPart for #name #args #clause {
            fn write_key(&self, key: &mut #private::KeyWriter) {
                match #place { #arms }
            }
        }
    }
}

/// A variant; of a struct, the only one.
struct Variant<'a> {
    /// `Self` or `Self::Name`
    path: TokenStream,
    /// What the key says before the fields: nothing for a struct.
    name: String,
    fields: &'a Fields,
}

fn variants<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<Variant<'a>> {
    match &input.data {
        Data::Struct(data) => vec![Variant { path: parse_quote!(Self), name: String::new(), fields: &data.fields }],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                refuse(&variant.attrs, "a variant", errors);
                let name = &variant.ident;
                let text = escape(&syn::ext::IdentExt::unraw(name).to_string());
                Variant { path: parse_quote_spanned!(name.span()=> Self::#name), name: text, fields: &variant.fields }
            })
            .collect(),
        Data::Union(data) => {
            errors.on(
                data.union_token,
                "a union does not know which of its fields is meant; implement `KeyPart` by hand, or derive it on an enum",
            );
            Vec::new()
        }
    }
}

fn arm(variant: &Variant, private: &TokenStream) -> TokenStream {
    let Variant { path, name, fields } = variant;
    let kept: Vec<(usize, &Field)> =
        fields.iter().enumerate().filter(|(_, field)| !is_skipped(field, &mut Errors::default())).collect();
    if kept.is_empty() {
        let statement = (!name.is_empty()).then(|| quote_spanned!(Span::mixed_site()=> #private::literal(key, #name);));
        return quote_spanned!(Span::mixed_site()=> #path { .. } => { #statement });
    }
    let (mut patterns, mut statements) = (Vec::new(), Vec::new());
    let mut text = format!("{name}%l");
    for (index, field) in kept {
        let binding = format_ident!("field_{index}", span = field.ty.span().resolved_at(Span::mixed_site()));
        let member = match &field.ident {
            Some(name) => name.to_token_stream(),
            None => syn::Index { index: u32::try_from(index).unwrap_or(u32::MAX), span: Span::mixed_site() }
                .to_token_stream(),
        };
        patterns.push(quote_spanned!(Span::mixed_site()=> #member: #binding));
        statements.push(quote_spanned! {Span::mixed_site()=>
            #private::literal(key, #text);
            #private::KeyPart::write_key(#binding, key);
        });
        text = ",".to_owned();
    }
    quote_spanned! {Span::mixed_site()=>
        #path { #(#patterns,)* .. } => { #(#statements)* #private::literal(key, ",%."); }
    }
}

/// The generics with a bound for each field whose type mentions a parameter; where the type mentions itself, for the
/// parameters instead, since a bound on itself would go round.
fn bounded(input: &DeriveInput, variants: &[Variant], private: &TokenStream) -> syn::Generics {
    let mut generics = input.generics.clone();
    let params: Vec<Ident> = generics.type_params().map(|param| param.ident.clone()).collect();
    let mut predicates: Vec<WherePredicate> = Vec::new();
    for field in variants.iter().flat_map(|variant| variant.fields) {
        if is_skipped(field, &mut Errors::default()) {
            continue;
        }
        let ty = &field.ty;
        let mentioned: Vec<&Ident> = params.iter().filter(|param| mentions(ty, &param.to_string())).collect();
        if mentions(ty, &input.ident.to_string()) {
            predicates
                .extend(mentioned.iter().map(|param| -> WherePredicate { parse_quote!(#param: #private::KeyPart) }));
        } else if !mentioned.is_empty() {
            predicates.push(parse_quote!(#ty: #private::KeyPart));
        }
    }
    if !predicates.is_empty() {
        generics.make_where_clause().predicates.extend(predicates);
    }
    generics
}

/// `#[key(crate = path)]`
fn of_container(attributes: &[Attribute], errors: &mut Errors) -> Path {
    let mut krate = parse_quote_spanned!(Span::mixed_site()=> ::larder);
    options(attributes, errors, |option| {
        if option.path.is_ident("crate") {
            krate = option.value()?.call(Path::parse_mod_style)?;
            return Ok(());
        }
        Err(unknown(&option, "a type", &["crate"], "`#[key(crate = path::to::larder)]`"))
    });
    krate
}

/// `#[key(skip)]`
fn is_skipped(field: &Field, errors: &mut Errors) -> bool {
    let mut skipped = false;
    options(&field.attrs, errors, |option| {
        if option.path.is_ident("skip") {
            skipped = true;
            return Ok(());
        }
        Err(unknown(&option, "a field", &["skip"], "`#[key(skip)]`"))
    });
    skipped
}

fn refuse(attributes: &[Attribute], place: &str, errors: &mut Errors) {
    options(attributes, errors, |option| {
        Err(option.error(format!("{place} takes no `#[key(…)]`; put `#[key(skip)]` on its fields")))
    });
}

fn options(attributes: &[Attribute], errors: &mut Errors, mut read: impl FnMut(ParseNestedMeta) -> syn::Result<()>) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("key")) {
        let read = attribute.parse_nested_meta(&mut read);
        errors.take(read);
    }
}

fn unknown(option: &ParseNestedMeta, place: &str, known: &[&str], example: &str) -> syn::Error {
    let name = option.path.to_token_stream().to_string();
    let meant = did_you_mean(&name, known.iter().copied());
    let joint = if meant.is_empty() { ";" } else { "" };
    option.error(format!("unknown option `{name}`{meant}{joint} {place} takes {example}"))
}

//! How the values of options are read, and what is said where they have another form than their option asks for.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, Lit, LitBool, LitInt, LitStr, Path, Token, parenthesized};

use super::{Helpers, KeySource, Named};
use crate::diagnostic::did_you_mean;

/// What values are written by; each is a function in `larder::__private::codec` too.
const CODECS: [&str; 5] = ["msgpack", "postcard", "bincode", "json", "raw"];

/// `name = value`
pub(super) fn assigned<T>(
    name: &Ident,
    input: ParseStream,
    parse: impl FnOnce(ParseStream) -> syn::Result<T>,
) -> syn::Result<T> {
    assignment(name, input)?;
    parse(input)
}

fn assignment(name: &Ident, input: ParseStream) -> syn::Result<()> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(
            name.span(),
            format!("`{name}` needs a value; write `{name} = {}`", example(name)),
        ));
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() {
        return Err(syn::Error::new(
            name.span(),
            format!("`{name}` needs a value; write `{name} = {}`", example(name)),
        ));
    }
    Ok(())
}

/// `name = value`, with the name kept.
pub(super) fn named<T>(
    name: Ident,
    input: ParseStream,
    parse: impl FnOnce(ParseStream) -> syn::Result<T>,
) -> syn::Result<Named<T>> {
    let value = assigned(&name, input, parse)?;
    Ok(Named { name, value })
}

/// A value that the option could have.
fn example(name: &Ident) -> &'static str {
    match name.to_string().as_str() {
        "key" => "\"user:{id}\"",
        "timeout_by" => "|value| value.max_age",
        "cache_if" => "|value| !value.is_empty()",
        "version" => "2",
        "adapter" => "\"sessions\"",
        "codec" => "\"json\"",
        "on_error" => "\"propagate\"",
        "helpers" => "user_cache",
        "crate" => "path::to::larder",
        _ => "300",
    }
}

/// `name`, and nothing behind it.
pub(super) fn flag(name: &Ident, input: ParseStream) -> syn::Result<bool> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(true);
    }
    Err(syn::Error::new(input.span(), format!("`{name}` takes no value; write `{name}`, or leave it out")))
}

/// `skip(a, b)`
pub(super) fn list(name: &Ident, input: ParseStream) -> syn::Result<Vec<Ident>> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(name.span(), format!("`{name}` takes a list; write `{name}(db, ctx)`")));
    }
    let inside;
    parenthesized!(inside in input);
    let item = |item: ParseStream| {
        let name = item.call(Ident::parse_any);
        let message = "expected the name of an argument, like `skip(db)`";
        let name = name.map_err(|error| syn::Error::new(error.span(), message))?;
        if item.is_empty() || item.peek(Token![,]) {
            return Ok(name);
        }
        let error = item.error(format!("only a whole argument can be skipped; write `skip({name})`"));
        // Or syn would complain about what is left.
        item.parse::<proc_macro2::TokenStream>()?;
        Err(error)
    };
    let names = inside.parse_terminated(item, Token![,])?;
    if names.is_empty() {
        return Err(syn::Error::new(name.span(), format!("`{name}()` names nothing; remove it")));
    }
    Ok(names.into_iter().collect())
}

/// What `macro_rules!` hands on as `$key:literal` stands in an invisible group.
pub(super) fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungrouped(*group.expr),
        other => other,
    }
}

/// A template, or the path of a function.
pub(super) fn key(input: ParseStream) -> syn::Result<KeySource> {
    match ungrouped(input.parse()?) {
        Expr::Lit(ExprLit { lit: Lit::Str(template), .. }) => Ok(KeySource::Template(template)),
        Expr::Path(path) => Ok(KeySource::Function(path)),
        Expr::Closure(closure) => Err(syn::Error::new_spanned(
            closure,
            "a key is no closure, so that it has a name; put it into a function and write `key = path::to::function`",
        )),
        Expr::Macro(call) => Err(syn::Error::new_spanned(
            call,
            "the template is checked when it is compiled, so it must be a literal; write `key = \"user:{id}\"`",
        )),
        Expr::Call(call) => Err(syn::Error::new_spanned(
            call,
            "the key function is called with the arguments of this one; write its path alone, like \
             `key = path::to::function`",
        )),
        other => Err(syn::Error::new_spanned(
            other,
            "expected a template or a function; write `key = \"user:{id}\"` or `key = path::to::function`",
        )),
    }
}

pub(super) fn condition(input: ParseStream) -> syn::Result<Expr> {
    of_value(input, "a condition on the value")
}

pub(super) fn lifetime(input: ParseStream) -> syn::Result<Expr> {
    of_value(input, "a function from the value to its lifetime")
}

/// A closure or the path of a function.
fn of_value(input: ParseStream, what: &str) -> syn::Result<Expr> {
    let expr = ungrouped(input.parse()?);
    match &expr {
        Expr::Closure(closure) if closure.inputs.len() != 1 => {
            Err(syn::Error::new_spanned(closure, "expected one parameter, the value; write `|value| …`"))
        }
        Expr::Closure(_) | Expr::Path(_) => Ok(expr),
        other => Err(syn::Error::new_spanned(
            other,
            format!("expected {what}; write `|value| …`, or the path of a function"),
        )),
    }
}

pub(super) fn version(input: ParseStream) -> syn::Result<LitInt> {
    let span = input.span();
    let int: syn::Result<LitInt> = input.parse();
    match int {
        Ok(int) if int.base10_parse::<u32>().is_ok() => Ok(int),
        _ => Err(syn::Error::new(span, "expected a number of the version; write `version = 2`")),
    }
}

pub(super) fn adapter(input: ParseStream) -> syn::Result<LitStr> {
    let span = input.span();
    let name: syn::Result<LitStr> = input.parse();
    match name {
        Ok(name) if name.value().contains(':') => {
            let message = "a function names its cache, and does not say where it is; give the URL a name by `register_adapter` \
                           or `caches::configure`, and write that";
            Err(syn::Error::new(span, message))
        }
        Ok(name) if !name.value().is_empty() => Ok(name),
        _ => Err(syn::Error::new(span, "expected the name of a cache; write `adapter = \"sessions\"`")),
    }
}

pub(super) fn codec(input: ParseStream) -> syn::Result<LitStr> {
    let span = input.span();
    let all = || CODECS.map(|name| format!("`\"{name}\"`")).join(", ");
    let error = |start: String| Err(syn::Error::new(span, format!("{start}\nthe codecs are {}", all())));
    match input.parse::<LitStr>() {
        Ok(name) if CODECS.contains(&&*name.value()) => Ok(name),
        Ok(name) => error(format!("unknown codec `{0}`{1}", name.value(), did_you_mean(&name.value(), CODECS))),
        Err(_) => error("expected the name of a codec; write `codec = \"json\"`".to_owned()),
    }
}

pub(super) fn on_error(input: ParseStream) -> syn::Result<LitStr> {
    let span = input.span();
    match input.parse::<LitStr>() {
        Ok(value) if value.value() == "propagate" => Ok(value),
        _ => Err(syn::Error::new(
            span,
            "expected `\"propagate\"`, which makes a failure of the store the function's `Err`; to compute instead, as is the \
             default, leave `on_error` out",
        )),
    }
}

pub(super) fn helpers(input: ParseStream) -> syn::Result<Helpers> {
    if let Some(switch) = input.parse::<Option<LitBool>>()? {
        return match switch.value {
            false => Ok(Helpers::Off(switch.span())),
            true => Err(syn::Error::new(switch.span(), "helpers are there by default; remove `helpers = true`")),
        };
    }
    let span = input.span();
    let name = input.parse::<Ident>();
    name.map(Helpers::Name).map_err(|_| {
        syn::Error::new(span, "expected a name; write `helpers = user_cache`, or `helpers = false` for none")
    })
}

pub(super) fn krate(input: ParseStream) -> syn::Result<Path> {
    let span = input.span();
    let path = input.call(Path::parse_mod_style);
    path.map_err(|_| syn::Error::new(span, "expected the path of larder; write `crate = path::to::larder`"))
}

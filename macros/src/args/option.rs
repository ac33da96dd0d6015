//! One option after the other; what is said of one that is none.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{LitStr, Token};

use super::{Args, Lifetime, value};
use crate::diagnostic::did_you_mean;

/// Every option, in the order of the documentation.
const OPTIONS: [&str; 17] = [
    "key",
    "skip",
    "timeout",
    "timeout_by",
    "none_timeout",
    "err_timeout",
    "cache_if",
    "wait",
    "grace",
    "local",
    "adapter",
    "codec",
    "version",
    "on_error",
    "method",
    "helpers",
    "crate",
];

/// Reads one option and the comma behind it.
pub(super) fn read(input: ParseStream, seen: &mut Vec<Ident>, args: &mut Args) -> syn::Result<()> {
    if input.peek(LitStr) {
        return Err(input.error("the template is the option `key`; write `key = \"…\"`"));
    }
    let not_an_option = |error: syn::Error| syn::Error::new(error.span(), format!("expected an option: {}", list()));
    let name = input.call(Ident::parse_any).map_err(not_an_option)?;
    if seen.contains(&name) {
        return Err(syn::Error::new(name.span(), format!("`{name}` is given twice; remove one")));
    }
    seen.push(name.clone());
    match name.to_string().as_str() {
        "key" => {
            args.key_given = true;
            args.key = Some(value::assigned(&name, input, value::key)?);
        }
        "skip" => {
            args.skip_unread = true;
            args.skip = value::list(&name, input)?;
            args.skip_unread = false;
        }
        "timeout" => args.timeout = Some(value::named(name, input, Lifetime::parse)?),
        "timeout_by" => args.timeout_by = Some(value::named(name, input, value::lifetime)?),
        "none_timeout" => args.none_timeout = Some(value::named(name, input, Lifetime::parse)?),
        "err_timeout" => args.err_timeout = Some(value::named(name, input, Lifetime::parse)?),
        "cache_if" => args.cache_if = Some(value::named(name, input, value::condition)?),
        "wait" => args.wait = Some(value::assigned(&name, input, Lifetime::parse_wait)?),
        "grace" => args.grace = Some(value::named(name, input, Lifetime::parse_grace)?),
        "codec" => args.codec = Some(value::named(name, input, value::codec)?),
        "on_error" => args.on_error = Some(value::named(name, input, value::on_error)?),
        "version" => args.version = Some(value::assigned(&name, input, value::version)?),
        "adapter" => args.adapter = Some(value::assigned(&name, input, value::adapter)?),
        "helpers" => args.helpers = value::assigned(&name, input, value::helpers)?,
        "crate" => args.krate = value::assigned(&name, input, value::krate)?,
        "local" => args.local = value::flag(&name, input)?,
        "method" => args.method = value::flag(&name, input)?,
        unknown => return Err(syn::Error::new(name.span(), unknown_option(unknown))),
    }
    if !input.is_empty() {
        let comma = |_| input.error("expected another option behind a comma; write `,` here");
        input.parse::<Token![,]>().map_err(comma)?;
    }
    Ok(())
}

fn unknown_option(unknown: &str) -> String {
    let meant = match unknown {
        "ttl" | "time" | "expire" | "expires" | "expiry" | "seconds" => "; did you mean `timeout`?".to_owned(),
        "name" | "ty" => "; did you mean `helpers`?".to_owned(),
        "convert" | "template" => "; did you mean `key`?".to_owned(),
        "ignore" | "exclude" | "noself" => "; did you mean `skip(...)`?".to_owned(),
        "store" | "cache" | "backend" => "; did you mean `adapter`?".to_owned(),
        "option" => "; did you mean `none_timeout`?".to_owned(),
        "result" => "; did you mean `err_timeout`?".to_owned(),
        _ => did_you_mean(unknown, OPTIONS),
    };
    format!("unknown option `{unknown}`{meant}\nthe options are {}", list())
}

fn list() -> String {
    OPTIONS.map(|name| format!("`{name}`")).join(", ")
}

/// Skips what is left of an option that could not be read: up to a comma and what looks like an option.
pub(super) fn skip(input: ParseStream) -> syn::Result<()> {
    while !input.is_empty() {
        if input.parse::<Option<Token![,]>>()?.is_none() {
            input.parse::<proc_macro2::TokenTree>()?;
            continue;
        }
        let ahead = input.fork();
        let name = ahead.call(Ident::parse_any).ok();
        let known = name.is_some_and(|name| OPTIONS.iter().any(|option| name == option));
        if known || (ahead.peek(Token![=]) && !ahead.peek(Token![==])) {
            break;
        }
    }
    Ok(())
}

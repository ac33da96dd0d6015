//! The options of the attribute, each read by itself: whether they fit the function and one another is for `plan`.

mod lifetime;
mod value;

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprPath, LitInt, LitStr, Path, Token, parse_quote_spanned};

pub(crate) use lifetime::Lifetime;

use crate::diagnostic::{Errors, did_you_mean};

/// What the user wrote between the parentheses.
pub(crate) struct Args {
    pub(crate) key: Option<KeySource>,
    /// `key` was there, right or wrong.
    pub(crate) key_given: bool,
    pub(crate) skip: Vec<Ident>,
    /// `skip` was there and could not be read.
    pub(crate) skip_unread: bool,
    pub(crate) timeout: Option<Named<Lifetime>>,
    pub(crate) timeout_by: Option<Named<Expr>>,
    pub(crate) none_timeout: Option<Named<Lifetime>>,
    pub(crate) err_timeout: Option<Named<Lifetime>>,
    pub(crate) cache_if: Option<Named<Expr>>,
    pub(crate) version: Option<LitInt>,
    pub(crate) wait: Option<Lifetime>,
    pub(crate) local: bool,
    pub(crate) adapter: Option<LitStr>,
    pub(crate) method: bool,
    pub(crate) helpers: Helpers,
    pub(crate) krate: Path,
}

/// Where the key comes from.
pub(crate) enum KeySource {
    Template(LitStr),
    Function(ExprPath),
}

/// A value and the name of its option, to point at.
pub(crate) struct Named<T> {
    pub(crate) name: Ident,
    pub(crate) value: T,
}

/// What the helpers are called after.
pub(crate) enum Helpers {
    Function,
    Name(Ident),
    /// `helpers = false`, written there.
    Off(Span),
}

/// Every option, in the order of the documentation.
const OPTIONS: [&str; 14] = [
    "key",
    "skip",
    "timeout",
    "timeout_by",
    "none_timeout",
    "err_timeout",
    "cache_if",
    "wait",
    "version",
    "local",
    "adapter",
    "method",
    "helpers",
    "crate",
];

/// Reads the options; what cannot be read is reported and left out.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args {
        key: None,
        key_given: false,
        skip: Vec::new(),
        skip_unread: false,
        timeout: None,
        timeout_by: None,
        none_timeout: None,
        err_timeout: None,
        cache_if: None,
        version: None,
        wait: None,
        local: false,
        adapter: None,
        method: false,
        helpers: Helpers::Function,
        krate: parse_quote_spanned!(Span::mixed_site()=> ::larder),
    };
    let all = |input: ParseStream| {
        let mut seen = Vec::new();
        while !input.is_empty() {
            if let Err(error) = option(input, &mut seen, &mut args) {
                errors.push(error);
                to_next_option(input)?;
            }
        }
        Ok(())
    };
    let outcome = all.parse2(tokens);
    errors.take(outcome);
    contradictions(&args, errors);
    args
}

/// Reads one option and the comma behind it.
fn option(input: ParseStream, seen: &mut Vec<Ident>, args: &mut Args) -> syn::Result<()> {
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
        "timeout_by" => args.timeout_by = Some(value::named(name, input, value::condition)?),
        "none_timeout" => args.none_timeout = Some(value::named(name, input, Lifetime::parse)?),
        "err_timeout" => args.err_timeout = Some(value::named(name, input, Lifetime::parse)?),
        "cache_if" => args.cache_if = Some(value::named(name, input, value::condition)?),
        "wait" => args.wait = Some(value::assigned(&name, input, Lifetime::parse_wait)?),
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
fn to_next_option(input: ParseStream) -> syn::Result<()> {
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

fn contradictions(args: &Args, errors: &mut Errors) {
    if let (Some(_), Some(by)) = (&args.timeout, &args.timeout_by) {
        errors.at(by.name.span(), "`timeout` and `timeout_by` both say how long a value lives; remove one");
    }
    for option in [&args.none_timeout, &args.err_timeout].into_iter().flatten() {
        if let Lifetime::Expression(Expr::Closure(closure)) = &option.value {
            let message = format!("`{}` is a constant; write seconds, like `{} = 10`", option.name, option.name);
            errors.on(closure, message);
        }
    }
    for (n, name) in args.skip.iter().enumerate() {
        if args.skip[..n].contains(name) {
            errors.at(name.span(), format!("`{name}` is skipped twice; remove one"));
        }
    }
}

#[cfg(test)]
mod tests;

//! The options of the attribute, each read by itself: whether they fit the function and one another is for `plan`.

mod lifetime;
mod option;
mod value;

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprPath, LitInt, LitStr, Path, parse_quote_spanned};

pub(crate) use lifetime::Lifetime;

use crate::diagnostic::Errors;

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
    pub(crate) grace: Option<Named<Lifetime>>,
    /// One of the codecs that there are.
    pub(crate) codec: Option<Named<LitStr>>,
    /// `on_error = "propagate"`: its value, to point at.
    pub(crate) on_error: Option<Named<LitStr>>,
    pub(crate) local: bool,
    pub(crate) adapter: Option<LitStr>,
    pub(crate) method: bool,
    pub(crate) helpers: Helpers,
    pub(crate) krate: Path,
}

impl Args {
    /// `timeout = expression`
    pub(crate) fn timeout_expression(&self) -> Option<&Expr> {
        match &self.timeout.as_ref()?.value {
            Lifetime::Expression(expression) => Some(expression),
            _ => None,
        }
    }
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
        grace: None,
        codec: None,
        on_error: None,
        local: false,
        adapter: None,
        method: false,
        helpers: Helpers::Function,
        krate: parse_quote_spanned!(Span::mixed_site()=> ::larder),
    };
    let all = |input: ParseStream| {
        let mut seen = Vec::new();
        while !input.is_empty() {
            if let Err(error) = option::read(input, &mut seen, &mut args) {
                errors.push(error);
                option::skip(input)?;
            }
        }
        Ok(())
    };
    let outcome = all.parse2(tokens);
    errors.take(outcome);
    contradictions(&args, errors);
    args
}

fn contradictions(args: &Args, errors: &mut Errors) {
    if let (Some(_), Some(by)) = (&args.timeout, &args.timeout_by) {
        errors.at(by.name.span(), "`timeout` and `timeout_by` both say how long a value lives; remove one");
    }
    for option in [&args.codec, &args.on_error].into_iter().flatten().filter(|_| args.local) {
        let message =
            format!("with `local` nothing goes to a far store, so `{}` says nothing; remove one", option.name);
        errors.at(option.name.span(), message);
    }
    for option in [&args.none_timeout, &args.err_timeout, &args.grace].into_iter().flatten() {
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

//! The ways to write how long: seconds, a text with units, `"never"`, or an expression.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

/// How long something lives.
pub(crate) enum Lifetime {
    Never,
    Millis(u64),
    Expression(Expr),
}

const FORMS: &str = "write seconds (`300`), a text with units (`\"5m\"`, `\"1h30m\"`, `\"250ms\"`) or `\"never\"`";

/// Units of a text, longest first, in milliseconds, each with what else it is called.
const UNITS: [(&str, &[&str], u64); 5] = [
    ("d", &["day", "days"], 86_400_000),
    ("h", &["hour", "hours"], 3_600_000),
    ("m", &["min", "mins", "minute", "minutes"], 60_000),
    ("s", &["sec", "secs", "second", "seconds"], 1_000),
    ("ms", &[], 1),
];

impl Lifetime {
    /// Reads what stands behind `timeout =`: 0 keeps nothing.
    pub(crate) fn parse(input: ParseStream) -> syn::Result<Self> {
        let span = input.span();
        match Self::read(input)? {
            Self::Millis(0) => Err(syn::Error::new(
                span,
                format!("a time of 0 keeps nothing; {FORMS}, or remove the attribute to switch caching off"),
            )),
            lifetime => Ok(lifetime),
        }
    }

    fn read(input: ParseStream) -> syn::Result<Self> {
        let expr = super::value::ungrouped(input.parse()?);
        match &expr {
            Expr::Lit(ExprLit { lit, .. }) => Self::from_literal(lit),
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr: inner, .. }) if matches!(**inner, Expr::Lit(_)) => {
                Err(syn::Error::new_spanned(&expr, format!("a timeout cannot be negative; {FORMS}")))
            }
            _ => Ok(Self::Expression(expr)),
        }
    }

    /// Reads what stands behind `wait =`: it ends.
    pub(crate) fn parse_wait(input: ParseStream) -> syn::Result<Self> {
        let span = input.span();
        match Self::parse(input)? {
            Self::Never => Err(syn::Error::new(
                span,
                "a wait must end, or a lost computation would hang its callers; write seconds, like `wait = 30`",
            )),
            wait => Ok(wait),
        }
    }

    /// Reads what stands behind `grace =`: 0 switches it off, and "never" would say either of two things.
    pub(crate) fn parse_grace(input: ParseStream) -> syn::Result<Self> {
        let span = input.span();
        match Self::read(input)? {
            Self::Never => Err(syn::Error::new(
                span,
                "a grace must end, or expired entries would pile up; write seconds, like `grace = 60`, or `grace = 0` for none",
            )),
            grace => Ok(grace),
        }
    }

    fn from_literal(lit: &Lit) -> syn::Result<Self> {
        let error = |message: String| Err(syn::Error::new(lit.span(), message));
        match lit {
            Lit::Int(int) if !int.suffix().is_empty() => {
                error(format!("a timeout has no suffix; write `{}` for seconds", int.base10_digits()))
            }
            Lit::Int(int) => match int.base10_parse::<u64>() {
                Ok(secs) => Ok(Self::Millis(secs.saturating_mul(1000))),
                Err(_) => error("too many seconds; write `\"never\"`".to_owned()),
            },
            Lit::Float(_) => error("a timeout counts whole seconds; write parts of one as `\"1500ms\"`".to_owned()),
            Lit::Str(text) => Self::from_text(text),
            _ => error(format!("this is no timeout; {FORMS}")),
        }
    }

    fn from_text(text: &LitStr) -> syn::Result<Self> {
        match text.value().as_str() {
            "never" => Ok(Self::Never),
            value => match millis(value) {
                Ok(ms) => Ok(Self::Millis(ms)),
                Err(message) => Err(syn::Error::new(text.span(), message)),
            },
        }
    }

    /// `Timeout::…`, constant: a literal, or the user's constant `Duration`.
    pub(crate) fn constant(&self, private: &TokenStream) -> TokenStream {
        match self {
            Self::Never => quote!(#private::Timeout::NEVER),
            Self::Millis(ms) => quote!(#private::Timeout::from_millis(#ms)),
            Self::Expression(expr) => quote!(#private::Timeout::from_duration(#expr)),
        }
    }

    /// A constant `Duration`.
    pub(crate) fn duration(&self) -> TokenStream {
        match self {
            Self::Never => quote!(::core::time::Duration::MAX),
            Self::Millis(ms) => quote!(::core::time::Duration::from_millis(#ms)),
            Self::Expression(expr) => quote!(#expr),
        }
    }
}

/// `"1h30m"` in milliseconds: numbers with units, larger units first.
fn millis(text: &str) -> Result<u64, String> {
    let mut total: u64 = 0;
    let mut smallest = u64::MAX;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("an empty timeout; {FORMS}"));
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let tail = tail.trim_start();
        let end = tail.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let number: u64 = number.parse().map_err(|_| format!("`{text}` is no timeout; {FORMS}"))?;
        let factor = factor(number, unit)?;
        if factor >= smallest {
            return Err(format!("`{text}` does not go from larger to smaller units; write it like `\"1h30m\"`"));
        }
        smallest = factor;
        total = total.saturating_add(number.saturating_mul(factor));
        rest = tail.trim_start();
    }
    Ok(total)
}

/// The length of one `unit` in milliseconds.
fn factor(number: u64, unit: &str) -> Result<u64, String> {
    if unit.is_empty() {
        return Err(format!("`{number}` has no unit; write `\"{number}s\"`"));
    }
    match UNITS.into_iter().find(|(name, others, _)| *name == unit || others.contains(&unit)) {
        Some((_, _, factor)) => Ok(factor),
        None => Err(format!("unknown unit `{unit}`; the units are `d`, `h`, `m`, `s` and `ms`")),
    }
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn a_text_with_units_is_a_sum_of_milliseconds() {
        for (text, ms) in [
            ("250ms", 250),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("5 min", 300_000),
            ("1 hour 30 secs", 3_630_000),
            ("1d2h3m4s5ms", 93_784_005),
            ("0s", 0),
            ("99999999999999999999d", u64::MAX),
        ] {
            match millis(text) {
                Ok(found) => assert_eq!(found, ms, "{text}"),
                Err(message) => assert!(text.len() > 18, "{message}"),
            }
        }
    }

    #[test]
    fn another_text_is_refused_with_what_to_write() {
        for (text, word) in [
            ("", "empty"),
            ("5", "write `\"5s\"`"),
            ("5 6m", "write `\"5s\"`"),
            ("m", "is no timeout"),
            ("5mon", "unknown unit `mon`"),
            ("30m1h", "larger to smaller"),
            ("1m1m", "larger to smaller"),
            ("-5s", "is no timeout"),
            ("1.5h", "unknown unit `.`"),
        ] {
            let message = millis(text).expect_err(text);
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}

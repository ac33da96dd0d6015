//! What holds for the results: asked of the concrete type, so that an alias is seen through.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::plan::Plan;

/// A block that finds the rules for the result type.
///
/// ```text
/// -> Result<User, DbError>, err_timeout = 10, cache_if = |user| user.active
/// ⇒ {
///     use ::larder::__private::Probing as _;
///     let probe = probe::<Result<User, DbError>>().kind();
///     let rules = far_if(probe.inner().share());
///     let rules = rules.keep_err();
///     let rules = rules.cache_if(|user| user.active);
///     rules
/// }
/// ```
///
/// The names have the places of what they are about, so that rustc points there: at the return type where the value
/// cannot be stored, at the option that does not fit.
pub(super) fn block(plan: &Plan) -> TokenStream {
    let Plan { private, args, returns, .. } = plan;
    let ty = &returns.ty;
    let probe = local("probe", returns.place.start);
    let rules = local("rules", returns.place.start);
    // From `probe` to `end`, it is the return type that lacks a bound.
    let end = parenthesized(returns.place.end, TokenStream::new());
    // An error that borrows is its caller's alone.
    let asked = if returns.borrows { generate!(inner #end) } else { generate!(inner().share #end) };
    let bound = match (args.local, plan.has_conditions()) {
        (true, false) => "local",
        (true, true) => "local_if",
        (false, false) => "far",
        (false, true) => "far_if",
    };
    let bound = Ident::new(bound, Span::mixed_site());
    let none = args.none_timeout.as_ref().map(|option| step(&option.name, "keep_none", TokenStream::new()));
    let err = args.err_timeout.as_ref().map(|option| step(&option.name, "keep_err", TokenStream::new()));
    let cache_if = args.cache_if.as_ref().map(|option| step(&option.name, "cache_if", option.value.to_token_stream()));
    let by = args.timeout_by.as_ref().map(|option| step(&option.name, "timeout_by", option.value.to_token_stream()));
    // The last: it is about the result and not about its parts.
    let on_error = args.on_error.as_ref().map(|option| step(&option.name, "propagate", TokenStream::new()));
    let steps = [none, err, cache_if, by, on_error];
    let steps = steps.iter().flatten().map(|step| generate!(let #rules = #step;));
    generate!({
        #[allow(unused_imports)]
        use #private::Probing as _;
        let #probe = #private::probe::<#ty>().kind();
        let #rules = #private::#bound(#probe.#asked);
        #(#steps)*
        #rules
    })
}

/// `Vtable<R>`, and `impl Rules<R>` where there are conditions; at the return type.
pub(super) fn returned(plan: &Plan) -> TokenStream {
    let Plan { private, returns, .. } = plan;
    let ty = &returns.ty;
    let start = Span::mixed_site().located_at(returns.place.start);
    let name = if plan.has_conditions() {
        quote_spanned!(start=> impl #private::Rules)
    } else {
        quote_spanned!(start=> #private::Vtable)
    };
    let end = quote_spanned!(Span::mixed_site().located_at(returns.place.end)=> >);
    generate!(#name<#ty #end)
}

/// `rules.cache_if(…)`, at the option.
fn step(option: &Ident, method: &str, value: TokenStream) -> TokenStream {
    let (rules, method) = (local("rules", option.span()), local(method, option.span()));
    let value = parenthesized(option.span(), value);
    generate!(#rules.#method #value)
}

/// A name in the macro's own hygiene, at `place`.
fn local(name: &str, place: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(place))
}

fn parenthesized(place: Span, stream: TokenStream) -> TokenStream {
    let mut group = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, stream);
    group.set_span(Span::mixed_site().located_at(place));
    group.to_token_stream()
}

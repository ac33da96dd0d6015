//! What holds for the results: asked of the concrete type, so that an alias is seen through.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};

use crate::plan::Plan;

/// A block that finds the rules for the result type `ty`.
///
/// ```text
/// -> Result<User, DbError>, cache_if = |user| user.active
/// ⇒ {
///     use ::larder::__private::{ProbeInner as _, ProbeKind as _, ProbeShare as _};
///     Probe::<Result<User, DbError>>::new().kind().inner().share().far().cache_if(|user| user.active)
/// }
/// ```
pub(super) fn block(plan: &Plan, ty: &TokenStream) -> TokenStream {
    let Plan { private, args, .. } = plan;
    // A bound that the value fails is reported at the method that asks for it: so it points at the return type.
    let bound = match args.local {
        true => quote_spanned!(plan.returns.span.resolved_at(proc_macro2::Span::mixed_site())=> local),
        false => quote_spanned!(plan.returns.span.resolved_at(proc_macro2::Span::mixed_site())=> far),
    };
    let none = args.none_timeout.as_ref().map(|option| asked(&option.name, "keep_none"));
    let err = args.err_timeout.as_ref().map(|option| asked(&option.name, "keep_err"));
    let cache_if = args.cache_if.as_ref().map(|option| with(&option.name, "cache_if", &option.value));
    let timeout_by = args.timeout_by.as_ref().map(|option| with(&option.name, "timeout_by", &option.value));
    generate!({
        #[allow(unused_imports)]
        use #private::{ProbeInner as _, ProbeKind as _, ProbeShare as _};
        #private::Probe::<#ty>::new().kind().inner().share().#bound() #none #err #cache_if #timeout_by
    })
}

/// `.keep_none()`, at the option.
fn asked(option: &proc_macro2::Ident, method: &str) -> TokenStream {
    let method = proc_macro2::Ident::new(method, option.span().resolved_at(proc_macro2::Span::mixed_site()));
    generate!(.#method())
}

/// `.cache_if(…)`, at the option.
fn with(option: &proc_macro2::Ident, method: &str, value: &impl ToTokens) -> TokenStream {
    let method = proc_macro2::Ident::new(method, option.span().resolved_at(proc_macro2::Span::mixed_site()));
    generate!(.#method(#value))
}

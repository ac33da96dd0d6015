//! Generic parameters: which of them a helper needs, and how they are handed on.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, WherePredicate};

use crate::tokens::{mentions, mentions_lifetime};

/// The names of the type and const parameters.
pub(crate) fn params(generics: &Generics) -> impl Iterator<Item = &Ident> {
    generics.params.iter().filter(|param| !matches!(param, GenericParam::Lifetime(_))).map(name)
}

fn name(param: &GenericParam) -> &Ident {
    match param {
        GenericParam::Lifetime(param) => &param.lifetime.ident,
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
    }
}

fn is_mentioned(param: &GenericParam, tokens: impl ToTokens) -> bool {
    let name = name(param).to_string();
    match param {
        GenericParam::Lifetime(_) => mentions_lifetime(tokens, &name),
        _ => mentions(tokens, &name),
    }
}

/// The parameters that `tokens` mention, and those that their bounds mention. Most functions have none, and are not asked
/// for the tokens.
pub(crate) fn used_by(generics: &Generics, tokens: impl FnOnce() -> TokenStream) -> Generics {
    if generics.params.is_empty() { generics.clone() } else { used_by_tokens(generics, tokens()) }
}

// Apart, so that it is compiled once: who builds larder waits for its macros.
fn used_by_tokens(generics: &Generics, tokens: TokenStream) -> Generics {
    let mut used = tokens.clone();
    loop {
        let is_used = |param: &&GenericParam| is_mentioned(param, &used);
        let bounds = generics.params.iter().filter(is_used).map(ToTokens::to_token_stream);
        let closure = bounds.fold(tokens.clone(), |all, one| quote!(#all #one));
        if closure.to_string() == used.to_string() {
            return retain(generics, |param| is_used(&param));
        }
        used = closure;
    }
}

/// The parameters that `keep` wants, and the predicates that mention no other.
fn retain(generics: &Generics, keep: impl Fn(&GenericParam) -> bool) -> Generics {
    let (kept, dropped): (Vec<_>, Vec<_>) = generics.params.iter().cloned().partition(|param| keep(param));
    let mut retained = generics.clone();
    retained.params = kept.into_iter().collect();
    if let Some(clause) = &mut retained.where_clause {
        let free = |predicate: &WherePredicate| !dropped.iter().any(|param| is_mentioned(param, predicate));
        clause.predicates = clause.predicates.iter().filter(|&predicate| free(predicate)).cloned().collect();
    }
    retained
}

/// `::<T, N>`, or nothing. Lifetimes are left to inference.
pub(crate) fn turbofish(generics: &Generics) -> TokenStream {
    let params: Vec<&Ident> = params(generics).collect();
    if params.is_empty() { TokenStream::new() } else { quote!(::<#(#params),*>) }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn a_helper_keeps_the_parameters_it_needs() {
        let signature: syn::Signature =
            parse_quote!(fn f<'a, 'b, D: Db<'b, K>, K: Into<L>, L, const N: usize>() where D: Send, K: Send, 'a: 'b);
        let kept = used_by(&signature.generics, || quote!(&'a [K]));
        assert_eq!(turbofish(&kept).to_string(), quote!(::<K, L>).to_string());
        assert_eq!(kept.where_clause.to_token_stream().to_string(), quote!(where K: Send).to_string());
        assert_eq!(kept.params.len(), 3);
    }

    #[test]
    fn a_lifetime_is_no_module_of_its_name() {
        let signature: syn::Signature = parse_quote!(fn f<'db, K>(pool: &'db str, key: K) where K: db::Key);
        let kept = used_by(&signature.generics, || quote!(K));
        assert_eq!(kept.where_clause.to_token_stream().to_string(), quote!(where K: db::Key).to_string());
    }
}

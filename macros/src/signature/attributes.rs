//! The attributes of the function, sorted by where they belong once the body has moved.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Token};

/// All attributes but `#[cached]` itself.
pub(crate) struct Attributes(pub(crate) Vec<Attribute>);

const CONDITIONS: &[&str] = &["cfg"];
// Of `doc`, what hides: each part has a text of its own.
const OF_THE_HELPERS: &[&str] = &["cfg", "allow", "warn", "deny", "forbid", "expect", "doc"];
const OF_THE_TYPE: &[&str] = &["cfg", "deprecated", "doc"];
const OF_THE_BODY: &[&str] = &["cfg", "allow", "warn", "deny", "forbid", "expect", "track_caller", "doc"];

impl Attributes {
    /// For the function, where the body stays in it.
    pub(crate) fn as_written(&self) -> TokenStream {
        self.0.iter().map(ToTokens::to_token_stream).collect()
    }

    /// For the function, where the body has moved.
    pub(crate) fn without_expectations(&self) -> TokenStream {
        let attributes = self.0.iter().map(allow_what_is_expected);
        attributes.chain([self.allow_itself()]).collect()
    }

    /// A function that is out of use may still call itself, and its other half.
    pub(crate) fn allow_itself(&self) -> TokenStream {
        let deprecated = self.0.iter().any(|attribute| attribute.path().is_ident("deprecated"));
        if deprecated { quote!(#[allow(deprecated)]) } else { TokenStream::new() }
    }

    /// For the helpers, which have the function's signature and so what its lints say to it.
    pub(crate) fn of_the_helpers(&self) -> TokenStream {
        self.select(OF_THE_HELPERS)
    }

    /// For whatever else stands beside the function.
    pub(crate) fn conditions(&self) -> TokenStream {
        self.select(CONDITIONS)
    }

    /// For the type that the helpers live on.
    pub(crate) fn of_the_type(&self) -> TokenStream {
        self.select(OF_THE_TYPE)
    }

    /// For the function that the body has moved to.
    pub(crate) fn of_the_body(&self) -> TokenStream {
        [self.select(OF_THE_BODY), self.allow_itself()].into_iter().collect()
    }

    fn select(&self, names: &[&str]) -> TokenStream {
        let selected = self.0.iter().filter_map(|attribute| select(&attribute.meta, names));
        selected.map(|meta| allow_what_is_expected(&syn::parse_quote!(#[#meta]))).collect()
    }
}

/// The attribute if it is one of `names`; of a `cfg_attr`, those inside.
fn select(meta: &Meta, names: &[&str]) -> Option<TokenStream> {
    if names.iter().any(|name| meta.path().is_ident(name)) {
        return is_of_all(meta).then(|| meta.to_token_stream());
    }
    let list = meta.require_list().ok().filter(|list| list.path.is_ident("cfg_attr"))?;
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?;
    let predicate = parts.first()?;
    let inside: Vec<TokenStream> = parts.iter().skip(1).filter_map(|meta| select(meta, names)).collect();
    (!inside.is_empty()).then(|| quote!(cfg_attr(#predicate, #(#inside),*)))
}

/// Any attribute but a `doc` that says something about the function itself.
fn is_of_all(meta: &Meta) -> bool {
    !meta.path().is_ident("doc") || meta.require_list().is_ok_and(|list| list.tokens.to_string() == "hidden")
}

/// `expect` becomes `allow`: the lint may be met in the signature or in the body, and they are two functions now, of which
/// one would not meet it.
fn allow_what_is_expected(attribute: &Attribute) -> TokenStream {
    if !attribute.path().is_ident("expect") && !attribute.path().is_ident("cfg_attr") {
        return attribute.to_token_stream();
    }
    replace_expect(attribute.to_token_stream())
}

fn replace_expect(tokens: TokenStream) -> TokenStream {
    let replace = |token: TokenTree| match token {
        TokenTree::Ident(ident) if ident == "expect" => Ident::new("allow", ident.span()).into(),
        TokenTree::Group(group) => {
            let mut replaced = proc_macro2::Group::new(group.delimiter(), replace_expect(group.stream()));
            replaced.set_span(group.span());
            replaced.into()
        }
        other => other,
    };
    tokens.into_iter().map(replace).collect()
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn each_part_gets_the_attributes_that_concern_it() {
        let function: syn::ItemFn = parse_quote! {
            /// Docs.
            #[doc(hidden)]
            #[doc(alias = "g")]
            #[cfg(unix)]
            #[cfg_attr(windows, cfg(any()), inline, allow(unused))]
            #[expect(unused_variables, reason = "a test")]
            #[must_use]
            fn f() {}
        };
        let attributes = Attributes(function.attrs);
        let all = attributes.without_expectations().to_string();
        assert!(all.contains("Docs") && all.contains("must_use") && !all.contains("expect"), "{all}");
        let conditions = quote!(#[cfg(unix)] #[cfg_attr(windows, cfg(any()))]);
        assert_eq!(attributes.conditions().to_string(), conditions.to_string());
        let body = quote! {
            #[doc(hidden)]
            #[cfg(unix)]
            #[cfg_attr(windows, cfg(any()), allow(unused))]
            #[allow(unused_variables, reason = "a test")]
        };
        assert_eq!(attributes.of_the_body().to_string(), body.to_string());
        let of_the_type = quote!(#[doc(hidden)] #[cfg(unix)] #[cfg_attr(windows, cfg(any()))]);
        assert_eq!(attributes.of_the_type().to_string(), of_the_type.to_string());
    }
}

//! The parts of an expansion by name: how each is called, and how it calls the others.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::Generics;

use super::inputs::{self, Take};
use super::key;
use crate::plan::{Home, Plan};
use crate::signature::{Function, turbofish, used_by};
use crate::tokens;

/// What is being written, with the names of its parts.
pub(super) struct Beside<'a> {
    pub(super) function: &'a Function,
    pub(super) plan: &'a Plan,
}

impl Beside<'_> {
    /// `clear`, or `find_clear`.
    pub(super) fn public(&self, name: &str) -> Ident {
        match &self.plan.home {
            Home::Siblings(prefix) => format_ident!("{prefix}_{name}", span = Span::mixed_site()),
            _ => Ident::new(name, Span::mixed_site()),
        }
    }

    /// `__key`, or `__find_key`.
    pub(super) fn private(&self, name: &str) -> Ident {
        match &self.plan.home {
            // The first item that is no member of a trait: its name is all that rustc shows.
            Home::Siblings(prefix) if name == "site" => {
                format_ident!("__{prefix}_site_in_a_trait_impl_write_helpers_false", span = Span::mixed_site())
            }
            Home::Siblings(prefix) => format_ident!("__{prefix}_{name}", span = Span::mixed_site()),
            _ => format_ident!("__{name}", span = Span::mixed_site()),
        }
    }

    /// What stands before each item: nothing on a type's, since the `impl` has it.
    pub(super) fn attributes(&self) -> TokenStream {
        match &self.plan.home {
            Home::Siblings(_) => self.of_the_helpers(),
            _ => TokenStream::new(),
        }
    }

    /// The attributes of helpers. Not all are used, and what rustc says about the signature it says about the function.
    // Each lint that is named costs the compiler of each function something, so one is where it can be met.
    pub(super) fn of_the_helpers(&self) -> TokenStream {
        let of_the_helpers = self.function.attributes.of_the_helpers();
        // A lifetime that ties an argument to the result is alone where there is no result.
        let has_lifetimes = self.function.signature.generics.lifetimes().next().is_some();
        let lifetimes = has_lifetimes.then(|| generate!(single_use_lifetimes,));
        let (many, underscores) = (self.many_arguments(), self.underscores());
        generate! {
            #of_the_helpers
            #[allow(dead_code, deprecated, unreachable_pub, private_bounds, private_interfaces, #lifetimes #many #underscores)]
        }
    }

    /// A lint by its name, where a function takes as much as it may, or a helper one more.
    pub(super) fn many_arguments(&self) -> Option<TokenStream> {
        const MANY: usize = 7;
        let n_inputs = self.function.signature.inputs.len();
        (n_inputs >= MANY).then(|| generate!(clippy::too_many_arguments,))
    }

    /// A lint by its name, where an argument begins with an underscore.
    pub(super) fn underscores(&self) -> Option<TokenStream> {
        let any = self.plan.arguments.iter().any(|input| input.what.name.to_string().starts_with('_'));
        any.then(|| generate!(clippy::used_underscore_binding,))
    }

    /// `R`, with its elided lifetimes named.
    pub(super) fn result(&self) -> TokenStream {
        tokens::name_lifetimes(&self.plan.returns.ty).0
    }

    /// The generic parameters that `tokens` need, and `'larder` where the result is among them and has elided lifetimes.
    pub(super) fn generics(&self, tokens: impl FnOnce() -> TokenStream, with_result: bool) -> Generics {
        if !with_result {
            return used_by(&self.function.signature.generics, tokens);
        }
        let mut generics = used_by(&self.function.signature.generics, || {
            let (tokens, about_results) = (tokens(), self.about_results());
            generate!(#tokens #about_results)
        });
        if tokens::name_lifetimes(&self.plan.returns.ty).1 {
            generics.params.insert(0, syn::parse_quote!('larder));
        }
        generics
    }

    /// The result type, and what is asked of results: all that the rules are made from.
    pub(super) fn about_results(&self) -> TokenStream {
        let Plan { returns, args, .. } = self.plan;
        let (ty, conditions) = (&returns.ty, [&args.cache_if, &args.timeout_by].into_iter().flatten());
        let conditions = conditions.map(|option| &option.value);
        generate!(#ty #(#conditions)*)
    }

    /// `Self::__site()`
    pub(super) fn site(&self, owner: &TokenStream) -> TokenStream {
        let site = self.private("site");
        generate!(#owner::#site())
    }

    /// `Self::__entry(&id)`
    pub(super) fn entry(&self) -> TokenStream {
        let (entry, lent) = (self.private("entry"), inputs::lent(self.plan));
        let turbofish = turbofish(&self.generics(|| key::generics(self.plan), false));
        generate!(Self::#entry #turbofish(#lent))
    }

    /// The same as statements that make `entry` where it stands, of inputs that are passed so: to move it costs about as much
    /// as to copy the value of a hit.
    pub(super) fn entry_in_place(&self, owner: &TokenStream, inputs: &TokenStream) -> TokenStream {
        let (private, site, key) = (&self.plan.private, self.site(owner), self.private("key"));
        let inputs = (!inputs.is_empty()).then(|| generate!(#inputs,));
        let turbofish = turbofish(&self.generics(|| key::generics(self.plan), false));
        generate! {
            let mut entry = #private::Entry::new(#site);
            #owner::#key #turbofish(#inputs &mut entry.key);
        }
    }

    /// `Self::__rules(PhantomData)`
    pub(super) fn rules(&self, owner: &TokenStream) -> TokenStream {
        let rules = self.private("rules");
        let turbofish = turbofish(&used_by(&self.function.signature.generics, || self.about_results()));
        // Not `&()`: a reference to a constant is one more body for the compiler.
        generate!(#owner::#rules #turbofish(::core::marker::PhantomData))
    }

    /// `Self::uncached(id)`
    pub(super) fn computation(&self, owner: &TokenStream) -> TokenStream {
        let (uncached, passed) = (self.public("uncached"), Take::All.passed(self.plan));
        let turbofish = turbofish(&self.function.signature.generics);
        generate!(#owner::#uncached #turbofish(#passed))
    }
}

//! The function with its helpers: the body moves into `uncached`, and a type or sibling methods stand beside it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::{Generics, Signature};

use super::inputs::{self, Take};
use super::{call, helpers, job, key, rules, site};
use crate::plan::{Home, Plan};
use crate::signature::{Form, Function, turbofish, used_by};
use crate::tokens;

/// What is being written, with the names of its parts.
pub(super) struct Beside<'a> {
    pub(super) function: &'a Function,
    pub(super) plan: &'a Plan,
}

/// ```text
/// #[cached(key = "user:{id}")]
/// pub fn user(id: u64) -> User { body }
/// ⇒
/// pub fn user(id: u64) -> User {
///     call(<user>::__site(), &<user>::__key(&id), <user>::__rules(&()), move || Job::new(move || <user>::uncached(id)))
/// }
/// pub enum user {}
/// impl user { fn __site() … fn __key(id: &u64) … fn __rules(_: &()) … pub fn key(id: u64) … pub fn clear(id: u64) … }
/// impl user { pub fn uncached(id: u64) -> User { body } }
/// ```
///
/// For a method `find` all of them are methods: `__find_site`, `find_clear`, `find_uncached`.
pub(super) fn expand(function: &Function, plan: &Plan) -> TokenStream {
    let beside = Beside { function, plan };
    let (outer, hidden, helpers, uncached) =
        (beside.outer(), beside.hidden(), helpers::all(&beside), beside.uncached());
    match &plan.home {
        Home::Type(name) => {
            let Function { attributes, visibility, .. } = function;
            let (conditions, of_the_type) = (attributes.conditions(), attributes.of_the_type());
            let of_the_helpers = attributes.of_the_helpers();
            let doc = format!("What the cache can do for the function `{}`.", function.signature.ident);
            generate! {
                #outer
                #[doc = #doc]
                #of_the_type
                #[allow(non_camel_case_types)]
                #visibility enum #name {}
                #of_the_helpers
                #[allow(dead_code, deprecated, unreachable_pub, private_bounds, private_interfaces, clippy::too_many_arguments)]
                impl #name { #hidden #(#helpers)* }
                #conditions
                #[allow(deprecated)]
                impl #name { #uncached }
            }
        }
        _ => generate!(#outer #hidden #(#helpers)* #uncached),
    }
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
    fn private(&self, name: &str) -> Ident {
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
            Home::Siblings(_) => {
                let of_the_helpers = self.function.attributes.of_the_helpers();
                generate!(#of_the_helpers #[allow(dead_code, deprecated, unreachable_pub, private_bounds, private_interfaces, clippy::too_many_arguments)])
            }
            _ => TokenStream::new(),
        }
    }

    /// `R`, with its elided lifetimes named.
    pub(super) fn result(&self) -> TokenStream {
        tokens::name_lifetimes(&self.plan.returns.ty).0
    }

    /// The generic parameters that `tokens` need, and `'larder` where the result is among them and has elided lifetimes.
    pub(super) fn generics(&self, tokens: &TokenStream, with_result: bool) -> Generics {
        let (ty, named) = (&self.plan.returns.ty, tokens::name_lifetimes(&self.plan.returns.ty).1);
        let tokens = if with_result { generate!(#tokens #ty) } else { tokens.clone() };
        let mut generics = used_by(&self.function.signature.generics, &tokens);
        if with_result && named {
            generics.params.insert(0, syn::parse_quote!('larder));
        }
        generics
    }

    /// `Self::__site()`
    pub(super) fn site(&self, owner: &TokenStream) -> TokenStream {
        let site = self.private("site");
        generate!(#owner::#site())
    }

    /// `Self::__key(&id)`
    pub(super) fn key(&self, owner: &TokenStream) -> TokenStream {
        let (key, lent) = (self.private("key"), inputs::lent(self.plan));
        let turbofish = turbofish(&self.generics(&key::generics(self.plan), false));
        generate!(#owner::#key #turbofish(#lent))
    }

    /// `Self::__rules(&())`
    pub(super) fn rules(&self, owner: &TokenStream) -> TokenStream {
        let rules = self.private("rules");
        let turbofish = turbofish(&self.rules_generics());
        generate!(#owner::#rules #turbofish(&()))
    }

    /// `move || Job::new(move || Self::uncached(id))`
    pub(super) fn job(&self, owner: &TokenStream) -> TokenStream {
        let (uncached, passed) = (self.public("uncached"), Take::All.passed(self.plan));
        let turbofish = turbofish(&self.function.signature.generics);
        let compute = match self.plan.returns.form {
            Form::Value => generate!(move || #owner::#uncached #turbofish(#passed)),
            _ => generate!(#owner::#uncached #turbofish(#passed)),
        };
        job(self.plan, &compute)
    }

    /// The function itself: one call.
    fn outer(&self) -> TokenStream {
        let Function { attributes, visibility, signature, .. } = self.function;
        let owner = match &self.plan.home {
            // As a type, so that a module of the same name is one error.
            Home::Type(name) => generate!(<#name>),
            _ => generate!(Self),
        };
        let (site, key, rules, job) = (self.site(&owner), self.key(&owner), self.rules(&owner), self.job(&owner));
        let call = call(self.plan, &generate!(#site, &#key, #rules, #job));
        let attributes = attributes.without_expectations();
        // What is called here is async; whether the user's own function could be is said where its body went.
        let manual = (self.plan.returns.form == Form::Future).then(|| generate!(#[allow(clippy::manual_async_fn)]));
        let signature = with_inputs(signature, Take::All.declared(self.plan));
        generate!(#attributes #manual #visibility #signature { #call })
    }

    /// The parts that helpers and the function share.
    fn hidden(&self) -> TokenStream {
        let Plan { private, .. } = self.plan;
        let (attributes, facts) = (self.attributes(), site(self.function, self.plan));
        let (site, key, rules) = (self.private("site"), self.private("key"), self.private("rules"));
        let (borrowed, key_block) = (inputs::borrowed(self.plan), key::block(self.plan));
        let key_generics = self.generics(&key::generics(self.plan), false);
        let key_where = &key_generics.where_clause;
        let rules_generics = self.rules_generics();
        let rules_where = &rules_generics.where_clause;
        let (returned, rules_block) = (rules::returned(self.plan), rules::block(self.plan));
        generate! {
            #attributes
            #[inline]
            fn #site() -> &'static #private::Site {
                static SITE: #private::Site = #facts;
                &SITE
            }
            #attributes
            #[inline]
            fn #key #key_generics(#(#borrowed),*) -> #private::Key #key_where #key_block
            #attributes
            #[inline]
            // Lifetimes that the result type leaves out are those of the reference.
            fn #rules #rules_generics(_: &()) -> #returned #rules_where #rules_block
        }
    }

    fn rules_generics(&self) -> Generics {
        used_by(&self.function.signature.generics, &self.plan.returns.ty.to_token_stream())
    }

    /// The user's function under another name: the body's new place.
    fn uncached(&self) -> TokenStream {
        let Function { attributes, visibility, signature, body } = self.function;
        let doc = format!("Runs `{}` past the cache: nothing is read, nothing is stored.", signature.ident);
        let attributes = attributes.of_the_body();
        let mut signature = signature.clone();
        signature.ident = self.public("uncached");
        generate!(#attributes #[doc = #doc] #visibility #signature #body)
    }
}

/// The signature with other inputs.
pub(super) fn with_inputs(signature: &Signature, inputs: Vec<TokenStream>) -> TokenStream {
    let Signature { constness, asyncness, fn_token, ident, generics, output, .. } = signature;
    let where_clause = &generics.where_clause;
    generate!(#constness #asyncness #fn_token #ident #generics (#(#inputs),*) #output #where_clause)
}

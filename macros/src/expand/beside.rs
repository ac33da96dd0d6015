//! The function with its helpers: the body moves into `uncached`, and a type or sibling methods stand beside it.

use proc_macro2::{Delimiter, Group, TokenStream};
use syn::Signature;

use super::inputs::{self, Take};
use super::parts::Beside;
use super::{call, computed, helpers, key, rules, site};
use crate::plan::{Home, Plan};
use crate::signature::{Form, Function, used_by};

/// ```text
/// #[cached(key = "user:{id}")]
/// pub fn user(id: u64) -> User { body }
/// ⇒
/// pub fn user(id: u64) -> User {
///     let mut entry = Entry::new(<user>::__site());
///     <user>::__key(&id, &mut entry.key);
///     match call(&mut entry, <user>::__rules(PhantomData)) {
///         Answer::Result(result) => result,
///         Answer::Compute(lead) => lead.land(<user>::uncached(id)),
///     }
/// }
/// pub enum user {}
/// impl user {
///     fn __site() -> &'static Site { … }
///     fn __key(id: &u64, key: &mut KeyWriter) { … }
///     fn __entry(id: &u64) -> Entry { … }
///     fn __rules(_: PhantomData<&()>) -> Vtable<User> { … }
///     pub fn clear(id: u64) -> Result<bool> { clear(Self::__entry(&id)) }
///     …
///     pub fn uncached(id: u64) -> User { body }
/// }
/// ```
///
/// For a method `find` all of them are methods: `__find_entry`, `find_clear`, `find_uncached`.
pub(super) fn expand(function: &Function, plan: &Plan) -> TokenStream {
    let beside = Beside { function, plan };
    let (outer, hidden, helpers, uncached) =
        (beside.outer(), beside.hidden(), helpers::all(&beside), beside.uncached());
    match &plan.home {
        Home::Type(name) => {
            let Function { attributes, visibility, .. } = function;
            let (conditions, of_the_type) = (attributes.conditions(), attributes.of_the_type());
            let (of_the_helpers, allow_itself) = (beside.of_the_helpers(), attributes.allow_itself());
            let doc = format!("What the cache can do for the function `{}`.", function.signature.ident);
            generate! {
                #outer
                #[doc = #doc]
                #of_the_type
                #[allow(non_camel_case_types)]
                #visibility enum #name {}
                #of_the_helpers
                impl #name { #hidden #(#helpers)* }
                #conditions
                #allow_itself
                impl #name { #uncached }
            }
        }
        _ => generate!(#outer #hidden #(#helpers)* #uncached),
    }
}

impl Beside<'_> {
    /// The function itself: one call.
    fn outer(&self) -> TokenStream {
        let Function { attributes, visibility, signature, .. } = self.function;
        let owner = match &self.plan.home {
            // As a type, so that a module of the same name is one error.
            Home::Type(name) => generate!(<#name>),
            _ => generate!(Self),
        };
        let compute = computed(self.plan, &self.computation(&owner));
        let entry = self.entry_in_place(&owner, &inputs::lent(self.plan));
        let call = call(self.plan, &entry, &self.rules(&owner), &compute);
        let attributes = attributes.without_expectations();
        let signature = with_inputs(signature, Take::All.declared(self.plan));
        let block = in_place_of(&self.function.body, call);
        let future = (self.plan.returns.form == Form::Future).then(|| generate!(clippy::manual_async_fn,));
        let underscores = self.underscores();
        let allowed = (future.is_some() || underscores.is_some()).then(|| generate!(#[allow(#future #underscores)]));
        generate!(#attributes #allowed #visibility #signature #block)
    }

    /// The parts that helpers and the function share.
    fn hidden(&self) -> TokenStream {
        let Plan { private, .. } = self.plan;
        let (attributes, facts) = (self.attributes(), site(self.function, self.plan));
        let [site, key, entry, rules] = ["site", "key", "entry", "rules"].map(|name| self.private(name));
        let (borrowed, key_steps) = (inputs::borrowed(self.plan), key::steps(self.plan));
        let named = inputs::borrowed_by_name(self.plan);
        let made = self.entry_in_place(&generate!(Self), &Take::Key.passed(self.plan));
        let key_generics = self.generics(|| key::generics(self.plan), false);
        let key_where = &key_generics.where_clause;
        let rules_generics = used_by(&self.function.signature.generics, || self.about_results());
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
            fn #key #key_generics(#(#borrowed,)* key: &mut #private::KeyWriter) #key_where { #key_steps }
            #attributes
            #[inline]
            // For the helpers: six that make it themselves cost a check more than this and six that call it.
            fn #entry #key_generics(#(#named),*) -> #private::Entry #key_where { #made entry }
            #attributes
            #[inline]
            // Lifetimes that the result type leaves out are those of the reference.
            fn #rules #rules_generics(_: ::core::marker::PhantomData<&()>) -> #returned #rules_where #rules_block
        }
    }

    /// The user's function under another name: the body's new place.
    fn uncached(&self) -> TokenStream {
        let Function { attributes, visibility, signature, body } = self.function;
        let doc = format!("Runs `{}` past the cache: nothing is read, nothing is stored.", signature.ident);
        let (attributes, many) = (attributes.of_the_body(), self.many_arguments());
        let mut signature = signature.clone();
        signature.ident = self.public("uncached");
        generate! {
            #attributes
            #[doc = #doc]
            // Said about the function itself.
            #[allow(clippy::missing_errors_doc, clippy::missing_panics_doc, clippy::must_use_candidate, #many)]
            #visibility #signature #body
        }
    }
}

/// A block where the user's body was: a function whose block is a macro's gets no lints, not even that it is never used.
pub(super) fn in_place_of(body: &Group, stream: TokenStream) -> Group {
    let mut block = Group::new(Delimiter::Brace, stream);
    block.set_span(body.span());
    block
}

/// The signature with other inputs.
pub(super) fn with_inputs(signature: &Signature, inputs: Vec<TokenStream>) -> TokenStream {
    let Signature { constness, asyncness, fn_token, ident, generics, output, .. } = signature;
    let where_clause = &generics.where_clause;
    generate!(#constness #asyncness #fn_token #ident #generics (#(#inputs),*) #output #where_clause)
}

//! The receiver of a method.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ReceiverKind, Token, Type};

use crate::diagnostic::Errors;
use crate::tokens;

/// `self`, in whatever form.
pub(crate) struct Receiver {
    /// The user's own `self`: the keyword has hygiene too.
    pub(crate) token: Token![self],
    /// That of `mut self`, which is the body's alone.
    mutability: Option<Token![mut]>,
    kind: ReceiverKind,
}

impl Receiver {
    pub(super) fn read(receiver: &syn::Receiver, errors: &mut Errors) -> Self {
        let mutable = match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
            ReceiverKind::Typed(_, ty) => tokens::borrows_mutably(ty),
            _ => false,
        };
        if mutable {
            errors.on(
                receiver,
                "a hit does not run the method, so nothing would change through `&mut self`; take `&self`",
            );
        }
        Self { token: receiver.self_token, mutability: receiver.mutability, kind: receiver.kind.clone() }
    }

    /// As the user wrote it, less `mut`.
    pub(crate) fn declared(&self) -> TokenStream {
        let token = &self.token;
        match &self.kind {
            ReceiverKind::Reference(and, lifetime, _) => quote!(#and #lifetime #token),
            ReceiverKind::Typed(colon, ty) => quote!(#token #colon #ty),
            _ => quote!(#token),
        }
    }

    /// As the user wrote it.
    pub(crate) fn written(&self) -> TokenStream {
        let (mutability, declared) = (&self.mutability, self.declared());
        quote!(#mutability #declared)
    }

    /// A receiver that only looks: `&self`, `self: &Arc<Self>`.
    pub(crate) fn borrowed(&self) -> TokenStream {
        let token = &self.token;
        match &self.kind {
            ReceiverKind::Typed(colon, ty) if !self.is_reference() => quote!(#token #colon &#ty),
            ReceiverKind::Value => quote!(&#token),
            _ => self.declared(),
        }
    }

    /// What to hand to a function that takes [`borrowed`](Self::borrowed).
    pub(crate) fn lent(&self) -> TokenStream {
        let token = &self.token;
        if self.is_reference() { quote!(#token) } else { quote!(&#token) }
    }

    pub(crate) fn is_reference(&self) -> bool {
        match &self.kind {
            ReceiverKind::Reference(..) => true,
            ReceiverKind::Typed(_, ty) => matches!(**ty, Type::Reference(_)),
            _ => false,
        }
    }
}

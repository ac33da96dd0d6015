//! The function's inputs as parameters, as arguments, and as references.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Type;

use crate::plan::{Input, Key, Plan};
use crate::signature::Argument;

/// Which inputs something takes.
#[derive(Clone, Copy, Default)]
pub(super) enum Take {
    Nothing,
    /// Those that are not skipped.
    #[default]
    Key,
    /// Those, and what `timeout = expression` reads.
    Timeout,
    All,
}

impl Take {
    fn takes<T>(self, input: &Input<T>) -> bool {
        match self {
            Self::Nothing => false,
            Self::Key => input.in_key,
            Self::Timeout => input.in_key || input.in_timeout,
            Self::All => true,
        }
    }

    fn arguments(self, plan: &Plan) -> impl Iterator<Item = &Argument> {
        plan.arguments.iter().filter(move |input| self.takes(input)).map(|input| &input.what)
    }

    /// `&self, id: u64, a_b: (u8, u8)`
    pub(super) fn declared(self, plan: &Plan) -> Vec<TokenStream> {
        let receiver = plan.receiver.iter().filter(|input| self.takes(input)).map(|input| input.what.declared());
        receiver.chain(self.arguments(plan).map(Argument::declared)).collect()
    }

    /// `self, id, a_b`
    pub(super) fn passed(self, plan: &Plan) -> TokenStream {
        let receiver =
            plan.receiver.iter().filter(|input| self.takes(input)).map(|input| input.what.token.to_token_stream());
        let arguments = self.arguments(plan).map(|argument| argument.name.to_token_stream());
        let all = receiver.chain(arguments);
        generate!(#(#all),*)
    }

    /// The types, to see which generic parameters they mention.
    pub(super) fn types(self, plan: &Plan) -> TokenStream {
        let types = self.arguments(plan).map(|argument| &argument.ty);
        generate!(#(#types),*)
    }
}

/// What the key is made from, as parameters that only look: `&self, id: &u64, name: &str, (a, b): &(u8, u8)`.
pub(super) fn borrowed(plan: &Plan) -> Vec<TokenStream> {
    let receiver = plan.receiver.iter().filter(|input| input.in_key).map(|input| input.what.borrowed());
    receiver.chain(Take::Key.arguments(plan).map(|argument| borrowed_argument(plan, argument))).collect()
}

/// The same without patterns, to be passed on: `&self, id: &u64, name: &str, a_b: &(u8, u8)`.
pub(super) fn borrowed_by_name(plan: &Plan) -> Vec<TokenStream> {
    let receiver = plan.receiver.iter().filter(|input| input.in_key).map(|input| input.what.borrowed());
    let arguments = Take::Key.arguments(plan).map(|argument| {
        let (name, reference) = (&argument.name, reference(argument));
        generate!(#name: #reference)
    });
    receiver.chain(arguments).collect()
}

fn borrowed_argument(plan: &Plan, argument: &Argument) -> TokenStream {
    let (name, reference) = (&argument.name, reference(argument));
    if argument.is_simple() || matches!(plan.key, Key::Function(_)) {
        return generate!(#name: #reference);
    }
    let pattern = argument.pattern_of_key();
    generate!(#[allow(unused_variables, non_shorthand_field_patterns)] #pattern: #reference)
}

fn reference(argument: &Argument) -> TokenStream {
    match &argument.ty {
        ty @ Type::Reference(_) if argument.is_reference() => ty.to_token_stream(),
        ty @ Type::ImplTrait(_) => generate!(&(#ty)),
        ty => generate!(&#ty),
    }
}

/// What is borrowed so, as arguments: `self, &id, name, &a_b`.
pub(super) fn lent(plan: &Plan) -> TokenStream {
    let receiver = plan.receiver.iter().filter(|input| input.in_key).map(|input| input.what.lent());
    let all = receiver.chain(Take::Key.arguments(plan).map(lend));
    generate!(#(#all),*)
}

fn lend(argument: &Argument) -> TokenStream {
    let name = &argument.name;
    if argument.is_reference() { name.to_token_stream() } else { generate!(&#name) }
}

/// The same as statements, for a key that is made in place: `let id = &id; let (a, b) = &a_b;`.
pub(super) fn looks(plan: &Plan) -> TokenStream {
    let look = |argument: &Argument| {
        let (name, value) = (&argument.name, lend(argument));
        if argument.is_simple() || matches!(plan.key, Key::Function(_)) {
            return generate!(let #name = #value;);
        }
        let pattern = argument.pattern_of_key();
        generate!(#[allow(unused_variables, non_shorthand_field_patterns)] let #pattern = #value;)
    };
    Take::Key.arguments(plan).map(look).collect()
}

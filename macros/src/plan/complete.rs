//! Keys cannot lie: whatever tells one call from another is in the key, or the user has said that it does not matter.

use proc_macro2::Ident;
use syn::Signature;

use super::key::Key;
use crate::args::Args;
use crate::diagnostic::{Errors, did_you_mean};
use crate::signature::{Shape, params};

/// Checks `skip`, then what neither it nor the key names.
pub(super) fn check(args: &Args, signature: &Signature, shape: &Shape, key: Option<&Key>, errors: &mut Errors) {
    let skips_hold = skips(args, signature, shape, key, errors);
    // Where the key or `skip` is wrong, what they leave out says nothing.
    let Some(key) = key.filter(|_| skips_hold && !args.skip_unread) else { return };
    let skipped = |name: &str| args.skip.iter().any(|skip| skip == name);
    // A key function is handed whatever is not skipped.
    let settled = |name: &str| skipped(name) || matches!(key, Key::Function(_)) || key.holds(name);
    if let Some(receiver) = shape.receiver.as_ref().filter(|_| !settled("self")) {
        errors.on(
            receiver.token,
            "`self` is neither in the key nor skipped, so objects that differ would share one entry; put a field into the \
             key, like `{self.id}`, or write `skip(self)` if it does not change the result",
        );
    }
    for argument in &shape.arguments {
        if argument.bindings.is_empty() && !skipped("_") {
            errors.on(
                &argument.pattern,
                "an argument without a name cannot stand in the key; give it a name, or write `skip(_)`",
            );
        }
        for binding in argument.bindings.iter().filter(|binding| !settled(&binding.to_string())) {
            errors.at(binding.span(), missing("", binding));
        }
    }
    // The type of an argument in the key settles nothing: of `1_u8` and `1_u64` the key holds the `1`.
    let settled = |param: &Ident| args.skip.contains(param) || key.holds(&param.to_string());
    for param in params(&signature.generics).filter(|param| !settled(param)) {
        errors.at(param.span(), missing_parameter(param, key));
    }
}

fn missing(kind: &str, name: &Ident) -> String {
    format!(
        "{kind}`{name}` is neither in the key nor skipped, so calls that differ in it would share one entry; put \
         `{{{name}}}` into the key, or write `skip({name})` if it does not change the result"
    )
}

fn missing_parameter(param: &Ident, key: &Key) -> String {
    match key {
        Key::Steps(_) => missing("the generic parameter ", param),
        Key::Function(_) => format!(
            "the generic parameter `{param}` is neither handed to the key function nor skipped, so calls that differ in it \
             could share one entry; hand it over, like `key = path::to::function::<{param}>`, or write `skip({param})` if it \
             does not change the result"
        ),
    }
}

/// Everything skipped exists, and is not in the key. Does all of it exist?
fn skips(args: &Args, signature: &Signature, shape: &Shape, key: Option<&Key>, errors: &mut Errors) -> bool {
    let bindings = shape.arguments.iter().flat_map(|argument| &argument.bindings).map(Ident::to_string);
    let receiver = shape.receiver.iter().map(|_| "self".to_owned());
    let nameless = shape.arguments.iter().any(|argument| argument.bindings.is_empty()).then(|| "_".to_owned());
    let names = bindings.chain(receiver).chain(params(&signature.generics).map(Ident::to_string));
    let names: Vec<String> = names.chain(nameless).collect();
    let mut all_exist = true;
    for skip in &args.skip {
        let name = skip.to_string();
        if !names.contains(&name) {
            all_exist = false;
            let meant = did_you_mean(&name, names.iter().map(String::as_str));
            let fix = if meant.is_empty() { "; remove it from `skip`" } else { &meant };
            errors.at(skip.span(), format!("`{name}` is no argument of `{}`{fix}", signature.ident));
        } else if key.is_some_and(|key| key.holds(&name)) {
            errors.at(skip.span(), format!("`{name}` is skipped and in the key; remove it from one of them"));
        }
    }
    all_exist
}

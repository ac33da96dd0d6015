//! Options as the parser sees them.

use proc_macro2::TokenStream;
use quote::quote;

use super::*;

fn wrong(tokens: TokenStream) -> String {
    let mut errors = Errors::default();
    parse(tokens, &mut errors);
    errors.into_tokens().to_string()
}

#[test]
fn every_form_of_every_option_is_read() {
    for tokens in [
        quote!(),
        quote!(key = "user:{id}", skip(db, self, _), timeout = 300),
        quote!(key = keys::user::<T>, timeout = "1h30m", none_timeout = "never", err_timeout = LONG,),
        quote!(timeout = ttl::<A, B>(id), cache_if = |value| value.len() > 3, wait = "250ms"),
        quote!(timeout_by = Token::lifetime, version = 2, local, adapter = "sessions"),
        quote!(grace = 0, codec = "postcard", on_error = "propagate"),
        quote!(grace = "1h30m"),
        quote!(grace = LONG),
        quote!(method, helpers = user_cache, crate = a::b),
        quote!(helpers = false),
    ] {
        assert_eq!(wrong(tokens.clone()), "", "{tokens}");
    }
}

#[test]
fn all_mistakes_are_reported_and_each_once() {
    let text = wrong(quote!(
        key = 5,
        skip = db,
        timeout = 0,
        ttl = 5,
        timeout = 3,
        local = true,
        helpers = true,
        version = "x",
        wait = "never",
        cache_if = 5,
        adapter = 7,
        codec = "jsom",
        grace = "never",
        on_error = "compute"
    ));
    assert_eq!(text.matches("compile_error").count(), 14, "{text}");
}

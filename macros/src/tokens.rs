//! Small questions to tokens, so that neither bodies nor types need a visitor.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// What stands before the parameters of a type that is called. Lifetimes that they leave out are theirs, and what is borrowed
/// there is lent by the body.
const CALLED: [&str; 7] = ["fn", "Fn", "FnMut", "FnOnce", "AsyncFn", "AsyncFnMut", "AsyncFnOnce"];

/// Does `name` occur anywhere in `tokens`?
pub(crate) fn mentions(tokens: impl ToTokens, name: &str) -> bool {
    any_ident(tokens.into_token_stream(), &mut |ident| ident == name)
}

/// Does the lifetime `'name` occur anywhere in `tokens`? A module may be called `name`, too.
pub(crate) fn mentions_lifetime(tokens: impl ToTokens, name: &str) -> bool {
    let mut behind_mark = false;
    tokens.into_token_stream().into_iter().any(|token| {
        let is_mark = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        let is_lifetime = std::mem::replace(&mut behind_mark, is_mark);
        match token {
            TokenTree::Ident(ident) => is_lifetime && ident == name,
            TokenTree::Group(group) => mentions_lifetime(group.stream(), name),
            _ => false,
        }
    })
}

/// Does any identifier in `tokens` answer `question`?
fn any_ident(tokens: TokenStream, question: &mut impl FnMut(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => question(&ident),
        TokenTree::Group(group) => any_ident(group.stream(), question),
        _ => false,
    })
}

/// The tokens of a pattern without `mut` and `ref`: matched against a reference, it binds references. So does it without the
/// `&`s inside, which would take some of them away, or are refused there.
pub(crate) fn without_binding_modes(pattern: impl ToTokens) -> TokenStream {
    binding_references(pattern.into_token_stream(), false)
}

fn binding_references(pattern: TokenStream, is_inside: bool) -> TokenStream {
    let keep = |token: TokenTree| match token {
        TokenTree::Ident(ident) if ident == "mut" || ident == "ref" => None,
        TokenTree::Punct(punct) if punct.as_char() == '&' && is_inside => None,
        TokenTree::Group(group) => Some(regroup(&group, binding_references(group.stream(), true))),
        other => Some(other),
    };
    pattern.into_iter().filter_map(keep).collect()
}

/// A type with its elided lifetimes named `'larder`, and whether it had any: `&T` and `'_`, but not those inside
/// `fn(&T)` or `Fn(&T)`, which are bound there.
pub(crate) fn name_lifetimes(ty: impl ToTokens) -> (TokenStream, bool) {
    let mut named = TokenStream::new();
    let mut found = false;
    let mut tokens = ty.into_token_stream().into_iter().peekable();
    let mut previous = String::new();
    while let Some(token) = tokens.next() {
        let text = token.to_string();
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                let elided = !matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                found |= elided;
                named.extend(if elided { quote!(#punct 'larder) } else { quote!(#punct) });
            }
            TokenTree::Punct(punct)
                if punct.as_char() == '\'' && matches!(tokens.peek(), Some(next) if next.to_string() == "_") =>
            {
                tokens.next();
                found = true;
                named.extend(quote!('larder));
            }
            TokenTree::Group(group) if !CALLED.contains(&previous.as_str()) => {
                let (inner, inside) = name_lifetimes(group.stream());
                found |= inside;
                named.extend([regroup(&group, inner)]);
            }
            other => named.extend([other]),
        }
        previous = text;
    }
    (named, found)
}

/// Does the type name or elide a lifetime other than `'static`?
pub(crate) fn borrows(ty: impl ToTokens) -> bool {
    let ty = ty.into_token_stream();
    let named = ty.to_string().replace("'static", "").contains('\'');
    named || name_lifetimes(ty).1
}

/// Is there a `&mut` in the type? `*mut` is none, and what a callback is handed is none of the caller's.
pub(crate) fn borrows_mutably(ty: impl ToTokens) -> bool {
    let mut borrowed = false;
    let mut is_called = false;
    for token in ty.into_token_stream() {
        let is_name = matches!(&token, TokenTree::Ident(ident) if CALLED.iter().any(|name| ident == name));
        let of_call = std::mem::replace(&mut is_called, is_name);
        match token {
            TokenTree::Ident(ident) if ident == "mut" => {
                if borrowed {
                    return true;
                }
            }
            TokenTree::Group(_) if of_call => {}
            TokenTree::Group(group) => {
                if borrows_mutably(group.stream()) {
                    return true;
                }
            }
            // `&` and the lifetime behind it; `*` resets.
            TokenTree::Punct(punct) if punct.as_char() == '&' => borrowed = true,
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {}
            TokenTree::Ident(_) if borrowed => {}
            _ => borrowed = false,
        }
    }
    false
}

/// A group with other content, in the same place.
fn regroup(group: &Group, stream: TokenStream) -> TokenTree {
    let mut regrouped = Group::new(group.delimiter(), stream);
    regrouped.set_span(group.span());
    regrouped.into()
}

/// The brace group, or `None`. What `macro_rules!` hands on as `$body:block` stands in an invisible group.
pub(crate) fn braced(token: Option<TokenTree>) -> Option<Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => Some(group),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
            let mut inside = group.stream().into_iter();
            braced(inside.next()).filter(|_| inside.next().is_none())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn elided_lifetimes_are_named_where_they_belong_to_the_function() {
        for (ty, named) in [
            (quote!(u64), None),
            (quote!(Result<u8, &'a str>), None),
            (quote!(Result<u8, &str>), Some(quote!(Result<u8, &'larder str>))),
            (quote!(Failure<'_>), Some(quote!(Failure<'larder>))),
            (quote!((u8, [&u8; 2])), Some(quote!((u8, [&'larder u8; 2])))),
            (quote!(Box<dyn Fn(&str) -> u8>), None),
            (quote!(&'static str), None),
        ] {
            let (tokens, found) = name_lifetimes(&ty);
            assert_eq!(found, named.is_some(), "{ty}");
            assert_eq!(tokens.to_string(), named.unwrap_or(ty).to_string());
        }
    }

    #[test]
    fn a_lifetime_is_seen_named_or_elided() {
        for (ty, borrowing) in [
            (quote!(Result<u8, &'a str>), true),
            (quote!(Result<u8, Failure<'_>>), true),
            (quote!(Result<u8, &str>), true),
            (quote!(&'static str), false),
            (quote!(Vec<u8>), false),
        ] {
            assert_eq!(borrows(&ty), borrowing, "{ty}");
        }
    }

    #[test]
    fn a_mutable_borrow_is_seen_at_any_depth_and_a_raw_pointer_is_none() {
        for (ty, borrows) in [
            (quote!(&mut u8), true),
            (quote!(&'a mut u8), true),
            (quote!(Option<Pin<&mut u8>>), true),
            (quote!((u8, &mut u8)), true),
            (quote!(&u8), false),
            (quote!(*mut u8), false),
            (quote!(&[*mut u8]), false),
            (quote!(&dyn Fn(&mut u8)), false),
            (quote!(impl AsyncFnOnce(&mut u8, fn(&mut u8)) -> u8), false),
            (quote!(&mut dyn FnMut(&mut u8)), true),
            (quote!((fn(), (&mut u8,))), true),
        ] {
            assert_eq!(borrows_mutably(&ty), borrows, "{ty}");
        }
    }

    #[test]
    fn a_pattern_loses_its_binding_modes() {
        let pattern = without_binding_modes(quote!((mut a, Point { ref x, .. })));
        assert_eq!(pattern.to_string(), quote!((a, Point { x, .. })).to_string());
        let pattern = without_binding_modes(quote!(&(&a, Point { x: &&x, .. })));
        assert_eq!(pattern.to_string(), quote!(&(a, Point { x: x, .. })).to_string());
    }
}
